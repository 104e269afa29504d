"""The desk of the loop: what it reads and notes in a workspace."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from veille import __version__
from veille.model.plan import JobName, Pulse
from veille.schedule import metrics
from veille.schedule.clock import Watched
from veille.schedule.jobs import rules, tell
from veille.settings import handed_on, load
from veille.store import health, watch
from veille.store.queue import errands, ground
from veille.workflows import careful, due, planning

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from veille.app import App
    from veille.schedule.journal import Journal
    from veille.schedule.loop import Ended
    from veille.store.holding import Hold

_FILE = "veille.toml"


class Workspace:
    """The desk of a workspace; ``hold`` is the right to run its loop, which workers do not have."""

    def __init__(self, app: App, journal: Journal, hold: Hold | None = None) -> None:
        self._app = app
        self._journal = journal
        self._hold = hold
        self._seen = self._look()

    @property
    def environ(self) -> Mapping[str, str]:
        """What jobs are started with: they work with the settings that were taken here (G6)."""
        return handed_on(self._app.settings, self._app.environ)

    def due(self, now: datetime) -> list[JobName]:
        """The jobs to begin now."""
        known = planning.load(self._app.db, now, workers=self._app.settings.run.workers)
        return due.jobs(known, rules(self._app), now)

    def begin(self, name: JobName, now: datetime) -> None:
        """Note that a job begins."""
        with self._app.db.write() as connection:
            watch.begin(connection, name, at=now)

    def end(self, name: JobName, ended: Ended, now: datetime) -> int:
        """Note how a job ended; how many times in a row it failed."""
        with self._app.db.write() as connection:
            if not ended.left:
                watch.end(
                    connection, name, at=now, well=ended.well, said=ended.said, died=ended.died
                )
            record = watch.jobs(connection).get(name)
            return record.failures if record else 0

    def settle_death(self, name: JobName) -> str | None:
        """Put aside the source on which a sweep died, when that is known."""
        return (
            careful.put_aside(self._app.db, act=self._app.machine())
            if (name is JobName.COLLECT)
            else None
        )

    def beat(self, pulse: Pulse) -> None:
        """Note that the loop lives, and that no other does. Raises Busy."""
        if self._hold is not None:
            self._hold.keep()
        with self._app.db.write() as connection:
            watch.beat(connection, pulse)

    def figures(self, now: datetime) -> None:
        """Write the figures for monitors, when somebody wants them."""
        run = self._app.settings.run
        path = run.metrics
        if path is None:
            return
        with self._app.db.read() as connection:
            jobs, counts = watch.jobs(connection), health.counts(connection)
            there = run.workers and ground.is_there(connection)
            queue = errands.state(connection, run.worker_timeout) if there else None
        found = metrics.figures(jobs.values(), counts, now=now, version=__version__, queue=queue)
        metrics.write(self._app.workspace / path, found)

    def tell(self, cause: str, message: str) -> None:
        """Tell the operator, once a day and cause."""
        if tell(self._app, cause, message):
            self._journal.info("alert", f"{self._app.settings.run.operator} was told: {cause}")

    def changed(self) -> bool:
        """Whether the settings' file is another one than when it was last read."""
        return self._look() != self._seen

    def _look(self) -> tuple[int, ...] | None:
        try:
            found = (self._app.workspace / _FILE).stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size

    def reload(self) -> None:
        """Read the settings again; raises SettingsError, and keeps the old ones."""
        self._seen = self._look()
        app = self._app
        settings = load(app.workspace / _FILE, app.environ)
        fresh = replace(app, settings=settings)
        fresh.__dict__["db"] = app.db  # the same open database
        self._app = fresh
        self._journal.as_json = settings.run.log == "json"


def pulse_of(now: datetime) -> Pulse:
    """The pulse of a loop that starts in this process now."""
    return Pulse(
        host=os.uname().nodename,
        process=os.getpid(),
        started=now,
        beat=now,
        stopped=None,
        version=__version__,
    )


def newest(app: App, *, trust: bool) -> Watched:
    """The clock against what the database knows; with ``trust`` whatever it says is right."""
    if trust:
        return Watched(None)
    with app.db.read() as connection:
        pulse = watch.pulse(connection)
        return Watched(pulse.beat if pulse else health.newest_instant(connection))
