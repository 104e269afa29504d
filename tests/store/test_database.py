"""Opening a database, its transactions, and what a failing disk or another process becomes."""

from __future__ import annotations

import hashlib
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError, StatementError

from veille.errors import (
    Busy,
    GaveWay,
    Lost,
    SchemaError,
    SettingsError,
    StoreError,
    UsageError,
    WorkspaceError,
)
from veille.model.event import Actor
from veille.store import curators, engine, ingest, marks, schema
from veille.store.database import HEAD, Database, instance
from veille.store.tables.marks import curator
from veille.store.translate import translate

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def sqlite_path(tmp_path: Path) -> Path:
    """A fresh SQLite database."""
    path = tmp_path / "veille.db"
    schema.create(f"sqlite:///{path}", now=NOW)
    return path


def scalar(db: Database, statement: str) -> Any:
    with db.read() as conn:
        return conn.exec_driver_sql(statement).scalar()


def write(db: Database, handle: str = "zoe") -> None:
    with db.write() as conn:
        curators.record(conn, Actor(handle=handle, login="z"), NOW)


class TestCreate:
    def test_a_new_database_is_ready(self, db_url: str) -> None:
        schema.create(db_url, now=NOW)
        db = Database.open(db_url)
        with db.read() as conn:
            first = instance(conn)
        db.close()
        assert len(first.secret) == 32
        assert len(first.id) == 36

    def test_each_database_has_an_identity_of_its_own(self, tmp_path: Path) -> None:
        found = set()
        for name in ("a", "b"):
            url = f"sqlite:///{tmp_path / name}.db"
            schema.create(url, now=NOW)
            db = Database.open(url)
            with db.read() as conn:
                found.add(instance(conn))
            db.close()
        assert len({one.id for one in found}) == len({one.secret for one in found}) == 2

    def test_nothing_is_overwritten(self, db_url: str) -> None:
        schema.create(db_url, now=NOW)
        with pytest.raises(WorkspaceError, match="nothing was changed"):
            schema.create(db_url, now=NOW)
        Database.open(db_url).close()

    def test_the_file_is_private_whatever_the_umask(self, tmp_path: Path) -> None:
        """G8."""
        before = os.umask(0o000)
        try:
            schema.create(f"sqlite:///{tmp_path / 'veille.db'}", now=NOW)
        finally:
            os.umask(before)
        assert stat.S_IMODE((tmp_path / "veille.db").stat().st_mode) == 0o600

    def test_no_folder_no_database(self, tmp_path: Path) -> None:
        with pytest.raises(StoreError, match="No such file or directory"):
            schema.create(f"sqlite:///{tmp_path / 'nowhere' / 'veille.db'}", now=NOW)

    def test_a_path_may_hold_spaces_accents_and_signs(self, tmp_path: Path) -> None:
        """G7."""
        folder = tmp_path / "à lire #1 100%"
        folder.mkdir()
        schema.create(f"sqlite:///{folder / 'veille.db'}", now=NOW)
        Database.open(f"sqlite:///{folder / 'veille.db'}").close()
        assert [path.name for path in folder.iterdir()] == ["veille.db"]


