"""What curators said of two items: that they are one story, or two. Others reach these through
:mod:`veille.store.marks`, but for what makes stories of them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection, delete, insert, or_, select, tuple_

from veille.store.bulk import chunks
from veille.store.tables.marks import ruling

if TYPE_CHECKING:
    from collections.abc import Sequence

    from veille.model.item import Marks

Pair = tuple[int, int]  # the smaller id first

_CHUNK = 500  # ids that are asked about twice in a statement


class Said(NamedTuple):
    """Of one item: those it is one story with, and those it is not."""

    together: tuple[int, ...] = ()
    apart: tuple[int, ...] = ()


def pairs(conn: Connection, ids: Sequence[int]) -> dict[Pair, bool]:
    """What was said of pairs that hold one of these items: together (true), or apart."""
    found: dict[Pair, bool] = {}
    for part in chunks(ids, _CHUNK):
        theirs = or_(ruling.c.first_id.in_(part), ruling.c.second_id.in_(part))
        for first, second, together in conn.execute(select(ruling).where(theirs)):
            found[first, second] = together
    return found


def of_items(conn: Connection, ids: Sequence[int]) -> defaultdict[int, Said]:
    """The same for each item, the smallest id first."""
    others: defaultdict[tuple[int, bool], list[int]] = defaultdict(list)
    for (first, second), together in pairs(conn, ids).items():
        others[first, together].append(second)
        others[second, together].append(first)
    found: defaultdict[int, Said] = defaultdict(Said)
    for key in {item for item, _ in others}:
        found[key] = Said(
            together=tuple(sorted(others.get((key, True), ()))),
            apart=tuple(sorted(others.get((key, False), ()))),
        )
    return found


def write(conn: Connection, changes: Sequence[tuple[int, Marks, Marks]]) -> None:
    """Make what is said of items what their marks say; a pair is said of both, and kept once."""
    after: dict[Pair, bool | None] = {}
    for key, old, new in changes:
        for other in (*old.together, *old.apart):
            after.setdefault(_pair(key, other))
        for other in new.together:
            after[_pair(key, other)] = True
        for other in new.apart:
            after[_pair(key, other)] = False
    for part in chunks(list(after), _CHUNK):
        conn.execute(delete(ruling).where(tuple_(ruling.c.first_id, ruling.c.second_id).in_(part)))
    rows = [
        {"first_id": first, "second_id": second, "together": said}
        for (first, second), said in after.items()
        if said is not None
    ]
    if rows:
        conn.execute(insert(ruling), rows)


def _pair(one: int, other: int) -> Pair:
    return (one, other) if one < other else (other, one)
