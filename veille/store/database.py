"""A database: opened, checked, and giving transactions."""

from __future__ import annotations

import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import URL, Connection, Engine, select
from sqlalchemy.exc import DBAPIError, ProgrammingError

from veille.errors import Lost, SchemaError, StoreError, WorkspaceError
from veille.store import engine as engines
from veille.store.tables.instance import instance as instance_table
from veille.store.translate import in_doubt, not_text, translate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["HEAD", "Connection", "Database", "Instance", "instance"]

# The newest migration. A constant, since asking Alembic would cost every command its start-up.
HEAD: Final = "0022"


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """Which workspace this is: an identifier that outlives addresses, and a secret for tokens."""

    id: str
    secret: bytes


class Database:
    """One database, open. Its transactions are the only door to the tables."""

    def __init__(self, engine: Engine, url: URL) -> None:
        self.url = url
        self.place = engines.place_of(url)
        self._reader = engine
        self._writer = engines.writer(engine)
        self._wrote = 0.0

    @classmethod
    def open(cls, url: str, *, busy_timeout: float = engines.BUSY_TIMEOUT) -> Database:
        """Open a database that exists and has the schema of this version.

        ``busy_timeout`` is how many seconds a transaction waits for another process.
        Raises WorkspaceError when there is none, SchemaError when it is not ours, older or newer,
        StoreError when it cannot be read; nothing is changed in any of these cases.
        """
        parsed = engines.parse(url)
        if engines.is_sqlite(parsed) and not engines.path_of(parsed).exists():
            raise WorkspaceError(
                f"there is no database at {engines.place_of(parsed)}: 'veille init' makes one, "
                "unless there is a backup of the file to bring back"
            )
        database = cls(engines.build(parsed, busy_timeout=busy_timeout), parsed)
        try:
            database._check()
        except BaseException:
            database.close()
            raise
        return database

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file."""
        return engines.is_sqlite(self.url)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database from its first query to its last.

        Raises Busy and StoreError.
        """
        with self.translated(), self._reader.connect() as conn, conn.begin():
            yield conn

    @contextmanager
    def write(self, *, in_turn: bool = False) -> Iterator[Connection]:
        """A transaction that may write, the only one at this moment; committed when all went well.

        Whoever writes again and again does so ``in_turn``: those who came while it wrote go first.

        Raises Busy when another writer does not end in time, StoreError when the disk is full,
        read-only or damaged, Lost when the server went away. After an error nothing of it is left,
        but for InDoubt: the server went away while it stored it.
        """
        if in_turn and self.is_sqlite:
            self._give_way()
        with self.translated(), self._writer.begin() as conn:
            yield conn
            with self._storing():
                conn.commit()
        self._wrote = time.monotonic()

    def close(self) -> None:
        """Close all connections."""
        self._reader.dispose()

    @contextmanager
    def translated(self) -> Iterator[None]:
        """What the database says when something fails becomes an error of ours."""
        try:
            yield
        except DBAPIError as error:
            raise translate(error, self.place) from error
        except UnicodeEncodeError as error:
            raise not_text() from error

    @contextmanager
    def _storing(self) -> Iterator[None]:
        """A server that goes away before it says that it stored may have done so."""
        try:
            yield
        except DBAPIError as error:
            failed = translate(error, self.place)
            raise in_doubt(self.place) if isinstance(failed, Lost) else failed from error

    def _give_way(self) -> None:
        """Let everybody who waits look once whether we still write; PostgreSQL has a queue for it."""
        if (left := self._wrote + engines.A_TURN - time.monotonic()) > 0:
            time.sleep(left)

    def _check(self) -> None:
        if self.is_sqlite:
            self._check_file()
        with self.translated(), self._reader.connect() as conn:
            revision = self._revision(conn)
        if revision == HEAD:
            return
        if revision < HEAD:
            raise SchemaError(
                f"{self.place} has schema {revision}, this version needs {HEAD}; "
                "run 'veille upgrade'"
            )
        raise SchemaError(
            f"{self.place} has schema {revision}, this version only knows {HEAD}; install a newer veille"
        )

    def _check_file(self) -> None:
        if not is_ours(engines.path_of(self.url)):
            raise self._foreign()
        with suppress(DBAPIError), self._reader.connect() as conn:
            # Another process may be writing, or the file be read-only: the next one will do it.
            engines.use_safe_journal(conn)

    def _revision(self, conn: Connection) -> str:
        try:
            revision = conn.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
        except ProgrammingError as error:
            raise self._foreign() from error
        return str(revision)

    def _foreign(self) -> SchemaError:
        return SchemaError(
            f"{self.place} is not a database of veille; 'veille init' makes one, elsewhere"
        )


def is_ours(path: Path) -> bool:
    """Whether a file is an SQLite database that carries our mark.

    Read off the header (https://www.sqlite.org/fileformat.html, 1.3), so that nothing of a file that
    is not ours, or damaged, is ever touched. Raises StoreError when it cannot be read.
    """
    try:
        with path.open("rb") as file:
            header = file.read(100)
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror}") from error
    mark = int.from_bytes(header[68:72], "big")
    return header.startswith(b"SQLite format 3\0") and mark == engines.APPLICATION_ID


def instance(conn: Connection) -> Instance:
    """Which workspace this database belongs to."""
    row = conn.execute(select(instance_table)).one()
    return Instance(id=row.id, secret=row.secret)