class TestOpen:
    def test_no_database(self, tmp_path: Path) -> None:
        with pytest.raises(WorkspaceError, match="veille init"):
            Database.open(f"sqlite:///{tmp_path / 'veille.db'}")
        assert not list(tmp_path.iterdir())

    @pytest.mark.parametrize(
        "url", ["", "veille.db", "sqlite://", "sqlite:///:memory:", "mysql://u:secret@h/db"]
    )
    def test_a_url_of_no_use(self, url: str) -> None:
        with pytest.raises(SettingsError, match=r"postgresql\+psycopg") as caught:
            Database.open(url)
        assert "secret" not in str(caught.value)

    def test_a_folder_in_the_place_of_the_file(self, tmp_path: Path) -> None:
        (tmp_path / "veille.db").mkdir()
        with pytest.raises(StoreError, match="cannot be read"):
            Database.open(f"sqlite:///{tmp_path / 'veille.db'}")

    @pytest.mark.parametrize("content", [b"", b"hello, world\n" * 400, b"\0" * 8192])
    def test_a_file_of_another_kind_stays_untouched(self, tmp_path: Path, content: bytes) -> None:
        """D6."""
        path = tmp_path / "veille.db"
        path.write_bytes(content)
        with pytest.raises(SchemaError, match="not a database of veille"):
            Database.open(f"sqlite:///{path}")
        assert path.read_bytes() == content

    def test_a_database_of_another_program_stays_untouched(self, tmp_path: Path) -> None:
        """D6."""
        path = tmp_path / "veille.db"
        with sqlite3.connect(path) as raw:
            raw.execute("CREATE TABLE other (id)")
        raw.close()
        before = hashlib.sha256(path.read_bytes()).digest()
        for attempt in (Database.open, schema.upgrade):
            with pytest.raises(SchemaError, match="not a database of veille"):
                attempt(f"sqlite:///{path}")
        assert hashlib.sha256(path.read_bytes()).digest() == before

    @pytest.mark.parametrize(
        ("revision", "advice"), [("0000", "veille upgrade"), ("9999", "newer veille")]
    )
    def test_another_schema(self, ready_url: str, revision: str, advice: str) -> None:
        """D6, D7: told, and left as it is."""
        db = Database.open(ready_url)
        with db.write() as conn:
            conn.execute(text("UPDATE alembic_version SET version_num = :new"), {"new": revision})
        db.close()
        with pytest.raises(SchemaError, match=advice) as caught:
            Database.open(ready_url)
        assert revision in str(caught.value)
        with pytest.raises(SchemaError, match="newer veille"):
            schema.upgrade(ready_url)

    def test_a_postgresql_database_that_is_not_there(self, postgresql: Any) -> None:
        with pytest.raises(StoreError, match="does not exist"):
            Database.open(postgresql.url("nothing"))

    def test_a_postgresql_database_of_another_program(self, postgresql: Any) -> None:
        """D6."""
        with pytest.raises(SchemaError, match="not a database of veille"):
            Database.open(postgresql.url("postgres"))

    def test_a_server_that_does_not_answer(self) -> None:
        url = "postgresql+psycopg://veille:secret@127.0.0.1:1/veille"
        for attempt in (Database.open, lambda url: schema.create(url, now=NOW)):
            with pytest.raises(Lost, match="does not answer") as caught:
                attempt(url)
            assert "secret" not in str(caught.value)

    def test_the_newest_revision_is_known_without_alembic(self) -> None:
        assert schema.head() == HEAD

    def test_opening_imports_neither_alembic_nor_the_orm_nor_psycopg(
        self, sqlite_path: Path
    ) -> None:
        program = (
            "import sys; from veille.store.database import Database; "
            "from veille.store import items, marks, events, curators; "
            f"db = Database.open('sqlite:///{sqlite_path}')\n"
            "with db.read() as conn: pass\n"
            "print([m for m in ('alembic', 'sqlalchemy.orm', 'psycopg', 'pycurl', "
            "'sqlalchemy.dialects.postgresql') if m in sys.modules])"
        )
        ran = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True
        )
        assert ran.stdout == "[]\n"


