"""A sweep as a whole: poison among good feeds, interrupts, kills, large first fetches."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.feeds.conftest import NOW, Server, http
from veille.errors import FailureKind, FetchError, ParseError
from veille.feeds.fetch import Fetcher, FetchSettings
from veille.feeds.parse import parse
from veille.feeds.workers import Job, Limits, Workers
from veille.model.fetched import Fetched, Request
from veille.model.query import EVERYTHING
from veille.model.source import SourceDraft
from veille.store import items, sources
from veille.store.database import Database
from veille.workflows.acting import Act
from veille.workflows.collect import A_WHILE, collect

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from veille.model.source import Source
    from veille.workflows.visiting import Report

FEEDS = 50


def rss(name: str, count: int = 3) -> bytes:
    entries = "".join(
        f"<item><title>{name} {number}</title><guid>{number}</guid>"
        f"<link>http://{name}.example/{number}</link><description>Texte {number}</description></item>"
        for number in range(count)
    )
    return f'<rss version="2.0"><channel><title>{name}</title>{entries}</channel></rss>'.encode()


def bomb() -> bytes:
    """E3: minutes of parsing in a megabyte."""
    many = " ".join(f'a{number}="1"' for number in range(60_000))
    return f'<rss><channel><item><title z=">" {many}>x</title></item></channel></rss>'.encode()


@dataclass
class Web:
    """A web of answers at hand; ``interrupt_after`` so many of them, Ctrl-C is pressed."""

    bodies: dict[str, bytes]
    interrupt_after: int | None = None

    def fetch_all(
        self, requests: Iterable[Request]
    ) -> Iterator[tuple[Request, Fetched | FetchError]]:
        for number, request in enumerate(requests):
            if number == self.interrupt_after:
                raise KeyboardInterrupt
            yield (
                request,
                Fetched(url=request.url, status=200, headers={}, body=self.bodies[request.url]),
            )


@dataclass
class InProcess:
    """Readers that read at once, in this process, and never hold more than ``room`` results."""

    room: int = 3
    done: deque[Any] = field(default_factory=deque)
    most: int = 0

    @property
    def full(self) -> bool:
        return len(self.done) >= self.room

    def warm_up(self) -> None:
        pass

    def submit(self, ticket: Source, job: Job, page: Fetched, option: bytes = b"") -> None:
        assert job is Job.PARSE
        try:
            result: Any = parse(page, option)
        except ParseError as error:
            result = error
        self.done.append((ticket, page, result))
        self.most = max(self.most, len(self.done))

    def take(self, *, wait: bool = True) -> Any:
        """Only when asked to wait: as slow as can be."""
        return self.done.popleft() if wait and self.done else None


class Noting(InProcess):
    """Readers that keep what they read."""

    def __init__(self) -> None:
        super().__init__()
        self.results: list[Any] = []

    def submit(self, ticket: Source, job: Job, page: Fetched, option: bytes = b"") -> None:
        super().submit(ticket, job, page, option)
        self.results.append(self.done[-1][2])


@pytest.fixture
def db(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    """SQLite is enough here: what is proved is the order of work."""
    shutil.copy(sqlite_template, tmp_path / "veille.db")
    database = Database.open(f"sqlite:///{tmp_path / 'veille.db'}")
    yield database
    database.close()


def subscribe(db: Database, urls: Sequence[str]) -> None:
    with db.write() as connection:
        for url in urls:
            sources.add(connection, SourceDraft(url=url, key=url), at=NOW)


def sweep(db: Database, web: Any, readers: Any, **options: Any) -> Report:
    return collect(db, web, readers, act=Act(actor=None, now=NOW), **options)


def titles(db: Database) -> list[str]:
    with db.read() as connection:
        return sorted(item.title for item in items.search(connection, EVERYTHING, now=NOW))


def many(count: int) -> dict[str, bytes]:
    return {f"http://f{number}.example/feed": rss(f"f{number}") for number in range(count)}


def test_poison_is_the_failure_of_its_source_alone(db: Database) -> None:
    """F3, F5, N1: three bombs among good feeds, on real workers, through the real door."""
    server = Server()
    good = [server.on(f"/{number}", http(rss(f"f{number}"))) for number in range(6)]
    bad = [server.on(f"/bomb{number}", http(bomb())) for number in range(3)]
    subscribe(db, [bad[0], *good[:3], bad[1], *good[3:], bad[2]])
    settings = FetchSettings(allow_private=True, spacing=0)
    try:
        with Fetcher(settings) as web, Workers[Any](2, Limits(seconds=1)) as readers:
            report = sweep(db, web, readers)
    finally:
        server.stop()
    assert sorted(failed.source.url for failed in report.failures) == sorted(bad)
    assert {failed.failure.kind for failed in report.failures} == {FailureKind.PARSE_TIMEOUT}
    assert all(failed.next_try and failed.next_try > NOW for failed in report.failures)
    assert (report.fetched, report.new) == (6, 18)
    assert len(titles(db)) == 18


@pytest.mark.parametrize("after", [0, 1, 7, 24, 39])
def test_an_interrupt_keeps_what_is_finished(db: Database, after: int) -> None:
    """C1: and the next sweep ends with the same items as one that was not interrupted."""
    bodies = many(40)
    subscribe(db, list(bodies))
    with pytest.raises(KeyboardInterrupt):
        sweep(db, Web(bodies, interrupt_after=after), InProcess())
    room = InProcess().room
    assert max(0, after - room) * 3 <= len(titles(db)) <= after * 3
    report = sweep(db, Web(bodies), InProcess())
    assert report.skipped == 40 - report.fetched
    assert titles(db) == sorted(f"f{one} {two}" for one in range(40) for two in range(3))


def test_readers_are_never_given_more_than_they_have_room_for(db: Database) -> None:
    """Memory is bounded by what is in flight, not by the number of sources."""
    bodies = many(30)
    subscribe(db, list(bodies))
    readers = InProcess(room=4)
    told: list[tuple[int, int]] = []
    sweep(db, Web(bodies), readers, progress=lambda done, total: told.append((done, total)))
    assert readers.most == 4
    assert told == [(number, 30) for number in range(1, 31)]


def test_known_bytes_are_not_read_again(db: Database) -> None:
    """H4: nobody parses what is the same as last time, nor what could not be had."""
    bodies = many(3)
    subscribe(db, list(bodies))
    sweep(db, Web(bodies), InProcess())
    readers = InProcess()
    report = sweep(db, Web(bodies), readers, force=True)
    assert (report.fetched, report.new, readers.most) == (3, 0, 0)


def test_of_a_feed_that_changed_only_what_is_new_is_read(db: Database) -> None:
    """And nothing is lost when what is remembered is not stored any more."""
    url = "http://f.example/feed"
    subscribe(db, [url])
    readers = Noting()
    sweep(db, Web({url: rss("f", 3)}), readers, force=True)
    assert sweep(db, Web({url: rss("f", 4)}), readers, force=True).new == 1
    assert [entry.known is None for entry in readers.results[-1].entries] == [False] * 3 + [True]
    with db.write() as connection:
        connection.exec_driver_sql("DELETE FROM item WHERE title = 'f 1'")
    lost = sweep(db, Web({url: rss("f", 5)}), readers, force=True)
    assert (lost.new, lost.skipped) == (0, 1)
    assert sweep(db, Web({url: rss("f", 5)}), readers, force=True).new == 2
    assert titles(db) == [f"f {number}" for number in range(5)]


def test_what_waits_a_while_is_stored_before_more_comes(db: Database) -> None:
    """Little is left to be done when the last answer comes; first visits wait for one another."""
    bodies = many(6)
    subscribe(db, list(bodies))
    visited: list[int] = []

    class Slow(Web):
        def fetch_all(self, requests: Any) -> Iterator[tuple[Request, Fetched | FetchError]]:
            for number, answer in enumerate(super().fetch_all(requests)):
                if number in (2, 5):
                    time.sleep(A_WHILE)
                with db.read() as connection:
                    every = sources.everything(connection)
                visited.append(sum(one.last_fetch == now for one in every))
                yield answer

    now = NOW
    sweep(db, Slow(bodies), InProcess())
    assert visited == [0] * 6
    visited.clear()
    now = NOW + timedelta(days=2)
    collect(db, Slow(bodies), InProcess(), act=Act(actor=None, now=now))
    assert visited == [0, 0, 0, 3, 3, 3]


def test_another_address_is_read_whole(db: Database) -> None:
    url, other = "http://f.example/feed", "http://g.example/feed"
    subscribe(db, [url])
    readers = Noting()
    sweep(db, Web({url: rss("f", 3)}), readers, force=True)
    with db.write() as connection:
        sources.edit(connection, 1, at=NOW, url=other, key=other)
    sweep(db, Web({other: rss("f", 3)}), readers, force=True)
    assert [entry.known for entry in readers.results[-1].entries] == [None] * 3


@pytest.mark.slow
def test_a_first_fetch_of_ten_thousand_entries(db: Database) -> None:
    """F14: all are stored, the newest fifty to be looked at."""
    url = "http://big.example/feed"
    subscribe(db, [url])
    with Workers[Any](1, Limits(seconds=60)) as readers:
        report = sweep(db, Web({url: rss("big", 10_000)}), readers)
    assert report.new == 10_000
    with db.read() as connection:
        assert items.count(connection, EVERYTHING, NOW) == 10_000
        rows = connection.exec_driver_sql("SELECT state, count(*) FROM item GROUP BY state")
        assert dict(rows.all()) == {"inbox": 50, "skipped": 9_950}


# Kills from outside: the program itself, against a server on loopback.


@dataclass
class Watch:
    """A workspace whose sources are served here, and the program in it."""

    folder: Path
    environ: dict[str, str]

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "veille", "-q", "--workspace", str(self.folder), *words],
            env=self.environ,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def run(self, *words: str) -> int:
        return self.start(*words).wait()

    def found(self) -> list[tuple[Any, ...]]:
        """What the items are, and who showed them, whatever their numbers."""
        with sqlite3.connect(self.folder / "veille.db") as db:
            assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            return db.execute(
                "SELECT item.url, item.title, item.state, source.url, sighting.key "
                "FROM item JOIN sighting ON sighting.item_id = item.id "
                "JOIN source ON source.id = sighting.source_id ORDER BY 1, 2, 3, 4, 5"
            ).fetchall()


@pytest.fixture
def served() -> Iterator[Server]:
    """Fifty feeds, each on an address of its own."""
    server = Server("0.0.0.0")
    for number in range(FEEDS):
        server.on(f"/{number}", http(rss(f"f{number}")))
    yield server
    server.stop()


@pytest.fixture
def watch(tmp_path: Path, served: Server) -> Watch:
    """A workspace that subscribes to them."""
    folder = tmp_path / "watch"
    made = Watch(folder, {**os.environ, "XDG_CONFIG_HOME": str(tmp_path)})
    assert made.start("init", str(folder)).wait() == 0
    (folder / "veille.toml").write_text("[collect]\nallow_private = true\nconcurrency = 4\n")
    db = Database.open(f"sqlite:///{folder / 'veille.db'}")
    subscribe(db, [f"http://127.0.1.{one + 1}:{served.port}/{one}" for one in range(FEEDS)])
    db.close()
    return made


def copy(watch: Watch, name: str) -> Watch:
    folder = watch.folder.with_name(name)
    shutil.copytree(watch.folder, folder)
    return Watch(folder, watch.environ)


@pytest.mark.slow
def test_kills_in_mid_sweep_leave_nothing_half_done(watch: Watch, served: Server) -> None:
    """C1: killed after so many requests, then run again: the items of an unbroken run."""
    unbroken = copy(watch, "unbroken")
    assert unbroken.run("collect") == 0
    expected = unbroken.found()
    assert len(expected) == 3 * FEEDS
    for asked in (1, 22, 37, FEEDS):
        broken = copy(watch, f"killed-{asked}")
        served.asked.clear()
        sweeping = broken.start("collect")
        while len(served.asked) < asked and sweeping.poll() is None:
            time.sleep(0.001)
        sweeping.send_signal(signal.SIGKILL)
        sweeping.wait()
        assert len(broken.found()) in range(0, 3 * FEEDS + 1, 3)
        assert broken.run("collect") == 0
        assert broken.found() == expected
