"""Documentation is tested: its sessions are replayed, its pages are those of the program.

``SNAPSHOT_UPDATE=1 pytest tests/test_docs.py`` writes what the program answers into the pages; read
the difference before you commit it.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.program import Program, Stream, veille
from veille.cli.commands import COMMANDS
from veille.cli.context import Surroundings
from veille.cli.demo.server import SAMPLE, serving
from veille.cli.main import run

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["veille"]

ROOT = Path(__file__).parents[1]
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
HOME = "/home/camille"
SESSION = re.compile(r"(?<=```console\n).*?(?=```)", re.DOTALL)
# What differs from run to run, and how the pages show it.
VARYING = {
    r"\d+\.\d s": "0.2 s",
    r"sha256 [0-9a-f]{12}…": "sha256 5b1e6c0a94d7…",
    r"\.[0-9a-f]{8}\.eml": ".3f9a1c07.eml",
}


class Shell:
    """Enough of a shell for the sessions of the documentation."""

    def __init__(self, program: Program, proxy: str) -> None:
        self.program = program
        self.proxy = proxy
        self.here = program.here
        self.environ: dict[str, str] = {}

    def answer(self, line: str) -> str:
        """What a command prints, standard output and errors as they come."""
        name, *words = shlex.split(line.replace("SAMPLE/", f"{SAMPLE}/"))
        if name == "cd":
            self.here /= words[0]
        elif name == "export":
            assert words[0].startswith("http_proxy=")
            self.environ["http_proxy"] = self.proxy
        elif name == "ls":
            return self._list(words)
        else:
            assert name == "veille", line
            return self._shown(self._run(words))
        return ""

    def _run(self, words: list[str]) -> str:
        out = Stream()
        environ = {**os.environ, **self.program.environ, **self.environ, "TZ": "UTC"}
        opener = self.program._open
        code = run(words, Surroundings(Stream(), out, out, environ, str(self.here), opener=opener))
        assert code in (0, 1), out.written()
        return out.written()

    def _shown(self, text: str) -> str:
        for pattern, shown in VARYING.items():
            text = re.sub(pattern, shown, text)
        return text.replace(str(SAMPLE), "SAMPLE").replace(str(self.program.here), HOME)

    def _list(self, words: list[str]) -> str:
        parts = []
        for word in words or ["."]:
            names = sorted(path.name for path in (self.here / word).glob("[!.]*"))
            title = f"{word}:\n" if len(words) > 1 else ""
            parts.append(title + "  ".join(names) + "\n")
        return self._shown("\n".join(parts))


def replay(text: str, shell: Shell) -> str:
    """The page with every session answered by the program."""

    def answered(session: re.Match[str]) -> str:
        commands = [line[2:] for line in session[0].splitlines() if line.startswith("$ ")]
        return "".join(f"$ {command}\n{shell.answer(command)}" for command in commands)

    return SESSION.sub(answered, text)


@pytest.fixture
def shell(veille: Program) -> Iterator[Shell]:
    """A shell in an empty folder, the sample within reach."""
    veille.clock = lambda: NOW
    with serving() as proxy:
        yield Shell(veille, proxy)


def check(path: Path, shown: str) -> None:
    """The page must be what the program says; with SNAPSHOT_UPDATE it is made so."""
    if os.environ.get("SNAPSHOT_UPDATE"):
        path.write_text(shown, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == shown


def test_the_tutorial_tells_the_truth(shell: Shell) -> None:
    """Every command of it works, in order, with the output it shows."""
    path = ROOT / "docs" / "tutorial.md"
    check(path, replay(path.read_text(encoding="utf-8"), shell))


def test_the_readme_tells_the_truth(shell: Shell) -> None:
    """Its session is what a team sees in a workspace that has sources, a digest and readers."""
    for line in (
        'veille init watch --name "La veille du réseau" --locale fr',
        "cd watch",
        "export http_proxy=",
        "veille source add http://musee.example/atom.xml",
        "veille source import SAMPLE/sources.opml",
        'veille digest create cinq-liens --title "Cinq liens"',
        "veille subscriber import SAMPLE/subscribers.csv",
    ):
        shell.answer(line)
    shell.environ["VEILLE_MAIL_SENDER"] = "veille@reseau.example"
    path = ROOT / "README.md"
    check(path, replay(path.read_text(encoding="utf-8"), shell))


def test_generated_pages_are_up_to_date() -> None:
    """docs/commands.md and docs/settings.md are written from the program."""
    command = [sys.executable, str(ROOT / "docs" / "generate.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_documented(name: str) -> None:
    """With its help, on the page of commands."""
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert f"## `veille {name}`\n" in page


def pages() -> list[Path]:
    """All pages for people."""
    return sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])


@pytest.mark.parametrize("path", pages(), ids=lambda path: path.name)
def test_links_between_pages_lead_somewhere(path: Path) -> None:
    """Relative links name files that are there."""
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target


@pytest.mark.parametrize("path", pages(), ids=lambda path: path.name)
def test_commands_in_pages_exist(path: Path) -> None:
    """What a page tells people to type is a command of the program."""
    text = path.read_text(encoding="utf-8")
    typed = re.findall(r"(?:^|`)(?:\$ )?veille ([a-z]+)", text, flags=re.MULTILINE)
    unknown = {name for name in typed if name not in COMMANDS}
    assert not unknown, f"{path.name} names commands that are not there: {sorted(unknown)}"


@pytest.mark.parametrize("target", ["demo", "test"])
def test_the_two_commands_of_the_readme(target: str) -> None:
    """The first screen of the README names them, and the Makefile has them."""
    first_screen = "\n".join((ROOT / "README.md").read_text(encoding="utf-8").splitlines()[:40])
    assert f"make {target}" in first_screen
    assert f"\n{target}:" in (ROOT / "Makefile").read_text(encoding="utf-8")
