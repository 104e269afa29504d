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
from veille.store import sources, watch
from veille.workflows.collect import collect
from veille.workflows.visiting import Report

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from veille.store.database import Database
    from veille.workflows.acting import Act
    from veille.workflows.collect import Readers, Web

_QUARANTINE = 2  # failures before the one that puts a source aside


def collect_one_by_one(
    db: Database, web: Web, readers: Readers, *, act: Act, first_fetch: int, zone: ZoneInfo
) -> Report:
    """Visit what is due, source by source, noting on which one we are."""
    with db.read() as connection:
        pool = sources.everything(connection, counts=False)
    total = Report(sources=len(pool))
    for source in pool:
        if source.state is not SourceState.ACTIVE:
            total.skipped += 1
            continue
        _note(db, f"source {source.id}")
        report = collect(
            db, web, readers, act=act, chosen=[source], first_fetch=first_fetch, zone=zone
        )
        total.skipped += report.skipped
        total.fetched += report.fetched
        total.not_modified += report.not_modified
        total.new += report.new
        total.updated += report.updated
        total.failures += report.failures
    _note(db, None)
    return total


def put_aside(db: Database, *, act: Act) -> str | None:
    """Quarantine the source on which a sweep died; what was done, None when it is not known."""
    with db.write() as connection:
        at_work = watch.at_work(connection, JobName.COLLECT)
        number = (at_work or "").removeprefix("source ")
        found = sources.get(connection, int(number)) if number.isdecimal() else None
        if found is None:
            return None
        error = WorkerDied("visiting it ended veille itself, again and again")
        known = replace(found, errors=max(found.errors, _QUARANTINE))
        visit = rhythm.visit_after(known, error, now=act.now)
        sources.record_visit(connection, found.id, visit)
        watch.work_on(connection, JobName.COLLECT, None)
        return f"{found.name} ends veille when it is visited: asked once a week from now on"


def _note(db: Database, what: str | None) -> None:
    with db.write() as connection:
        watch.work_on(connection, JobName.COLLECT, what)
