"""Sweep real feeds while some of them fail in every way; then kill sweeps and run them again.

    python -m benchmarks.sweep CORPUS REPLAY_SERVER [--kills N]

Five hundred feeds of the corpus are replayed under their own addresses, and one source in twenty is
given a fault of :data:`FAULTS`, each of which is used. Printed are differences: a healthy source that
was not collected, a failure of another kind than expected, time or memory over the limit. With
``--kills``, a hundred healthy feeds are swept that often, killed at a random moment (every other time
after a random number of items was stored), and swept again: items and sightings must be those of an
unbroken run. Exit code 1 when there is a difference.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.collect import VEILLE, Cost, measure
from benchmarks.feeds import opml
from benchmarks.sites import http
from veille.feeds.urls import asked

SOURCES = 500
TIMEOUT = 5  # seconds an exchange may take
MUST_SECONDS, MUST_MEMORY = 120.0, 250.0
KILLED = 100  # feeds of the sweeps that are killed
FINE = frozenset({"collected"})
CUT = frozenset({"truncated", "network"})

# A fault of the replay server, and how the source may end.
FAULTS: list[tuple[dict[str, Any], frozenset[str]]] = [
    ({"status": 500}, frozenset({"http-status"})),
    ({"status": 410}, frozenset({"gone"})),
    ({"status": 429, "retry_after": "3600"}, frozenset({"rate-limited"})),
    ({"redirect": "http://169.254.169.254/"}, frozenset({"blocked"})),
    ({"redirect_chain": 7}, frozenset({"redirects"})),
    ({"redirect_loop": 302}, frozenset({"redirects"})),
    ({"hang": 60}, frozenset({"timeout"})),
    ({"hang_body": 60}, frozenset({"timeout"})),
    ({"drip": {"bytes": 1, "every_ms": 500}}, frozenset({"timeout"})),
    ({"latency_ms": 800}, FINE),
    ({"truncate": 0.5}, CUT),
    ({"reset": 0}, CUT),
    ({"reset": 200}, CUT),
    ({"huge_mb": 30}, frozenset({"too-large"})),
    ({"gzip_bomb_mb": 300}, frozenset({"too-large"})),
    ({"charset": "windows-1252"}, FINE),
    ({"content_type": "text/html"}, FINE),
    ({"change": "counter"}, FINE),
    ({"no_validators": True, "weak_etag": True}, FINE),
    ({"etag_always_changes": True, "ignore_conditional": True}, FINE),
    ({"always_304": True}, frozenset({"http-status"})),
    ({"header_bomb_kb": 256}, frozenset({"network", "too-large"})),
    ({"bad_gzip": True}, frozenset({"decoding", "truncated"})),
    ({"bad_chunk": True}, CUT),
    ({"auth": "user:secret"}, frozenset({"http-status"})),
    ({"status": 404}, frozenset({"http-status"})),
    ({"status": 503, "times": 1}, frozenset({"http-status", "rate-limited"})),
    ({"redirect_chain": 3, "code": 301}, FINE),
    ({"length_off": 100}, CUT),
    ({"length_off": -100}, CUT | {"collected"}),
    (
        {"raw": "HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 5\r\n\r\nhello"},
        frozenset({"decoding", "truncated"}),
    ),
    ({"raw": "SSH-2.0-OpenSSH_9.2\r\n"}, frozenset({"network"})),
    ({"no_etag": True}, FINE),
    ({"no_last_modified": True}, FINE),
]


class Workspace:
    """A workspace that subscribes to all the feeds, through the replaying proxy."""

    def __init__(self, folder: Path, urls: list[str], proxy: str) -> None:
        self.folder = folder
        self.proxy = proxy
        subprocess.run([VEILLE, "-q", "init", folder], check=True, env=self.environ)
        settings = f"[collect]\ntimeout = {TIMEOUT}\nspacing = 0\nper_host = 16\nconcurrency = 32\n"
        (folder / "veille.toml").write_text(settings)
        (folder / "all.opml").write_text(opml(urls))
        words = ["-q", "source", "import", str(folder / "all.opml")]
        subprocess.run([VEILLE, *words], check=True, env=self.environ)

    @property
    def environ(self) -> dict[str, str]:
        """The world of its commands."""
        named = {"VEILLE_WORKSPACE": str(self.folder), "http_proxy": self.proxy, "no_proxy": ""}
        return {**os.environ, **named}

    def copy(self, name: str) -> Workspace:
        """The same workspace in another folder."""
        other = object.__new__(Workspace)
        other.folder, other.proxy = self.folder.with_name(name), self.proxy
        shutil.rmtree(other.folder, ignore_errors=True)
        shutil.copytree(self.folder, other.folder)
        return other

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What the database says."""
        with sqlite3.connect(self.folder / "veille.db") as db:
            return db.execute(query).fetchall()

    def sweep(self) -> subprocess.Popen[bytes]:
        """Begin to collect."""
        return subprocess.Popen(
            [VEILLE, "-q", "collect"], env=self.environ,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def found(self) -> list[tuple[Any, ...]]:
        """The items and who showed them, whatever their numbers; raises when the file is damaged."""
        if self.rows("PRAGMA integrity_check") != [("ok",)]:
            raise SystemExit("the database is damaged")
        return self.rows(
            "SELECT item.url, item.title, item.state, source.url, sighting.key FROM item "
            "JOIN sighting ON sighting.item_id = item.id JOIN source ON source.id = sighting.source_id "
            "ORDER BY 1, 2, 3, 4, 5"
        )


def wanted(corpus: Path) -> list[str]:
    """Addresses of well-formed feeds with entries; hosts with one feed first, for the faults."""
    listed = json.loads((corpus / "feeds/manifest.json").read_text("utf-8"))["documents"]
    urls = [
        asked(http(one["url"])) or ""
        for one in listed
        if one["facts"].get("wellformed") and one["facts"].get("entry_count")
    ]
    feeds_of = Counter(urlsplit(url).hostname for url in urls)
    return sorted(urls, key=lambda url: feeds_of[urlsplit(url).hostname] > 1)[:SOURCES]


def misbehave(port: int, faults: dict[str, Any]) -> None:
    """Tell the replay server what to do."""
    told = urllib.request.Request(
        f"http://127.0.0.1:{port}/__control__/faults", json.dumps(faults).encode()
    )
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(told).close()


def sweep_with_faults(workspace: Workspace, expected: dict[str, frozenset[str]]) -> list[str]:
    """One sweep, and what was otherwise than it must be."""
    cost: Cost = measure(["sh", "-c", f"{VEILLE} -q collect; test $? -eq 3"], env=workspace.environ)
    rows = workspace.rows("SELECT url, coalesce(error_kind, 'collected'), items FROM source")
    ended = Counter(kind for _, kind, _ in rows)
    print(f"{len(rows)} sources: {cost}  {dict(ended)}", flush=True)
    differences = [
        f"{url}: {kind}, {items} items, instead of {'/'.join(expected.get(url, FINE))}"
        for url, kind, items in rows
        if kind not in expected.get(url, FINE) or (kind == "collected" and not items)
    ]
    if cost.seconds > MUST_SECONDS:
        differences.append(f"it took {cost.seconds:.0f} s, more than {MUST_SECONDS:.0f}")
    if cost.memory > MUST_MEMORY:
        differences.append(f"it held {cost.memory:.0f} MB, more than {MUST_MEMORY:.0f}")
    return differences


def kill_and_restart(workspace: Workspace, times: int) -> list[str]:
    """As many sweeps killed at random moments and run again; those that ended otherwise."""
    unbroken = workspace.copy("unbroken")
    began = time.perf_counter()
    unbroken.sweep().wait()
    length, expected = time.perf_counter() - began, unbroken.found()
    moments, differences, midway = random.Random(1), [], 0
    for number in range(times):
        broken = workspace.copy("broken")
        sweeping = broken.sweep()
        if number % 2:
            time.sleep(moments.uniform(0.1, 1.05) * length)
        else:
            _wait_until_stored(broken, sweeping, moments.randrange(len(expected)))
        sweeping.send_signal(signal.SIGKILL)
        sweeping.wait()
        midway += 0 < len(broken.found()) < len(expected)
        broken.sweep().wait()
        if broken.found() != expected:
            failed = broken.rows("SELECT url, error_kind FROM source WHERE error_kind IS NOT NULL")
            other = sorted(set(map(tuple, broken.found())) ^ set(map(tuple, expected)))
            differences.append(
                f"kill {number}: other items than in an unbroken run: {other[:3]}; failed: {failed}"
            )
    print(
        f"{times} kills, {midway} of them with a part stored; {len(expected)} sightings each time",
        flush=True,
    )
    return differences


def _wait_until_stored(workspace: Workspace, sweeping: subprocess.Popen[bytes], least: int) -> None:
    """Until so many sightings are stored, or the sweep is over."""
    while sweeping.poll() is None:
        ((stored,),) = workspace.rows("SELECT count(*) FROM sighting")
        if stored > least:
            return
        time.sleep(0.003)


def main() -> int:
    """Serve, sweep, compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("server", type=Path)
    parser.add_argument("--kills", type=int, default=0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / "port"
        server = subprocess.Popen(
            [sys.executable, given.server, "--corpus", given.corpus, "--port", "0", "--port-file", file],
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            while not (file.exists() and file.read_text().strip()):
                time.sleep(0.1)
            port = int(file.read_text())
            proxy, urls = f"http://127.0.0.1:{port}", wanted(given.corpus)
            differences = []
            if given.kills:
                feeds = urls[-KILLED:]
                differences += kill_and_restart(
                    Workspace(folder / "killed", feeds, proxy), given.kills
                )
            faults = dict(zip(urls, FAULTS, strict=False))
            # With a star, so that a hop of the server's own redirects has the fault, too.
            globs = {f"{url.partition('://')[2]}*": fault for url, (fault, _) in faults.items()}
            misbehave(port, globs)
            workspace = Workspace(folder / "watch", urls, proxy)
            differences += sweep_with_faults(
                workspace, {url: kinds for url, (_, kinds) in faults.items()}
            )
        finally:
            server.terminate()
            server.wait()
    print("\n".join([*differences, f"{len(differences)} differences"]))
    return min(len(differences), 1)


if __name__ == "__main__":
    sys.exit(main())
