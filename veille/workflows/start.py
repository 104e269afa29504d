"""Start: a new workspace."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from veille import access
from veille.errors import StoreError, WorkspaceError
from veille.store import schema
from veille.store.database import Database

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A workspace, and which of its parts were made now (the others were there, and stay)."""

    folder: Path
    made: tuple[str, ...]


def start(folder: Path, *, settings: str, starter: bytes, database: str, now: datetime) -> Started:
    """Make what a workspace needs and does not have yet: settings, sources to begin with, database.

    Nothing is ever overwritten. Raises :class:`~veille.errors.StoreError` when the folder cannot
    be written.
    """
    parts = {"veille.toml": settings.encode(), "feeds.opml": starter}
    try:
        access.make_folder(folder)
        made = [name for name, content in parts.items() if _write_new(folder / name, content)]
    except OSError as error:
        raise StoreError(
            f"{error.filename}: {error.strerror}: choose a folder you may write to"
        ) from error
    if _make_database(database, now):
        made.append("database")
    return Started(folder=folder, made=tuple(made))


def _write_new(path: Path, content: bytes) -> bool:
    """Write a file that is not there yet; readable by its owner alone, like the rest (G8)."""
    try:
        handle = access.create_private(path, os.O_WRONLY | os.O_EXCL)
    except FileExistsError:
        return False
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    return True


def _make_database(url: str, now: datetime) -> bool:
    try:
        schema.create(url, now=now)
    except WorkspaceError:  # something is there: ours, and of this version, or it says why not
        Database.open(url).close()
        return False
    return True
