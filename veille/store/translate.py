"""What SQLite and PostgreSQL say when something fails, in our words."""

from __future__ import annotations

import os
import sqlite3
from typing import TYPE_CHECKING

from sqlalchemy.exc import DataError

from veille.errors import Busy, GaveWay, InDoubt, Lost, StoreError, UsageError, VeilleError

if TYPE_CHECKING:
    from sqlalchemy.exc import DBAPIError

_LOCKED = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_FULL = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR})
_READ_ONLY = frozenset({sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM})
_HALF_A_CHANGE = sqlite3.SQLITE_READONLY_ROLLBACK
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
# PostgreSQL, appendix A: lock_not_available, query_canceled; serialization_failure, deadlock.
_WAITING = frozenset({"55P03", "57014"})
_UNDONE = frozenset({"40001", "40P01"})
_NO_TEXT = frozenset({None, "22021"})  # the driver itself, or character_not_in_repertoire
_DISK_FULL = "53100"
_READ_ONLY_TRANSACTION = "25006"


def translate(error: DBAPIError, place: str) -> VeilleError:
    """The error of ours that says what a database error means; ``place`` names the database."""
    if isinstance(error, DataError) and getattr(error.orig, "sqlstate", None) in _NO_TEXT:
        return not_text()
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:
        return _sqlite(code, str(error.orig), place)
    return _postgresql(getattr(error.orig, "sqlstate", None), str(error.orig), place)


def of_sqlite(error: sqlite3.Error, place: str) -> VeilleError:
    """The same for a connection that is not SQLAlchemy's."""
    return _sqlite(getattr(error, "sqlite_errorcode", 0), str(error), place)


def not_text() -> UsageError:
    """What to say of NUL, and of bytes of a command line that are no text."""
    return UsageError(
        "what was given holds a character that is no text (bytes that are no UTF-8, or NUL): "
        "nothing was changed, write it without"
    )


def in_doubt(place: str) -> InDoubt:
    """What to say when nobody knows whether a transaction was stored."""
    return InDoubt(
        f"{place} went away while the last change was being stored: whether it was, "
        "'veille log' tells once the server is back"
    )


def _sqlite(extended: int, said: str, place: str) -> VeilleError:
    code = extended & 0xFF
    if code in _LOCKED:
        return Busy(f"{place} is in use by another process; try again in a moment")
    if code in _FULL:
        return StoreError(
            f"disk full, or failing: {place} could not be written and nothing was changed "
            f"({said}); make room and try again"
        )
    if code in _READ_ONLY:
        return StoreError(_why_not_written(extended, said, place))
    if code in _DAMAGED:
        return StoreError(f"{place} is damaged ({said}); bring the last backup of the file back")
    return StoreError(f"{place} refused the work ({said}); run 'veille doctor'")


def _why_not_written(extended: int, said: str, place: str) -> str:
    """A disk that is mounted read-only can be read, but for what SQLite must write to read (G7)."""
    if not _on_a_read_only_disk(place):
        return f"{place} cannot be written ({said}); check who owns the file and its folder"
    if extended == _HALF_A_CHANGE:
        return (
            f"{place} holds half of a change of a process that died, and its disk is read-only: "
            "mount it writable once, then 'veille list' takes that half back"
        )
    if extended != sqlite3.SQLITE_READONLY:
        return (
            f"{place} has a write-ahead log, which is not read from a read-only disk: "
            "mount it writable, or copy the folder to where it may be written"
        )
    return f"{place} is on a read-only disk: nothing was changed, and what only reads works"


def _on_a_read_only_disk(place: str) -> bool:
    try:
        return bool(os.statvfs(place).f_flag & os.ST_RDONLY)
    except OSError:
        return False


def _postgresql(state: str | None, said: str, place: str) -> VeilleError:
    said = " ".join(said.split())
    if state in _UNDONE:
        return GaveWay(f"{place} is in use by another process; try again in a moment")
    if state in _WAITING:
        return Busy(f"{place} is in use by another process; try again in a moment")
    if state == _DISK_FULL:
        return StoreError(f"the disk of {place} is full and nothing was changed; make room there")
    if state == _READ_ONLY_TRANSACTION:
        return StoreError(f"{place} is read-only; use the primary server")
    if state is None or state[:2] in {"08", "57"}:
        return Lost(f"{place} does not answer ({said}); check the server and try again")
    return StoreError(f"{place} refused the work ({said}); run 'veille doctor'")
