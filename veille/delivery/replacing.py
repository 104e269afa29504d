"""Two ways to put a new archive in the place of an old one.

:func:`whole`: the new one is prepared beside the old one (what did not change is linked, so it is
neither read nor written again), then the two folders change places in one step. A kill at any
moment leaves the old archive or the new one, and readers never see a mixture (A21).

:func:`each`, where the system cannot do that: all new files are written under temporary names, then
renamed, the pages before the indexes that lead to them, and stale ones go last. Whoever reads
meanwhile finds old or new pages whole and every link alive (C6).

Both meet a full disk before anything has changed (O9).
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from veille import access
from veille.delivery import atomic
from veille.delivery.manifest import MANIFEST, Manifest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

_MODE = 0o644


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is to be done to ``root``: ``files`` new or changed, in the order in which they may
    appear; ``stale`` ones of ours to go; the ``manifest`` that is true then."""

    root: Path
    files: Mapping[str, bytes]
    stale: tuple[str, ...]
    manifest: Manifest


def whole(change: Change, swap: Callable[[Path, Path], None]) -> None:
    """Replace the folder in one step; ``swap`` exchanges two paths. Raises OSError, and then nothing
    has changed."""
    root, fresh = change.root, atomic.temporary(change.root)
    try:
        access.make_folder(fresh)
        apart = {*change.files, *change.stale, MANIFEST}
        seen = _linked(root, fresh, apart)
        _fill(fresh, {**change.files, MANIFEST: change.manifest.encode()})
        shutil.copystat(root, fresh)
        swap(root, fresh)
        atomic.sync_folder(root.parent)
        _bring_along(fresh, root, seen | apart)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _linked(root: Path, fresh: Path, apart: set[str]) -> set[str]:
    """All that is in ``root`` linked into ``fresh``, but ``apart``; the paths that were there."""
    seen = set(_entries(root))
    for path in sorted(seen - apart):
        access.make_folder((fresh / path).parent)
        if (root / path).is_dir() and not (root / path).is_symlink():
            access.make_folder(fresh / path)  # an empty one: somebody means to fill it
        else:
            os.link(root / path, fresh / path, follow_symlinks=False)
    return seen


def _entries(root: Path) -> Iterator[str]:
    """Files, links and empty folders in ``root``, by relative path."""
    for folder, names, files in os.walk(root):
        here = Path(folder)
        links = [name for name in names if (here / name).is_symlink()]
        for name in [*files, *links]:
            yield str((here / name).relative_to(root))
        if not names and not files and here != root:
            yield str(here.relative_to(root))


def _fill(fresh: Path, files: Mapping[str, bytes]) -> None:
    """Writes ``files``, all of them before the first is forced to disk: much the faster way."""
    for path, content in files.items():
        access.make_folder((fresh / path).parent)
        atomic.create(fresh / path, content, _MODE)
    atomic.sync_files([fresh / path for path in files])
    for folder in sorted({(fresh / path).parent for path in files}):
        atomic.sync_folder(folder)


def _bring_along(old: Path, root: Path, known: set[str]) -> None:
    """What others put into the old folder while the new one was prepared is theirs: it comes along."""
    for path in sorted(set(_entries(old)) - known):
        if not (root / path).exists():
            access.make_folder((root / path).parent)
            (old / path).replace(root / path)


def each(change: Change) -> None:
    """Replace file by file. Raises OSError while nothing has changed yet, but for hardware.

    The list of ours is renamed first and holds old and new names: what is there is always known to
    be ours. It becomes the new list at the end.
    """
    root = change.root
    ours = {*Manifest.read(root).sums, *change.manifest.sums}
    passing = Manifest(dict.fromkeys(sorted(ours), ""))
    steps = [(MANIFEST, passing.encode()), *change.files.items()]
    last = atomic.temporary(root / f"{MANIFEST}-new")
    prepared: list[tuple[Path, Path]] = []
    try:
        atomic.create(last, change.manifest.encode(), _MODE)
        for path, content in steps:
            access.make_folder((root / path).parent)
            prepared.append((atomic.prepare(root / path, content, _MODE), root / path))
        for temporary, place in prepared:
            temporary.replace(place)
        _remove(root, change.stale)
        last.replace(root / MANIFEST)
    finally:
        for temporary in (last, *(temporary for temporary, _ in prepared)):  # if not renamed
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
    for folder in sorted({place.parent for _, place in prepared}):
        atomic.sync_folder(folder)


def _remove(root: Path, paths: Iterable[str]) -> None:
    """Removes ``paths`` and the folders they leave empty."""
    for path in paths:
        (root / path).unlink(missing_ok=True)
        for folder in list((root / path).parents)[: path.count("/")]:
            with suppress(OSError):  # others' files are in there
                folder.rmdir()
