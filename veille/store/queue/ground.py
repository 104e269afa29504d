"""The ground that the queue stands on: Procrastinate's own tables, in a schema of their own.

Our migrations, backups and copies never see it. It belongs to one version of Procrastinate's tables,
which is noted as the schema's comment; another version begins with an empty queue, since errands that
are still due are deferred again.
"""

from __future__ import annotations

import hashlib
from enum import StrEnum
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, text

from veille.errors import Busy, SchemaError, UsageError

if TYPE_CHECKING:
    from veille.store.database import Database

SCHEMA = "veille_queue"
_THERE = text("SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = :name")
_ALIVE = text(
    f"SELECT count(*) FROM {SCHEMA}.procrastinate_workers "  # noqa: S608  a constant
    "WHERE last_heartbeat > now() - interval '1 minute'"
)


class Ground(StrEnum):
    """What there is of the queue in a database."""

    NONE = "none"
    READY = "ready"
    OTHER = "other"  # of another version of Procrastinate


def look(conn: Connection) -> Ground:
    """Whether the queue can be used. Raises UsageError without the extra ``workers``."""
    found = conn.execute(_THERE, {"name": SCHEMA}).one_or_none()
    if found is None:
        return Ground.NONE
    return Ground.READY if found[0] == _mark() else Ground.OTHER


def is_there(conn: Connection) -> bool:
    """Whether a queue was ever made here; asks nothing of Procrastinate."""
    if conn.dialect.name != "postgresql":
        return False
    return conn.execute(_THERE, {"name": SCHEMA}).one_or_none() is not None


def prepare(db: Database) -> bool:
    """Make the queue where there is none; whether it was made.

    Raises UsageError for a database that is a file, or without the extra ``workers``, SchemaError
    when the queue is of another version.
    """
    need_server(db)
    with db.read() as conn:
        if look(conn) is Ground.READY:
            return False
    with db.write() as conn:
        found = look(conn)
        if found is Ground.OTHER:
            raise SchemaError(
                f"the queue in {db.place} was made by another version of procrastinate: end all "
                "workers, give all machines the same version, then run 'veille upgrade'"
            )
        if found is Ground.NONE:
            _make(conn)
        return found is Ground.NONE


def renew(db: Database) -> bool:
    """Make the queue of this version in the place of another's; whether there was one to replace.

    Raises Busy while workers are alive.
    """
    if find_spec("procrastinate") is None:
        return False  # this machine has no worker: whoever has one does it
    with db.read() as conn:
        if not is_there(conn) or look(conn) is not Ground.OTHER:
            return False
    with db.write() as conn:
        if conn.scalar(_ALIVE):
            raise Busy("workers are at work in this database: end them first, then upgrade")
        conn.execute(text(f"DROP SCHEMA {SCHEMA} CASCADE"))
        _make(conn)
    return True


def need_server(db: Database) -> None:
    """Raises UsageError when the database is a file, which only one machine can use."""
    if db.is_sqlite:
        raise UsageError(
            f"workers share a PostgreSQL database, and {db.place} is a file: 'veille copy' moves it "
            "(docs/operating.md); on one machine 'veille run' does all by itself"
        )


def stand_on(conn: Connection) -> Any:
    """Let a transaction find Procrastinate's functions; its connection, as the driver knows it."""
    conn.execute(
        text("SELECT set_config('search_path', :ours || current_setting('search_path'), true)"),
        {"ours": f"{SCHEMA}, "},
    )
    return conn.connection.driver_connection


def _make(conn: Connection) -> None:
    conn.execute(text(f"CREATE SCHEMA {SCHEMA}"))
    stand_on(conn).execute(_tables())
    conn.execute(text(f"COMMENT ON SCHEMA {SCHEMA} IS '{_mark()}'"))


def _mark() -> str:
    return f"procrastinate tables {hashlib.sha256(_tables().encode()).hexdigest()[:16]}"


def _tables() -> str:
    try:
        from procrastinate.schema import SchemaManager
    except ImportError as error:
        raise missing(error) from error
    return SchemaManager.get_schema()


def missing(error: ImportError) -> UsageError | ImportError:
    """What to say when Procrastinate is not there; any other import that fails is a defect."""
    if error.name is None or error.name.partition(".")[0] not in {"procrastinate", "psycopg_pool"}:
        return error
    return UsageError("workers need the extra workers: pip install 'veille[workers]'")
