"""What may leave the pool because it is old: nobody ever touched it, and nothing needs it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    and_,
    bindparam,
    exists,
    func,
    literal,
    or_,
    select,
    tuple_,
    update,
)

from veille.store import removal, tombstones
from veille.store.bulk import chunks
from veille.store.stories import with_others
from veille.store.tables.marks import event
from veille.store.tables.pool import item, sighting, source
from veille.store.tables.publishing import erratum
from veille.store.tables.reading import reading
from veille.store.tables.rules import item_review

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

STAYING = 10  # of each source, the newest ones: how often it writes is read off them

_mate = item.alias("mate")


class Needed(NamedTuple):
    """Items that stay whatever their age, and the stories that hold one of them."""

    items: frozenset[int]
    stories: frozenset[int]


class Place(NamedTuple):
    """Where in the pool, from the oldest item on, somebody looked last."""

    collected: datetime
    item: int


class Page(NamedTuple):
    """Items that may go, and where to look on; None after the last page."""

    ids: list[int]
    last: Place | None


def needed(conn: Connection) -> Needed:
    """The newest items of each source, without which nobody could tell that it fell silent."""
    newest = func.row_number().over(
        partition_by=sighting.c.source_id, order_by=(item.c.ordered.desc(), item.c.id.desc())
    )
    ranked = (
        select(item.c.id, item.c.story, newest.label("place")).join_from(sighting, item).subquery()
    )
    rows = conn.execute(select(ranked.c.id, ranked.c.story).where(ranked.c.place <= STAYING)).all()
    return Needed(
        items=frozenset(row.id for row in rows),
        stories=frozenset(row.story for row in rows if row.story is not None),
    )


def page(
    conn: Connection, before: datetime, spared: Needed, *, after: Place | None, limit: int
) -> Page:
    """Items that sources brought before an instant and that may go, in the order of their arrival.

    ``limit`` items are looked at, and the stories they are in: a story goes whole, or not at all.
    """
    here = tuple_(item.c.collected, item.c.id)
    query = select(item.c.id, item.c.collected).where(item.c.collected < before)
    if after is not None:
        there = tuple_(literal(after.collected, item.c.collected.type), literal(after.item))
        query = query.where(here > there)
    looked = conn.execute(query.order_by(*here.clauses).limit(limit)).all()
    alone = item.c.story.is_(None)
    rows = conn.execute(
        select(item.c.id, item.c.story)
        .where(item.c.id.in_([row.id for row in looked]), _may_go(item, before))
        .where(or_(alone, ~_held(before)))
        .order_by(*here.clauses)
    )
    going = [key for key, story in rows if key not in spared.items and story not in spared.stories]
    last = Place(looked[-1].collected, looked[-1].id) if len(looked) == limit else None
    return Page(with_others(conn, going), last)


def _held(before: datetime) -> ColumnElement[bool]:
    """Whether an item of the same story has to stay."""
    return exists(
        select(1).where(_mate.c.story == item.c.story, ~_may_go(_mate, before)).correlate(item)
    )


def _may_go(one: FromClause, before: datetime) -> ColumnElement[bool]:
    """Old, brought by sources alone, and of no use to anybody.

    To have been read is no use (docs/design.md); that somebody wants to read it again is.
    """
    has = removal.has
    return and_(
        one.c.collected < before,
        or_(one.c.updated.is_(None), one.c.updated < before),
        removal.untouched(one),
        has(one, sighting),
        ~has(one, sighting, sighting.c.seen >= before),
        ~has(one, event, event.c.at >= before),
        ~has(one, item_review),
        ~has(one, reading, reading.c.read.is_(False)),
        ~has(one, erratum),
    )


def by_source(conn: Connection, ids: Sequence[int]) -> Counter[tuple[int, str]]:
    """How many of the items each source showed, by its id and its name."""
    found: Counter[tuple[int, str]] = Counter()
    name = func.coalesce(source.c.title, source.c.url)
    for part in chunks(ids):
        for number, called, count in conn.execute(
            select(source.c.id, name, func.count(sighting.c.item_id.distinct()))
            .join_from(sighting, source)
            .where(sighting.c.item_id.in_(part))
            .group_by(source.c.id, name)
        ):
            found[number, called] += count
    return found


def remove(conn: Connection, ids: Sequence[int]) -> None:
    """Remove items for good: no source brings them back."""
    tombstones.leave(conn, ids)
    for part in chunks(ids):
        shown = conn.execute(
            select(sighting.c.source_id, func.count())
            .where(sighting.c.item_id.in_(part))
            .group_by(sighting.c.source_id)
        ).all()
        if shown:
            conn.execute(
                update(source)
                .where(source.c.id == bindparam("of"))
                .values(items=source.c["items"] - bindparam("less")),
                [{"of": number, "less": count} for number, count in shown],
            )
    removal.drop(conn, ids)
