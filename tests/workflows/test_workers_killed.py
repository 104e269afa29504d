"""Workers in processes of their own on one PostgreSQL, killed while they work (issue 6)."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from benchmarks.proxy import LOG, addresses, read_log
from benchmarks.workers import impolite, proxy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.slow

SOURCES, MOST, READERS = 60, 6, 400
VEILLE = (sys.executable, "-m", "veille")
FOUND = (
    "SELECT item.url, source.url, sighting.key FROM item JOIN sighting ON item_id = item.id "
    "JOIN source ON source.id = source_id ORDER BY 1, 2, 3"
)
PENDING = (
    "SELECT (SELECT count(*) FROM source WHERE last_fetch IS NULL) + "
    "(SELECT count(*) FROM veille_queue.procrastinate_jobs)"
)


class Team:
    """A workspace on a database of its own, and its workers."""

    def __init__(self, folder: Path, url: str, **environ: str) -> None:
        self.folder, self.url = folder, url
        self.environ = {**os.environ, "LOGNAME": "camille", "no_proxy": "", **environ}
        self.workers: list[subprocess.Popen[bytes]] = []
        folder.mkdir()
        (folder / "veille.toml").write_text(
            f'[database]\nurl = "{url}"\n[collect]\nspacing = 1\n'
            '[run]\nworkers = true\nworker_timeout = 3\nbackup_at = "never"\n'
        )

    def __call__(self, *words: object) -> str:
        done = subprocess.run(
            [*VEILLE, "-w", self.folder, *map(str, words)],
            capture_output=True, text=True, env=self.environ,
        )  # fmt: skip
        assert done.returncode in (0, 3), done.stderr
        return done.stdout + done.stderr

    def start(self) -> subprocess.Popen[bytes]:
        with (self.folder / "workers.log").open("ab") as log:
            worker = subprocess.Popen(
                [*VEILLE, "-w", self.folder, "worker"], env=self.environ, stdout=log, stderr=log
            )
        self.workers.append(worker)
        return worker

    def kill(self, worker: subprocess.Popen[bytes]) -> None:
        """As the kernel does when memory is short."""
        worker.kill()
        worker.wait()
        self.workers.remove(worker)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url.replace("+psycopg", "")) as connection:
            return connection.execute(query.encode()).fetchall()

    def until(self, over: Callable[[], bool], seconds: float = 120) -> None:
        deadline = time.monotonic() + seconds
        while not over():
            assert time.monotonic() < deadline, (self.folder / "workers.log").read_text()[-3000:]
            time.sleep(0.1)

    @property
    def log(self) -> str:
        return (self.folder / "workers.log").read_text()


@pytest.fixture
def team(tmp_path: Path, postgresql: Any) -> Iterator[Callable[..., Team]]:
    made: list[Team] = []

    def make(name: str, **environ: str) -> Team:
        made.append(Team(tmp_path / name, postgresql.copy(), **environ))
        return made[-1]

    yield make
    for one in made:
        for worker in one.workers:
            worker.terminate()
        for worker in one.workers:
            assert worker.wait(20) == 0, one.log
        postgresql.drop(one.url)


def test_killed_workers_lose_and_double_nothing(team: Callable[..., Team], tmp_path: Path) -> None:
    """Four workers, one killed each second: the items of an unbroken run, and every host asked as
    politely as by one machine, by the log of who was asked."""
    urls, found = addresses(SOURCES, MOST), {}
    for name in ("unbroken", "killed"):
        web = tmp_path / f"web-{name}"
        web.mkdir()
        with proxy(web, SOURCES, MOST) as at:
            four = team(name, http_proxy=at)
            opml = four.folder / "s.opml"
            outlines = "".join(f'<outline type="rss" text="{u}" xmlUrl="{u}"/>' for u in urls)
            opml.write_text(f'<opml version="2.0"><body>{outlines}</body></opml>')
            four("source", "import", opml)
            assert "left to workers" in four("run", "--once")
            for _ in range(4 if name == "killed" else 2):
                four.start()
            chosen, struck, kills = random.Random(3), time.monotonic(), 0
            while four.rows(PENDING) != [(0,)]:
                if name == "killed" and time.monotonic() - struck > 1 and kills < 12:
                    four.kill(chosen.choice(four.workers))
                    four.start()
                    struck, kills = time.monotonic(), kills + 1
                time.sleep(0.1)
            found[name] = four.rows(FOUND)
        assert impolite(read_log(web / LOG), once=name == "unbroken", urls=urls, spacing=1) == []
    assert kills >= 3
    assert found["killed"] == found["unbroken"]
    assert len({row[1] for row in found["killed"]}) == SOURCES
    assert "Traceback" not in four.log


def test_a_sending_goes_on_when_its_machine_died(team: Callable[..., Team]) -> None:
    """Worker and sending process killed while mails are written: another worker of the place takes the
    sending over; each reader has one mail, and nothing is in doubt in a folder."""
    two = team("watch")
    two("add", "https://127.0.0.1:9/a", "--title", "Un lien")
    two("keep", "1")
    two("comment", "1", "Une raison de lire ce lien.", "--blurb")
    two("digest", "create", "five", "--title", "Cinq liens", "--links", "1")
    readers = two.folder / "readers.csv"
    readers.write_text("email\n" + "".join(f"r{n}@example.org\n" for n in range(READERS)))
    two("subscriber", "import", readers, "--digest", "five")
    two("edition", "draft", "five")
    two("edition", "approve", "five/1")
    settings = two.folder / "veille.toml"
    settings.write_text(settings.read_text() + '[workflow]\nsend = "approved"\n')
    first = two.start()
    assert "editions are left to workers" in two("run", "--once")
    outbox = two.folder / "outbox"
    two.until(lambda: (outbox.exists() and any(outbox.iterdir())) or bool(two.rows(_SENT)))
    children = _children(first.pid)
    two.kill(first)
    for child in children:
        os.kill(child, signal.SIGKILL)
    two.start()
    two.until(lambda: two.rows(_SENT) == [("sent",)] and two.rows(PENDING) == [(0,)])
    mails: dict[str, int] = defaultdict(int)
    for path in outbox.glob("*.eml"):
        mails[path.read_bytes().partition(b"\nTo: ")[2].partition(b"\n")[0].decode()] += 1
    assert len(mails) == READERS
    assert set(mails.values()) == {1}
    assert two.rows("SELECT DISTINCT state FROM delivery") == [("accepted",)]


_SENT = "SELECT state FROM edition WHERE state = 'sent'"


def _children(process: int) -> list[int]:
    found = [process]
    for each in found:
        for listed in Path(f"/proc/{each}/task").glob("*/children"):
            found += map(int, listed.read_text().split())
    return found[1:]


def test_sigterm_ends_a_worker_soon_and_gives_back_the_rest(
    team: Callable[..., Team], tmp_path: Path
) -> None:
    """C7: exit code 0 within seconds, what was read is there, and the next worker goes on."""
    urls, web = addresses(40, MOST), tmp_path / "web"
    web.mkdir()
    with proxy(web, 40, MOST) as at:
        one = team("watch", http_proxy=at)
        opml = one.folder / "s.opml"
        outlines = "".join(f'<outline type="rss" text="{u}" xmlUrl="{u}"/>' for u in urls)
        opml.write_text(f'<opml version="2.0"><body>{outlines}</body></opml>')
        one("source", "import", opml)
        one("run", "--once")
        worker = one.start()
        one.until(lambda: len(read_log(web / LOG)) > 5)
        began = time.monotonic()
        worker.terminate()
        assert worker.wait(20) == 0
        one.workers.remove(worker)
        assert time.monotonic() - began < 20
        (left,) = one.rows(
            "SELECT count(*) FROM veille_queue.procrastinate_jobs WHERE status = 'todo'"
        )
        assert left[0] > 0
        assert one.rows("SELECT count(*) FROM veille_queue.procrastinate_workers") == [(0,)]
        one("worker", "--once")
        assert one.rows(PENDING) == [(0,)]
    assert "Traceback" not in one.log
