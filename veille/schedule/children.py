"""A job in a process of its own: this program, started for that job alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING

from veille.errors import ExitCode
from veille.model.text import one_line
from veille.schedule.loop import Ended

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from veille.model.plan import JobName

_HEARD = 100_000  # bytes of what a job says


class Process:
    """A job at work in a process. What it says goes to a file, so that it never waits for us."""

    def __init__(self, command: Sequence[str], environ: Mapping[str, str]) -> None:
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  as long as the process
        self._process = subprocess.Popen(  # noqa: S603  this program, and the name of a job
            command,
            stdin=subprocess.DEVNULL,
            stdout=self._said,
            stderr=self._said,
            env=dict(environ),
            start_new_session=True,  # Ctrl-C is for the loop, which tells its jobs
        )

    def ended(self) -> Ended | None:
        """How it ended; None while it works."""
        code = self._process.poll()
        if code is None:
            return None
        self._said.seek(max(0, os.fstat(self._said.fileno()).st_size - _HEARD))
        said = self._said.read().decode("utf-8", "replace")
        self._said.close()
        return _ended(code, said)

    def stop(self) -> None:
        """Ask it to end, as Ctrl-C does: what it did so far is kept.

        Not by SIGINT: who is started in the background of a script ignores it, with all it starts.
        """
        self._signal(signal.SIGTERM)
        self._signal(signal.SIGCONT)  # or it would never hear

    def kill(self) -> None:
        """End it now, with the processes it started."""
        self._signal(signal.SIGKILL)
        self._process.wait()

    def _signal(self, number: int) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, number)


def launch(
    workspace: Path, name: JobName, environ: Mapping[str, str], *, here: bool = False
) -> Process:
    """Start a job of a workspace; with ``here`` it is done and never left to workers."""
    command = [sys.executable, "-m", "veille", "-w", str(workspace), "run", "--job", name.value]
    return Process([*command, "--here"] if here else command, environ)


def _ended(code: int, said: str) -> Ended:
    """What an exit code and the last line say; whatever they are, the job has ended."""
    lines = [one_line(line) for line in said.splitlines() if line.strip()]
    last = lines[-1].removeprefix("veille: ") if lines else None
    if code < 0:
        return Ended(
            well=False, said=f"died (signal {-code}){f': {last}' if last else ''}", died=True
        )
    if code in (ExitCode.DONE, ExitCode.PARTIAL):
        return _outcome(last)
    if code in (ExitCode.BUSY, ExitCode.INTERRUPTED):
        return Ended(well=True, said=last)
    return Ended(well=False, said=last or f"ended with exit code {code}")


def _outcome(last: str | None) -> Ended:
    try:
        told = json.loads(last or "{}")
    except ValueError:
        told = None
    if not isinstance(told, dict):
        return Ended(well=True, said=last)
    return Ended(well=True, said=told.get("said"), left=bool(told.get("left")))
