"""Curators: recorded at their first use."""

from __future__ import annotations

from dataclasses import replace
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


def known_as(conn: Connection, actor: Actor) -> Actor:
    """The same person by the name of their first use: Inès, ines and INES are one curator."""
    spelt = select(curator.c.handle).where(curator.c.key == fold(actor.handle))
    names = list(conn.scalars(spelt.order_by(curator.c.since, curator.c.handle)))
    if not names or actor.handle in names:
        return actor
    return replace(actor, handle=names[0])


def handles(conn: Connection) -> list[str]:
    """All curators, in alphabetical order."""
    return list(conn.scalars(select(curator.c.handle).order_by(curator.c.key, curator.c.handle)))
