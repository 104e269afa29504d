"""After a sweep died again and again: one source at a time, each named before it is asked.

So that whoever finds the next death knows the culprit, and the others are collected (fault C11).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from veille.errors import WorkerDied
from veille.feeds import rhythm
from veille.model.plan import JobName
from veille.model.states import SourceState
from veille.store import sources, visits, watch
from veille.workflows.collect import collect
from veille.workflows.visiting import Report

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from zoneinfo import ZoneInfo

    from veille.model.source import Source
    from veille.store.database import Connection, Database
    from veille.workflows.acting import Act
    from veille.workflows.collect import Readers, Web

_QUARANTINE = 2  # failures before the one that puts a source aside


def collect_one_by_one(
    db: Database,
    web: Web,
    readers: Readers,
    *,
    act: Act,
    first_fetch: int,
    zone: ZoneInfo,
    chosen: Sequence[Source] | None = None,
    note: Callable[[Connection, Source | None], None] | None = None,
) -> Report:
    """Visit what is due, source by source; ``note`` hears on which one we are, None at the end."""
    note = note or _note
    if chosen is None:
        with db.read() as connection:
            chosen = sources.everything(connection, counts=False)
    total = Report(sources=len(chosen))
    for source in chosen:
        if source.state is not SourceState.ACTIVE:
            total.skipped += 1
            continue
        with db.write() as connection:
            note(connection, source)
        report = collect(
            db, web, readers, act=act, chosen=[source], first_fetch=first_fetch, zone=zone
        )
        total.skipped += report.skipped
        total.fetched += report.fetched
        total.not_modified += report.not_modified
        total.new += report.new
        total.updated += report.updated
        total.failures += report.failures
    with db.write() as connection:
        note(connection, None)
    return total


def put_aside(db: Database, *, act: Act) -> str | None:
    """Quarantine the source on which a sweep died; what was done, None when it is not known."""
    with db.write() as connection:
        at_work = watch.at_work(connection, JobName.COLLECT)
        number = (at_work or "").removeprefix("source ")
        said = quarantine(connection, int(number), act) if number.isdecimal() else None
        if said is not None:
            watch.work_on(connection, JobName.COLLECT, None)
        return said


def quarantine(connection: Connection, source: int, act: Act) -> str | None:
    """Ask a source once a week from now on; what was done, None when there is no such source."""
    found = sources.get(connection, source)
    if found is None:
        return None
    error = WorkerDied("visiting it ended veille itself, again and again")
    known = replace(found, errors=max(found.errors, _QUARANTINE))
    visits.record(connection, found.id, rhythm.visit_after(known, error, now=act.now))
    return f"{found.name} ends veille when it is visited: asked once a week from now on"


def _note(connection: Connection, source: Source | None) -> None:
    watch.work_on(connection, JobName.COLLECT, f"source {source.id}" if source else None)
