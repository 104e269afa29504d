"""The terminal vanishes: a line that dropped, a window that was closed. The slow ring."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import edited, edited_template, pool
from tests.program import veille
from veille.store.database import Database
from veille.workflows import lookup

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["edited", "edited_template", "pool", "veille"]

pytestmark = pytest.mark.slow

_CODES = re.compile(r"\x1b\[[0-9;?$>]*[ -/]*[@-~]")
_PATIENCE = 60  # seconds until a test gives up


class Line:
    """A program at the end of a line that can be cut; it leads the session of its terminal."""

    def __init__(self, *words: str, environ: dict[str, str]) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "veille", *words],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environ,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(slave)
        self.drawn = ""

    def until(self, text: str) -> None:
        """Wait until a text was drawn since the last one."""
        while text not in _CODES.sub("", self.drawn):
            ready, _, _ = select.select([self.master], [], [], _PATIENCE)
            assert ready, self.drawn
            self.drawn += os.read(self.master, 65536).decode("utf-8", "replace")
        self.drawn = ""

    def press(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def cut(self) -> None:
        """The terminal is gone."""
        os.close(self.master)
        self.master = -1

    def end(self) -> None:
        if self.master >= 0:
            self.cut()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Callable[..., Line]]:
    lines: list[Line] = []

    def starting(*words: str, **environ: str) -> Line:
        own = {**os.environ, "XDG_CONFIG_HOME": str(tmp_path), "TERM": "xterm-256color"}
        lines.append(Line(*words, environ=own | environ))
        return lines[-1]

    yield starting
    for each in lines:
        each.end()


def test_triage_ends_with_its_terminal(line: Callable[..., Line], pool: Path) -> None:
    """C7, C8: whatever was decided is stored, and nothing stays behind."""
    screen = line("-w", str(pool), "--as", "camille", "triage")
    screen.until("1 of 5")
    screen.press("y")
    screen.until("2 of 5")
    screen.press("d")
    screen.cut()
    assert screen.process.wait(_PATIENCE) == 130
    db = Database.open(f"sqlite:///{pool / 'veille.db'}")
    assert lookup.show(db, 1).item.state == "kept"
    db.close()


def test_compose_ends_with_its_terminal(
    line: Callable[..., Line], edited: str, tmp_path: Path
) -> None:
    screen = line("-w", str(tmp_path / "watch"), "--as", "camille", "compose", edited)
    screen.until("Picks (3)")
    screen.cut()
    assert screen.process.wait(_PATIENCE) == 130
