"""What leaves the pool with a source: never what a curator touched."""

from __future__ import annotations

from sqlalchemy import (
    ColumnElement,
    Connection,
    Exists,
    FromClause,
    Select,
    bindparam,
    delete,
    exists,
    select,
    update,
)

from veille.model.states import ItemState
from veille.store import due, fulltext, stories
from veille.store.bulk import chunks
from veille.store.items import with_stories
from veille.store.tables.marks import comment, event, item_tag
from veille.store.tables.pool import item, sighting
from veille.store.tables.publishing import pick

_other = sighting.alias("other")


def items_of(conn: Connection, source_id: int) -> int:
    """Delete the items that only this source showed and nobody touched; how many there were.

    The items that stay give the right to change them to the next source that showed them.
    """
    ids = list(conn.scalars(_untouched(source_id)))
    shown = select(sighting.c.item_id).where(sighting.c.source_id == source_id)
    told_elsewhere = stories.spread_out(conn, list(conn.scalars(shown)))
    due.mark(conn, set(with_stories(conn, sorted(told_elsewhere))) - set(ids))
    fulltext.remove(conn, ids)
    for part in chunks(ids):
        conn.execute(delete(item).where(item.c.id.in_(part)))
    _pass_on(conn, source_id)
    return len(ids)


def _untouched(source_id: int) -> Select[int]:
    shown_elsewhere = _has(_other, _other.c.source_id != source_id)
    return (
        select(item.c.id)
        .where(
            item.c.id.in_(select(sighting.c.item_id).where(sighting.c.source_id == source_id)),
            item.c.state != ItemState.KEPT,
            ~shown_elsewhere,
            ~_has(event, event.c.by.is_not(None)),
            ~_has(comment),
            ~_has(item_tag),
            ~_has(pick),
        )
        .order_by(item.c.id)
    )


def _has(table: FromClause, *conditions: ColumnElement[bool]) -> Exists:
    return exists(select(1).where(table.c.item_id == item.c.id, *conditions))


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
