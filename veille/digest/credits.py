"""Who had a hand in an edition, and what it still lacks: pure, from what is known of its items."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from veille.model.text import fold

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from veille.model.edition import Pick
    from veille.model.item import Item


class Deed(StrEnum):
    """What somebody did for a link."""

    FOUND = "found"
    SUGGESTED = "suggested"
    KEPT = "kept"
    COMMENTED = "commented"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """A link of the edition, and what one person did for it."""

    position: int
    deeds: tuple[Deed, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lack:
    """What an edition still lacks: so many ``links``; reasons to read those one keeps, and others."""

    links: int
    mine: tuple[int, ...]  # positions
    others: int

    @property
    def is_nothing(self) -> bool:
        """Whether it is all there."""
        return not (self.links or self.mine or self.others)


def credits_of(
    handle: str, picks: Sequence[Pick], items: Mapping[int, Item], finders: Mapping[int, str]
) -> tuple[Credit, ...]:
    """What a curator did for the links of an edition; ``finders`` added an item by hand."""
    found = ((pick, _deeds(handle, items.get(pick.item), finders.get(pick.item))) for pick in picks)
    return tuple(Credit(position=pick.position, deeds=deeds) for pick, deeds in found if deeds)


def _deeds(handle: str, item: Item | None, finder: str | None) -> tuple[Deed, ...]:
    mine = fold(handle)
    deeds = []
    if finder is not None and fold(finder) == mine:
        deeds.append(Deed.FOUND)
    if item is not None and mine in map(fold, item.kept_by):
        deeds.append(Deed.KEPT)
    if item is not None and mine in {fold(comment.by) for comment in item.comments}:
        deeds.append(Deed.COMMENTED)
    return tuple(deeds)


def lack(handle: str, picks: Sequence[Pick], links: int) -> Lack:
    """What an edition of so many links lacks, as a curator should hear it: their own links first."""
    silent = [pick for pick in picks if not pick.blurb.strip()]
    mine = [pick for pick in silent if fold(handle) in map(fold, pick.chosen_by)]
    return Lack(
        links=max(0, links - len(picks)),
        mine=tuple(pick.position for pick in mine),
        others=len(silent) - len(mine),
    )
