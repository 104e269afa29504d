"""The password of the mail server: from the environment, a file or a command; never kept, never told.

No message holds what was read, not even when it is not what was expected (G4, M21).
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
from functools import partial
from typing import TYPE_CHECKING, Protocol

from veille.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

PATIENCE = 10.0  # seconds a command may take


class Named(Protocol):
    """What settings say of where a password is; at most one of the three is set."""

    @property
    def password_env(self) -> str | None:
        """A variable of the environment."""

    @property
    def password_file(self) -> str | None:
        """A file."""

    @property
    def password_command(self) -> str | None:
        """A command that prints it."""


def named_in(
    settings: Named, folder: Path, environ: Mapping[str, str], *, section: str
) -> Callable[[], str] | None:
    """How the password of ``section`` is found when it is needed; None when the settings name none.

    A file is sought from ``folder``.
    """
    if (name := settings.password_env) is not None:
        return partial(from_environment, name, environ, section=section)
    if (file := settings.password_file) is not None:
        return partial(from_file, folder / file, section=section)
    if (command := settings.password_command) is not None:
        return partial(from_command, command, section=section)
    return None


def from_environment(name: str, environ: Mapping[str, str], *, section: str = "smtp") -> str:
    """The variable ``name``. Raises UsageError when it is missing."""
    value = environ.get(name, "")
    if not value:
        raise UsageError(
            f"{section}.password_env names {name}, which is not set: set it, then try again"
        )
    return _one_line(value, f"the variable {name}")


def from_file(path: Path, *, section: str = "smtp") -> str:
    """The first line of a file. Raises UsageError."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not in UTF-8"
        raise UsageError(f"{section}.password_file {path} cannot be read: {why}") from None
    return _one_line(text.partition("\n")[0], f"the file {path}")


def exposed(path: Path) -> str | None:
    """What is wrong with who may read a password's file, None when nothing is (G3)."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return None
    if mode & 0o077 == 0:
        return None
    return f"{path} can be read by others: 'chmod 600 {path}'"


def from_command(line: str, *, section: str = "smtp", patience: float = PATIENCE) -> str:
    """What a command prints, without a shell. Raises UsageError; nothing it says is repeated."""
    try:
        process = subprocess.Popen(  # noqa: S603  the user's own settings name it
            shlex.split(line),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except (OSError, ValueError, IndexError) as error:
        why = getattr(error, "strerror", None) or "it is no command"
        raise UsageError(f"{section}.password_command cannot be run: {why}") from None
    with process:
        try:
            printed, _ = process.communicate(timeout=patience)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # with what it started itself
            raise UsageError(
                f"{section}.password_command gave no answer within {patience:g} seconds"
            ) from None
    if process.returncode != 0:
        raise UsageError(
            f"{section}.password_command failed (exit {process.returncode}): run it by hand to see why"
        )
    return _one_line(printed.decode("utf-8", "replace"), f"{section}.password_command")


def _one_line(text: str, whence: str) -> str:
    lines = text.splitlines()
    if len(lines) != 1 or not lines[0] or "\0" in lines[0]:
        raise UsageError(f"{whence} gives no password: it should be one line and nothing else")
    return lines[0]
