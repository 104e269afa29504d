"""The archive on disk: only what changed is written, only what is ours is removed.

All new files are first written under temporary names: a full disk is met before anything has
changed (O9). Then they are renamed, the pages before the indexes that point to them, and stale
files go last: whoever reads meanwhile finds old or new pages whole and every link alive (C6). A
list of the files we made, ``.veille-files``, tells ours from others'.
"""

from __future__ import annotations

import errno
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from veille.delivery import atomic
from veille.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

MANIFEST = ".veille-files"
_SEGMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteReport:
    """The relative paths written, left untouched, and removed, each in order."""

    written: tuple[str, ...]
    unchanged: tuple[str, ...]
    removed: tuple[str, ...]


def write(root: Path, files: Mapping[str, bytes]) -> SiteReport:
    """Makes the folder ``root`` hold ``files`` (content by relative path).

    Files of ours that are no longer among them are removed; others' files stay. Raises OutputError,
    and then the old archive is as it was.
    """
    paths = sorted(files, key=_order)
    for path in paths:
        _check(path)
    try:
        root.mkdir(parents=True, exist_ok=True)
        return _write(root, files, paths)
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


def _write(root: Path, files: Mapping[str, bytes], paths: list[str]) -> SiteReport:
    old = _manifest(root)
    folders = sorted({_folder(root, path) for path in {*paths, *old}})
    for folder in folders:
        if folder.is_dir():
            atomic.sweep(folder)
    changed = [path for path in paths if atomic.read(root / path) != files[path]]
    _replace_all(root, {path: files[path] for path in changed}, old | set(paths))
    stale = sorted(old - set(paths))
    _remove(root, stale)
    if stale:
        _replace_all(root, {}, set(paths))
    return SiteReport(
        written=tuple(changed),
        unchanged=tuple(path for path in paths if path not in set(changed)),
        removed=tuple(stale),
    )


def _replace_all(root: Path, files: Mapping[str, bytes], ours: set[str]) -> None:
    """Writes all ``files`` beside their places, then renames them in order; all or nothing before.

    The list of ours is renamed first: what is there is always known to be ours.
    """
    manifest = "".join(f"{path}\n" for path in sorted(ours)).encode()
    steps = {} if atomic.read(root / MANIFEST) == manifest else {MANIFEST: manifest}
    prepared: list[tuple[Path, Path]] = []
    try:
        for path, content in (steps | dict(files)).items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            prepared.append((atomic.prepare(root / path, content, 0o644), root / path))
        for temporary, final in prepared:
            temporary.replace(final)
    finally:
        for temporary, _ in prepared:  # those that were not renamed
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
    for folder in sorted({final.parent for _, final in prepared}):
        atomic.sync_folder(folder)


def _remove(root: Path, paths: Iterable[str]) -> None:
    """Removes ``paths`` and the folders they leave empty."""
    for path in paths:
        (root / path).unlink(missing_ok=True)
        for folder in list((root / path).parents)[: path.count("/")]:
            with suppress(OSError):  # others' files are in there
                folder.rmdir()


def _manifest(root: Path) -> set[str]:
    """The files we made, by their list; lines that name nothing of ours are ignored."""
    lines = (atomic.read(root / MANIFEST) or b"").decode("utf-8", "replace").splitlines()
    return {line for line in lines if _is_ours(line)}


def _is_ours(path: str) -> bool:
    return all(_SEGMENT.fullmatch(segment) for segment in path.split("/"))


def _check(path: str) -> None:
    """Raises OutputError unless ``path`` stays inside, on every system (O1)."""
    if not _is_ours(path):
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
