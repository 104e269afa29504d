"""The log of the loop: a line an event, for people or for machines."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import TYPE_CHECKING

from veille.model.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


class Level(StrEnum):
    """How much a line matters."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Journal:
    """Writes lines through ``write``, which cleans what strangers wrote (I1)."""

    def __init__(
        self,
        write: Callable[[str], None],
        clock: Callable[[], datetime],
        *,
        as_json: bool,
        complain: Callable[[str], None] | None = None,
    ) -> None:
        """``complain`` writes what went wrong, where somebody wants to hear of nothing else."""
        self._write = write
        self._complain = complain or write
        self._clock = clock
        self.as_json = as_json

    def info(self, job: str, message: str) -> None:
        """Something was done."""
        self._line(Level.INFO, job, message)

    def warning(self, job: str, message: str) -> None:
        """Something went wrong, and goes on by itself."""
        self._line(Level.WARNING, job, message)

    def error(self, job: str, message: str) -> None:
        """Something went wrong, and somebody should look."""
        self._line(Level.ERROR, job, message)

    def _line(self, level: Level, job: str, message: str) -> None:
        write = self._write if level is Level.INFO else self._complain
        if not self.as_json:
            write(one_line(f"{job}: {message}"))
            return
        at = self._clock().isoformat(timespec="milliseconds")
        line = {"at": at, "level": level.value, "job": job, "message": message}
        write(json.dumps(line, ensure_ascii=False))
