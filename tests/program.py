"""The program, called in process as a person calls it: words in; exit code, output, errors out."""

from __future__ import annotations

import io
import json
import os
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from veille.app import App, open_app, utc_now
from veille.cli.context import Surroundings
from veille.cli.main import run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime


@dataclass(frozen=True)
class Result:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on standard output."""
        return json.loads(self.out)


class Stream(io.TextIOWrapper):
    """A standard stream over bytes, which may claim to be a terminal."""

    def __init__(
        self, content: str = "", *, terminal: bool = False, encoding: str = "utf-8"
    ) -> None:
        super().__init__(io.BytesIO(content.encode()), encoding=encoding, write_through=True)
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal

    def written(self) -> str:
        return self.buffer.getvalue().decode(self.encoding)


@dataclass
class Program:
    """``veille(*words)`` runs a command. Knobs replace the world around it."""

    here: Path
    environ: dict[str, str] = field(default_factory=dict)  # over the process's own
    clock: Callable[[], datetime] = utc_now
    launched: list[Sequence[str]] = field(default_factory=list)
    editor: Callable[[Path], int | None] = lambda path: None  # what the user does in an editor
    adapt: Callable[[App], None] = lambda app: None  # replaces doors of the opened workspace

    def __call__(
        self,
        *words: object,
        stdin: str = "",
        terminal: bool = False,
        encoding: str = "utf-8",
        **environ: str,
    ) -> Result:
        out = Stream(terminal=terminal, encoding=encoding)
        err = Stream(terminal=terminal, encoding=encoding)
        around = Surroundings(
            stdin=Stream(stdin, terminal=terminal),
            stdout=out,
            stderr=err,
            environ={**os.environ, **self.environ, **environ},
            here=str(self.here),
            launch=self._launch,
            opener=self._open,
        )
        # click prints its help on the process's own streams.
        with redirect_stdout(out), redirect_stderr(err):
            code = run([str(word) for word in words], around)
        return Result(code, out.written(), err.written())

    def _launch(self, argv: Sequence[str]) -> int:
        self.launched.append(argv)
        return self.editor(Path(argv[-1])) or 0

    def _open(self, workspace: Path | None, curator: str | None, around: Surroundings) -> App:
        app = open_app(
            workspace,
            curator=curator,
            environ=around.environ,
            here=Path(around.here),
            clock=self.clock,
        )
        self.adapt(app)
        return app


@pytest.fixture
def veille(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """The program, in an empty folder, for a user called camille without files of her own."""
    for name in list(os.environ):
        if name.startswith("VEILLE_") or name.lower() in ("http_proxy", "https_proxy", "no_proxy"):
            monkeypatch.delenv(name)
    environ: dict[str, Any] = {
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "LOGNAME": "camille",
        "TERM": "xterm",
    }
    return Program(here=tmp_path, environ=environ)
