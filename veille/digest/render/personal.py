"""Mails to one of us, as finished text: what a person did for an edition, what it still lacks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from veille.digest.catalogue import catalogue
from veille.digest.credits import Credit, Deed, Lack
from veille.digest.view import EditionView, PickView, view
from veille.model.text import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from veille.digest.render.templates import Templates
    from veille.model.edition import EditionContent, Sender
    from veille.model.states import NoticeKind


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditView:
    """A link of the edition, and what its reader did for it, in words."""

    pick: PickView
    deeds: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LackView:
    """What is missing: so many ``links``; a reason to read the links in ``mine``, and ``others``."""

    links: int
    mine: tuple[PickView, ...]
    others: int


def write(
    templates: Templates,
    sender: Sender,
    kind: NoticeKind,
    content: EditionContent,
    *,
    name: str,
    merits: Sequence[Credit] = (),
    lack: Lack | None = None,
    deadline: datetime | None = None,
) -> tuple[str, str]:
    """Subject and text; the template's first line is the subject. Raises TemplateError."""
    edition = view(content, sender, narrow=False)
    text = templates.text(
        f"email/{kind}.txt",
        content.locale,
        of=content.digest,
        edition=edition,
        person=one_line(name),
        credits=[_credit(edition, credit) for credit in merits],
        lack=None if lack is None else _lack(edition, lack),
        deadline=deadline,
    )
    subject, _, body = text.partition("\n")
    return one_line(subject), f"{body.strip()}\n"


def _credit(edition: EditionView, credit: Credit) -> CreditView:
    _ = catalogue(edition.locale).gettext
    words = {
        Deed.FOUND: _("found it"),
        Deed.SUGGESTED: _("suggested it"),
        Deed.KEPT: _("kept it"),
        Deed.COMMENTED: _("wrote about it"),
    }
    pick = edition.picks[credit.position - 1]
    return CreditView(pick=pick, deeds=tuple(words[deed] for deed in credit.deeds))


def _lack(edition: EditionView, lack: Lack) -> LackView:
    mine = tuple(edition.picks[position - 1] for position in lack.mine)
    return LackView(links=lack.links, mine=mine, others=lack.others)
