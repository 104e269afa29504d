"""Where a command works, who runs it, and that nobody else does the same there."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from veille import access
from veille.errors import Busy, StoreError, UsageError, WorkspaceError
from veille.model.event import Actor
from veille.settings import own_handle

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MARKER = "veille.toml"
MAX_HANDLE = 60


def find_workspace(asked: Path | None, environ: Mapping[str, str], here: Path) -> Path:
    """The workspace: asked for, from the environment, or the nearest folder upwards.

    Raises :class:`~veille.errors.WorkspaceError` when there is none.
    """
    named = asked or (
        Path(environ["VEILLE_WORKSPACE"]) if environ.get("VEILLE_WORKSPACE") else None
    )
    if named is not None:
        if not (named / MARKER).is_file():
            raise WorkspaceError(
                f"{named} is no workspace (no {MARKER}): make one with 'veille init {named}'"
            )
        return named.resolve()
    for folder in (here, *here.parents):
        if (folder / MARKER).is_file():
            return folder
    raise WorkspaceError(
        "no workspace here or above: make one with 'veille init', or name one with --workspace"
    )


def who_acts(asked: str | None, environ: Mapping[str, str]) -> Actor:
    """The curator: asked for, from the environment, the user's own file, or the login name."""
    login = environ.get("LOGNAME") or environ.get("USER") or _login_name()
    handle = asked or environ.get("VEILLE_CURATOR") or own_handle(environ) or login
    shown = " ".join(handle.split())
    if not shown or len(shown) > MAX_HANDLE or not shown.isprintable():
        raise UsageError(f"a curator's handle has 1 to {MAX_HANDLE} printable characters")
    return Actor(handle=shown, login=login)


def _login_name() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid{os.getuid()}"  # a container's user may have no name


def absolute_url(url: str, workspace: Path) -> str:
    """A database URL whose SQLite path no longer depends on the current folder."""
    prefix = "sqlite:///"
    if url.startswith(prefix) and not url.startswith(f"{prefix}/"):
        return f"{prefix}{workspace / url.removeprefix(prefix)}"
    return url


@contextmanager
def locked(workspace: Path, name: str) -> Iterator[None]:
    """Keep other processes of this machine from doing the same in a workspace.

    The lock is the kernel's (flock), not the file's presence, so it ends with its process (fault
    C9). Raises :class:`~veille.errors.Busy`.
    """
    import fcntl

    path = workspace / f".{name}.lock"
    try:
        handle = access.create_private(path, os.O_RDWR)
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error.strerror}") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Busy(f"another process is doing '{name}' here right now: try later") from error
        yield
    finally:
        os.close(handle)
