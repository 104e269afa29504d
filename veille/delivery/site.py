"""The archive on disk: only what changed is written, only what is ours is removed.

How it is replaced, so that readers and kills never find half of it, is in
:mod:`veille.delivery.replacing`.
"""

from __future__ import annotations

import errno
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from veille import access
from veille.delivery import atomic, replacing
from veille.delivery.exchange import IMPOSSIBLE, exchange
from veille.delivery.manifest import MANIFEST, Manifest, is_ours
from veille.delivery.replacing import Change
from veille.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from pathlib import Path

__all__ = ["IN_PLACE", "MANIFEST", "SiteReport", "held", "missing", "unchanged", "write"]

IN_PLACE = ".veille-in-place"
"""A file of this name asks for replacement file by file: for a folder that somebody holds on to as
it is, such as a container that mounts it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteReport:
    """The relative paths written, left untouched, and removed, each in order."""

    written: tuple[str, ...]
    unchanged: tuple[str, ...]
    removed: tuple[str, ...]


def unchanged(root: Path, key: str) -> SiteReport | None:
    """The report of an archive that was made from ``key`` and that nobody touched, else None."""
    manifest = Manifest.read(root)
    if not key or manifest.key != key or not manifest.describes(root):
        return None
    return SiteReport(written=(), unchanged=tuple(manifest.sums), removed=())


def missing(root: Path, files: Collection[str]) -> list[str]:
    """The paths of ours in the archive that are not among ``files``: :func:`write` would remove them."""
    return sorted(path for path in Manifest.read(root).sums if path not in files)


def held(root: Path, path: str) -> bytes | None:
    """The file of the archive at ``path``, None when there is none."""
    return atomic.read(root / path)


def write(
    root: Path,
    files: Mapping[str, bytes],
    *,
    key: str = "",
    swap: Callable[[Path, Path], None] = exchange,
) -> SiteReport:
    """Makes the folder ``root`` hold ``files`` (content by relative path), made from ``key``.

    Files of ours that are no longer among them are removed; others' files stay. ``swap`` exchanges
    two folders. Raises OutputError, and then the old archive is as it was.
    """
    paths = sorted(files, key=_order)
    for path in paths:
        _check(path)
    try:
        access.make_folder(root)
        return _write(root, files, paths, key, swap)
    except OSError as error:
        remedy = _REMEDIES.get(error.errno or 0, "look at the folder and its rights")
        raise OutputError(
            f"the archive in {root} cannot be written: {error.strerror}; {remedy}, then build again"
        ) from error


_REMEDIES = {
    errno.ENOSPC: "make room on the disk",
    errno.EDQUOT: "make room in your quota",
    errno.EROFS: "choose a folder that can be written",
    errno.EACCES: "give the folder to the user veille runs as",
}


def _write(
    root: Path,
    files: Mapping[str, bytes],
    paths: list[str],
    key: str,
    swap: Callable[[Path, Path], None],
) -> SiteReport:
    old = set(Manifest.read(root).sums)
    _sweep(root, {*paths, *old})
    changed = {path: files[path] for path in paths if atomic.read(root / path) != files[path]}
    stale = tuple(sorted(old - set(paths)))
    change = Change(root=root, files=changed, stale=stale, manifest=Manifest.of(files, key))
    if changed or stale or atomic.read(root / MANIFEST) != change.manifest.encode():
        _carry_out(change, swap)
    return SiteReport(
        written=tuple(changed),
        unchanged=tuple(path for path in paths if path not in changed),
        removed=stale,
    )


def _carry_out(change: Change, swap: Callable[[Path, Path], None]) -> None:
    if not (change.root / IN_PLACE).exists():
        try:
            replacing.whole(change, swap)
        except OSError as error:
            if error.errno not in IMPOSSIBLE:
                raise
        else:
            return
    replacing.each(change)


def _sweep(root: Path, paths: Iterable[str]) -> None:
    """Removes what dead runs left. Raises OutputError when a folder of ours is a link (O10)."""
    for folder in sorted({_folder(root, path) for path in paths}):
        if folder.is_dir():
            atomic.sweep(folder)
    for path in atomic.sweep_folders(root.parent, root.name):
        shutil.rmtree(path, ignore_errors=True)


def _check(path: str) -> None:
    """Raises OutputError unless ``path`` stays inside, on every system (O1)."""
    if not is_ours(path):
        raise OutputError(
            f"the archive cannot hold a file named {path!r}: a digest's short name is made of "
            "letters, digits and hyphens"
        )


def _folder(root: Path, path: str) -> Path:
    """The folder of ``path``. Raises OutputError when a link would lead out of the archive (O10)."""
    folder = (root / path).parent
    for parent in [folder, *folder.parents][: path.count("/")]:
        if parent.is_symlink():
            raise OutputError(
                f"{parent} is a symbolic link: the archive is not written through links, "
                "since they may lead out of it; remove it, then build again"
            )
    return folder


def _order(path: str) -> tuple[int, bool, str]:
    """Pages before the indexes that lead to them, a page's style before the page."""
    return -path.count("/"), path.endswith("index.html"), path
