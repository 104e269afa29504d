"""A backup is whole whatever happens meanwhile; a restore puts all of it back, or nothing."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import MetaData, create_engine, text

from tests.store.conftest import Pool, pool
from veille.errors import Busy, OutputError, Refused, SchemaError, StoreError, WorkspaceError
from veille.model.event import Actor
from veille.store import backup as files
from veille.store import events, schema, search, tombstones
from veille.store.database import HEAD, Database, instance
from veille.workflows import restore as restoring
from veille.workflows.acting import Act
from veille.workflows.backup import back_up, dated
from veille.workflows.restore import restore
from veille.workflows.upgrade import upgrade

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["pool"]

NOW = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
ACT = Act(actor=Actor(handle="root", login="root"), now=NOW)


@pytest.fixture
def filled(pool: Pool) -> str:
    """The URL of a database with two sources, five items, tags and comments; nobody has it open."""
    source = pool.source("Gallica")
    kept = pool.collect(source, *(pool.draft(f"Œuvre {number}") for number in range(4)))
    with pool.db.write() as connection:
        tombstones.leave(connection, kept[1:])
    pool.keep(kept[0])
    pool.tag(kept[0], "Médiation", "iiif")
    pool.comment(kept[0], "Une raison d’y aller.", blurb=True)
    pool.event()
    pool.item("Une trouvaille")
    url = pool.db.url.render_as_string(hide_password=False)
    pool.db.close()
    return url


def found(url: str, words: str = "oeuvre") -> list[int]:
    """What a search gives: the index came along."""
    from veille.curation.query import parse
    from veille.model.query import Sort

    db = Database.open(url)
    with db.read() as conn:
        query = parse(words, now=NOW, tz=UTC)
        ids = search.ids(conn, query, now=NOW, limit=50, sort=Sort.NEWEST)
    db.close()
    return sorted(ids)


def everything(url: str) -> dict[str, set[tuple[Any, ...]]]:
    """All rows of all tables, but the log of what the machine did to the database itself."""
    from veille.store.tables.whole import metadata

    engine = create_engine(url)
    with engine.connect() as conn:
        rows = {
            table.name: {tuple(map(repr, row)) for row in conn.execute(table.select())}
            for table in metadata.sorted_tables
            if table.name != "event"
        }
    engine.dispose()
    return rows


def test_a_backup_comes_back_on_either_database(filled: str, tmp_path: Path) -> None:
    """D9, D15: the drill. Everything is there again, the index and the numbers included."""
    made = back_up(filled, tmp_path / "b.db")
    before, seen = everything(filled), found(filled)
    assert made.contents.rows["item"] == 5
    assert made.contents.revision == HEAD
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600, "G8"
    db = Database.open(filled)
    with db.write() as conn:
        conn.execute(text("DELETE FROM comment"))
        conn.execute(text("UPDATE item SET title = 'lost'"))
    db.close()
    done = restore(filled, made.path, folder=tmp_path, act=ACT)
    assert everything(filled) == before | {"curator": everything(filled)["curator"]}
    assert found(filled) == seen
    assert len(seen) == 4
    assert done.aside is not None
    assert files.contents(done.aside).rows["comment"] == 0, "the former database is kept"
    db = Database.open(filled)
    with db.read() as conn:
        assert events.log(conn, limit=1)[0].after == {"file": "b.db", "schema": HEAD}
        newest = max(row.id for row in conn.execute(text("SELECT id FROM item")))
    db.close()
    fresh = Pool(Database.open(filled))
    assert fresh.item("after") > newest, "no number is used twice"
    fresh.db.close()


@pytest.mark.parametrize("ready_url", ["sqlite"], indirect=True)
def test_a_backup_moves_from_one_kind_to_the_other(
    filled: str, tmp_path: Path, postgresql: Any
) -> None:
    """D15: the file is the same for both; a new workspace takes it without being asked twice."""
    made = back_up(filled, tmp_path / "b.db")
    file = f"sqlite:///{tmp_path / 'new.db'}"
    server = postgresql.copy()
    schema.create(file, now=NOW)
    for url in (file, server):
        restore(url, made.path, folder=tmp_path, act=ACT)
        assert everything(url)["item"] == everything(file)["item"]
        assert found(url) == found(filled)
    back_up(server, tmp_path / "c.db")
    restore(file, tmp_path / "c.db", folder=tmp_path, act=Act(actor=None, now=NOW + timedelta(1)))
    assert everything(file)["comment"] == everything(filled)["comment"]
    postgresql.drop(server)


def test_nothing_is_overwritten_unasked(filled: str, tmp_path: Path) -> None:
    """Not even with a copy that is whole; and when asked, only with one that is."""
    target = tmp_path / "b.db"
    target.write_text("precious")
    with pytest.raises(Refused, match="--overwrite"):
        back_up(filled, target)
    assert target.read_text() == "precious"
    back_up(filled, target, overwrite=True)
    assert files.contents(target).rows["item"] == 5
    assert not list(tmp_path.glob(".veille-*"))
    with pytest.raises(OutputError, match="cannot be written"):
        back_up(filled, tmp_path / "nowhere" / "b.db")


_WRITERS = """
import sys, threading
from datetime import UTC, datetime
from veille.model.event import Actor
from veille.store import curators
from veille.store.database import Database
db = Database.open(sys.argv[1])
def write(name):
    for number in range(100_000):
        with db.write() as conn:  # always two together
            for half in "ab":
                actor = Actor(handle=f"{name}-{number}-{half}", login="x" * 200)
                curators.record(conn, actor, datetime.now(UTC))
        if number == 0: print("begun", flush=True)
