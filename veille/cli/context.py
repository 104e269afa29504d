"""What a command is given: the world around the process, and the workspace opened in it."""

from __future__ import annotations

import os
import sys
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, TextIO

from veille.errors import Refused

# 'veille --help' comes through here: what only a command needs is imported when it asks for it.
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from veille.app import App
    from veille.cli.show import Show
    from veille.model.query import Query
    from veille.workflows.acting import Act


def launch(argv: Sequence[str]) -> int:
    """Run another program in this terminal, without a shell, and return its exit code."""
    import subprocess

    return subprocess.run(argv, check=False).returncode  # noqa: S603  an argument list, no shell


def open_workspace(workspace: Path | None, curator: str | None, around: Surroundings) -> App:
    """Find and open the workspace."""
    from pathlib import Path

    from veille.app import open_app

    return open_app(workspace, curator=curator, environ=around.environ, here=Path(around.here))


class Surroundings(NamedTuple):
    """The world around the process, as one object: tests bring their own."""

    stdin: TextIO
    stdout: TextIO
    stderr: TextIO
    environ: Mapping[str, str]
    here: str
    launch: Callable[[Sequence[str]], int] = launch
    opener: Callable[[Path | None, str | None, Surroundings], App] = open_workspace

    @classmethod
    def of_process(cls) -> Surroundings:
        """The real one; a stream that was closed before the start reads and writes nothing."""
        return cls(
            sys.stdin or _nothing(),
            sys.stdout or _nothing(),
            sys.stderr or _nothing(),
            os.environ,
            _here(),
        )


def _here() -> str:
    """The current folder; one that somebody removed goes by the name the shell still has for it."""
    try:
        return os.getcwd()  # noqa: PTH109  pathlib is not worth its start-up here
    except FileNotFoundError:
        return os.environ.get("PWD", "/")


def _nothing() -> TextIO:
    return open(os.devnull, "r+", encoding="utf-8")  # noqa: PTH123  as long as the process


class Session:
    """One command being run: its options, its words out, its workspace when it asks for one."""

    def __init__(self, surroundings: Surroundings) -> None:
        self.surroundings = surroundings
        self.workspace: str | None = None
        self.curator: str | None = None
        self.quiet = False
        self.verbosity = 0

    @cached_property
    def show(self) -> Show:
        """The door to the terminal."""
        from veille.cli.show import Show

        around = self.surroundings
        return Show(around.stdout, around.stderr, around.environ, quiet=self.quiet)

    @cached_property
    def app(self) -> App:
        """The workspace, opened when first needed; raises WorkspaceError, SettingsError."""
        from pathlib import Path

        asked = None
        if self.workspace is not None:
            asked = Path(self.surroundings.here, self.workspace)
        return self.surroundings.opener(asked, self.curator, self.surroundings)

    @cached_property
    def begun(self) -> Act:
        """This command as an act: one instant, one batch. Opens no database."""
        return self.app.act()

    @cached_property
    def act(self) -> Act:
        """The same, of its curator by the name that the database knows."""
        from dataclasses import replace

        _ = self.app.db
        return replace(self.begun, actor=self.app.actor)

    def noted(self, note: str | None) -> Act:
        """The same act, with the reason the curator gave."""
        if not note:
            return self.act
        from dataclasses import replace

        from veille.model.text import clean

        return replace(self.act, note=clean(note))

    def query(self, text: str) -> Query:
        """A search as typed; raises :class:`~veille.errors.QueryError`."""
        if not text.strip():  # a plain list does not need the grammar
            from veille.model.query import EVERYTHING

            return EVERYTHING
        from veille.workflows.queries import read_typed

        return read_typed(lambda: self.app.db, text, now=self.begun.now, zone=self.app.zone)

    @property
    def interactive(self) -> bool:
        """Whether somebody is there to answer a question."""
        return self.surroundings.stdin.isatty() and self.surroundings.stderr.isatty()

    def bytes_of(self, file: Path) -> bytes:
        """What is in a file, or comes on standard input when it is called ``-``."""
        if str(file) != "-":
            return file.read_bytes()
        stdin = self.surroundings.stdin
        buffer = getattr(stdin, "buffer", None)
        return buffer.read() if buffer is not None else stdin.read().encode()

    def confirm(self, question: str) -> None:
        """Ask before a bulk action; without a terminal there is nobody to ask, and it goes on.

        Raises :class:`~veille.errors.Refused` when the answer is not yes.
        """
        if self.interactive and not self.agrees(question):
            raise Refused("nothing was changed")

    def agrees(self, question: str) -> bool:
        """Ask somebody who is there."""
        self.show.ask(question)
        answer = self.surroundings.stdin.readline().strip().casefold()
        return answer in ("y", "yes", "o", "oui")

    def close(self) -> None:
        """Let go of the workspace."""
        if "app" in self.__dict__:
            self.app.close()
