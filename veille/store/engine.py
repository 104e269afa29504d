"""How we speak to SQLite and to PostgreSQL: everything that differs between two connections.

A transaction that may write says so when it begins, and there is one at a time: ``BEGIN IMMEDIATE``
on SQLite, an advisory lock on PostgreSQL. Without it a reader that turns writer loses updates or
fails at once, whatever the timeout (measured: 51 of 200 updates kept with the defaults).
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, QueuePool, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from veille.errors import SettingsError

BUSY_TIMEOUT = 30.0
_LOOK = 0.004  # seconds between two looks at whether somebody else still writes
A_TURN = 2 * _LOOK  # seconds in which all who wait have looked
APPLICATION_ID = 0x7665696C  # "veil", in the header of our SQLite files
_WRITES = "veille_writes"


def parse(url: str) -> URL:
    """The URL of a database, refused with SettingsError unless we know how to use it."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise SettingsError(
            "the database URL cannot be read; write sqlite:///veille.db "
            "or postgresql+psycopg://user@host/name"
        ) from error
    if parsed.drivername in {"sqlite", "sqlite+pysqlite"} and parsed.database not in {
        None,
        "",
        ":memory:",
    }:
        return parsed
    if parsed.drivername == "postgresql+psycopg":
        return parsed
    raise SettingsError(
        f"the database '{parsed.render_as_string()}' is of no kind that veille knows; "
        "write sqlite:///veille.db or postgresql+psycopg://user@host/name"
    )


def path_of(url: URL) -> Path:
    """The file of an SQLite database."""
    return Path(url.database or "").absolute()


def place_of(url: URL) -> str:
    """The database as messages name it: never with a password."""
    return str(path_of(url)) if is_sqlite(url) else url.render_as_string(hide_password=True)


def is_sqlite(url: URL) -> bool:
    """Whether the database is a file."""
    return url.get_backend_name() == "sqlite"


def build(url: URL, *, busy_timeout: float = BUSY_TIMEOUT, foreign_keys: bool = True) -> Engine:
    """An engine whose connections follow the rules of the house. Nothing is opened yet."""
    if is_sqlite(url):
        return _sqlite(path_of(url), busy_timeout, foreign_keys)
    return _postgresql(url, busy_timeout)


def writer(engine: Engine) -> Engine:
    """The same engine, for transactions that may write."""
    return engine.execution_options(**{_WRITES: True})


def _writes(conn: Connection) -> bool:
    return bool(conn.get_execution_options().get(_WRITES))


def _sqlite(path: Path, busy_timeout: float, foreign_keys: bool) -> Engine:
    # mode=rw never makes a file: an empty database in the wrong folder is worse than an error.
    uri = f"{path.as_uri()}?mode=rw"

    def connect() -> sqlite3.Connection:
        raw = sqlite3.connect(
            uri,
            uri=True,
            timeout=busy_timeout,
            isolation_level=None,  # no BEGIN but ours
            check_same_thread=False,
        )
        raw.execute(f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}")
        # FULL with one thing more: that a rollback journal is gone is forced to disk too, or a loss
        # of power could undo a commit that others acted on (sqlite.org/pragma.html#pragma_synchronous).
        raw.execute("PRAGMA synchronous = EXTRA")
        raw.execute("PRAGMA cache_size = -32000")
        raw.execute("PRAGMA journal_size_limit = 67108864")
        return raw

    engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool)

    def begin(conn: Connection) -> None:
        if _writes(conn):
            _begin_writing(conn, busy_timeout)
        else:
            conn.exec_driver_sql("BEGIN")

    event.listen(engine, "begin", begin)
    event.listen(engine, "invalidate", _let_go)
    return engine


def _let_go(raw: Any, _record: Any, _error: BaseException | None) -> None:
    """End the transaction of a connection that is thrown away in the middle of a statement.

    To close it would not: SQLite waits for its statements to end (sqlite.org/c3ref/close.html), which
    a traceback may hold, and whoever stores what is left after Ctrl-C would wait for himself.
    """
    with suppress(sqlite3.Error):
        raw.rollback()


def _begin_writing(conn: Connection, patience: float) -> None:
    """Wait for one's turn to write.

    SQLite itself looks again after up to a tenth of a second, so that whoever has waited for long
    loses to whoever just came, again and again.
    """
    raw: Any = conn.connection.dbapi_connection
    end = time.monotonic() + patience
    raw.execute("PRAGMA busy_timeout = 0")
    try:
        while time.monotonic() < end:
            try:
                raw.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    break
            else:
                return
            time.sleep(_LOOK)
        conn.exec_driver_sql("BEGIN IMMEDIATE")  # what it says now is told as all errors are
    finally:
        raw.execute(f"PRAGMA busy_timeout = {round(patience * 1000)}")


def _postgresql(url: URL, busy_timeout: float) -> Engine:
    engine = create_engine(
        url,
        pool_pre_ping=True,
        isolation_level="READ COMMITTED",
        connect_args={"options": "-c timezone=UTC"},
    )

    def begin(conn: Connection) -> None:
        if _writes(conn):
            conn.exec_driver_sql(f"SET LOCAL lock_timeout = {int(busy_timeout * 1000)}")
            conn.exec_driver_sql(f"SELECT pg_advisory_xact_lock({APPLICATION_ID})")
        else:
            conn.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")

    event.listen(engine, "begin", begin)
    return engine


def journal_mode(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> str:
    """The safe journal for an SQLite version.

    Versions 3.7.0 to 3.51.2 may corrupt a database when a WAL is reset while another process
    writes, but for the corrected 3.44.6 and 3.50.7 of their lines: a rollback journal there.
    """
    fixed = (
        version > (3, 51, 2)
        or (version[:2] == (3, 44) and version >= (3, 44, 6))
        or (version[:2] == (3, 50) and version >= (3, 50, 7))
    )
    return "wal" if fixed else "delete"


def use_safe_journal(conn: Connection) -> None:
    """Bring an SQLite file to the safe journal mode, outside a transaction; left as is when busy."""
    raw: Any = conn.connection.dbapi_connection
    wanted = journal_mode()
    if raw.execute("PRAGMA journal_mode").fetchone()[0] != wanted:
        raw.execute(f"PRAGMA journal_mode = {wanted}").fetchone()