for name in range(10):
    threading.Thread(target=write, args=(name,)).start()
"""


@pytest.fixture
def writers(ready_url: str) -> Iterator[str]:
    """Ten who write, two rows a transaction, until the end of the test."""
    command = [sys.executable, "-c", _WRITERS, ready_url]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield ready_url
        assert process.poll() is None
        process.kill()


@pytest.mark.slow
def test_ten_writers_and_a_backup(writers: str, tmp_path: Path) -> None:
    """D9: it equals some committed state: no half transaction, integrity ok; nobody fails."""
    for number in range(3):
        made = back_up(writers, tmp_path / f"{number}.db")
        with closing(sqlite3.connect(made.path)) as conn:
            (names,) = zip(*conn.execute("SELECT handle FROM curator"), strict=True)
        halves = {name.removesuffix("-a") for name in names if name.endswith("-a")}
        assert halves == {name.removesuffix("-b") for name in names if name.endswith("-b")}


@pytest.mark.parametrize("ready_url", ["sqlite"], indirect=True)
class TestFiles:
    """What only a file can suffer."""

    def test_a_write_ahead_log_belongs_to_the_copy(self, filled: str, tmp_path: Path) -> None:
        """D10: what is in the -wal alone is in the backup; a plain copy of the file lacks it."""
        path = Path(filled.removeprefix("sqlite:///"))
        with closing(sqlite3.connect(path)) as conn:
            conn.execute("PRAGMA journal_mode = WAL")
            conn.execute("UPDATE item SET title = 'in the log'")
            conn.commit()
            assert path.with_name("veille.db-wal").stat().st_size
            files.copy_file(path, _empty(tmp_path / "copy.db"))
        with closing(sqlite3.connect(tmp_path / "copy.db")) as conn:
            assert conn.execute("SELECT DISTINCT title FROM item").fetchall() == [("in the log",)]
            assert conn.execute("PRAGMA journal_mode").fetchone() == ("delete",)

    @pytest.mark.parametrize("damage", ["middle", "half", "empty", "other"])
    def test_a_damaged_database_is_no_backup(
        self, filled: str, tmp_path: Path, damage: str
    ) -> None:
        """D5, D6: exit 1 or 2, the file as it was, no backup left, and the way out is named."""
        path = Path(filled.removeprefix("sqlite:///"))
        whole = path.read_bytes()
        content = {
            "middle": whole[:30_000] + os.urandom(4096) + whole[34_096:],
            "half": whole[: len(whole) // 2],
            "empty": b"",
            "other": b"hello, world\n" * 400,
        }[damage]
        path.write_bytes(content)
        with pytest.raises((StoreError, SchemaError), match=r"backup|not a database"):
            back_up(filled, tmp_path / "b.db")
        assert path.read_bytes() == content
        assert {each.name for each in tmp_path.iterdir()} == {"veille.db"}

    def test_a_damaged_database_is_replaced_and_kept(self, filled: str, tmp_path: Path) -> None:
        """D5: the drill after an accident: the backup is in place, the wreck and its log aside."""
        made = back_up(filled, tmp_path / "b.db")
        path = Path(filled.removeprefix("sqlite:///"))
        wreck = os.urandom(8192)
        path.write_bytes(wreck)
        path.with_name("veille.db-wal").write_bytes(b"its log")
        done = restore(filled, made.path, folder=tmp_path, act=ACT)
        assert done.aside is not None
        assert done.aside.read_bytes() == wreck
        assert done.aside.with_name(f"{done.aside.name}-wal").read_bytes() == b"its log"
        assert not path.with_name("veille.db-wal").exists(), "never replayed into the new file"
        assert files.contents(path).rows["item"] == 5
        path.unlink()
        assert restore(filled, made.path, folder=tmp_path, act=ACT).aside is None

    @pytest.mark.parametrize("kind", ["missing", "other", "damaged", "newer"])
    def test_what_is_no_backup_changes_nothing(
        self, filled: str, tmp_path: Path, kind: str
    ) -> None:
        """D5, D6: told with the name that was given; the database is untouched."""
        source = back_up(filled, tmp_path / "b.db").path
        if kind == "missing":
            source.unlink()
        elif kind == "other":
            source.write_text("hello")
        elif kind == "damaged":
            content = bytearray(source.read_bytes())
            content[30_000:34_096] = os.urandom(4096)
            source.write_bytes(content)
        else:
            with closing(sqlite3.connect(source)) as conn:
                conn.execute("UPDATE alembic_version SET version_num = '9999'")
                conn.commit()
        path = Path(filled.removeprefix("sqlite:///"))
        before = path.read_bytes()
        with pytest.raises((WorkspaceError, SchemaError, StoreError), match=r"b\.db"):
            restore(filled, source, folder=tmp_path, act=ACT)
        assert path.read_bytes() == before
        assert not list(tmp_path.glob("*before*"))
        assert not list(tmp_path.glob(".veille-*"))

    def test_who_has_it_open_keeps_it(self, filled: str, tmp_path: Path) -> None:
        """Another process, idle or at work, would go on in the file that is set aside: exit 75."""
        made = back_up(filled, tmp_path / "b.db")
        path = Path(filled.removeprefix("sqlite:///"))
        idle = "import sys; f = open(sys.argv[1]); print(1, flush=True); sys.stdin.read()"
        with subprocess.Popen(
            [sys.executable, "-c", idle, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as other:
            assert other.stdout is not None
            other.stdout.readline()
            with pytest.raises(Busy, match=str(other.pid)):
                restore(filled, made.path, folder=tmp_path, act=ACT)
        with closing(sqlite3.connect(path)) as writer:
            writer.execute("BEGIN IMMEDIATE")
            with pytest.raises(Busy):
                restore(filled, made.path, folder=tmp_path, act=ACT)
        assert not list(tmp_path.glob("*before*"))

    def test_who_opens_it_in_the_last_moment_keeps_it(
        self, filled: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Between the look and the rename: the rename is taken back."""
        made = back_up(filled, tmp_path / "b.db")
        path = Path(filled.removeprefix("sqlite:///"))
        before = path.read_bytes()
        looks = iter([[], [4711]])
        monkeypatch.setattr(restoring.backup, "holders", lambda _: next(looks))
        with pytest.raises(Busy, match="4711"):
            restore(filled, made.path, folder=tmp_path, act=ACT)
        assert path.read_bytes() == before
        assert not list(tmp_path.glob("*before*"))

    def test_another_workspace_is_no_accident(self, filled: str, tmp_path: Path) -> None:
        """A workspace that holds something takes its own backups, others only when told."""
        schema.create(f"sqlite:///{tmp_path / 'other.db'}", now=NOW)
        with pytest.raises(Refused, match="--other"):
            restore(filled, tmp_path / "other.db", folder=tmp_path, act=ACT)
        restore(filled, tmp_path / "other.db", folder=tmp_path, other=True, act=ACT)
        assert found(filled) == []

    def test_a_full_disk_leaves_nothing(self, filled: str, tmp_path: Path) -> None:
        """D3: exit 1, no half backup, and the database goes on."""
        program = (
            "import resource, signal, sys\n"
            "from pathlib import Path\n"
            "from veille.errors import StoreError\n"
            "from veille.workflows.backup import back_up\n"
            "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
            "try: back_up(sys.argv[1], Path(sys.argv[2]))\n"
            "except StoreError as error: print(error)\n"
        )
        target = tmp_path / "b.db"
        ran = subprocess.run(
            [sys.executable, "-c", program, filled, str(target)], capture_output=True, text=True
        )
        assert "disk full" in ran.stdout, ran.stderr
        assert {each.name for each in tmp_path.iterdir()} == {"veille.db"}
        assert back_up(filled, target).contents.rows["item"] == 5

    def test_what_a_dead_run_left_is_removed(self, filled: str, tmp_path: Path) -> None:
        """C12: only ours, only the dead."""
        dead = subprocess.Popen(["true"])
        dead.wait()
        (tmp_path / f".veille-{dead.pid}-b.db.tmp").write_text("half")
        (tmp_path / ".veille-1-b.db.tmp").write_text("another's")
        back_up(filled, tmp_path / "b.db")
        assert [each.name for each in tmp_path.glob(".veille-*")] == [".veille-1-b.db.tmp"]


