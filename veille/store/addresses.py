"""Where sources lived before, and what happens when one moves to where another lives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, and_, delete, func, insert, select, update

from veille.model.source import FormerAddress, Source
from veille.model.states import AddressChange, SourceState
from veille.store import due, memories, stories
from veille.store.tables.pool import sighting, source, source_address, source_label

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_theirs = sighting.alias("theirs")


def leave(conn: Connection, left: Source, *, until: datetime, why: AddressChange) -> None:
    """Note that a source no longer lives where it did."""
    values = {"source_id": left.id, "url": left.url, "key": left.key, "until": until, "why": why}
    conn.execute(insert(source_address), values)


def of(conn: Connection, source_id: int) -> list[FormerAddress]:
    """The addresses a source left, the newest first."""
    rows = conn.execute(
        select(source_address.c.url, source_address.c.until, source_address.c.why)
        .where(source_address.c.source_id == source_id)
        .order_by(source_address.c.id.desc())
    )
    return [FormerAddress(url=row.url, until=row.until, why=AddressChange(row.why)) for row in rows]


def former_keys(conn: Connection, source_id: int) -> tuple[str, ...]:
    """The addresses a source left, and those that joined it, in their comparison form."""
    mine = source_address.c.source_id == source_id
    return tuple(conn.scalars(select(source_address.c.key).where(mine).distinct()))


def adopt(conn: Connection, moved: Source, *, url: str, key: str, at: datetime) -> int:
    """Give a source its new address; the id of the source that lives there now.

    Where another source lives there already, that one survives with all sightings, labels and
    former addresses of both (H11).
    """
    there: int | None = conn.scalar(
        select(source.c.id).where(source.c.key == key, source.c.id != moved.id)
    )
    if there is None:
        leave(conn, moved, until=at, why=AddressChange.MOVED)
        memories.forget(conn, moved.id)
        settled = {"url": url, "key": key, "moved_to": None, "moved_since": None}
        _update(conn, moved.id, settled | {"moved_visits": None, "moved_known": None})
        return moved.id
    leave(conn, moved, until=at, why=AddressChange.MERGED)
    shown = select(sighting.c.item_id).where(sighting.c.source_id == moved.id)
    due.mark(conn, stories.spread_out(conn, list(conn.scalars(shown))))
    _join_sightings(conn, moved.id, there)
    _join_labels(conn, moved.id, there)
    mine = source_address.c.source_id == moved.id
    conn.execute(update(source_address).where(mine).values(source_id=there))
    _join_words(conn, moved, there)
    conn.execute(delete(source).where(source.c.id == moved.id))
    return there


def _join_sightings(conn: Connection, moved: int, there: int) -> None:
    """All sightings become the survivor's; the same item under the same key is one sighting."""
    same = and_(_theirs.c.source_id == there, _theirs.c.key == sighting.c.key)
    clashes = conn.execute(
        select(
            sighting.c.key, sighting.c.item_id, sighting.c.primary, _theirs.c.item_id.label("other")
        )
        .join_from(sighting, _theirs, same)
        .where(sighting.c.source_id == moved)
    ).all()
    for clash in clashes:
        mine = (sighting.c.source_id == moved) & (sighting.c.key == clash.key)
        if clash.item_id != clash.other:
            conn.execute(update(sighting).where(mine).values(key=f"{clash.key} (source {moved})"))
            continue
        conn.execute(delete(sighting).where(mine))
        if clash.primary:
            theirs = (sighting.c.source_id == there) & (sighting.c.key == clash.key)
            conn.execute(update(sighting).where(theirs).values(primary=True))
    conn.execute(update(sighting).where(sighting.c.source_id == moved).values(source_id=there))
    count = select(func.count()).select_from(sighting).where(sighting.c.source_id == there)
    _update(conn, there, {"items": count.scalar_subquery()})


def _join_labels(conn: Connection, moved: int, there: int) -> None:
    """The survivor's labels, then those of the other that it had not."""
    rows = conn.execute(
        select(source_label)
        .where(source_label.c.source_id.in_((moved, there)))
        .order_by(source_label.c.position)
    ).all()
    theirs = [row for row in rows if row.source_id == there]
    known = {(row.kind, row.key) for row in theirs}
    for place, row in enumerate(row for row in rows if row.source_id == moved):
        if (row.kind, row.key) in known:
            continue
        known.add((row.kind, row.key))
        label = {"kind": row.kind, "name": row.name, "key": row.key}
        after = len(theirs) + place  # beyond all positions the survivor has
        conn.execute(insert(source_label), label | {"source_id": there, "position": after})


def _join_words(conn: Connection, moved: Source, there: int) -> None:
    """What a person called the source, and that it is visited, are not lost with its address."""
    survivor = conn.execute(
        select(source.c.titled, source.c.state).where(source.c.id == there)
    ).one()
    values: dict[str, Any] = {}
    if moved.titled and not survivor.titled:
        name = select(source.c.name_key).where(source.c.id == moved.id).scalar_subquery()
        values |= {"title": moved.title, "titled": True, "name_key": name}
    if survivor.state != SourceState.ACTIVE:
        values["state"] = SourceState.ACTIVE
    if values:
        _update(conn, there, values)


def _update(conn: Connection, source_id: int, values: Mapping[str, Any]) -> None:
    conn.execute(update(source).where(source.c.id == source_id).values(values))
