"""Two folders change places in one step: whoever reads meanwhile has the one or the other, whole."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2  # renameat2(2); RENAME_SWAP of macOS' renamex_np is the same number

IMPOSSIBLE = frozenset(
    {
        errno.ENOSYS,  # an old kernel, another system
        errno.EINVAL,  # a file system that cannot
        errno.EXDEV,  # a folder that is a file system of its own
        errno.EBUSY,
        errno.EPERM,  # links to others' files, or a file system without links
        errno.EOPNOTSUPP,
        errno.EMLINK,
        errno.EACCES,  # the folder above is not ours to write
        errno.EROFS,
    }
)
"""Errors that say: not here, not this way."""


def exchange(one: Path, other: Path) -> None:
    """Swap two paths atomically. Raises OSError, with an error of :data:`IMPOSSIBLE` where the system
    or the file system cannot."""
    call = _call()
    if call is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    if call(os.fsencode(one), os.fsencode(other)) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), str(one))


@cache
def _call() -> Callable[[bytes, bytes], int] | None:
    library = ctypes.CDLL(None, use_errno=True)
    if sys.platform == "darwin":
        swap = getattr(library, "renamex_np", None)
        return swap and (lambda one, other: swap(one, other, ctypes.c_uint(_RENAME_EXCHANGE)))
    rename = getattr(library, "renameat2", None)
    return rename and (
        lambda one, other: rename(_AT_FDCWD, one, _AT_FDCWD, other, ctypes.c_uint(_RENAME_EXCHANGE))
    )
