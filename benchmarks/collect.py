"""Collecting: a sweep of many feeds against a bare client that asks the same, in the same run.

``python -m benchmarks.collect`` serves generated feeds on loopback, a host each, every answer after
100 to 300 ms, and measures sweeps at 64 requests at once: the first fetch, nothing changed (304), the
same over HTTPS, and one entry more in 5 % of the feeds. Only the ratios travel to another machine.
``--feeds N`` asks for more; ``--rounds N`` repeats the pairs of nothing changed, and tells the middle
one, since the machine does other things too; ``--peer`` also measures the library `reader` (lemon24's), installed into an
environment of its own that is thrown away.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.feeds import CERTIFICATE, PORT_FILE, addresses, opml

if TYPE_CHECKING:
    from collections.abc import Iterator

VEILLE = Path(sys.executable).parent / "veille"
AT_ONCE = 64
# performance.md of the project: what must be reached, as ratios
FIRST, SAME, CHANGED = "first fetch", "nothing changed", "5 % changed"
SECURE = "nothing changed, over HTTPS"
MUST = {SAME: 1.10, SECURE: 1.27, CHANGED: 1.15}
_READER = """
import sys
from reader import make_reader
reader = make_reader(sys.argv[1])
reader.enable_search()
for url in sys.stdin.read().split():
    reader.add_feed(url, exist_ok=True)
reader.update_feeds(scheduled=False, workers=64)
reader.update_search()
"""


@dataclass(frozen=True)
class Cost:
    """What a command took: seconds, seconds of processor time, and MB of the tree at its peak."""

    seconds: float
    cpu: float
    memory: float

    def __str__(self) -> str:
        return f"{self.seconds:6.2f} s  {self.cpu:6.2f} s CPU  {self.memory:4.0f} MB"


def measure(command: list[Any], *, stdin: str = "", env: dict[str, str] | None = None) -> Cost:
    """Run a command to its end and watch its tree of processes."""
    before, began = _children(), time.perf_counter()
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as given:
        given.write(stdin)
        given.seek(0)
        process = subprocess.Popen(
            list(map(str, command)), stdin=given, stdout=said, stderr=said, env=_installed(env)
        )
        memory = 0.0
        while process.poll() is None:
            memory = max(memory, sum(map(_weight, _tree(process.pid))))
            time.sleep(0.05)
        seconds = time.perf_counter() - began
        said.seek(0)
        if process.returncode:
            raise SystemExit(f"{command[0]} failed:\n{said.read()[-2000:]}")
    return Cost(seconds, _children() - before, memory)


def _installed(env: dict[str, str] | None) -> dict[str, str]:
    """The environment of a program that was installed: what was compiled once stays compiled."""
    given = os.environ if env is None else env
    return {name: value for name, value in given.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _tree(pid: int) -> list[int]:
    found = [pid]
    for place in found:
        for listed in Path(f"/proc/{place}/task").glob("*/children"):
            try:
                found.extend(map(int, listed.read_text().split()))
            except OSError:
                continue
    return found


def _weight(pid: int) -> float:
    """MB of one process, pages shared with others counted in proportion."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)


class Workspace:
    """A workspace that subscribes to all the feeds, with more settings where given."""

    def __init__(self, folder: Path, urls: list[str], more: str = "") -> None:
        self.env = {**os.environ, "VEILLE_WORKSPACE": str(folder)}
        self.database = folder / "veille.db"
        subprocess.run([VEILLE, "-q", "init", folder], check=True, env=self.env)
        settings = f"[collect]\nconcurrency = {AT_ONCE}\nallow_private = true\n"
        (folder / "veille.toml").write_text(settings + more)
        (folder / "bench.opml").write_text(opml(urls))
        subprocess.run(
            [VEILLE, "-q", "source", "import", folder / "bench.opml"], check=True, env=self.env
        )

    def sweep(self) -> Cost:
        """Visit everything, with validators."""
        with sqlite3.connect(self.database) as db:
            db.execute("UPDATE source SET next_fetch = NULL")
        return measure([VEILLE, "collect", "--json"], env=self.env)

    def settle(self) -> None:
        """Look for the stories of all items, of which the first sweep leaves most to the next ones."""
        subprocess.run([VEILLE, "-q", "story", "find"], check=True, env=self.env)

    def move(self, old: list[str], new: list[str]) -> None:
        """Let the feeds live elsewhere, with the validators they gave."""
        with sqlite3.connect(self.database) as db:
            db.executemany(
                "UPDATE source SET url = ?1, key = ?1, validated = ?1 WHERE url = ?2",
                list(zip(new, old, strict=True)),
            )

    def items(self) -> int:
        """How many items there are."""
        with sqlite3.connect(self.database) as db:
            return int(db.execute("SELECT count(*) FROM item").fetchone()[0])


