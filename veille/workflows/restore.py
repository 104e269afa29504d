"""Restore: a backup takes the place of the database, which is kept aside."""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from veille.delivery import atomic
from veille.errors import (
    Busy,
    OutputError,
    Refused,
    SchemaError,
    VeilleError,
    WorkspaceError,
)
from veille.model.event import Action
from veille.store import backup, copying, engine, fulltext, health, schema
from veille.store.database import HEAD, Database, instance
from veille.workflows.backup import back_up, beside, dated

if TYPE_CHECKING:
    from pathlib import Path

    from veille.store.backup import Contents
    from veille.workflows.acting import Act


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What took the database's place, where the former one is, and the steps of an upgrade."""

    contents: Contents
    aside: Path | None
    upgraded: tuple[str, ...]


def restore(url: str, source: Path, *, folder: Path, other: bool = False, act: Act) -> Restored:
    """Put the backup ``source`` in the place of the database at ``url``.

    Everything is checked before anything is touched: the backup is copied, proven whole and brought
    to the schema of this version. Then it takes the place of a file in one rename, or of what a
    server holds in one transaction. The former database stays: a file under a name of its own,
    however damaged; of a server, a backup in ``folder``.

    Raises SchemaError for a file that is no backup of ours, or of a newer veille; StoreError when it
    is damaged; :class:`~veille.errors.Busy` while other processes have the database open;
    :class:`~veille.errors.Refused` when it is of another workspace, unless ``other``.
    """
    if not source.is_file():
        raise WorkspaceError(f"there is no file {source}: name a backup")
    parsed = engine.parse(url)
    place = engine.path_of(parsed) if engine.is_sqlite(parsed) else None
    with beside(place or folder / "veille.db") as temporary:
        backup.copy_file(source, temporary)
        contents = backup.contents(temporary, called=source)
        refuse_newer(source, contents)
        upgraded = tuple(schema.upgrade(f"sqlite:///{temporary}"))
        if not other:
            _same_workspace(url, contents)
        complete(f"sqlite:///{temporary}", source.name, contents, act)
        aside = _exchange(temporary, place, act) if place else _load(temporary, url, folder, act)
    return Restored(contents=contents, aside=aside, upgraded=upgraded)


def _load(temporary: Path, url: str, folder: Path, act: Act) -> Path:
    """Into a server: what it holds now becomes a backup first."""
    aside = back_up(url, dated(folder, act.now, "before-restore-")).path
    copying.to_server(temporary, url)
    return aside


def refuse_newer(source: Path | str, contents: Contents) -> None:
    """Raise SchemaError for a database of a newer veille."""
    if contents.revision > HEAD:
        raise SchemaError(
            f"{source} has schema {contents.revision}, this version only knows {HEAD}; "
            "install a newer veille"
        )


def _same_workspace(url: str, contents: Contents) -> None:
    """A new, empty workspace takes any backup; one that holds something takes its own."""
    try:
        db = Database.open(url)
    except VeilleError:  # gone, damaged or older: that is what a backup is for
        return
    try:
        with db.read() as connection:
            present, filled = instance(connection).id, not health.is_empty(connection)
    except VeilleError:
        return
    finally:
        db.close()
    if filled and present != contents.instance:
        raise Refused(
            f"this is the backup of another workspace, and {db.place} holds items or sources: "
            "say --other to put it there all the same"
        )


def complete(url: str, source: str, contents: Contents, act: Act) -> None:
    """The index, which the backup of a server lacks; and a line of the log."""
    db = Database.open(url)
    try:
        with db.write() as connection:
            if fulltext.is_missing(connection):
                fulltext.rebuild(connection)
            after = {"file": source, "schema": contents.revision}
            act.log(connection, act.event(Action.RESTORE, subject="database", after=after))
    finally:
        db.close()


def _exchange(temporary: Path, place: Path, act: Act) -> Path | None:
    """One rename, while nobody else has the former database open."""
    if not place.exists():
        _put(temporary, place)
        return None
    aside = _unused(place.with_name(f"{place.name}.before-restore-{act.now:%Y-%m-%dT%H%M%SZ}"))
    with backup.alone(place):
        _refuse_holders(place)
        _set_aside(place, aside)
        _put(temporary, place)
        late = backup.holders(aside)
        if late:  # opened between the two: it would go on writing into what is set aside
            aside.replace(place)
            raise _held(place, late)
    return aside


def _unused(path: Path) -> Path:
    """The path itself, or the first of its kind that is not taken."""
    others = (path.with_name(f"{path.name}-{number}") for number in itertools.count(2))
    return path if not path.exists() else next(other for other in others if not other.exists())


def _refuse_holders(place: Path) -> None:
    holders = backup.holders(place)
    if holders:
        raise _held(place, holders)


def _held(place: Path, holders: list[int]) -> Busy:
    named = ", ".join(map(str, holders))
    return Busy(f"{place} is open in process {named}: end that first, then restore again")


def _set_aside(place: Path, aside: Path) -> None:
    """A second name for the file and, when it is damaged, for the logs that belong to it."""
    try:
        aside.hardlink_to(place)
        for beside_it in backup.side_files(place):
            os.link(beside_it, f"{aside}{beside_it.name.removeprefix(place.name)}")
    except OSError as error:
        raise OutputError(f"{aside} cannot be made: {error.strerror}") from error


def _put(temporary: Path, place: Path) -> None:
    try:
        for log in backup.side_files(place):
            log.unlink()  # of the former file: it must never be replayed into the new one
        temporary.replace(place)
        atomic.sync_folder(place.parent)
    except OSError as error:
        raise OutputError(f"{place} cannot be replaced: {error.strerror}") from error
