"""The unattended watch, its mails and its backups, as `veille doctor` looks at them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from veille.errors import UsageError
from veille.model.errand import ErrandKind
from veille.model.plan import JobName
from veille.store import planning, watch
from veille.store.queue import errands, ground
from veille.workflows.findings import Finding, ok, warning, wrong

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from veille.model.errand import QueueState
    from veille.model.plan import Pulse
    from veille.store.database import Database

_SILENT = timedelta(minutes=10)  # twenty beats
_SELDOM = timedelta(hours=25)  # of a watch that cron starts
_OLD = timedelta(days=3)  # a backup
_FAILURES = 3
_NOT_TAKEN, _LONG = 600.0, 3600.0  # seconds that an errand waits


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What the settings say of mails and backups, and what is wrong with their secrets."""

    transport: str
    sender: str | None
    base_url: str | None
    operator: str | None
    backs_up: bool
    exposed: str | None
    unusable: str | None  # why mails cannot be signed or sent as set up
    missing: str | None = None  # a secret that this process does not find
    folders: tuple[Path, ...] = ()  # where backups and figures go
    workers: bool = False  # work is left to them
    worker_timeout: float = 30.0


def running(db: Database, now: datetime) -> Iterator[Finding]:
    """Whether somebody keeps watch, and how the jobs do (T14)."""
    with db.read() as connection:
        pulse, jobs = watch.pulse(connection), watch.jobs(connection)
        planned = bool(planning.plans(connection))
    if pulse is None:
        told = "nobody keeps watch: 'veille run' never ran here"
        yield warning("run", told, "start the service, or let cron call 'veille run --once'")
    else:
        yield _pulse(pulse, now, planned=planned)
    for job in jobs.values():
        if job.failures >= _FAILURES or (job.failures and job.name == JobName.BACKUP):
            told = f"{job.name} failed {job.failures} times in a row: {job.said}"
            yield wrong("job", told, "mend what it says; it is tried again by itself")


def workers(db: Database, setup: Setup) -> Iterator[Finding]:
    """Whether somebody does what is left to workers."""
    if not setup.workers:
        return
    if db.is_sqlite:
        told = "run.workers is true, and the database is a file, which workers cannot share"
        yield wrong("workers", told, "move to PostgreSQL (docs/operating.md), or set it to false")
        return
    try:
        with db.read() as connection:
            found = ground.look(connection)
            ready = found is ground.Ground.READY
            queue = errands.state(connection, setup.worker_timeout) if ready else None
    except UsageError as error:
        yield wrong("workers", str(error))
        return
    if queue is not None:
        yield from _queue(queue)
    elif found is ground.Ground.OTHER:
        told = "the queue was made by another version of procrastinate"
        yield wrong("workers", told, "end all workers, then 'veille upgrade'")
    else:
        told = "run.workers is true, and nothing was ever left to workers"
        yield warning("workers", told, "start 'veille run' and 'veille worker'")


def _queue(queue: QueueState) -> Iterator[Finding]:
    told = f"{queue.waiting} errands wait, {queue.in_hand} are in hand"
    if not queue.workers:
        yield wrong("workers", f"no worker is alive: {told}", "start 'veille worker'")
    else:
        yield ok("workers", f"workers alive: {queue.workers}; {told}")
    if queue.stalled:
        yield warning(
            "workers",
            f"{queue.stalled} errands are in the hands of workers that are not heard of",
            "those who live take them by themselves; see why workers died",
        )
    if queue.workers and queue.oldest.get(ErrandKind.EDITIONS, 0) > _NOT_TAKEN:
        yield wrong(
            "workers",
            "steps of editions wait, and no worker runs where mails leave from",
            "start 'veille worker' in the workspace that 'veille edition send' was last called in",
        )
    elif queue.workers and queue.longest > _LONG:
        told = f"an errand waits for {queue.longest / 3600:.0f} hours"
        yield warning("workers", told, "start more workers, or see what holds them up")


