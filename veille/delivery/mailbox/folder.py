"""A mailbox in a folder (maildir): files in ``new`` and ``cur``, never deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from veille.delivery.mailbox.bounds import MAX_BYTES
from veille.errors import MailServerError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from pathlib import Path

_SEEN = "S"


class MaildirBox:
    """A maildir; a letter's place is the name of its file, without the flags behind the colon."""

    def __init__(self, folder: Path, *, move_to: str | None = None) -> None:
        """``move_to`` is a folder of it (``.name``) for letters that were dealt with."""
        self._folder = folder
        self._move_to = move_to
        self._files: dict[str, Path] = {}
        self.name = f"maildir:{folder}"

    def open(self, since: date) -> Sequence[str]:  # noqa: ARG002  a folder is listed whole
        """The places of all letters, oldest first. Raises UsageError when it is no maildir."""
        if not (self._folder / "new").is_dir() or not (self._folder / "cur").is_dir():
            raise UsageError(
                f"mailbox.maildir {self._folder} is no maildir: it has no folders 'new' and 'cur'"
            )
        try:
            paths = [path for name in ("new", "cur") for path in (self._folder / name).iterdir()]
        except OSError as error:
            raise self._trouble(error) from error
        files = {path.name.partition(":")[0]: path for path in paths if _is_letter(path)}
        self._files = dict(sorted(files.items()))
        return list(self._files)

    def fetch(self, place: str) -> bytes:
        """The beginning of a letter; empty when somebody took it away meanwhile."""
        try:
            with self._files[place].open("rb") as file:
                return file.read(MAX_BYTES)
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise self._trouble(error) from error

    def done(self, place: str) -> None:
        """Mark a letter as seen, and move it when there is where to."""
        path = self._files[place]
        target = self._folder / "cur"
        if self._move_to:
            target = self._folder / f".{self._move_to}" / "cur"
        flags = path.name.partition(":2,")[2]
        seen = "".join(sorted({*flags, _SEEN}))
        try:
            for name in ("cur", "new", "tmp"):
                (target.parent / name).mkdir(mode=0o700, parents=True, exist_ok=True)
            self._files[place] = path.rename(target / f"{place}:2,{seen}")
        except FileNotFoundError:
            pass
        except OSError as error:
            raise self._trouble(error) from error

    def close(self) -> None:
        """Nothing is held."""

    def _trouble(self, error: OSError) -> MailServerError:
        return MailServerError(
            f"the maildir {self._folder} cannot be read or written: {error.strerror}; "
            "give it to the user veille runs as"
        )


def _is_letter(path: Path) -> bool:
    return not path.name.startswith(".") and not path.is_symlink() and path.is_file()
