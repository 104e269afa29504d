"""The screen in a real terminal (tmux): what pilots cannot tell. The slow ring."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from benchmarks import triage as film
from benchmarks.terminal import Terminal
from tests.cli.conftest import pool
from tests.program import veille
from veille.store.database import Database
from veille.workflows import lookup

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["pool", "veille"]

pytestmark = pytest.mark.slow


@pytest.fixture
def start(
    pool: Path, tmp_path: Path, rename_first: Callable[[], None]
) -> Iterator[Callable[..., Terminal]]:
    """``veille triage`` in a shell of its own; ``after`` is what the shell says when it ended."""
    assert shutil.which("tmux"), "the slow ring needs tmux: apt-get install tmux"
    terminals: list[Terminal] = []
    # The name of a socket has 107 bytes at most.
    folder = Path(subprocess.check_output(["mktemp", "-d"], text=True).strip())

    def starting(size: tuple[int, int] = (80, 24), **environ: str) -> Terminal:
        command = (
            f"{sys.executable} -m veille -w {pool} --as camille triage; "
            f"echo $? > {tmp_path}/code; stty -a | tr ' ' '\n' | grep -x -e echo -e -echo; sleep 60"
        )
        own = {**os.environ, "XDG_CONFIG_HOME": str(tmp_path), "TERM": "screen-256color"}
        terminal = Terminal(command, folder, own | environ, size)
        terminals.append(terminal)
        terminal.until("1 of 5", 0, seconds=60)
        return terminal

    yield starting
    for terminal in terminals:
        terminal.close()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def rename_first(pool: Path) -> None:
    """The first item has the title a hostile feed would give it."""
    from sqlalchemy import text

    db = Database.open(f"sqlite:///{pool / 'veille.db'}")
    with db.write() as connection:
        connection.execute(
            text("UPDATE item SET title = :title WHERE id = 1"),
            {"title": "日本語\x1b]0;pwned\x07 \u202eroman\x9b31m"},
        )
    db.close()


def states(pool: Path) -> list[str]:
    """The items as the database has them."""
    db = Database.open(f"sqlite:///{pool / 'veille.db'}")
    found = [lookup.show(db, number).item.state.value for number in range(1, 6)]
    db.close()
    return found


def code(tmp_path: Path) -> str:
    """How the program ended."""
    return (tmp_path / "code").read_text().strip()


def test_a_sitting_in_a_terminal(
    start: Callable[..., Terminal], pool: Path, tmp_path: Path
) -> None:
    """Keys do what they say, the terminal is as it was afterwards, and the account is printed."""
    terminal = start()
    terminal.until("3 of 5", terminal.press("y", "d"))
    terminal.until("1 kept, 1 skipped: 'veille log' tells it", terminal.press("q"))
    terminal.until("echo", 0)
    assert "-echo" not in terminal.screen()
    assert code(tmp_path) == "0"
    assert states(pool)[:2] == ["kept", "skipped"]
    written = b"".join(drawn.data for drawn in terminal.drawn).decode()
    assert "日本語]0;pwned roman31m" in written.replace("\u00a0", " ")
    for hostile in ("\x1b]0;pwned", "\u202e", "\x9b"):
        assert hostile not in written


def test_ctrl_c_leaves_with_130_and_what_was_done_is_stored(
    start: Callable[..., Terminal], pool: Path, tmp_path: Path
) -> None:
    """C8, with keys still on their way."""
    terminal = start()
    terminal.until("2 kept", terminal.press("y", "y", "C-c"))
    terminal.until("echo", 0)
    assert code(tmp_path) == "130"
    assert states(pool)[:2] == ["kept", "kept"]


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_it_cleanly(
    start: Callable[..., Terminal], pool: Path, tmp_path: Path, name: signal.Signals
) -> None:
    """C7, C8: a line that broke (SIGHUP) loses nothing."""
    terminal = start()
    terminal.until("2 of 5", terminal.press("y"))
    asked = ["pgrep", "-f", f"veille -w {pool} --as camille triage$"]
    (pid,) = subprocess.check_output(asked, text=True).split()
    os.kill(int(pid), name)
    terminal.until("1 kept", 0)
    terminal.until("echo", 0)
    assert "-echo" not in terminal.screen()
    assert code(tmp_path) == "130"
    assert states(pool)[0] == "kept"


def test_all_is_drawn_again_after_a_stop(start: Callable[..., Terminal], pool: Path) -> None:
    """Ctrl-Z, and ``fg``: the whole screen, its title line included."""
    terminal = start()
    asked = ["pgrep", "-f", f"veille -w {pool} --as camille triage$"]
    (pid,) = subprocess.check_output(asked, text=True).split()
    terminal.press("C-z")
    for _ in range(1000):
        if "State:\tT" in Path(f"/proc/{pid}/status").read_text():
            break
        time.sleep(0.02)
    else:
        raise AssertionError("it never stopped")
    since = time.perf_counter()
    os.kill(int(pid), signal.SIGCONT)
    terminal.until("1 of 5", since)
    terminal.until(":quit", since)
    terminal.until("2 of 5", terminal.press("y"))


def test_an_editor_that_fails_gives_the_terminal_back(
    start: Callable[..., Terminal], pool: Path
) -> None:
    """The reason is told, and the screen goes on: it was dead, and the terminal with it."""
    terminal = start(EDITOR="false")
    terminal.until("Enter stores", terminal.press("c"))
    terminal.until("false ended with code 1", terminal.press("o", "k", "C-o"))
    terminal.until("1 commented", terminal.press("Enter"))
    terminal.until("2 of 5", terminal.press("Escape", "j"))
    db = Database.open(f"sqlite:///{pool / 'veille.db'}")
    (comment,) = lookup.show(db, 1).item.comments
    db.close()
    assert comment.text == "ok"


def test_without_colour(start: Callable[..., Terminal]) -> None:
    """NO_COLOR: bold, dim and reversed type say it all."""
    terminal = start(NO_COLOR="1")
    terminal.until("2 of 5", terminal.press("y"))
    written = b"".join(drawn.data for drawn in terminal.drawn).decode()
    codes = {
        code for styles in re.findall(r"\x1b\[([\d;]*)m", written) for code in styles.split(";")
    }
    assert "7" in codes  # reversed: where one is
    assert not codes & {str(base + hue) for base in (30, 40, 90, 100) for hue in range(8)}
    assert not codes & {"38", "48"}


def resize(terminal: Terminal, cells: int, lines: int, drawn: str) -> None:
    """Change the size, a cell more each time, until it is drawn: tmux takes only real changes."""
    for more in range(4):
        try:
            terminal.until(drawn, terminal.resize(cells + more, lines), seconds=5)
        except TimeoutError:
            continue
        return
    raise AssertionError(terminal.screen())


def test_a_terminal_that_changes_its_size(start: Callable[..., Terminal]) -> None:
    """Whatever size the environment remembers, as that of a build tool does."""
    terminal = start(COLUMNS="80", LINES="24")
    resize(terminal, 150, 30, "│")
    resize(terminal, 60, 15, ":quit")
    terminal.until("2 of 5", terminal.press("j"))


def test_the_film(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A triage of the bundled sample: every decision is in the log; each key press is timed."""
    cast = tmp_path / "film.cast"
    arguments = ["film", "--pool", "0", "--items", "16", "--pace", "0", "--film", str(cast)]
    assert film.main(arguments[1:]) == 0
    told = capsys.readouterr().out
    assert "16 items, 20 events" in told
    assert "key to next item" in told
    assert cast.read_text(encoding="utf-8").startswith('{"version": 2')
