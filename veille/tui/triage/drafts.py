"""Texts begun and not stored: they wait under the same key, also after the terminal is gone.

They are nobody else's business, so they are in a file of the user's own, one a workspace.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from veille.access import make_folder
from veille.delivery import atomic

if TYPE_CHECKING:
    from pathlib import Path

Key = tuple[int, str]  # an item, and the kind of text: comment, blurb


class Drafts:
    """The texts of one curator, as the file has them at this moment: another screen may be open."""

    def __init__(self, path: Path, by: str) -> None:
        self._path = path
        self._by = by
        self._unsaved: dict[Key, str] = {}
        self.why = ""  # why some are in memory only

    def get(self, item: int, kind: str) -> str:
        """The text that waits there; empty when there is none."""
        return self._unsaved.get((item, kind)) or self._mine().get(f"{item} {kind}", "")

    def keep(self, item: int, kind: str, text: str) -> None:
        """Keep a text for the next time; in memory only when the file cannot be written."""
        self._unsaved.pop((item, kind), None)
        try:
            self._write({**self._mine(), f"{item} {kind}": text})
        except OSError as error:
            self._unsaved[item, kind] = text
            self.why = f"{self._path} cannot be written: {error.strerror}"

    def drop(self, item: int, kind: str) -> None:
        """It was stored, or is no longer wanted."""
        self._unsaved.pop((item, kind), None)
        mine = self._mine()
        if mine.pop(f"{item} {kind}", None) is not None:
            try:
                self._write(mine)
            except OSError as error:
                self.why = f"{self._path} cannot be written: {error.strerror}"

    @property
    def waiting(self) -> list[int]:
        """The items at which a text waits."""
        return sorted({int(key.partition(" ")[0]) for key in self._mine()})

    @property
    def unsaved(self) -> list[int]:
        """The items whose texts end with this program."""
        return sorted({item for item, _ in self._unsaved})

    def _mine(self) -> dict[str, str]:
        return self._everyones().get(self._by, {})

    def _everyones(self) -> dict[str, dict[str, str]]:
        content = atomic.read(self._path)
        try:
            return msgspec.json.decode(content or b"{}", type=dict[str, dict[str, str]])
        except msgspec.DecodeError:  # not what we wrote: the next text takes its place
            return {}

    def _write(self, mine: dict[str, str]) -> None:
        make_folder(self._path.parent, private=True)
        content = msgspec.json.encode({**self._everyones(), self._by: mine})
        atomic.write_all({self._path: content}, 0o600)
