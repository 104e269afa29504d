"""Rules: what a team has done to new items by itself, and why one did something."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleDraft:
    """A rule about to be stored: the ``query`` it matches by, and what it does to what matches."""

    name: str
    query: str
    tags: tuple[str, ...] = ()
    skip: bool = False
    review: bool = False  # kept for review: stays in the inbox, whatever other rules skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(RuleDraft):
    """A rule as stored. ``items`` counts what it did something to, ``last`` is when it last did."""

    id: int
    paused: bool
    by: str
    at: datetime
    items: int = 0
    last: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """A part of a search that is true of an item: ``title`` has ``offre d'emploi``."""

    field: str
    value: str

    def __str__(self) -> str:
        return f"{self.field} “{self.value}”"


@dataclass(frozen=True, slots=True)
class Hands:
    """What people did to an item: whether one ``touched`` it at all, and the keys of tags that were
    taken off.
    """

    touched: bool = False
    refused: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Hit:
    """That an item matches, and by which parts of the search."""

    item: int
    because: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """To how many items rules did what; ``problems`` are rules that could not be read."""

    items: int = 0
    tagged: int = 0
    skipped: int = 0
    review: int = 0
    problems: tuple[str, ...] = ()

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            items=self.items + other.items,
            tagged=self.tagged + other.tagged,
            skipped=self.skipped + other.skipped,
            review=self.review + other.review,
            problems=tuple(dict.fromkeys((*self.problems, *other.problems))),
        )
