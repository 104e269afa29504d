"""The unattended loop: its pulse, its jobs, and what the operator was told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, insert, select, update

from veille.model.plan import JobRecord, Pulse
from veille.store.tables.watch import alert, job
from veille.store.tables.watch import pulse as table

if TYPE_CHECKING:
    from datetime import datetime, timedelta

_ONLY = 1


def jobs(conn: Connection) -> dict[str, JobRecord]:
    """What is known of each job that ever ran, by its name."""
    return {
        row.name: JobRecord(
            name=row.name,
            started=row.started,
            ended=row.ended,
            failures=row.failures,
            deaths=row.deaths,
            said=row.said,
        )
        for row in conn.execute(select(job))
    }


def begin(conn: Connection, name: str, *, at: datetime) -> None:
    """Note that a job begins."""
    begun = {"started": at, "ended": None, "at_work": None}
    if not conn.execute(update(job).where(job.c.name == name).values(begun)).rowcount:
        conn.execute(insert(job), {"name": name, "failures": 0, "deaths": 0, **begun})


def end(
    conn: Connection, name: str, *, at: datetime, well: bool, said: str | None, died: bool = False
) -> None:
    """Note how a job ended; ``died`` when no program chose that end."""
    values = {
        "ended": at,
        "failures": 0 if well else job.c.failures + 1,
        "deaths": job.c.deaths + 1 if died else 0,
        "said": said,
    }
    conn.execute(update(job).where(job.c.name == name).values(values))


def work_on(conn: Connection, name: str, what: str | None) -> None:
    """Note on what a job is now, for whoever finds it dead."""
    conn.execute(update(job).where(job.c.name == name).values(at_work=what))


def at_work(conn: Connection, name: str) -> str | None:
    """On what a job was when it was last heard of."""
    found: str | None = conn.scalar(select(job.c.at_work).where(job.c.name == name))
    return found


def pulse(conn: Connection) -> Pulse | None:
    """The loop that runs, or the last that did."""
    row = conn.execute(select(table)).one_or_none()
    if row is None:
        return None
    return Pulse(
        host=row.host,
        process=row.process,
        started=row.started,
        beat=row.beat,
        stopped=row.stopped,
        version=row.version,
    )


def beat(conn: Connection, pulse: Pulse) -> None:
    """Say that a loop is alive, or that it stopped."""
    values = {
        "host": pulse.host,
        "process": pulse.process,
        "started": pulse.started,
        "beat": pulse.beat,
        "stopped": pulse.stopped,
        "version": pulse.version,
    }
    if not conn.execute(update(table).values(values)).rowcount:
        conn.execute(insert(table), {"id": _ONLY, **values})


def raise_alert(
    conn: Connection, cause: str, message: str, *, at: datetime, every: timedelta
) -> bool:
    """Note a cause of trouble; whether the operator is to be told (again) now."""
    row = conn.execute(select(alert).where(alert.c.cause == cause)).one_or_none()
    if row is None:
        conn.execute(insert(alert), {"cause": cause, "since": at, "told": at, "message": message})
        return True
    again = not row.told <= at < row.told + every
    values = {"message": message, **({"told": at} if again else {})}
    conn.execute(update(alert).where(alert.c.cause == cause).values(values))
    return again


def end_alerts(conn: Connection, going_on: set[str]) -> list[str]:
    """Forget the causes that are no more; which they were."""
    over = [cause for cause in conn.scalars(select(alert.c.cause)) if cause not in going_on]
    if over:
        conn.execute(delete(alert).where(alert.c.cause.in_(over)))
    return over
