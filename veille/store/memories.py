"""What was read of a source's entries last time, so that they are not read again.

The store neither knows nor cares what is in it: :mod:`veille.feeds.recall` does.
"""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, delete, insert, select

from veille.store.tables.pool import source_memory

_MINE = source_memory.c.source_id == bindparam("source")
_READ = select(source_memory.c.entries).where(_MINE)
_FORGET = delete(source_memory).where(_MINE)


def of(conn: Connection, source_id: int) -> bytes:
    """What is remembered of a source, empty when nothing is."""
    return conn.scalar(_READ, {"source": source_id}) or b""


def keep(conn: Connection, source_id: int, entries: bytes) -> None:
    """Remember this of a source, and nothing else any more."""
    forget(conn, source_id)
    if entries:
        conn.execute(insert(source_memory), {"source_id": source_id, "entries": entries})


def forget(conn: Connection, source_id: int) -> None:
    """Remember nothing of a source: its next answer is read whole."""
    conn.execute(_FORGET, {"source": source_id})
