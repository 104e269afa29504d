"""Killed by the kernel at each commit to the disk, then looked at: all of it, or nothing (C2, D7).

strace sends SIGKILL at the n-th fsync, fdatasync, rename or link of the real program, n from 1 until
it lives to the end. What a killed program has not acknowledged may be there or not, as a whole.
"""

from __future__ import annotations

import itertools
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import MetaData

from tests.feeds.conftest import Server, http, server
from tests.program import Program, veille
from veille.store import backup, schema
from veille.store.database import HEAD, Database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["server", "veille"]
pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
CALLS = "fsync,fdatasync,rename,renameat,renameat2,link,linkat,unlink"


def killed(folder: Path, *words: str) -> Iterator[bool]:
    """Run a command, killed at its first such call, then at its second …; whether it lived."""
    if shutil.which("strace") is None:
        pytest.fail("the slow ring needs strace: apt-get install strace")
    for number in itertools.count(1):
        command = ["strace", "-f", "-o", "/dev/null", "-e", f"trace={CALLS}",
                   "-e", f"inject={CALLS}:signal=KILL:when={number}",
                   sys.executable, "-m", "veille", "-w", str(folder), *words]  # fmt: skip
        ended = subprocess.run(command, capture_output=True, env={**os.environ, "USER": "zoe"})
        yield ended.returncode == 0
        if ended.returncode == 0:
            assert number > 2, "nothing was written?"
            return
        assert number < 200


def whole(path: Path) -> dict[str, int]:
    """The rows of a database that proved whole."""
    return dict(backup.contents(path).rows)


@pytest.fixture
def made(veille: Program, tmp_path: Path) -> Callable[[], Path]:
    """Makes a workspace with one item, always the same."""
    first = tmp_path / "first"
    veille("init", first)
    assert veille("-w", first, "add", "https://127.0.0.1:9/a", "--title", "A").code == 0
    numbers = itertools.count(1)

    def make() -> Path:
        folder = tmp_path / str(next(numbers))
        shutil.copytree(first, folder)
        return folder

    return make


def rows(path: Path, statement: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as conn:
        return conn.execute(statement).fetchall()


@pytest.mark.parametrize(
    ("words", "state", "events"),
    [
        (("keep", "1"), "SELECT state = 'kept' FROM item", "keep"),
        (("comment", "1", "Une raison."), "SELECT count(*) FROM comment", "comment"),
    ],
)
def test_work_is_done_with_its_event_or_not_at_all(
    made: Callable[[], Path], words: tuple[str, ...], state: str, events: str
) -> None:
    """C2: acknowledged work is there; the work and its line of the log come and go together."""
    folder = made()
    database = folder / "veille.db"
    fresh = database.read_bytes()
    for lived in killed(folder, *words):
        whole(database)
        done = rows(database, state)[0][0]
        logged = rows(database, f"SELECT count(*) FROM event WHERE action = '{events}'")[0][0]
        assert bool(done) == bool(logged)
        assert done or not lived
        database.write_bytes(fresh)


FEED = """<rss version="2.0"><channel><title>{name}</title>
<item><title>{name} un</title><link>https://site.example/{name}/1</link><guid>1</guid></item>
<item><title>Ailleurs aussi</title><link>https://site.example/both</link><guid>2</guid></item>
</channel></rss>"""


def test_what_a_source_said_is_stored_with_its_visit_or_not_at_all(
    made: Callable[[], Path], veille: Program, server: Server
) -> None:
    """C2, C1: killed while it collects; the next run ends with the items of an unbroken one."""
    folder = made()
    (folder / "veille.toml").write_text("[collect]\nallow_private = true\nspacing = 0\n")
    for name in ("a", "b"):
        feed = http(FEED.format(name=name).encode(), ETag=f'"{name}"')
        address = server.on(f"/{name}", feed)
        assert veille("-w", folder, "source", "add", address).code == 0
    database = folder / "veille.db"
    fresh = database.read_bytes()
    visits = (
        "SELECT etag IS NOT NULL, last_success IS NOT NULL,"
        " (SELECT count(*) FROM sighting WHERE source_id = source.id) FROM source"
    )
    for lived in killed(folder, "collect"):
        whole(database)
        found = rows(database, visits)
        assert set(found) <= ({(1, 1, 2)} if lived else {(0, 0, 0), (1, 1, 2)})
        assert veille("-w", folder, "collect").code == 0
        assert rows(database, visits) == [(1, 1, 2)] * 2
        titles = rows(database, "SELECT title FROM item ORDER BY title")
        assert titles == [("A",), ("Ailleurs aussi",), ("a un",), ("b un",)]
        for log in backup.side_files(database):
            log.unlink(missing_ok=True)
        database.write_bytes(fresh)


def test_a_backup_is_whole_or_not_there(made: Callable[[], Path]) -> None:
    """C2, C12: never half a file under its name; the next one cleans up."""
    folder = made()
    target = folder / "b.db"
    for lived in killed(folder, "backup", str(target)):
        if target.exists():
            assert whole(target)["item"] == 1
            target.unlink()
        elif lived:
            pytest.fail("it said that it was done")
    assert not list(folder.glob(".veille-*"))


def test_a_restore_is_done_or_not(made: Callable[[], Path]) -> None:
    """C2: the database is the former one or the backup, whole, and both are somewhere."""
    folder = made()
    database, source = folder / "veille.db", folder.parent / "b.db"
    shutil.copy(database, source)
    with closing(sqlite3.connect(database)) as conn:
        conn.execute("UPDATE item SET title = 'since'")
        conn.commit()
    kept = database.read_bytes()
    for _ in killed(folder, "restore", str(source), "--yes"):
        assert whole(database)["item"] == 1
        title = rows(database, "SELECT title FROM item")[0][0]
        assert title in ("A", "since")
        asides = list(folder.glob("veille.db.before-restore-*"))
        if title == "A":
            assert any(aside.read_bytes() == kept for aside in asides)
        for aside in asides:
            aside.unlink()
        database.unlink()
        database.write_bytes(kept)


@pytest.mark.parametrize("revision", schema.revisions()[:1])
def test_an_upgrade_is_done_or_not(veille: Program, tmp_path: Path, revision: str) -> None:
    """D7: the old schema or the new one, whole; and the backup from before once it began."""
    folder = tmp_path / "w"
    veille("init", folder)
    database = folder / "veille.db"
    database.unlink()
    database.touch(0o600)
    with schema.empty(database, revision) as conn:
        found = MetaData()
        found.reflect(conn, only=["instance"])
        conn.execute(found.tables["instance"].insert(), {"id": "i", "secret": b"s", "created": 0})
    old = database.read_bytes()
    for lived in killed(folder, "upgrade"):
        contents = backup.contents(database)
        assert contents.revision in (revision, HEAD)
        assert contents.instance == "i"
        if contents.revision == HEAD:
            saved = list((folder / "backups").glob("*.db"))
            assert backup.contents(saved[0]).revision == revision
            Database.open(f"sqlite:///{database}").close()
        assert contents.revision == HEAD or not lived
        if not lived:
            shutil.rmtree(folder / "backups", ignore_errors=True)
            for log in backup.side_files(database):
                log.unlink()
            database.write_bytes(old)
