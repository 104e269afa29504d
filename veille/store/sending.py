"""Who sends an edition now, and from where mails leave at all.

Two guards beside the kernel's lock on a workspace: one row an edition, which a run keeps warm with
its heartbeat (a team on PostgreSQL has several machines), and the place that may send, so that a
copy of the database does not write to everybody a second time.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select, update

from veille.store.tables.readers import sending, sending_place

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Connection

    from veille.model.delivery import Place

HEARTBEAT = timedelta(seconds=30)
DEAD_AFTER = timedelta(minutes=5)  # ten heartbeats missed: whatever it was, it sends no more


def begin(
    conn: Connection,
    edition_id: int,
    *,
    run: str,
    place: Place,
    at: datetime,
    alive: Callable[[int], bool],
) -> Place | None:
    """Take the edition for ``run``; None when it is ours, else who sends it right now.

    ``alive`` tells whether a process of this machine still runs: a dead one is succeeded at once.
    """
    row = conn.execute(select(sending).where(sending.c.edition_id == edition_id)).one_or_none()
    if row is not None and row.run != run:
        here = row.host == place.host
        fresh = abs(at - row.heartbeat) < DEAD_AFTER
        if fresh and not (here and (row.pid == place.pid or not alive(row.pid))):
            return type(place)(host=row.host, path="", pid=row.pid)
    end(conn, edition_id)
    values = {"run": run, "host": place.host, "pid": place.pid, "heartbeat": at}
    conn.execute(insert(sending), {"edition_id": edition_id, **values})
    return None


def beat(conn: Connection, edition_id: int, *, run: str, at: datetime) -> bool:
    """Say that ``run`` is alive; False when another one took over."""
    mine = (sending.c.edition_id == edition_id) & (sending.c.run == run)
    return conn.execute(update(sending).where(mine).values(heartbeat=at)).rowcount == 1


def end(conn: Connection, edition_id: int) -> None:
    """Nobody sends the edition any more."""
    conn.execute(delete(sending).where(sending.c.edition_id == edition_id))


def home(conn: Connection) -> tuple[str, str] | None:
    """The machine and folder that mails leave from; None while none ever did."""
    row = conn.execute(select(sending_place)).one_or_none()
    return (row.host, row.path) if row else None


def settle(conn: Connection, place: Place, *, at: datetime) -> None:
    """From now on mails leave from ``place``, and from nowhere else."""
    conn.execute(delete(sending_place))
    conn.execute(insert(sending_place), {"host": place.host, "path": place.path, "since": at})
