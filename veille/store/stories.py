"""Stories: what leads from one text to those like it, which are alike, and which items are one.

Decided elsewhere (:mod:`veille.curation.likeness`, :mod:`veille.curation.stories`); here it is kept.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import (
    Connection,
    and_,
    bindparam,
    delete,
    func,
    or_,
    select,
    update,
)

from veille.store.bulk import chunks, insert_rows
from veille.store.tables.pool import item, item_text, sighting, source
from veille.store.tables.stories import resemblance, sketch, story_due

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Pair = tuple[int, int]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CHUNK = 500  # ids that a self-join is asked about at once


class Text(NamedTuple):
    """The words of an item, and its day."""

    item: int
    title: str
    text: str
    day: int


class Shown(NamedTuple):
    """A source that shows an item: its id, and the address of its site or else its own."""

    source: int
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An item as a possible part of a story, and the story it is in now."""

    day: int
    name: str
    shown: tuple[Shown, ...]
    story: int | None
    spread: int


def due(conn: Connection, limit: int) -> list[int]:
    """Items whose stories are to be looked for, the last to come first."""
    return list(
        conn.scalars(select(story_due.c.item_id).order_by(story_due.c.item_id.desc()).limit(limit))
    )


def count_due(conn: Connection) -> int:
    """How many there are."""
    return conn.execute(select(func.count()).select_from(story_due)).scalar_one()


def settle(conn: Connection, ids: Sequence[int]) -> None:
    """What was due is done."""
    for part in chunks(ids):
        conn.execute(delete(story_due).where(story_due.c.item_id.in_(part)))


def texts(conn: Connection, ids: Sequence[int]) -> list[Text]:
    """The words of items: the text, or else the summary."""
    found: list[Text] = []
    words = func.coalesce(func.nullif(item_text.c.text, ""), item.c.summary)
    for part in chunks(ids):
        rows = conn.execute(
            select(item.c.id, item.c.title, words, item.c.ordered)
            .outerjoin_from(item, item_text)
            .where(item.c.id.in_(part))
        )
        found += [Text(key, title, said, _day(ordered)) for key, title, said, ordered in rows]
    return found


def _day(instant: datetime) -> int:
    return (instant - _EPOCH).days


def write_sketches(conn: Connection, sketches: Sequence[tuple[Text, Sequence[int]]]) -> None:
    """Keep the numbers under which texts are found, in the place of those kept before."""
    for part in chunks([each.item for each, _ in sketches]):
        conn.execute(delete(sketch).where(sketch.c.item_id.in_(part)))
    rows = [
        {"number": number, "day": each.day, "item_id": each.item}
        for each, numbers in sketches
        for number in numbers
    ]
    insert_rows(conn, sketch, sorted(rows, key=lambda row: row["number"]))


def candidates(
    conn: Connection, ids: Sequence[int], *, shared: int, alone: int, days: int
) -> set[Pair]:
    """Pairs of these items with others, or among them, that are worth comparing.

    They are no more than ``days`` apart, and their sketches have ``shared`` numbers in common, or
    one that is ``alone`` or above.
    """
    other = sketch.alias("other")
    near = and_(
        other.c.number == sketch.c.number,
        other.c.day.between(sketch.c.day - days, sketch.c.day + days),
        other.c.item_id != sketch.c.item_id,
    )
    found: set[Pair] = set()
    for part in chunks(ids, _CHUNK):
        rows = conn.execute(
            select(sketch.c.item_id, other.c.item_id)
            .join_from(sketch, other, near)
            .where(sketch.c.item_id.in_(part))
            .group_by(sketch.c.item_id, other.c.item_id)
            .having(or_(func.count() >= shared, func.max(sketch.c.number) >= alone))
        )
        found.update((min(row), max(row)) for row in rows)
    return found


def write_resemblances(
    conn: Connection, ids: Sequence[int], alike: Mapping[Pair, float]
) -> set[int]:
    """Make the resemblances of these items what they are now; the items that had some before."""
    before: set[int] = set()
    for part in chunks(ids):
        theirs = or_(resemblance.c.first_id.in_(part), resemblance.c.second_id.in_(part))
        for first, second in conn.execute(
            select(resemblance.c.first_id, resemblance.c.second_id).where(theirs)
        ):
            before |= {first, second}
        if before:
            conn.execute(delete(resemblance).where(theirs))
    rows = [
        {"first_id": first, "second_id": second, "likeness": likeness}
        for (first, second), likeness in alike.items()
    ]
    insert_rows(conn, resemblance, rows)
    return before


