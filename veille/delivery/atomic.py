"""Files that are there whole or not at all.

A file is written under a temporary name in its own folder, forced to disk, then renamed over the
old one. The temporary name carries our process id, so that what a dead run left behind can be told
from what a living one is writing (C12).
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from typing import TYPE_CHECKING

from veille import access

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

_AT_ONCE = 8
# A database that is being made may have its journal beside it.
_TEMPORARY = re.compile(r"\.veille-(\d+)-.+\.tmp(?:-journal|-wal|-shm)?")


def temporary(path: Path) -> Path:
    """The name under which ``path`` is prepared, in its own folder."""
    return path.with_name(f".veille-{os.getpid()}-{path.name}.tmp")


def prepare(path: Path, content: bytes, mode: int) -> Path:
    """Writes ``content`` beside ``path`` and forces it to disk. Returns the temporary file.

    Raises OSError; nothing is left behind then.
    """
    file = temporary(path)
    try:
        create(file, content, mode)
        sync_file(file)
    except BaseException:
        with suppress(OSError):
            file.unlink(missing_ok=True)
        raise
    return file


def write_all(contents: Mapping[Path, bytes], mode: int) -> None:
    """Writes files, each of them whole or not at all, and all lasting at the end.

    Raises OSError; those that were not renamed yet leave nothing behind then.
    """
    prepared = {temporary(path): path for path in contents}
    try:
        for file, path in prepared.items():
            create(file, contents[path], mode)
        sync_files(prepared)
        for file, path in prepared.items():
            file.replace(path)
    finally:
        for file in prepared:
            with suppress(OSError):
                file.unlink(missing_ok=True)
    for folder in {path.parent for path in contents}:
        sync_folder(folder)


def create(path: Path, content: bytes, mode: int) -> None:
    """Writes ``content`` to ``path``, never through a link; lasting after :func:`sync_file` only."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
    mode = access.mode_in(path.parent, mode)
    with os.fdopen(os.open(path, flags, mode), "wb") as file:
        os.fchmod(file.fileno(), mode)  # the umask has no say (G8, A22)
        file.write(content)


def sync_file(path: Path) -> None:
    """Forces the content of ``path`` to disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_files(paths: Collection[Path]) -> None:
    """:func:`sync_file` for each; of many several at once: a file system forces those together."""
    if len(paths) <= _AT_ONCE:
        for path in paths:
            sync_file(path)
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for _ in pool.map(sync_file, paths):
            pass  # the first error is raised here


def sync_folder(folder: Path) -> None:
    """Forces the names in ``folder`` to disk: a rename is lasting only after that."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read(path: Path) -> bytes | None:
    """What ``path`` holds; None when it is not a plain file (missing, a link, a folder)."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            return file.read()
    except OSError:
        return None


def sweep(folder: Path) -> list[Path]:
    """Removes the temporary files that dead runs left in ``folder``; returns them."""
    removed = []
    for path in sorted(folder.glob(".veille-*.tmp*")):
        match = _TEMPORARY.fullmatch(path.name)
        if match and not _is_alive(int(match[1])):
            path.unlink(missing_ok=True)
            removed.append(path)
    return removed


def sweep_folders(parent: Path, name: str) -> list[Path]:
    """The folders in which dead runs prepared ``name``."""
    found = parent.glob(f".veille-*-{name}.tmp")
    ours = ((_TEMPORARY.fullmatch(path.name), path) for path in sorted(found))
    return [path for match, path in ours if match and not _is_alive(int(match[1]))]


def _is_alive(process: int) -> bool:
    if process == os.getpid():
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
