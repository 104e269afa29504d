"""An edition as finished text: subject, text, HTML and page, and the hash that approval is bound to."""

from __future__ import annotations

import hashlib
import re
from functools import partial
from typing import TYPE_CHECKING, Any

import css_inline

from veille.digest.cards import pillow
from veille.digest.metadata import description
from veille.digest.render import office, pages, personal, reports
from veille.digest.render.fingerprint import fingerprint
from veille.digest.render.templates import Templates, standard_templates
from veille.digest.view import typesetter, view
from veille.model.edition import UNSUBSCRIBE, EditionContent, Rendered, Sender
from veille.model.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from veille.model.delivery import Delivery
    from veille.model.edition import Digest, PublishedEdition
    from veille.model.figures import Stats, Yield
    from veille.model.states import NoticeKind

_PREHEADER = 110  # E51: 40 to 110
# css-inline puts the rules it keeps first; but a charset counts only within the first 1024 bytes of
# a file (HTML Standard, 4.2.5.4).
_HEAD = re.compile("<head>(<style>.*?</style>)(.*?)</head>", re.DOTALL)


class Renderer:
    """Turns contents into text with the house's templates; keeps compiled ones between calls."""

    def __init__(
        self,
        templates: Sequence[Path] | None = None,
        *,
        overrides: Path | None,
        sender: Sender,
    ) -> None:
        """``templates`` (the standard ones) are searched after ``overrides``, which may be missing."""
        standard = standard_templates() if templates is None else templates
        self._templates = Templates(standard, overrides=overrides, sender=sender)
        self._sender = sender
        self._inliner = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)

    def edition(self, content: EditionContent) -> Rendered:
        """Subject, text, HTML and page of ``content``, and the SHA-256 over the four.

        Raises TemplateError, naming file and line.
        """
        return self._finished(content, self.page(content))

    def mail(self, content: EditionContent) -> Rendered:
        """:meth:`edition` without the page, for readers whose links are on no page of their own."""
        return self._finished(content, "")

    def _finished(self, content: EditionContent, page: str) -> Rendered:
        text = partial(self._templates.text, of=content.digest)
        mail = view(content, self._sender, narrow=False)
        subject = one_line(text("email/subject.txt", content.locale, edition=mail))
        context: dict[str, Any] = {"edition": mail, "subject": subject, "unsubscribe": UNSUBSCRIBE}
        plain = text("email/body.txt", content.locale, **context)
        html = text(
            "email/body.html", content.locale, preheader=description(mail, _PREHEADER), **context
        )
        parts = (subject, plain, self._inlined(html), page)
        return Rendered(
            subject=parts[0], text=parts[1], html=parts[2], page=parts[3], sha256=_digest(parts)
        )

    def page(self, content: EditionContent) -> str:
        """The archive's page of ``content``: a function of it and of the sender alone (A10)."""
        shown = view(content, self._sender, narrow=True)
        return pages.edition(self._templates, self._sender, content, shown)

    def stylesheet(self) -> bytes:
        """The style sheet of every page, under the name ``style.css`` in the same folder."""
        return pages.stylesheet(self._templates)

    def site(
        self,
        editions: Sequence[PublishedEdition],
        digests: Sequence[Digest],
        known: Callable[[str], bytes | None] = lambda _: None,
    ) -> dict[str, bytes]:
        """All files of the archive by relative path; digests without an edition have no page.

        ``known`` gives the file that is at a path already: a picture that is right is not drawn again.
        Raises TemplateError, naming file and line.
        """
        return pages.archive(self._templates, self._sender, editions, digests, known)

    def stats(self, found: Stats, *, locale: str, made: datetime) -> str:
        """The page of a period's figures, in one file. Raises TemplateError."""
        return reports.stats(self._templates, found, locale=locale, made=made)

    def yields(self, found: Yield, *, locale: str, made: datetime) -> str:
        """The page of what each source gives, in one file. Raises TemplateError."""
        return reports.yields(self._templates, found, locale=locale, made=made)

    def leaving(self, digest: str, locale: str, step: str) -> str:
        """The web page where readers leave the digest of that title.

        ``step`` is ``ask``, ``done``, or ``unknown`` for a link that is not ours.
        """
        typeset = typesetter(locale, narrow=False)
        return self._templates.text(
            "web/leave.html",
            locale,
            digest=typeset(one_line(digest)),
            step=step,
            language=locale.replace("_", "-"),
        )

    def fingerprint(self, editions: Sequence[PublishedEdition], digests: Sequence[Digest]) -> str:
        """What :meth:`site` would be made from: equal when its files would be."""
        data = (list(editions), list(digests), self._sender, pillow())
        return fingerprint(self._templates.folders, *data)

    def personal(
        self, kind: NoticeKind, content: EditionContent, *, name: str, **context: Any
    ) -> tuple[str, str]:
        """Subject and text of a mail to one of us about an edition; raises TemplateError.

        ``context`` is what :func:`veille.digest.render.personal.write` takes.
        """
        return personal.write(self._templates, self._sender, kind, content, name=name, **context)

    def ledger(self, content: EditionContent, rows: Sequence[Delivery], at: datetime) -> str:
        """Who received an edition, as a page to print."""
        return office.ledger(self._templates, content, rows, at)

    def _inlined(self, html: str) -> str:
        try:
            return _HEAD.sub(r"<head>\2\1</head>", self._inliner.inline(html), count=1)
        except css_inline.InlineError as error:
            raise self._templates.explained(error, "email/body.html") from error


def _digest(parts: Sequence[str]) -> str:
    """SHA-256 over the parts, their lengths included so that none can lend to the next."""
    sha = hashlib.sha256()
    for part in parts:
        data = part.encode()
        sha.update(len(data).to_bytes(8, "big") + data)
    return sha.hexdigest()
