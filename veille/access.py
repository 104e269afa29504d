"""Who may read and write what veille makes: its owner alone, or the group that shares a workspace.

The folder decides, as with shared repositories of git: one that has the setgid bit and may be written
by its group is shared (``chmod 2770``), and all that is made in it is for the group, too (fault U8).
The umask has no say in either case (fault G8).
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_GROUP = stat.S_IRGRP | stat.S_IWGRP


def is_shared(folder: Path) -> bool:
    """Whether a group shares a folder. Raises OSError when it is not there."""
    mode = folder.stat().st_mode
    return bool(mode & stat.S_ISGID and mode & stat.S_IWGRP)


def mode_in(folder: Path, mode: int) -> int:
    """The ``mode`` of a file in a folder, with the group's rights where a group shares it."""
    return mode | _GROUP if is_shared(folder) else mode


def create_private(path: Path, flags: int) -> int:
    """Open a file that is nobody else's business, made when it is not there; its descriptor.

    Raises OSError.
    """
    mode = mode_in(path.parent, 0o600)
    handle = os.open(path, flags | os.O_CREAT | os.O_CLOEXEC, mode)
    found = os.fstat(handle)
    if stat.S_IMODE(found.st_mode) != mode and found.st_uid == os.geteuid():
        os.fchmod(handle, mode)
    return handle


def make_folder(path: Path, *, private: bool = False) -> None:
    """Make a folder and those above it, unless it is there. Raises OSError."""
    if path.is_dir():
        return
    make_folder(path.parent)
    if not is_shared(path.parent):
        path.mkdir(mode=0o700 if private else 0o777, exist_ok=True)
        return
    mode = 0o2770 if private else 0o2775
    path.mkdir(mode=mode & 0o777, exist_ok=True)  # the setgid bit comes from above
    if stat.S_IMODE(path.stat().st_mode) != mode:
        path.chmod(mode)  # refused under RestrictSUIDSGID: our units have a umask that spares it
