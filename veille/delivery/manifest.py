"""The list of the archive's files that are ours, with what they held and what they were made from.

It lies in the archive under the name :data:`MANIFEST`: a line ``# made from KEY``, then a line
``SHA-256  PATH`` each. It tells our files from others', and an archive that is up to date from one
that is not without making its pages.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from veille.delivery import atomic

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MANIFEST = ".veille-files"
_SEGMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
_KEY = "# made from "


@dataclass(frozen=True, slots=True)
class Manifest:
    """``sums`` by path (empty where an older veille noted none), and the ``key`` of the whole."""

    sums: Mapping[str, str] = field(default_factory=dict)
    key: str = ""

    @classmethod
    def of(cls, files: Mapping[str, bytes], key: str) -> Manifest:
        """The list of ``files``, made from what ``key`` stands for."""
        return cls({path: hashlib.sha256(files[path]).hexdigest() for path in sorted(files)}, key)

    @classmethod
    def read(cls, root: Path) -> Manifest:
        """The list in ``root``; lines that name nothing of ours are ignored (O1)."""
        lines = (atomic.read(root / MANIFEST) or b"").decode("utf-8", "replace").splitlines()
        key = next((line.removeprefix(_KEY) for line in lines if line.startswith(_KEY)), "")
        entries = (line.rpartition(" ") for line in lines if not line.startswith("#"))
        return cls({path: before.strip() for before, _, path in entries if is_ours(path)}, key)

    def encode(self) -> bytes:
        """The file."""
        lines = [f"{_KEY}{self.key}", *(f"{sums}  {path}" for path, sums in self.sums.items())]
        return "".join(f"{line}\n" for line in lines).encode()

    def describes(self, root: Path) -> bool:
        """Whether every file in ``root`` still holds what is noted here."""
        return all(
            hashlib.sha256(atomic.read(root / path) or b"").hexdigest() == noted
            for path, noted in self.sums.items()
        )


def is_ours(path: str) -> bool:
    """Whether a file of this name could be ours: it stays inside, on every system."""
    return all(_SEGMENT.fullmatch(segment) for segment in path.split("/"))
