"""What keeps us from asking: hosts that want to be left alone, and outages of everything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, insert, select, update

from veille.store.tables.pool import host_wait, outage

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A time when nothing could be reached; ``retry`` is when everything is tried again."""

    began: datetime
    retry: datetime


def waits(conn: Connection, now: datetime) -> dict[str, datetime]:
    """The hosts that want to be left alone, and until when."""
    rows = conn.execute(select(host_wait).where(host_wait.c.until > now))
    return {row.host: row.until for row in rows}


def leave_alone(conn: Connection, host: str, *, until: datetime, now: datetime) -> None:
    """Ask nothing of a host until then, or longer if it asked for that before."""
    asked = waits(conn, now).get(host, until)
    conn.execute(delete(host_wait).where((host_wait.c.host == host) | (host_wait.c.until <= now)))
    conn.execute(insert(host_wait), {"host": host, "until": max(until, asked)})


def current_outage(conn: Connection) -> Outage | None:
    """The outage that did not end yet."""
    row = conn.execute(select(outage).where(outage.c.ended.is_(None))).one_or_none()
    return Outage(began=row.began, retry=row.retry) if row else None


def note_outage(conn: Connection, *, at: datetime, retry: datetime) -> Outage:
    """Begin an outage, or go on with the current one: it is recorded once (N22)."""
    current = current_outage(conn)
    if current is None:
        conn.execute(insert(outage), {"began": at, "retry": retry})
        return Outage(began=at, retry=retry)
    conn.execute(update(outage).where(outage.c.ended.is_(None)).values(retry=retry))
    return Outage(began=current.began, retry=retry)


def end_outage(conn: Connection, *, at: datetime) -> None:
    """Note that something answered again."""
    conn.execute(update(outage).where(outage.c.ended.is_(None)).values(ended=at))
