"""Upgrade: an older database comes to the schema of this version, after a backup."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from veille.model.event import Action
from veille.store import schema
from veille.store.database import Database
from veille.store.queue import ground
from veille.workflows.backup import back_up, dated, open_folder

if TYPE_CHECKING:
    from pathlib import Path

    from veille.workflows.acting import Act


@dataclass(frozen=True, slots=True, kw_only=True)
class Upgraded:
    """The steps that were taken, none when it was there already; the backup from before; whether the
    queue of workers was made anew."""

    steps: tuple[str, ...]
    backup: Path | None = None
    queue: bool = False


def upgrade(url: str, backups: Path | None, *, act: Act) -> Upgraded:
    """Bring the database to the newest schema: a backup into ``backups`` (None: none), then all
    steps in one transaction, which leaves either the old or the new schema (fault D7).

    Raises :class:`~veille.errors.SchemaError` for a database that is not ours, or newer;
    :class:`~veille.errors.StoreError` when a step fails; Busy while workers use a queue that has to
    be made anew.
    """
    steps = schema.pending(url)
    kept = None
    if steps and backups is not None:
        kept = back_up(url, dated(open_folder(backups), act.now, "before-upgrade-")).path
    if steps:
        schema.upgrade(url)
    db = Database.open(url)
    try:
        if steps:
            _log(db, steps[-1], act)
        return Upgraded(steps=tuple(steps), backup=kept, queue=ground.renew(db))
    finally:
        db.close()


def _log(db: Database, revision: str, act: Act) -> None:
    with db.write() as connection:
        event = act.event(Action.UPGRADE, subject="database", after={"schema": revision})
        act.log(connection, event)
