"""What leaves the pool: with a source, or by itself; never what a curator touched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import (
    ColumnElement,
    Connection,
    Exists,
    FromClause,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    func,
    select,
    update,
)

from veille.model.changes import within
from veille.model.states import ItemState
from veille.store import due, fulltext, stories
from veille.store.bulk import chunks
from veille.store.tables.marks import comment, event, item_tag
from veille.store.tables.pool import item, sighting, source
from veille.store.tables.publishing import pick

if TYPE_CHECKING:
    from collections.abc import Sequence

_other = sighting.alias("other")


def items_of(conn: Connection, source_id: int) -> int:
    """Delete the items that only this source showed and nobody touched; how many there were.

    The items that stay give the right to change them to the next source that showed them. Those
    without an address keep the name they had in this one, by which they are known should it come back.
    """
    ids = list(conn.scalars(_untouched(source_id)))
    shown = select(sighting.c.item_id).where(sighting.c.source_id == source_id)
    told_elsewhere = stories.spread_out(conn, list(conn.scalars(shown)))
    due.mark(conn, set(stories.with_others(conn, sorted(told_elsewhere))) - set(ids))
    drop(conn, ids)
    _pass_on(conn, source_id)
    _name(conn, source_id)
    return len(ids)


def untouched(one: FromClause = item) -> ColumnElement[bool]:
    """That nobody kept, tagged or commented an item, chose it, or did anything else to it."""
    return and_(
        one.c.state != ItemState.KEPT,
        ~has(one, event, event.c.by.is_not(None)),
        ~has(one, comment),
        ~has(one, item_tag),
        ~has(one, pick),
    )


def has(one: FromClause, table: FromClause, *conditions: ColumnElement[bool]) -> Exists:
    """That an item has rows in a table, such as fulfil the conditions."""
    return exists(select(1).where(table.c.item_id == one.c.id, *conditions))


def drop(conn: Connection, ids: Sequence[int]) -> None:
    """Delete items with all that hangs on them; their lines in the log stay."""
    fulltext.remove(conn, ids)
    for part in chunks(ids):
        conn.execute(delete(item).where(item.c.id.in_(part)))


def _untouched(source_id: int) -> Select[int]:
    shown_elsewhere = has(item, _other, _other.c.source_id != source_id)
    return (
        select(item.c.id)
        .where(
            item.c.id.in_(select(sighting.c.item_id).where(sighting.c.source_id == source_id)),
            ~shown_elsewhere,
            untouched(),
        )
        .order_by(item.c.id)
    )


def _name(conn: Connection, source_id: int) -> None:
    names = {
        row.id: within(row.source, row.key)
        for row in conn.execute(
            select(item.c.id, source.c.key.label("source"), func.min(sighting.c.key).label("key"))
            .select_from(sighting)
            .join(item, item.c.id == sighting.c.item_id)
            .join(source, source.c.id == sighting.c.source_id)
            .where(sighting.c.source_id == source_id, item.c.key.is_(None))
            .group_by(item.c.id, source.c.key)
        )
    }
    taken: set[str | None] = set()
    for part in chunks(list(names.values())):
        taken.update(conn.scalars(select(item.c.key).where(item.c.key.in_(part))))
    rows = [{"one": key, "name": name} for key, name in names.items() if name not in taken]
    if rows:
        conn.execute(
            update(item).where(item.c.id == bindparam("one")).values(key=bindparam("name")), rows
        )


def _pass_on(conn: Connection, source_id: int) -> None:
    led = select(sighting.c.item_id).where(
        sighting.c.source_id == source_id, sighting.c.primary.is_(True)
    )
    heirs: dict[int, tuple[int, str]] = {}
    for row in conn.execute(
        select(_other.c.item_id, _other.c.source_id, _other.c.key)
        .where(_other.c.item_id.in_(led), _other.c.source_id != source_id)
        .order_by(_other.c.seen, _other.c.source_id, _other.c.key)
    ):
        heirs.setdefault(row.item_id, (row.source_id, row.key))
    if heirs:
        conn.execute(
            update(sighting)
            .where(
                sighting.c.source_id == bindparam("heir"), sighting.c.key == bindparam("heir_key")
            )
            .values(primary=True),
            [{"heir": source, "heir_key": key} for source, key in heirs.values()],
        )
