"""A long watch: does it grow? Memory, descriptors, children and files of the real loop.

python -m benchmarks.soak [MINUTES] [--days 60]

The real program (`veille run`) watches a workspace with a server of its own, for MINUTES (default 5;
60 for the real thing), looked at each second. Then DAYS virtual days, one look an hour, in this process:
what is due, noted and beaten, by an injected clock. Figures at a tenth of the way and at the end.
"""

from __future__ import annotations

import argparse
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from veille.app import App, open_app
from veille.cli.demo.server import serving
from veille.schedule.desk import Workspace, pulse_of
from veille.schedule.journal import Journal
from veille.schedule.loop import Ended
from veille.store.holding import Hold

_PAGE = resource.getpagesize()
_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


class Sample(NamedTuple):
    """What a process holds: megabytes, descriptors, living children, and megabytes of journals."""

    memory: float
    descriptors: int
    children: int
    journals: float


def measure(process: int, workspace: Path) -> Sample:
    """A process and its workspace, now."""
    proc = Path("/proc") / str(process)
    children = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            children += stat.read_text().rpartition(")")[2].split()[1] == str(process)
    logs = sum(path.stat().st_size for path in workspace.glob("veille.db-*"))
    resident = int((proc / "statm").read_text().split()[1]) * _PAGE
    return Sample(resident / 2**20, len(list((proc / "fd").iterdir())), children, logs / 2**20)


def told(what: str, samples: list[Sample]) -> None:
    """The figures after a tenth of the way, at the end, and their ratio."""
    early, last = samples[len(samples) // 10], samples[-1]
    print(f"{what}: {len(samples)} samples")
    for name in Sample._fields:
        first, end = getattr(early, name), getattr(last, name)
        most = max(getattr(sample, name) for sample in samples)
        ratio = f"{end / first:.2f}" if first else "-"
        print(f"  {name:<12} {first:8.1f} → {end:8.1f}   × {ratio}   (most {most:.1f})")


def real(workspace: Path, minutes: float, proxy: str) -> None:
    """The program itself, with a look each minute at sources that are always due."""
    environ = {**os.environ, "http_proxy": proxy, "VEILLE_RUN_COLLECT_EVERY": "1"}
    command = [sys.executable, "-m", "veille", "-w", str(workspace), "run"]
    samples: list[Sample] = []
    with subprocess.Popen(command, env=environ, stderr=subprocess.DEVNULL) as process:
        time.sleep(3)
        until = time.monotonic() + minutes * 60
        while time.monotonic() < until:
            samples.append(measure(process.pid, workspace))
            time.sleep(1)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        code = process.wait(timeout=30)
    told(f"{minutes:g} real minutes", samples)
    print(f"  ended with {code}, {time.monotonic() - began:.1f} s after SIGTERM")


def virtual(app: App, days: int) -> None:
    """What the loop does at each look, by a clock that goes an hour at a time."""
    clock = _BEGIN
    app.clock = lambda: clock
    hold = Hold(app.db)
    desk = Workspace(app, Journal(lambda _: None, app.clock, as_json=False), hold)
    samples: list[Sample] = []
    for hour in range(days * 24):
        clock = _BEGIN + timedelta(hours=hour)
        for name in desk.due(clock):
            desk.begin(name, clock)
            desk.end(name, Ended(well=True, said="done"), clock)
        desk.beat(pulse_of(clock))
        if hour % 24 == 0:
            samples.append(measure(os.getpid(), app.workspace))
    hold.release()
    told(f"{days} virtual days", samples)


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("minutes", nargs="?", type=float, default=5)
    parser.add_argument("--days", type=int, default=60)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, serving() as proxy:
        workspace = Path(folder) / "soak"
        veille = [sys.executable, "-m", "veille"]
        environ = {**os.environ, "http_proxy": proxy}
        for words in (
            ["init", str(workspace)],
            ["-w", str(workspace), "source", "import", str(workspace / "feeds.opml")],
            ["-w", str(workspace), "digest", "create", "five", "--title", "Five"],
            ["-w", str(workspace), "digest", "plan", "five", "friday"],
        ):
            subprocess.run([*veille, "-q", *words], env=environ, check=True)
        if asked.minutes:
            real(workspace, asked.minutes, proxy)
        app = open_app(workspace, curator="soak", environ={})
        virtual(app, asked.days)
        app.close()


if __name__ == "__main__":
    main()
