"""Ten curators at once, alone, while sources are collected, and while the pool forgets (U1).

python -m benchmarks.curators [--items N] [--database URL]

What is collected are generated feeds, by the program itself, all of it on the same machine.
Each curator is a process that keeps items one by one, with a breath in between. What a decision takes
is told beside the floor, one curator alone in the same run; and that none of them was lost.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.collect import VEILLE, Workspace, serving
from benchmarks.feeds import addresses
from benchmarks.store import NOW, fill
from veille.model.event import Actor
from veille.model.query import EVERYTHING
from veille.store import events, items, schema
from veille.store.database import Database
from veille.workflows import curate, retention
from veille.workflows.acting import Act

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

CURATORS = 10
FEEDS = 500
ACTIONS = 40
_BREATH = 0.2
_LATER = NOW + timedelta(days=500)


class Times(NamedTuple):
    """Milliseconds that decisions took."""

    median: float
    p95: float
    longest: float

    @classmethod
    def of(cls, taken: list[float]) -> Times:
        """From seconds."""
        spread = statistics.quantiles(taken, n=20)
        return cls(*(1000 * each for each in (statistics.median(taken), spread[-1], max(taken))))


def decide(url: str, handle: str, ids: list[int]) -> list[float]:
    """What a curator does, and how long each decision took."""
    db, taken = Database.open(url), []
    for item in ids:
        time.sleep(_BREATH)
        began = time.perf_counter()
        act = Act(actor=Actor(handle=handle, login=handle), now=NOW)
        curate.keep(db, [item], act=act)
        taken.append(time.perf_counter() - began)
    db.close()
    return taken


def purge(url: str) -> None:
    """Let the pool forget."""
    db = Database.open(url)
    print("begun", flush=True)
    machine = Act(actor=None, now=_LATER)
    while True:
        retention.purge(db, age=timedelta(days=400), act=machine)


@contextmanager
def purging(url: str) -> Iterator[None]:
    """The pool forgets meanwhile."""
    with subprocess.Popen([*_SELF, "--purge", url], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield
        process.kill()


@contextmanager
def sweeping(db: Database, folder: Path, url: str) -> Iterator[None]:
    """Feeds are collected for the first time meanwhile, by the program as it is installed."""
    with serving(folder, FEEDS) as (port, _):
        workspace = Workspace(
            folder / "watch", addresses(FEEDS, port), f'[database]\nurl = "{url}"\n'
        )
        with subprocess.Popen([VEILLE, "-q", "collect"], env=workspace.env) as process:
            before = held(db)
            while held(db) == before:
                time.sleep(0.1)
            yield
            came, ended = held(db) - before, process.poll() is not None
            process.terminate()
        print(f"{came} items came meanwhile" + ", and then no more" * ended)


def held(db: Database) -> int:
    """How many items there are."""
    with db.read() as connection:
        return items.count(connection, EVERYTHING, NOW)


_SELF = [sys.executable, "-m", "benchmarks.curators"]


def at_once(url: str, count: int, ids: list[int], name: str) -> Times:
    """So many curators, each with items of their own, and what they waited."""
    running = [
        subprocess.Popen(
            [*_SELF, "--decide", url, f"{name}-{number}", json.dumps(ids[number::count])],
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(count)
    ]
    taken: list[float] = []
    for process in running:
        said, _ = process.communicate()
        assert process.returncode == 0, "a decision failed"
        taken += json.loads(said)
    return Times.of(taken)


def measure(url: str, count: int, folder: Path) -> None:
    """All of it, on one database."""
    schema.create(url, now=NOW)
    db = Database.open(url)
    fill(db, count)
    with db.read() as connection:
        ids = items.ids(connection, EVERYTHING, now=NOW, limit=CURATORS * ACTIONS)
    phases: list[tuple[str, int, AbstractContextManager[None]]] = [
        ("one alone", 1, nullcontext()),
        ("ten at once", CURATORS, nullcontext()),
        ("ten during a sweep", CURATORS, sweeping(db, folder, url)),
        ("ten during a purge", CURATORS, purging(url)),
    ]
    floor = None
    for name, curators, meanwhile in phases:
        # The same items, which others kept before: an endorsement is a decision, and they stay.
        with meanwhile:
            times = at_once(url, curators, ids[: curators * ACTIONS], name)
        floor = floor or times
        print(
            f"{name:19} median {times.median:6.1f} ms   p95 {times.p95:6.1f} ms "
            f"({times.p95 / floor.p95:5.1f} times)   longest {times.longest:7.1f} ms"
        )
    with db.read() as connection:
        kept = sum(event.action == "keep" for event in events.log(connection))
    print(f"{kept} decisions in the log, of {(1 + 3 * CURATORS) * ACTIONS}")
    db.close()


def main() -> None:
    """Measure, or be one of those who are measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--database", help="an empty PostgreSQL database, instead of a file")
    parser.add_argument("--decide", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--purge", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.decide:
        url, handle, ids = given.decide
        print(json.dumps(decide(url, handle, json.loads(ids))))
        return
    if given.purge:
        purge(given.purge)
    with tempfile.TemporaryDirectory() as folder:
        url = given.database or f"sqlite:///{folder}/veille.db"
        measure(url, given.items, Path(folder))


if __name__ == "__main__":
    main()
