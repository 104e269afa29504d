"""What was said of an edition after it came out, as readers see it (A20, O14)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from markupsafe import Markup

from veille.digest import markdown
from veille.digest.catalogue import catalogue
from veille.digest.view import typesetter
from veille.model.edition import Pick

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from veille.model.edition import EditionContent, Erratum


@dataclass(frozen=True, slots=True, kw_only=True)
class ErratumView:
    """A dated notice. ``position`` is that of the link it is about, None when it is about the whole;
    ``withdraws`` says that it took the link out."""

    at: datetime
    position: int | None
    withdraws: bool
    html: Markup
    text: str


def corrected(content: EditionContent, errata: Sequence[Erratum]) -> EditionContent:
    """``content`` without the withdrawn links, but for their places.

    The numbers of the others stay as they were printed and sent.
    """
    gone = withdrawn(errata)
    if not gone:
        return content
    picks = (
        _emptied(pick, content.locale) if pick.item in gone else pick for pick in content.picks
    )
    return replace(content, picks=tuple(picks))


def withdrawn(errata: Sequence[Erratum]) -> set[int]:
    """The items whose links were taken out."""
    return {erratum.item for erratum in errata if erratum.withdraws and erratum.item is not None}


def _emptied(pick: Pick, locale: str) -> Pick:
    return Pick(
        position=pick.position,
        item=pick.item,
        url="",
        headline=catalogue(locale).gettext("Link withdrawn"),
        blurb="",
        source="",
        tags=(),
        language=None,
    )


def notices(content: EditionContent, errata: Sequence[Erratum]) -> tuple[ErratumView, ...]:
    """The notices as readers see them, oldest first."""
    places = {pick.item: pick.position for pick in content.picks}
    typeset = typesetter(content.locale, narrow=True)
    shown = []
    for erratum in errata:
        html, text = markdown.to_both(erratum.text, typeset=typeset)
        shown.append(
            ErratumView(
                at=erratum.at,
                position=places.get(erratum.item or 0),
                withdraws=erratum.withdraws,
                html=Markup(html),  # noqa: S704  sanitised there
                text=text,
            )
        )
    return tuple(shown)
