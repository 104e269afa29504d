"""Which items are one story: a pure function of what resembles what, and of what curators said.

The answer does not depend on the order in which items came: pairs are taken by likeness, ties by
what the items are, never by their numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from veille.curation.likeness import DAYS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Pair = tuple[int, int]  # of items, the smaller id first


@dataclass(frozen=True, slots=True)
class Member:
    """What decides, beside its text, whether an item may be in a story."""

    day: int
    sources: frozenset[int]
    name: str  # the same whenever it comes: its address


def pair(one: int, other: int) -> Pair:
    """Two items as a pair."""
    return (one, other) if one < other else (other, one)


def gather(
    members: Mapping[int, Member],
    alike: Mapping[Pair, float],
    rulings: Mapping[Pair, bool],
) -> list[frozenset[int]]:
    """The stories that these items make, those of one item included.

    ``rulings`` are what curators said of pairs: together (true) or apart. They come first, and
    hold. By itself a story takes no two items of one source (a series repeats its phrases), nor
    any two that are more than :data:`DAYS` days apart.
    """
    stories = _Stories(members, rulings)
    order = _Order(members)
    for one, other in sorted((each for each, held in rulings.items() if held), key=order.of):
        stories.join(one, other, by_hand=True)
    for one, other in sorted(alike, key=lambda each: (-alike[each], order.of(each))):
        stories.join(one, other, by_hand=False)
    return stories.found()


@dataclass(frozen=True, slots=True)
class _Order:
    """An order of pairs that every arrival gives: by day and address."""

    members: Mapping[int, Member]

    def of(self, two: Pair) -> list[tuple[int, str]]:
        return sorted((self.members[item].day, self.members[item].name) for item in two)


class _Stories:
    """Stories as they grow."""

    def __init__(self, members: Mapping[int, Member], rulings: Mapping[Pair, bool]) -> None:
        self._members = members
        self._rulings = rulings
        self._of = {item: frozenset({item}) for item in members}

    def join(self, one: int, other: int, *, by_hand: bool) -> None:
        """Make one story of two, unless something forbids it."""
        first, second = self._of[one], self._of[other]
        if first is second or self._were_split(first, second):
            return
        if by_hand or self._may_be_one(first, second):
            whole = first | second
            self._of.update(dict.fromkeys(whole, whole))

    def _were_split(self, first: Iterable[int], second: Iterable[int]) -> bool:
        return any(
            self._rulings.get(pair(one, other)) is False for one in first for other in second
        )

    def _may_be_one(self, first: Iterable[int], second: Iterable[int]) -> bool:
        one, other = list(map(self._member, first)), list(map(self._member, second))
        days = [member.day for member in (*one, *other)]
        return max(days) - min(days) <= DAYS and _sources(one).isdisjoint(_sources(other))

    def _member(self, item: int) -> Member:
        return self._members[item]

    def found(self) -> list[frozenset[int]]:
        return list(dict.fromkeys(self._of.values()))


def _sources(members: Iterable[Member]) -> frozenset[int]:
    return frozenset().union(*(member.sources for member in members))
