"""A whole copy of a database file, made while others work; and what such a file holds.

The copy is SQLite's own, page by page (https://www.sqlite.org/backup.html), within one read
transaction of ours: it equals one committed state, however many write meanwhile. Nothing here needs
the schema of this version, so that a database can be copied before it is upgraded.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from veille.errors import Busy, SchemaError, StoreError
from veille.model.text import one_line
from veille.store.database import is_ours
from veille.store.engine import BUSY_TIMEOUT
from veille.store.translate import of_sqlite

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PAGES_A_STEP = 1000  # 4 MB: between two steps an interrupt is heard
_SIDE_FILES = ("-wal", "-shm", "-journal")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a database file holds: its schema, whose workspace it is, and how many rows of what."""

    revision: str
    instance: str
    rows: Mapping[str, int]


def copy_file(source: Path, target: Path, *, busy_timeout: float = BUSY_TIMEOUT) -> None:
    """Copy an SQLite database into ``target``, an empty file that exists, and force it to disk.

    In a rollback journal (see :func:`veille.store.engine.journal_mode`) writers wait until the copy
    is made, a few seconds a gigabyte; with a write-ahead log nobody waits. Raises SchemaError when
    ``source`` is not ours, StoreError when it cannot be read or the disk is full, Busy.
    """
    if not is_ours(source):
        raise SchemaError(f"{source} is not a database of veille: nothing was copied")
    with closing(_connect(target, busy_timeout)) as ours:
        # Whole or thrown away: nothing to roll back, and one sync at the end.
        ours.execute("PRAGMA journal_mode = OFF").fetchone()
        ours.execute("PRAGMA synchronous = OFF")
        with _blaming(source), closing(_connect(source, busy_timeout)) as theirs:
            theirs.execute("BEGIN")
            theirs.execute("SELECT count(*) FROM sqlite_master").fetchone()  # the state we copy
            with _blaming(target):
                theirs.backup(ours, pages=PAGES_A_STEP, sleep=0)
        with _blaming(target):
            ours.execute("PRAGMA journal_mode = DELETE").fetchone()  # one file, no log beside it
    _sync(target)


def contents(path: Path, *, called: Path | None = None) -> Contents:
    """What a database file holds, once it proved whole; messages name it ``called``.

    Raises SchemaError when it is not ours, StoreError when it is damaged. Nothing is changed.
    """
    called = called or path
    if not is_ours(path):
        raise SchemaError(f"{called} is not a database of veille")
    with _blaming(called), closing(_connect(path, BUSY_TIMEOUT)) as conn:
        said = str(conn.execute("PRAGMA integrity_check(1)").fetchone()[0])
        if said != "ok":
            raise StoreError(
                f"{called} is damaged ({one_line(said)}): bring an earlier backup back with "
                "'veille restore FILE'"
            )
        tables = conn.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' "
            "AND name NOT LIKE 'sqlite%' AND name NOT LIKE '%fts%' ORDER BY name"
        ).fetchall()
        return Contents(
            revision=_one(conn, "SELECT version_num FROM alembic_version"),
            instance=_one(conn, "SELECT id FROM instance"),
            rows={name: _count(conn, name) for (name,) in tables},
        )


def holders(path: Path) -> list[int]:
    """The other processes that have a file open, as far as we may see them (Linux)."""
    try:
        wanted = path.stat()
    except FileNotFoundError:
        return []
    own = str(os.getpid())
    processes = (entry for entry in Path("/proc").glob("[0-9]*") if entry.name != own)
    return sorted(int(entry.name) for entry in processes if _holds(entry, wanted))


def side_files(path: Path) -> list[Path]:
    """The logs and journals that lie beside a database file, and belong to it."""
    beside = (path.with_name(path.name + suffix) for suffix in _SIDE_FILES)
    return [each for each in beside if each.exists()]


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold a database file that nobody else uses, with no log beside it when it is whole.

    Raises Busy while another connection is at work; a damaged file cannot be held, and is not.
    """
    with closing(_connect(path, 0)) as conn:
        try:
            # Only the last connection may leave the write-ahead log, with all of it in the file.
            conn.execute("PRAGMA journal_mode = DELETE").fetchone()
            conn.execute("BEGIN EXCLUSIVE")
        except sqlite3.DatabaseError as error:
            told = of_sqlite(error, str(path))
            if isinstance(told, Busy):
                raise told from error
        yield


def _connect(path: Path, busy_timeout: float) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=busy_timeout, isolation_level=None
    )


@contextmanager
def _blaming(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise of_sqlite(error, str(path)) from error


def _count(conn: sqlite3.Connection, table: str) -> int:
    count: int = conn.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]  # noqa: S608  its own names
    return count


def _one(conn: sqlite3.Connection, statement: str) -> str:
    row = conn.execute(statement).fetchone()
    return str(row[0]) if row else ""


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _holds(process: Path, wanted: os.stat_result) -> bool:
    try:
        links = list((process / "fd").iterdir())
    except OSError:  # another user's, or gone meanwhile
        return False
    for link in links:
        try:
            found = link.stat()
        except OSError:
            continue
        if (found.st_dev, found.st_ino) == (wanted.st_dev, wanted.st_ino):
            return True
    return False
