"""One loop for a database, whatever the number of machines (fault U11).

On PostgreSQL the lock is the server's, and ends with its connection. A file needs none: the
kernel's lock on the workspace is enough.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from sqlalchemy import Connection, NullPool, create_engine, text
from sqlalchemy.exc import DBAPIError

from veille.errors import Busy
from veille.store.engine import APPLICATION_ID

if TYPE_CHECKING:
    from veille.store.database import Database

_LOOP = APPLICATION_ID + 1  # beside that of writers


class Hold:
    """The right to run the loop of a database, held until :meth:`release`."""

    def __init__(self, db: Database) -> None:
        """Raises Busy when a loop runs elsewhere."""
        self._db = db
        self._engine = None if db.is_sqlite else create_engine(db.url, poolclass=NullPool)
        self._line: Connection | None = None
        self.keep()

    def keep(self) -> None:
        """Make sure that it is still ours, after a lost connection too. Raises Busy, StoreError."""
        if self._engine is None:
            return
        try:
            if self._line is not None:
                self._line.execute(text("SELECT 1"))
                self._line.rollback()
                return
        except DBAPIError:  # lost, and the lock with it
            self._let_go()
        self._line = self._taken()

    def release(self) -> None:
        """Let others have it."""
        self._let_go()
        if self._engine is not None:
            self._engine.dispose()

    def _let_go(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            line.invalidate()
            with contextlib.suppress(DBAPIError):
                line.close()

    def _taken(self) -> Connection:
        assert self._engine is not None  # noqa: S101  asked by keep alone
        with self._db.translated():
            line = self._engine.connect()
            held = line.scalar(text(f"SELECT pg_try_advisory_lock({_LOOP})"))
            line.rollback()
        if not held:
            line.close()
            raise Busy(f"another machine runs the loop of {self._db.place}: one is enough")
        return line