@pytest.mark.parametrize("ready_url", ["postgresql"], indirect=True)
def test_others_on_the_server_keep_it(filled: str, tmp_path: Path) -> None:
    """A team's database is not replaced under its feet: exit 75; told of what is connected."""
    made = back_up(filled, tmp_path / "b.db")
    colleague = Database.open(filled)
    with colleague.read(), pytest.raises(Busy, match="1 other connections"):
        restore(filled, made.path, folder=tmp_path, act=ACT)
    colleague.close()


@pytest.mark.parametrize("revision", schema.revisions())
def test_every_released_schema_is_upgraded(revision: str, tmp_path: Path) -> None:
    """D7: from each of them, with rows; a backup of the old one first."""
    path = _older(tmp_path / "veille.db", revision)
    done = upgrade(f"sqlite:///{path}", tmp_path / "backups", act=ACT)
    missing = schema.revisions()[schema.revisions().index(revision) + 1 :]
    assert done.steps == tuple(missing)
    assert (done.backup is not None) == bool(missing)
    if done.backup:
        assert files.contents(done.backup).revision == revision
        assert stat.S_IMODE(done.backup.parent.stat().st_mode) == 0o700, "G8"
    db = Database.open(f"sqlite:///{path}")
    with db.read() as conn:
        assert conn.scalar(text("SELECT title FROM source")) == "Gallica"
        assert instance(conn).id == "the same"
    db.close()