class TestTransactions:
    def test_what_was_written_is_there(self, db: Database) -> None:
        write(db)
        with db.read() as conn:
            assert curators.handles(conn) == ["zoe"]

    def test_an_error_leaves_nothing(self, db: Database) -> None:
        def fail() -> None:
            with db.write() as conn:
                curators.record(conn, Actor(handle="zoe", login="z"), NOW)
                raise RuntimeError

        with pytest.raises(RuntimeError):
            fail()
        with db.read() as conn:
            assert curators.handles(conn) == []

    def test_a_reader_sees_one_state(self, ready_url: str) -> None:
        """A list and its counts agree, whoever writes in between."""
        db = Database.open(ready_url, busy_timeout=0.1)
        with db.read() as conn:
            assert curators.handles(conn) == []
            if db.is_sqlite and engine.journal_mode() == "delete":
                with pytest.raises(Busy):
                    write(db)  # a rollback journal keeps writers out while somebody reads
            else:
                write(db)
            assert curators.handles(conn) == []
        db.close()

    def test_a_reader_cannot_write_on_postgresql(self, postgresql: Any) -> None:
        url = postgresql.copy()
        db = Database.open(url)
        with pytest.raises(StoreError, match="read-only"), db.read() as conn:
            curators.record(conn, Actor(handle="zoe", login="z"), NOW)
        db.close()
        postgresql.drop(url)

    def test_what_was_interrupted_holds_nothing(self, ready_url: str) -> None:
        """C8: Ctrl-C in the middle of a statement; what is done about it may write at once."""
        db = Database.open(ready_url, busy_timeout=2)
        before = signal.signal(signal.SIGALRM, signal.default_int_handler)
        try:
            with pytest.raises(KeyboardInterrupt) as interrupted:
                self._write_for_long(db)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        assert interrupted.value.__traceback__ is not None, "held, as by a 'finally'"
        with db.write() as conn:
            assert curators.handles(conn) == []
            curators.record(conn, Actor(handle="luc", login="l"), NOW)
        db.close()

    def _write_for_long(self, db: Database) -> None:
        with db.write() as conn:
            curators.record(conn, Actor(handle="zoe", login="z"), NOW)
            signal.setitimer(signal.ITIMER_REAL, 0.02)
            conn.execute(text(_LONG)).all()

    def test_foreign_keys_hold_on_every_connection(self, sqlite_path: Path) -> None:
        """D8: pooled, and of another thread."""
        db = Database.open(f"sqlite:///{sqlite_path}")
        found: list[Any] = []

        def look() -> None:
            with db.read() as one, db.read() as two:
                found.extend(
                    conn.exec_driver_sql("PRAGMA foreign_keys").scalar() for conn in (one, two)
                )

        threads = [threading.Thread(target=look) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        look()
        db.close()
        assert found == [1] * 8

    def test_every_commit_reaches_the_disk(self, sqlite_path: Path) -> None:
        """D12, 5b: synchronous is EXTRA (a rollback journal that is back after a loss of power undoes
        what was committed), and the journal is the safe one."""
        db = Database.open(f"sqlite:///{sqlite_path}")
        assert scalar(db, "PRAGMA synchronous") == 3
        assert scalar(db, "PRAGMA journal_mode") == engine.journal_mode()
        db.close()

    def test_another_journal_is_brought_to_the_safe_one(self, sqlite_path: Path) -> None:
        """D12: the file came from a machine with another SQLite."""
        other = "delete" if engine.journal_mode() == "wal" else "wal"
        raw = sqlite3.connect(sqlite_path)
        raw.execute(f"PRAGMA journal_mode = {other}")
        raw.close()
        db = Database.open(f"sqlite:///{sqlite_path}")
        assert scalar(db, "PRAGMA journal_mode") == engine.journal_mode()
        db.close()

    @pytest.mark.parametrize(
        ("version", "mode"),
        [
            ((3, 37, 0), "delete"),
            ((3, 40, 1), "delete"),
            ((3, 44, 5), "delete"),
            ((3, 44, 6), "wal"),
            ((3, 45, 0), "delete"),
            ((3, 50, 6), "delete"),
            ((3, 50, 7), "wal"),
            ((3, 51, 2), "delete"),
            ((3, 51, 3), "wal"),
            ((4, 0, 0), "wal"),
        ],
    )
    def test_the_safe_journal(self, version: tuple[int, int, int], mode: str) -> None:
        """D12."""
        assert engine.journal_mode(version) == mode

    def test_a_naive_instant_is_refused(self, db: Database) -> None:
        with pytest.raises(StatementError, match="naive"), db.write() as conn:
            curators.record(conn, Actor(handle="zoe", login="z"), NOW.replace(tzinfo=None))

    def test_instants_come_back_to_the_microsecond(self, db: Database) -> None:
        instants = [
            datetime(1, 1, 2, tzinfo=UTC),
            datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
            datetime(2026, 3, 29, 1, 30, 0, 1, tzinfo=UTC),
            datetime(9999, 12, 30, 23, 59, 59, 999_999, tzinfo=UTC),
        ]
        with db.write() as conn:
            for number, at in enumerate(instants):
                curators.record(conn, Actor(handle=str(number), login="x"), at)
        with db.read() as conn:
            since = select(curator.c.since).order_by(curator.c.since)
            assert list(conn.scalars(since)) == instants


# It takes much longer than the alarm, on any machine.
_LONG = """
    WITH RECURSIVE n(v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM n WHERE v < 1000000)
    SELECT v FROM n ORDER BY v DESC
"""
# Ten processes, each with a connection of its own; what they run is loaded once, before they part.
_COUNTERS = """
import os, sys, traceback
from sqlalchemy import text
from veille.store.database import Database

def count():
    db = Database.open(sys.argv[1])
    for _ in range(10):
        with db.write() as conn:
            value = int(conn.execute(text("SELECT login FROM curator")).scalar_one())
            conn.execute(text("UPDATE curator SET login = :new"), {"new": str(value + 1)})

for _ in range(10):
    if os.fork() == 0:
        try:
            count()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
print([os.waitstatus_to_exitcode(os.wait()[1]) for _ in range(10)])
"""


class TestSeveralProcesses:
    @pytest.mark.slow
    def test_no_update_is_lost(self, db: Database) -> None:
        """E10, D2: ten processes read and write; 0 lost, 0 "locked"."""
        with db.write() as conn:
            curators.record(conn, Actor(handle="count", login="0"), NOW)
        url = db.url.render_as_string(hide_password=False)
        command = [sys.executable, "-c", _COUNTERS, url]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert (ran.stdout, ran.stderr) == (f"{[0] * 10}\n", "")
        with db.read() as conn:
            assert conn.scalar(select(curator.c.login)) == "100"

    def test_a_writer_waits_its_turn(self, ready_url: str) -> None:
        """D1: the other one ends in time."""
        db = Database.open(ready_url, busy_timeout=10)
        holding = threading.Event()

        def hold() -> None:
            with db.write():
                holding.set()
                time.sleep(0.3)

        other = threading.Thread(target=hold)
        other.start()
        holding.wait()
        write(db)
        other.join()
        with db.read() as conn:
            assert curators.handles(conn) == ["zoe"]
        db.close()

    def test_a_writer_gives_up(self, ready_url: str) -> None:
        """D1: the other one does not end; nothing is half done, and readers go on."""
        db = Database.open(ready_url, busy_timeout=0.2)
        with db.write() as conn:
            curators.record(conn, Actor(handle="first", login="x"), NOW)
            with pytest.raises(Busy, match="another process") as caught:
                write(db)
            with db.read() as reader:
                assert curators.handles(reader) == []
        assert caught.value.exit_code == 75
        assert "secret" not in str(caught.value)
        with db.read() as conn:
            assert curators.handles(conn) == ["first"]
        db.close()


class TestDisk:
    @pytest.mark.parametrize("ready_url", ["sqlite"], indirect=True)  # a server's disk is its own
    def test_a_full_disk(self, pool: Any, db: Database) -> None:
        """D3, E17: the transaction is gone as a whole, and work goes on once there is room."""

        def fill() -> None:
            with db.write() as conn:
                pages = conn.exec_driver_sql("PRAGMA page_count").scalar_one()
                conn.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}")
                for _ in range(100):
                    ingest.add_link(conn, pool.draft(text="mot " * 2000), at=NOW)

        with pytest.raises(StoreError, match="disk full"):
            fill()
        db.close()
        again = Database.open(db.url.render_as_string())
        with again.write() as conn:
            assert conn.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
            assert marks.exists(conn, range(1, 101)) == set()
            ingest.add_link(conn, pool.draft(), at=NOW)
        again.close()

    def test_somebody_else_reads_but_does_not_write(self, sqlite_path: Path) -> None:
        """D4: the path is named."""
        sqlite_path.chmod(0o444)
        program = (
            "import os, sys\n"
            "from veille.errors import StoreError\n"
            "from veille.model.event import Actor\n"
            "from veille.store import curators\n"
            "from veille.store.database import Database\n"
            "from datetime import UTC, datetime\n"
            "import sqlalchemy.dialects.sqlite.pysqlite\n"
            "os.chdir(sys.argv[1]); os.geteuid() or os.setuid(65534)\n"
            "db = Database.open('sqlite:///veille.db')\n"
            "with db.read() as conn: print(curators.handles(conn))\n"
            "try:\n"
            "    with db.write() as conn:\n"
            "        curators.record(conn, Actor(handle='z', login='z'), datetime.now(UTC))\n"
            "except StoreError as error: print(error)\n"
        )
        for folder in (sqlite_path.parent, *sqlite_path.parents):
            if folder.stat().st_uid == 0 and folder != Path("/"):
                folder.chmod(folder.stat().st_mode | 0o055)
        ran = subprocess.run(
            [sys.executable, "-c", program, str(sqlite_path.parent)],
            capture_output=True,
            text=True,
            check=True,
        )
        handles, error = ran.stdout.splitlines()
        assert handles == "[]"
        assert "veille.db cannot be written" in error

    def test_a_damaged_file_is_told_and_left_alone(self, sqlite_path: Path) -> None:
        """D5."""
        db = Database.open(f"sqlite:///{sqlite_path}")
        with db.write() as conn:
            for number in range(200):
                curators.record(conn, Actor(handle=str(number), login="x" * 500), NOW)
        db.close()
        content = bytearray(sqlite_path.read_bytes())
        content[-40 * 4096 :] = os.urandom(40 * 4096)
        sqlite_path.write_bytes(content)

        def read() -> None:
            with Database.open(f"sqlite:///{sqlite_path}").read() as conn:
                conn.execute(select(curator)).all()

        with pytest.raises(StoreError, match="last backup"):
            read()
        assert sqlite_path.read_bytes() == content

    def test_a_lost_connection(self, postgresql: Any) -> None:
        """D14: one line, nothing half done, and the next transaction connects again."""
        url = postgresql.copy()
        db = Database.open(url)

        def lose() -> None:
            with db.write() as conn:
                curators.record(conn, Actor(handle="zoe", login="z"), NOW)
                conn.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")

        with pytest.raises(StoreError, match="does not answer"):
            lose()
        with db.read() as conn:
            assert curators.handles(conn) == []
        db.close()
        postgresql.drop(url)


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        (sqlite3.SQLITE_BUSY_SNAPSHOT, Busy, "another process"),
        (sqlite3.SQLITE_IOERR_WRITE, StoreError, "disk full, or failing"),
        (sqlite3.SQLITE_READONLY_DIRECTORY, StoreError, "cannot be written"),
        (sqlite3.SQLITE_NOTADB, StoreError, "last backup"),
        (sqlite3.SQLITE_ERROR, StoreError, "refused the work"),
    ],
)
def test_what_sqlite_says_in_our_words(code: int, kind: type, words: str) -> None:
    """D1, D3, D4, D5: the extended codes too."""
    said = sqlite3.OperationalError("said")
    said.sqlite_errorcode = code
    error = translate(OperationalError("SELECT secret", {}, said), "the place")
    assert type(error) is kind
    assert words in str(error)
    assert "SELECT" not in str(error)


