"""Editions and the archive as finished text. The only module that knows Jinja2.

Templates are looked up in order: the workspace's own, those of the installed package, those beside
the package in a checkout. An override may build on the standard one, whose name then begins with
``veille/``: ``{% extends "veille/site/edition.html" %}``.

Everything is escaped but in files named ``….txt`` (E13). Templates run in a sandbox and see what
:mod:`veille.digest.view` shows them: no file, no environment, no program (O6). A name that does not
exist stops the edition (M15).
"""

from __future__ import annotations

import hashlib
import re
import textwrap
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

import css_inline
import jinja2
from babel.lists import format_list
from jinja2.sandbox import ImmutableSandboxedEnvironment

from veille.digest import dates
from veille.digest.catalogue import catalogue
from veille.digest.links import is_clickable
from veille.digest.metadata import description, linked_data, open_graph_locale
from veille.digest.shelves import FEED_LENGTH, Entry, Shelf, arrange, json_feed
from veille.digest.view import EditionView, House, house, view
from veille.errors import TemplateError
from veille.model.edition import (
    UNSUBSCRIBE,
    Digest,
    EditionContent,
    PublishedEdition,
    Rendered,
    Sender,
)
from veille.model.text import one_line

if TYPE_CHECKING:
    import gettext
    from collections.abc import Sequence
    from datetime import datetime

STYLESHEET = "style.css"
_WIDTH = 72
_PREHEADER = 110  # E51: 40 to 110
_DESCRIPTION = 200
_RECENT = 12  # issues of a digest on the first page
# css-inline puts the rules it keeps first; but a charset counts only within the first 1024 bytes of
# a file (HTML Standard, 4.2.5.4).
_HEAD = re.compile("<head>(<style>.*?</style>)(.*?)</head>", re.DOTALL)
_PACKAGE = Path(__file__).parents[1]


def standard_templates() -> tuple[Path, ...]:
    """The folders of the templates that come with veille: of a wheel, then of a checkout."""
    folders = (_PACKAGE / "templates", _PACKAGE.parent / "templates")
    return tuple(folder for folder in folders if (folder / "email").is_dir())


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
        self._standard = standard_templates() if templates is None else tuple(templates)
        self._overrides = overrides
        self._sender = sender
        self._house: House = house(sender)
        self._environments: dict[str, jinja2.Environment] = {}
        self._inliner = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)

    def edition(self, content: EditionContent) -> Rendered:
        """Subject, text, HTML and page of ``content``, and the SHA-256 over the four.

        Raises TemplateError, naming file and line.
        """
        mail = view(content, self._sender, narrow=False)
        subject = one_line(self._text("email/subject.txt", content.locale, edition=mail))
        context = {"edition": mail, "subject": subject, "unsubscribe": UNSUBSCRIBE}
        text = self._text("email/body.txt", content.locale, **context)
        html = self._text(
            "email/body.html", content.locale, preheader=description(mail, _PREHEADER), **context
        )
        parts = (subject, text, self._inlined(html), self.page(content))
        return Rendered(
            subject=parts[0], text=parts[1], html=parts[2], page=parts[3], sha256=_digest(parts)
        )

    def page(self, content: EditionContent) -> str:
        """The archive's page of ``content``: a function of it and of the sender alone (A10)."""
        return self._page(content, view(content, self._sender, narrow=True))

    def stylesheet(self) -> bytes:
        """The style sheet of every page, under the name :data:`STYLESHEET` in the same folder."""
        loader = self._environment("en").loader
        assert loader is not None  # noqa: S101  given when it was built
        try:
            source, _, _ = loader.get_source(self._environment("en"), f"site/{STYLESHEET}")
        except Exception as error:
            raise self._explained(error, f"site/{STYLESHEET}") from error
        return source.encode()

    def site(
        self, editions: Sequence[PublishedEdition], digests: Sequence[Digest]
    ) -> dict[str, bytes]:
        """All files of the archive by relative path; digests without an edition have no page.

        Raises TemplateError, naming file and line.
        """
        shelves = arrange(editions, digests, self._sender)
        pages: dict[str, str] = {}
        for shelf in shelves:
            pages |= self._shelf(shelf)
        language = shelves[0].locale if shelves else digests[0].locale if digests else "en"
        pages["index.html"] = self._text(
            "site/index.html",
            language,
            shelves=shelves,
            recent=_RECENT,
            language=language.replace("_", "-"),
        )
        files = {path: page.encode() for path, page in sorted(pages.items())}
        style = self.stylesheet()
        return files | {
            f"{path.removesuffix('index.html')}{STYLESHEET}": style
            for path in files
            if path.endswith("index.html")
        }

    def _page(self, content: EditionContent, edition: EditionView) -> str:
        return self._text(
            "site/edition.html",
            content.locale,
            edition=edition,
            description=description(edition, _DESCRIPTION),
            open_graph_locale=open_graph_locale(content.locale),
            linked_data=linked_data(content, self._sender),
        )

    def _shelf(self, shelf: Shelf) -> dict[str, str]:
        """The pages and feeds of one digest."""
        entries = [
            Entry(
                issue=issue, html=self._text("site/entry.html", shelf.locale, edition=issue.edition)
            )
            for issue in shelf.issues[:FEED_LENGTH]
        ]
        pages = {
            f"{issue.content.ref}/index.html": self._page(issue.content, issue.edition)
            for issue in shelf.issues
        }
        return pages | {
            f"{shelf.slug}/index.html": self._text("site/digest.html", shelf.locale, shelf=shelf),
            f"{shelf.slug}/feed.xml": self._text(
                "site/feed.xml", shelf.locale, shelf=shelf, entries=entries
            ),
            f"{shelf.slug}/feed.json": json_feed(shelf, entries, self._sender),
        }

    def _text(self, name: str, locale: str, **context: object) -> str:
        try:
            template = self._environment(locale).get_template(name)
            return template.render(house=self._house, **context).strip() + "\n"
        except Exception as error:  # a template may raise anything; its author needs the line
            raise self._explained(error, name) from error

    def _inlined(self, html: str) -> str:
        try:
            return _HEAD.sub(r"<head>\2\1</head>", self._inliner.inline(html), count=1)
        except css_inline.InlineError as error:
            raise self._explained(error, "email/body.html") from error

    def _environment(self, locale: str) -> jinja2.Environment:
        if locale not in self._environments:
            loader = _loader(self._overrides, self._standard)
            self._environments[locale] = _environment(loader, locale, self._sender.timezone)
        return self._environments[locale]

    def _explained(self, error: Exception, name: str) -> TemplateError:
        """What is wrong, where, and how to get out of it, on one line."""
        path, line = _place(error, name)
        ours = self._overrides is None or not Path(path).is_relative_to(self._overrides)
        remedy = "report it" if ours else "correct it, or delete the file to use the standard one"
        where = f"{path}, line {line}" if line else path
        return TemplateError(
            one_line(f"the template {where}: {str(error) or type(error).__name__}; {remedy}")
        )