def floor(urls: list[str], etags: Path, env: dict[str, str]) -> Cost:
    """A bare client: the same requests, nothing done with the answers."""
    command = [sys.executable, "-m", "benchmarks.feeds", "ask", etags]
    return measure(command, stdin="\n".join(urls), env=env)


def pair(urls: list[str], workspace: Workspace, folder: Path, rounds: int) -> tuple[Cost, Cost]:
    """The bare client and veille in turn, so many times: the pair whose ratio is the middle one."""
    etags = folder / "etags.json"
    pairs = [(floor(urls, etags, workspace.env), workspace.sweep()) for _ in range(rounds)]
    return sorted(pairs, key=lambda one: one[1].seconds / one[0].seconds)[len(pairs) // 2]


def show(name: str, bare: Cost, ours: Cost) -> None:
    """One sweep, with its ratio."""
    must = f"   (must: {MUST[name]})" if name in MUST else ""
    print(f"{name}\n  bare client {bare}\n  veille      {ours}")
    print(f"  ratio to the bare client {ours.seconds / bare.seconds:.2f}{must}", flush=True)


@contextmanager
def serving(folder: Path, count: int) -> Iterator[tuple[int, int]]:
    """So many generated feeds, served meanwhile; their ports, plain and TLS."""
    port = folder / PORT_FILE
    command: list[Any] = [sys.executable, "-m", "benchmarks.feeds", "serve", folder, str(count)]
    with subprocess.Popen(command) as server:
        try:
            while not port.exists():
                time.sleep(0.05)
            plain, tls = map(int, port.read_text().split())
            yield plain, tls
        finally:
            server.terminate()


def peer(folder: Path) -> list[Any]:
    """The command that runs `reader`, installed now."""
    subprocess.run([sys.executable, "-m", "venv", folder / "peer"], check=True)
    python = folder / "peer/bin/python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "reader", "sgmllib3k"], check=True)
    (folder / "peer.py").write_text(_READER)
    return [python, folder / "peer.py", folder / "peer.db"]


def run(count: int, folder: Path, rounds: int, *, with_peer: bool) -> None:
    """All sweeps, in turn."""
    with serving(folder, count) as (plain, tls):
        urls, secure = addresses(count, plain), addresses(count, tls, "https")
        workspace = Workspace(folder / "watch", urls)
        workspace.env["SSL_CERT_FILE"] = str(folder / CERTIFICATE)
        other = peer(folder) if with_peer else None
        print(f"{count} feeds, {AT_ONCE} at once, 100 to 300 ms an answer")
        for name in (FIRST, SAME, SECURE, CHANGED):
            if name == CHANGED:
                (folder / "changed").touch()
            asked = secure if name == SECURE else urls
            if name == SECURE:
                workspace.move(urls, secure)
            bare, ours = pair(asked, workspace, folder, rounds if name in (SAME, SECURE) else 1)
            show(name, bare, ours)
            if name == SECURE:
                workspace.move(secure, urls)
            if name == FIRST:
                workspace.settle()
                print(f"  {workspace.items() / ours.cpu:.0f} items a second of processor time")
            if other is not None and name != SECURE:
                theirs = measure(other, stdin="\n".join(urls))
                print(f"  reader      {theirs}")
                print(
                    f"  ratio to reader {ours.seconds / theirs.seconds:.2f}, CPU {ours.cpu / theirs.cpu:.2f}"
                )
        print(json.dumps({"items": workspace.items()}))


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--feeds", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peer", action="store_true", help="measure the library reader, too")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        run(given.feeds, Path(name), given.rounds, with_peer=given.peer)


if __name__ == "__main__":
    main()
