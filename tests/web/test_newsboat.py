"""The real newsboat curates into the pool, in a terminal. The slow ring."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.terminal import Terminal
from tests.cli.conftest import pool
from tests.program import veille

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["pool", "veille"]

pytestmark = pytest.mark.slow

TOP = "Une bibliothèque ouvre la nuit"
SECONDS = 60


@pytest.fixture
def port(pool: Path) -> Iterator[int]:
    """``veille serve`` on the pool of five items."""
    words = [sys.executable, "-m", "veille", "-w", pool, "serve", "--listen", "127.0.0.1:0"]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as server:
        try:
            yield int(re.search(r":(\d+)/", server.stderr.readline())[1])
        finally:
            server.terminate()


@pytest.fixture
def newsboat(veille, port: int, tmp_path: Path) -> Iterator[Callable[[], Terminal]]:
    """newsboat as docs/reader-apps.md says to set it up: before 2.24 it knows no FreshRSS."""
    assert shutil.which("newsboat"), "the slow ring needs newsboat: apt-get install newsboat"
    told = subprocess.check_output(["newsboat", "-v"], text=True)
    version = tuple(map(int, re.search(r"(\d+)\.(\d+)", told).groups()))
    service = "freshrss" if version >= (2, 24) else "feedhq"
    secret = veille("token", "add", "newsboat", "--json").json["token"]
    (tmp_path / "token").write_text(f"{secret}\n")
    lines = [
        f'urls-source "{service}"',
        f'{service}-url "http://127.0.0.1:{port}"',
        f'{service}-login "camille"',
        f'{service}-passwordfile "{tmp_path}/token"',
        f'{service}-flag-star "k"',
        f"{service}-min-items 100",
        *(["feedhq-show-special-feeds no"] if service == "feedhq" else []),
        "confirm-exit no",
    ]
    (tmp_path / "config").write_text("\n".join(lines) + "\n")
    (tmp_path / "urls").touch()
    folder = _short_folder()
    command = f"newsboat -C {tmp_path}/config -c {tmp_path}/cache.db -u {tmp_path}/urls"
    environ = {**os.environ, "HOME": str(tmp_path), "TERM": "screen-256color", "LC_ALL": "C.UTF-8"}
    terminals: list[Terminal] = []

    def start() -> Terminal:
        terminals.append(Terminal(command, folder, environ, (100, 30)))
        terminals[-1].until("Your feeds", 0, SECONDS)
        return terminals[-1]

    yield start
    for terminal in terminals:
        terminal.close()
    shutil.rmtree(folder, ignore_errors=True)


def _short_folder() -> Path:
    """The name of a socket has 107 bytes at most."""
    from pathlib import Path

    return Path(subprocess.check_output(["mktemp", "-d"], text=True).strip())


def reload(terminal: Terminal, count: str) -> None:
    """Reload all feeds, until the list shows so many unread of all."""
    terminal.until(count, terminal.press("R"), SECONDS)


def until(known: Callable[[], Any], wanted: Any) -> None:
    """Wait for what the server is told in a thread of newsboat's."""
    end = time.monotonic() + SECONDS
    while known() != wanted and time.monotonic() < end:
        time.sleep(0.1)
    assert known() == wanted


def test_newsboat_curates(veille, newsboat) -> None:
    """It reloads, reads, stars, takes the star off, marks all as read; the command line shows it."""

    def item(number: int = 1) -> tuple[str, list[str]]:
        shown = veille("show", number, "--json").json
        return shown["state"], shown["kept_by"]

    def found(query: str) -> list[int]:
        return [row["id"] for row in veille("list", query, "--json").json]

    veille("--as", "alex", "skip", 5)
    terminal = newsboat()
    reload(terminal, "(4/5)")
    terminal.until(TOP, terminal.press("Enter"), SECONDS)
    terminal.until("https://example.org/1", terminal.press("Enter"), SECONDS)
    terminal.until(
        "Flags", terminal.press("C-e"), SECONDS
    )  # it tells of the reading at the next key
    until(lambda: found("seen:camille"), [1])
    assert item() == ("inbox", [])
    terminal.press("k", "Enter")
    until(item, ("kept", ["camille"]))
    assert "camille (newsboat)" in veille("log", 1).out
    terminal.until("Flags: k", terminal.press("C-e"), SECONDS)
    terminal.press("BSpace", "Enter")
    until(item, ("inbox", []))
    terminal.press("q", "q")

    veille("skip", 4)  # what is decided here is read there
    reload(terminal, "(2/5)")
    terminal.press("Enter")
    terminal.until(TOP, 0, SECONDS)
    terminal.press("A")
    until(lambda: found("is:inbox seen:camille"), [1, 2, 3])
    assert veille("undo").out == "undone: seen 2 3\n"
    assert found("seen:camille") == [1]
