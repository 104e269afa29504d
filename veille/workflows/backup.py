"""A backup: one file that holds the whole database, proven before it takes its name."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from veille import access
from veille.delivery import atomic
from veille.errors import OutputError, Refused
from veille.store import backup, copying, engine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from veille.store.backup import Contents

_NAMED = "veille-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A backup that was made: where, how large, and what it holds."""

    path: Path
    size: int
    contents: Contents


def back_up(url: str, target: Path, *, overwrite: bool = False) -> Backup:
    """Copy the database at ``url`` into ``target``, prove the copy whole, then give it its name.

    Others may write meanwhile; the copy equals one committed state. It is an SQLite file whatever
    the database is, readable by its owner alone (fault G8). A target that exists is only replaced when asked to, and only by a
    copy that proved whole. Raises :class:`~veille.errors.Refused`,
    :class:`~veille.errors.OutputError` and :class:`~veille.errors.StoreError`.
    """
    if target.exists() and not overwrite:
        raise Refused(f"{target} exists already: name another file, or say --overwrite")
    with beside(target) as temporary:
        contents = copy_to_file(url, temporary)
        size = temporary.stat().st_size
        give_name(temporary, target, overwrite=overwrite)
    return Backup(path=target, size=size, contents=contents)


def copy_to_file(url: str, temporary: Path) -> Contents:
    """Copy the database at ``url`` into an empty file; what it holds, once it proved whole."""
    parsed = engine.parse(url)
    if engine.is_sqlite(parsed):
        source = engine.path_of(parsed)
        backup.copy_file(source, temporary)
        return backup.contents(temporary, called=source)
    copying.to_file(url, temporary)
    return backup.contents(temporary)


def back_up_today(url: str, folder: Path, *, keep: int, now: datetime) -> tuple[Backup, list[Path]]:
    """A backup named after this instant; of those made so, the newest ``keep`` stay.

    None is removed before the new one is whole. Returns it, and what was removed.
    """
    made = back_up(url, dated(open_folder(folder), now))
    older = sorted(folder.glob(f"{_NAMED}*Z.db"))[:-keep]
    for path in older:
        path.unlink(missing_ok=True)
    return made, older


def open_folder(folder: Path) -> Path:
    """A folder for backups, which nobody else may enter (G8). Raises OutputError."""
    try:
        access.make_folder(folder, private=True)
    except OSError as error:
        raise OutputError(f"{folder} cannot be made: {error.strerror}") from error
    return folder


def dated(folder: Path, now: datetime, what: str = _NAMED) -> Path:
    """A name for a backup made now: ``veille-2026-11-25T020000Z.db``, sorted as time goes."""
    return folder / f"{what}{now:%Y-%m-%dT%H%M%SZ}.db"


@contextmanager
def beside(target: Path) -> Iterator[Path]:
    """An empty file in the folder of ``target``, which is gone at the end unless it was renamed.

    What runs that died left there is removed, too (fault C12).
    """
    temporary = target.with_name(f".veille-{os.getpid()}-{target.name}.tmp")
    try:
        atomic.sweep(target.parent)
        temporary.unlink(missing_ok=True)
        os.close(access.create_private(temporary, os.O_WRONLY | os.O_EXCL | os.O_NOFOLLOW))
    except OSError as error:
        raise OutputError(f"{target} cannot be written: {error.strerror}") from error
    try:
        yield temporary
    finally:
        for left in (temporary, *backup.side_files(temporary)):
            left.unlink(missing_ok=True)


def give_name(temporary: Path, target: Path, *, overwrite: bool = False) -> None:
    """Put a finished file into its place, for good; over another one only when asked to."""
    try:
        if overwrite:
            temporary.replace(target)
        else:
            target.hardlink_to(temporary)  # unlike a rename, never over what came meanwhile
        atomic.sync_folder(target.parent)
    except FileExistsError as error:
        raise Refused(f"{target} exists already: nothing was overwritten") from error
    except OSError as error:
        raise OutputError(f"{target} cannot be written: {error.strerror}") from error
