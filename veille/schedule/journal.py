"""The log of the loop: a line an event, for people or for machines."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import TYPE_CHECKING

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
        self, write: Callable[[str], None], clock: Callable[[], datetime], *, as_json: bool
    ) -> None:
        self._write = write
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
        if not self.as_json:
            self._write(f"{job}: {message}")
            return
        at = self._clock().isoformat(timespec="milliseconds")
        line = {"at": at, "level": level.value, "job": job, "message": message}
        self._write(json.dumps(line, ensure_ascii=False))