def _loader(overrides: Path | None, standard: Sequence[Path]) -> jinja2.BaseLoader:
    ours = jinja2.FileSystemLoader(standard)
    loaders: list[jinja2.BaseLoader] = [ours, jinja2.PrefixLoader({"veille": ours})]
    if overrides is not None:
        loaders.insert(0, jinja2.FileSystemLoader(overrides))
    return jinja2.ChoiceLoader(loaders)


def _environment(loader: jinja2.BaseLoader, locale: str, timezone: str) -> jinja2.Environment:
    environment = ImmutableSandboxedEnvironment(
        loader=loader,
        autoescape=_is_markup,
        undefined=jinja2.StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["ext.i18n.trimmed"] = True
    translations: gettext.NullTranslations = catalogue(locale)
    # The extension adds this method to the environment, out of the type checker's sight.
    environment.install_gettext_translations(translations, newstyle=True)  # type: ignore[attr-defined]
    environment.filters["wrap"] = _wrap
    environment.filters["address"] = _address

    def day(moment: datetime) -> str:
        return dates.day(moment, locale, timezone)

    def enumerated(names: Sequence[str]) -> str:
        return format_list(names, locale=locale)

    environment.filters["day"] = day
    environment.filters["enumerated"] = enumerated
    return environment


def _is_markup(name: str | None) -> bool:
    """Everything is markup unless its name ends in .txt: also x.html.j2 and strings (E13, O7)."""
    return name is None or not name.endswith(".txt")


def _wrap(text: str, first: str = "", rest: str | None = None) -> str:
    """``text`` in lines of at most 72 characters, addresses whole (E35).

    ``first`` begins each paragraph, ``rest`` (the same unless given) its other lines.
    """
    return "\n".join(
        textwrap.fill(
            line,
            _WIDTH,
            initial_indent=first,
            subsequent_indent=first if rest is None else rest,
            break_long_words=False,
            break_on_hyphens=False,
        )
        for line in text.split("\n")
    )


def _address(url: str | None) -> str:
    """``url`` when a reader may follow it (http, https, mailto), else nothing (A1)."""
    return url if url and (is_clickable(url) or url.startswith("mailto:")) else ""


def _digest(parts: Sequence[str]) -> str:
    """SHA-256 over the parts, their lengths included so that none can lend to the next."""
    sha = hashlib.sha256()
    for part in parts:
        data = part.encode()
        sha.update(len(data).to_bytes(8, "big") + data)
    return sha.hexdigest()


def _place(error: Exception, name: str) -> tuple[str, int | None]:
    """The template file and line where ``error`` happened, as far as it is known."""
    if isinstance(error, jinja2.TemplateSyntaxError):
        return error.filename or name, error.lineno
    frames: Any = traceback.extract_tb(error.__traceback__)
    for frame in reversed(frames):
        if frame.filename.endswith(name) or Path(frame.filename).suffix in (
            ".html",
            ".txt",
            ".xml",
        ):
            return frame.filename, frame.lineno
    return name, None