def test_an_old_backup_is_upgraded_as_it_comes_back(tmp_path: Path) -> None:
    """D7: a backup may be older than the program."""
    path = _older(tmp_path / "old.db", schema.revisions()[0])
    schema.create(f"sqlite:///{tmp_path / 'veille.db'}", now=NOW)
    done = restore(f"sqlite:///{tmp_path / 'veille.db'}", path, folder=tmp_path, act=ACT)
    assert done.contents.rows["source"] == 1
    assert done.upgraded == tuple(schema.revisions()[1:])
    assert files.contents(path).revision == schema.revisions()[0], "the backup stays as it is"


def _empty(path: Path) -> Path:
    path.touch(0o600)
    return path


def _older(path: Path, revision: str) -> Path:
    """A database of an earlier schema, as a former version would have left it."""
    with schema.empty(_empty(path), revision) as conn:
        found = MetaData()
        found.reflect(conn, only=["source", "instance"])
        rows = {
            "instance": {"id": "the same", "secret": b"s" * 32, "created": 0},
            "source": {
                "url": "https://gallica.bnf.fr/feed",
                "key": "gallica.bnf.fr/feed",
                "title": "Gallica",
                "titled": True,
                "name_key": "gallica",
                "state": "active",
                "identity": "guid",
                "added": 0,
                "errors": 0,
            },
        }
        for name, row in rows.items():
            conn.execute(found.tables[name].insert(), row)
    return path


def test_names_of_backups_sort_as_time_goes() -> None:
    """Whatever the zone of the reader."""
    assert dated(Path(), NOW).name == "veille-2026-11-25T020000Z.db"
