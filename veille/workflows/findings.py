"""What a check of a workspace found, and how bad that is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad a finding is. Only what is wrong makes the exit code 1."""

    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a check found: ``message`` says it, ``remedy`` what to do; ``source`` is whose it is."""

    check: str
    level: Level
    message: str
    remedy: str | None = None
    source: int | None = None


def ok(check: str, message: str) -> Finding:
    """All is well."""
    return Finding(check=check, level=Level.OK, message=message)


def warning(check: str, message: str, remedy: str | None = None) -> Finding:
    """Something to know."""
    return Finding(check=check, level=Level.WARNING, message=message, remedy=remedy)


def wrong(check: str, message: str, remedy: str | None = None) -> Finding:
    """Something to mend."""
    return Finding(check=check, level=Level.WRONG, message=message, remedy=remedy)
