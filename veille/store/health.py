"""How sources and the database itself are doing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Column, Connection, Select, case, func, select, true

from veille.store.tables.marks import event
from veille.store.tables.pool import item, sighting, source
from veille.store.tables.readers import delivery

if TYPE_CHECKING:
    from datetime import datetime

_TOLD = 10  # damages named by a check


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """What a source showed: ``recent`` since a given instant, the dates of the whole."""

    items: int
    recent: int
    oldest: datetime
    newest: datetime


def pulses(conn: Connection, since: datetime, source_id: int | None = None) -> dict[int, Pulse]:
    """The pulse of every source that showed anything (or of one), in one query."""
    shown = sighting.c.source_id
    rows = conn.execute(
        select(
            shown,
            func.count().label("items"),
            func.sum(case((item.c.ordered >= since, 1), else_=0)).label("recent"),
            func.min(item.c.ordered, type_=item.c.ordered.type).label("oldest"),
            func.max(item.c.ordered, type_=item.c.ordered.type).label("newest"),
        )
        .join_from(sighting, item, item.c.id == sighting.c.item_id)
        .where(true() if source_id is None else shown == source_id)
        .group_by(shown)
    )
    return {
        row.source_id: Pulse(
            items=row.items, recent=int(row.recent), oldest=row.oldest, newest=row.newest
        )
        for row in rows
    }


def damages(conn: Connection) -> list[str]:
    """What is broken in the database itself, each in a line; a server checks its own files."""
    if conn.dialect.name != "sqlite":
        return []
    said = conn.exec_driver_sql(f"PRAGMA integrity_check({_TOLD})").scalars().all()
    found = [line for line in said if line != "ok"]
    rows = conn.exec_driver_sql("PRAGMA foreign_key_check").fetchmany(_TOLD)
    return found + [f"a row of {row[0]} points to nothing in {row[2]}" for row in rows]


def journal(conn: Connection) -> str | None:
    """The journal mode of an SQLite file, None on a server."""
    if conn.dialect.name != "sqlite":
        return None
    return str(conn.exec_driver_sql("PRAGMA journal_mode").scalar())


def counts(conn: Connection) -> dict[str, dict[str, int]]:
    """How many sources, items and mails there are in each state."""
    columns = {"sources": source.c.state, "items": item.c.state, "mails": delivery.c.state}
    return {
        what: {str(state): int(count) for state, count in conn.execute(_by(column))}
        for what, column in columns.items()
    }


def _by(state: Column[str]) -> Select[str, int]:
    return select(state, func.count()).group_by(state).order_by(state)


def is_empty(conn: Connection) -> bool:
    """Whether nobody subscribed to anything or added a link yet."""
    return conn.scalar(select(source.c.id).limit(1)) is None and (
        conn.scalar(select(item.c.id).limit(1)) is None
    )


def newest_instant(conn: Connection) -> datetime | None:
    """The latest instant that anything was noted at: the clock can only have been there already."""
    instants = [
        conn.scalar(select(func.max(column, type_=column.type)))
        for column in (source.c.last_fetch, event.c.at)
    ]
    return max((instant for instant in instants if instant is not None), default=None)
