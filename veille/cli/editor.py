"""Writing a text in the user's own editor."""

from __future__ import annotations

import shlex
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from veille.errors import UsageError, VeilleError

if TYPE_CHECKING:
    from veille.cli.context import Session

_EDITORS = ("editor", "nano", "vi")


def write_text(session: Session, start: str) -> str:
    """What the user wrote, from a text to begin with; an empty text is for the caller to refuse.

    Raises :class:`~veille.errors.UsageError` when there is no editor, and
    :class:`~veille.errors.VeilleError` when it failed or left no text in UTF-8: nothing is stored.
    """
    with tempfile.TemporaryDirectory(prefix="veille-") as folder:
        path = Path(folder) / "comment.md"
        path.write_text(start, encoding="utf-8")
        argv = [*_editor(session), str(path)]
        code = session.surroundings.launch(argv)
        if code != 0:
            raise VeilleError(f"{argv[0]} ended with code {code}: nothing was stored")
        try:
            return path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise VeilleError(
                f"{argv[0]} left no text that can be read: nothing was stored"
            ) from error


def _editor(session: Session) -> list[str]:
    environ = session.surroundings.environ
    asked = environ.get("VISUAL") or environ.get("EDITOR")
    try:
        candidates = [shlex.split(asked)] if asked else [[editor] for editor in _EDITORS]
    except ValueError as error:
        raise UsageError(f"$EDITOR cannot be read: {error}") from error
    for argv in candidates:
        if argv and shutil.which(argv[0], path=environ.get("PATH")):
            return argv
    if asked:
        raise UsageError(f"the editor '{asked}' is not installed: name another one in $EDITOR")
    raise UsageError("there is no editor to call: name one in $EDITOR, or give the TEXT")
