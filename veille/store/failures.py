"""The last failures of each source, so that somebody can see a pattern."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from veille.errors import FailureKind
from veille.model.source import Failure
from veille.store.tables.pool import source_failure

_REMEMBERED = 10  # of a source


def remember(conn: Connection, source_id: int, failure: Failure) -> None:
    """Keep a failure among the last ones of its source."""
    values = {"at": failure.at, "kind": failure.kind, "message": failure.message}
    conn.execute(insert(source_failure), values | {"source_id": source_id})
    last = (
        select(source_failure.c.id)
        .where(source_failure.c.source_id == source_id)
        .order_by(source_failure.c.id.desc())
        .limit(1)
        .offset(_REMEMBERED)
        .scalar_subquery()
    )
    conn.execute(
        delete(source_failure).where(
            source_failure.c.source_id == source_id, source_failure.c.id <= last
        )
    )


def of(conn: Connection, source_id: int) -> list[Failure]:
    """The last failures of a source, the newest first."""
    rows = conn.execute(
        select(source_failure)
        .where(source_failure.c.source_id == source_id)
        .order_by(source_failure.c.id.desc())
    )
    return [Failure(kind=FailureKind(row.kind), message=row.message, at=row.at) for row in rows]