def resemblances(conn: Connection, ids: Sequence[int]) -> dict[Pair, float]:
    """The pairs alike that hold one of these items."""
    found: dict[Pair, float] = {}
    for part in chunks(ids, _CHUNK):
        for column in (resemblance.c.first_id, resemblance.c.second_id):
            for first, second, likeness in conn.execute(
                select(resemblance).where(column.in_(part))
            ):
                found[first, second] = likeness
    return found


def told(conn: Connection, ids: Sequence[int]) -> dict[int, Told]:
    """These items, with what decides whether they are one story."""
    shown = _shown(conn, ids)
    found: dict[int, Told] = {}
    for part in chunks(ids):
        for row in conn.execute(
            select(
                item.c.id, item.c.ordered, item.c.key, item.c.title, item.c.story, item.c.spread
            ).where(item.c.id.in_(part))
        ):
            found[row.id] = Told(
                day=_day(row.ordered),
                name=row.key or row.title,
                shown=tuple(shown[row.id]),
                story=row.story,
                spread=row.spread,
            )
    return found


def sources_of(conn: Connection, ids: Sequence[int]) -> defaultdict[int, set[int]]:
    """The sources that show these items."""
    found: defaultdict[int, set[int]] = defaultdict(set)
    for part in chunks(ids):
        for key, number in conn.execute(
            select(sighting.c.item_id, sighting.c.source_id).where(sighting.c.item_id.in_(part))
        ):
            found[key].add(number)
    return found


def _shown(conn: Connection, ids: Sequence[int]) -> defaultdict[int, list[Shown]]:
    found: defaultdict[int, list[Shown]] = defaultdict(list)
    address = func.coalesce(source.c.site, source.c.url)
    for part in chunks(ids):
        for key, number, where in conn.execute(
            select(sighting.c.item_id, source.c.id, address)
            .join_from(sighting, source)
            .where(sighting.c.item_id.in_(part))
            .distinct()
        ):
            found[key].append(Shown(number, where))
    return found


def spread_out(conn: Connection, ids: Sequence[int]) -> set[int]:
    """Those of the items that are in a story, or are or were shown by several sources."""
    found: set[int] = set()
    for part in chunks(ids):
        found.update(
            conn.scalars(
                select(item.c.id).where(
                    item.c.id.in_(part), or_(item.c.story.is_not(None), item.c.spread > 1)
                )
            )
        )
        found.update(
            conn.scalars(
                select(sighting.c.item_id)
                .where(sighting.c.item_id.in_(part))
                .group_by(sighting.c.item_id)
                .having(func.count() > 1)
            )
        )
    return found


def of(conn: Connection, ids: Sequence[int]) -> dict[int, int]:
    """The stories of those of the items that are not alone in theirs."""
    story_of: dict[int, int] = {}
    for part in chunks(ids):
        told = select(item.c.id, item.c.story).where(item.c.id.in_(part))
        story_of.update(conn.execute(told.where(item.c.story.is_not(None))).all())
    return story_of


def with_others(conn: Connection, ids: Sequence[int]) -> list[int]:
    """These items in the order given, each followed by the others of its story."""
    story_of = of(conn, ids)
    others: defaultdict[int, list[int]] = defaultdict(list)
    for part in chunks(list(set(story_of.values()))):
        for story, key in conn.execute(
            select(item.c.story, item.c.id).where(item.c.story.in_(part)).order_by(item.c.id)
        ):
            others[story].append(key)
    found: dict[int, None] = {}
    for key in ids:
        found.update(dict.fromkeys((key, *others[story_of.get(key, 0)])))
    return list(found)


def write(conn: Connection, placed: Sequence[tuple[int, int | None, int]]) -> None:
    """Say of items which story they are in, and how many independent sources tell it."""
    if placed:
        conn.execute(
            update(item)
            .where(item.c.id == bindparam("item"))
            .values(story=bindparam("of"), spread=bindparam("by")),
            [{"item": key, "of": story, "by": spread} for key, story, spread in placed],
        )
