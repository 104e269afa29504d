"""What an archive is made from, as one short text: equal when every page would be equal.

Data, house and templates, and whatever turns them into text: our own code and the libraries that
have a say. Making it takes a hundredth of the time that making the pages takes.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_LIBRARIES = ("babel", "jinja2", "linkify-it-py", "markdown-it-py", "markupsafe", "nh3", "tzdata")
_ROOM = Path(__file__).parents[1]
_CODE = (_ROOM, _ROOM.parent / "model")


def fingerprint(folders: Sequence[Path], *data: object) -> str:
    """SHA-256 over ``data`` (values of the model), the files in ``folders``, and the machinery."""
    sha = hashlib.sha256(_machinery().encode())
    sha.update(msgspec.json.encode(data))
    for folder in folders:
        _add_files(sha, folder, (path for path in folder.rglob("*") if path.is_file()))
    return sha.hexdigest()


@cache
def _machinery() -> str:
    sha = hashlib.sha256(repr([(name, version(name)) for name in _LIBRARIES]).encode())
    kinds = (".py", ".mo", ".ttf", ".png")
    for room in _CODE:
        _add_files(sha, room, (path for path in room.rglob("*.*") if path.suffix in kinds))
    return sha.hexdigest()


def _add_files(sha: hashlib._Hash, root: Path, paths: Iterable[Path]) -> None:
    """Their places within ``root`` count: a template moved to another digest is another archive; where
    ``root`` is does not."""
    sha.update(b"folder\n")
    for path in sorted(paths):
        content = path.read_bytes()
        sha.update(f"{path.relative_to(root).as_posix()} {len(content)}\n".encode() + content)