@pytest.mark.parametrize(
    ("state", "kind", "words"),
    [
        ("55P03", Busy, "another process"),
        ("40001", GaveWay, "another process"),
        ("53100", StoreError, "disk"),
        ("25006", StoreError, "read-only"),
        ("08006", Lost, "does not answer"),
        (None, Lost, "does not answer"),
        ("42P01", StoreError, "refused the work"),
    ],
)
def test_what_postgresql_says_in_our_words(state: str | None, kind: type, words: str) -> None:
    class SaidError(Exception):
        sqlstate = state

    error = translate(
        OperationalError("SELECT secret", {}, SaidError("on\ntwo lines")), "the place"
    )
    assert type(error) is kind
    assert words in str(error)
    assert "\n" not in str(error)
    assert "SELECT" not in str(error)


@pytest.mark.parametrize("name", ["a\udcffb", "a\x00b"])
def test_what_is_no_text_is_refused_and_changes_nothing(db: Database, name: str) -> None:
    """D15, I3: bytes of a command line that are no UTF-8; NUL, which a server has no place for."""
    if db.is_sqlite and "\x00" in name:
        return  # it stores them, and those who write clean their words

    def write() -> None:
        with db.write() as conn:
            curators.record(conn, Actor(handle="first", login="l"), NOW)
            curators.record(conn, Actor(handle=name, login="l"), NOW)

    with pytest.raises(UsageError, match="no text"):
        write()
    with db.read() as conn:
        assert curators.handles(conn) == []
