"""Making a database, and bringing an older one to the newest schema. Alembic lives here only."""

from __future__ import annotations

import os
import secrets
import uuid
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, inspect, text
from sqlalchemy.exc import DBAPIError

from veille import access
from veille.errors import SchemaError, StoreError, WorkspaceError
from veille.store import engine as engines
from veille.store.database import is_ours
from veille.store.tables.instance import instance
from veille.store.translate import translate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

_MISSING_DATABASE = "3D000"  # invalid_catalog_name


def create(url: str, *, now: datetime) -> None:
    """Make a database at the newest schema, with an identity and a secret of its own.

    An SQLite file is readable by its owner only, or by the group that shares its folder. A PostgreSQL database that does
    not exist is created; one that exists must be empty. Nothing is ever overwritten.

    Raises WorkspaceError when something is there already, StoreError when it cannot be written.
    """
    parsed = engines.parse(url)
    if engines.is_sqlite(parsed):
        _create_file(parsed, now)
    else:
        _create_postgresql(parsed, now)


def upgrade(url: str) -> list[str]:
    """Bring a database to the newest schema in one transaction; the revisions applied, in order.

    Raises SchemaError for a database that is not ours or is newer, StoreError when a step fails.
    """
    parsed = engines.parse(url)
    with _migrating(parsed) as conn:
        steps = _steps(conn, parsed)
        _migrate(conn)
        return steps


def pending(url: str) -> list[str]:
    """The revisions that :func:`upgrade` would apply, in order; nothing is changed.

    Raises as :func:`upgrade` does.
    """
    parsed = engines.parse(url)
    with (
        _disposing(engines.build(parsed)) as engine,
        _translated(parsed),
        engine.connect() as conn,
        conn.begin(),
    ):
        return _steps(conn, parsed)


def revisions() -> list[str]:
    """All schemas there ever were, oldest first."""
    return [script.revision for script in _scripts().walk_revisions()][::-1]


def _steps(conn: Connection, url: URL) -> list[str]:
    place = engines.place_of(url)
    current, known = _current(conn), revisions()
    if current is None or not _marked(conn, url):
        raise SchemaError(f"{place} is not a database of veille")
    if current not in known:
        raise SchemaError(
            f"{place} has schema {current}, this version only knows {known[-1]}; "
            "install a newer veille"
        )
    return known[known.index(current) + 1 :]


@contextmanager
def empty(path: Path, revision: str) -> Iterator[Connection]:
    """A transaction that fills an empty file as a database of a schema, without an identity yet."""
    with _migrating(engines.parse(f"sqlite:///{path}")) as conn:
        _migrate(conn, revision)
        conn.exec_driver_sql(f"PRAGMA application_id = {engines.APPLICATION_ID}")
        yield conn


def head() -> str:
    """The newest revision, as Alembic sees it."""
    return _scripts().get_current_head() or ""


def _create_file(url: URL, now: datetime) -> None:
    path = engines.path_of(url)
    try:
        os.close(access.create_private(path, os.O_EXCL | os.O_RDWR))
    except FileExistsError as error:
        raise WorkspaceError(f"{path} exists already; nothing was changed") from error
    except OSError as error:
        raise StoreError(f"{path} cannot be made: {error.strerror}") from error
    try:
        with _migrating(url) as conn:
            _fill(conn, now)
        with _disposing(engines.build(url)) as engine, engine.connect() as conn:
            engines.use_safe_journal(conn)
    except BaseException:
        path.unlink()
        raise


def _create_postgresql(url: URL, now: datetime) -> None:
    _ensure_exists(url)
    with _migrating(url) as conn:
        if inspect(conn).get_table_names():
            raise WorkspaceError(
                f"{engines.place_of(url)} is not empty; nothing was changed, name another database"
            )
        _fill(conn, now)


def _fill(conn: Connection, now: datetime) -> None:
    _migrate(conn)
    conn.execute(
        instance.insert(),
        {"id": str(uuid.uuid4()), "secret": secrets.token_bytes(32), "created": now},
    )
    if conn.dialect.name == "sqlite":
        conn.exec_driver_sql(f"PRAGMA application_id = {engines.APPLICATION_ID}")


def _ensure_exists(url: URL) -> None:
    """Create the database unless it is there; a server that forbids it says so itself."""
    with _disposing(create_engine(url, poolclass=NullPool)) as engine:
        try:
            engine.connect().close()
        except DBAPIError as error:
            # psycopg gives no SQLSTATE for a connection that was refused.
            if "does not exist" not in str(error.orig):
                raise translate(error, engines.place_of(url)) from error
        else:
            return
    server = create_engine(
        url.set(database="postgres"), poolclass=NullPool, isolation_level="AUTOCOMMIT"
    )
    with _disposing(server) as engine, _translated(url), engine.connect() as conn:
        name = conn.dialect.identifier_preparer.quote(url.database or "")
        conn.execute(text(f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0"))


@contextmanager
def _migrating(url: URL) -> Iterator[Connection]:
    # Foreign keys are off while tables are rebuilt (SQLite's own advice), and checked at the end.
    with (
        _disposing(engines.build(url, foreign_keys=False)) as engine,
        _translated(url),
        engines.writer(engine).begin() as conn,
    ):
        yield conn
        if engines.is_sqlite(url) and conn.exec_driver_sql("PRAGMA foreign_key_check").first():
            raise StoreError(
                f"{engines.place_of(url)} holds rows that point nowhere and was left as it is; "
                "run 'veille doctor'"
            )


@contextmanager
def _disposing(engine: Engine) -> Iterator[Engine]:
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def _translated(url: URL) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise translate(error, engines.place_of(url)) from error


def _marked(conn: Connection, url: URL) -> bool:
    if engines.is_sqlite(url):
        return is_ours(engines.path_of(url))
    return inspect(conn).has_table("instance")


def _current(conn: Connection) -> str | None:
    return MigrationContext.configure(conn).get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _migrate(conn: Connection, revision: str = "head") -> None:
    config = _config()
    config.attributes["connection"] = conn
    command.upgrade(config, revision)