def _pulse(pulse: Pulse, now: datetime, *, planned: bool) -> Finding:
    where = f"process {pulse.process} on {pulse.host}"
    if pulse.stopped is None:
        if now - pulse.beat <= _SILENT:
            return ok("run", f"{where} keeps watch since {pulse.started:%Y-%m-%d %H:%M} UTC")
        return wrong(
            "run",
            f"{where} kept watch, and was last heard of on {pulse.beat:%Y-%m-%d at %H:%M} UTC",
            "look at its log, and start it again",
        )
    if now - pulse.stopped <= _SELDOM:
        return ok("run", f"the watch ended well on {pulse.stopped:%Y-%m-%d at %H:%M} UTC")
    told = f"nobody kept watch since {pulse.stopped:%Y-%m-%d %H:%M} UTC"
    remedy = "start the service, or look at what cron says"
    return wrong("run", told, remedy) if planned else warning("run", told, remedy)


def mails(setup: Setup) -> Iterator[Finding]:
    """Whether mails can leave as the settings say."""
    if setup.exposed:
        yield wrong("mail", setup.exposed)
    if setup.unusable:
        yield wrong("mail", setup.unusable)
    if setup.transport == "folder":
        yield warning(
            "mail",
            "mails become files in outbox/: nobody receives them",
            'set mail.transport = "smtp" in veille.toml once all is tried',
        )
    elif setup.missing:
        remedy = "all is well if only the service has it: look as its user; else set it"
        yield warning("mail", setup.missing, remedy)
    elif not setup.unusable:
        yield ok("mail", f"mails leave by smtp from {setup.sender}")
    if setup.base_url is None:
        told = "mails do not lead to the archive: nobody said where it is read"
        yield warning("mail", told, "set veille.base_url in veille.toml")
    if setup.operator is None:
        told = "nobody is told when something goes wrong"
        yield warning("run", told, "set run.operator in veille.toml")


def folders(setup: Setup) -> Iterator[Finding]:
    """Whether what goes elsewhere can be written there, as far as this process may tell."""
    for folder in setup.folders:
        there = next(path for path in (folder, *folder.parents) if path.exists())
        if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
            told = f"{folder} cannot be written by who asks this"
            yield warning("permissions", told, f"check who owns {there}, and what the unit allows")


def backups(db: Database, setup: Setup, now: datetime) -> Iterator[Finding]:
    """Whether there is a backup that is young enough."""
    if not setup.backs_up:
        return
    with db.read() as connection:
        job = watch.jobs(connection).get(JobName.BACKUP)
    if job is None or job.ended is None:
        yield warning("backup", "no backup was made by itself yet", "'veille run' makes one a day")
    elif now - job.ended > _OLD:
        told = f"the last backup by itself is of {job.ended:%Y-%m-%d}"
        yield wrong("backup", told, "see why 'veille run' makes none; 'veille backup FILE' now")
    elif not job.failures:
        yield ok("backup", f"backed up on {job.ended:%Y-%m-%d at %H:%M} UTC: {job.said}")


def torn(database: Path) -> Iterator[Finding]:
    """A write-ahead log that was left behind, or taken away (D10).

    To be asked before the database is opened: closing a file drops SQLite's own locks on it.
    """
    log, index = (database.with_name(f"{database.name}-{name}") for name in ("wal", "shm"))
    if index.exists() and not log.exists() and _is_logged(database):
        yield wrong(
            "integrity",
            f"{log} is missing: the last changes were in it",
            "bring it back beside the database, or restore a backup",
        )


def older_than_archive(archive: Path, known: set[str]) -> Iterator[Finding]:
    """A database that was copied or restored from before (D10, M13); ``known`` are the editions it
    has published."""
    there = {page.parent.relative_to(archive).as_posix() for page in archive.glob("*/*/index.html")}
    pages = {ref for ref in there if ref.rpartition("/")[2].isdecimal()}
    if lost := sorted(pages - known):
        yield wrong(
            "integrity",
            f"the archive holds {', '.join(lost[:3])}, of which the database knows nothing: it is "
            "older than the archive",
            "bring the newest backup back; nothing of these is sent without --late",
        )


def _is_logged(database: Path) -> bool:
    """Whether the file says that it has a write-ahead log (fileformat.html, 1.3.3)."""
    with database.open("rb") as file:
        return file.read(20)[18:20] == b"\2\2"
