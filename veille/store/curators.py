"""Curators: recorded at their first use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, insert, select

from veille.model.text import fold
from veille.store.tables.marks import curator

if TYPE_CHECKING:
    from datetime import datetime

    from veille.model.event import Actor


def record(conn: Connection, actor: Actor, at: datetime) -> bool:
    """Note a curator who acts for the first time; whether it was."""
    known = conn.scalar(select(curator.c.handle).where(curator.c.handle == actor.handle))
    if known is not None:
        return False
    conn.execute(
        insert(curator),
        {"handle": actor.handle, "key": fold(actor.handle), "login": actor.login, "since": at},
    )
    return True


def handles(conn: Connection) -> list[str]:
    """All curators, in alphabetical order."""
    return list(conn.scalars(select(curator.c.handle).order_by(curator.c.key, curator.c.handle)))
