"""Errands in the queue: put in, looked at, taken from the dead.

Each function works in a transaction of ours. All that changes errands by hand does so under the one
lock of writers, so no two processes rescue or defer at the same time; Procrastinate itself takes and
ends errands by single statements.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, text

from veille.errors import StoreError
from veille.model.errand import Errand, ErrandKind, QueueState
from veille.store.queue.ground import SCHEMA, missing, stand_on

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from procrastinate.manager import JobManager

WEB = "web"
_JOBS = f"{SCHEMA}.procrastinate_jobs"
_WORKERS = f"{SCHEMA}.procrastinate_workers"
_SILENT = "last_heartbeat < now() - make_interval(secs => :patience)"
_LOST = (
    f"job.status = 'doing' AND (job.worker_id IS NULL OR job.worker_id IN "  # noqa: S608
    f"(SELECT id FROM {_WORKERS} WHERE {_SILENT}))"
)
_ERRANDS_AT_ONCE = 500


def queue_of(errand: Errand) -> str:
    """The queue an errand waits in: that of the web, or that of the place that mails leave from."""
    return errand.where if errand.kind is ErrandKind.EDITIONS else WEB


def defer(conn: Connection, errands: Sequence[Errand]) -> int:
    """Put errands into the queue that are not there yet, waiting or in hand; how many were new."""
    fresh = new(errands, held(conn))
    post(manager(), fresh, stand_on(conn))
    return len(fresh)


def new(errands: Iterable[Errand], there: set[tuple[str, str]]) -> list[Errand]:
    """The errands of which the queue has none of the kind for the place yet."""
    return [one for one in errands if (one.kind.value, one.where) not in there]


def post(to: JobManager, errands: Sequence[Errand], connection: Any = None) -> None:
    """Hand errands to Procrastinate. None may be there already: it would refuse all of them.

    Raises StoreError when the server does.
    """
    from procrastinate.exceptions import ConnectorException
    from procrastinate.jobs import Job

    for start in range(0, len(errands), _ERRANDS_AT_ONCE):
        jobs = [
            Job(
                queue=queue_of(errand),
                lock=errand.where,
                queueing_lock=f"{errand.kind} {errand.where}",
                task_name=errand.kind.value,
                task_kwargs={"where": errand.where, "ids": list(errand.ids)},
                priority=1 if errand.kind is ErrandKind.EDITIONS else 0,
            )
            for errand in errands[start : start + _ERRANDS_AT_ONCE]
        ]
        try:
            to.batch_defer_jobs(jobs, connection)
        except ConnectorException as error:
            said = " ".join(str(error.__cause__ or error).split())
            raise StoreError(f"the queue took no errands ({said}): tried again later") from error


def manager() -> JobManager:
    """Procrastinate's door for whoever brings a connection. Raises UsageError without the extra."""
    try:
        from procrastinate.manager import JobManager
        from procrastinate.sync_psycopg_connector import SyncPsycopgConnector
    except ImportError as error:
        raise missing(error) from error
    return JobManager(SyncPsycopgConnector())


def held(conn: Connection) -> set[tuple[str, str]]:
    """Kind and place of all errands that wait or are in hand."""
    rows = conn.execute(
        text(f"SELECT task_name, lock FROM {_JOBS} WHERE status IN ('todo', 'doing')")  # noqa: S608
    )
    return {(row.task_name, row.lock) for row in rows}


def is_held(conn: Connection, kind: ErrandKind) -> bool:
    """Whether an errand of a kind waits or is in hand."""
    query = f"SELECT 1 FROM {_JOBS} WHERE task_name = :kind AND status IN ('todo', 'doing') LIMIT 1"  # noqa: S608
    return conn.scalar(text(query), {"kind": kind.value}) is not None


def rescue(conn: Connection, patience: float) -> int:
    """Let others take what is in the hands of workers that were not heard of for ``patience`` seconds;
    how many errands that were."""
    stand_on(conn)
    lost = f"SELECT id FROM {_JOBS} AS job WHERE {_LOST} FOR UPDATE"  # noqa: S608
    again = f"SELECT procrastinate_retry_job_v2(id, NULL, NULL, NULL, NULL) FROM ({lost}) AS lost"  # noqa: S608
    rescued = len(conn.execute(text(again), {"patience": patience}).all())
    conn.execute(text(f"DELETE FROM {_WORKERS} WHERE {_SILENT}"), {"patience": patience})  # noqa: S608
    return rescued


def note_alone(conn: Connection, number: int, source: int) -> None:
    """Note that a worker asks this source of an errand now, and nothing else."""
    stand_on(conn)
    tries = "coalesce(args->'tries', '{}')"
    counted = f"1 + coalesce((args->'tries'->>'{source:d}')::int, 0)"
    noted = f"{tries} || jsonb_build_object('{source:d}', {counted})"
    change = f"args = args || jsonb_build_object('at', {source:d}, 'tries', {noted})"
    conn.execute(text(f"UPDATE {_JOBS} SET {change} WHERE id = {number:d}"))  # noqa: S608


def state(conn: Connection, patience: float) -> QueueState:
    """How the queue stands."""
    counts = conn.execute(
        text(
            "SELECT count(*) FILTER (WHERE job.status = 'todo') AS waiting, "  # noqa: S608
            "count(*) FILTER (WHERE job.status = 'doing') AS in_hand, "
            f"count(*) FILTER (WHERE {_LOST}) AS stalled FROM {_JOBS} AS job"
        ),
        {"patience": patience},
    ).one()
    workers = conn.scalar(
        text(f"SELECT count(*) FROM {_WORKERS} WHERE NOT {_SILENT}"),  # noqa: S608
        {"patience": patience},
    )
    oldest = conn.execute(
        text(
            "SELECT job.task_name AS kind, extract(epoch FROM now() - min(event.at)) AS seconds "  # noqa: S608
            f"FROM {SCHEMA}.procrastinate_events AS event JOIN {_JOBS} AS job "
            "ON job.id = event.job_id WHERE job.status = 'todo' AND event.type = 'deferred' "
            "GROUP BY job.task_name"
        )
    )
    return QueueState(
        waiting=counts.waiting,
        in_hand=counts.in_hand,
        stalled=counts.stalled,
        workers=workers or 0,
        oldest={ErrandKind(row.kind): float(row.seconds) for row in oldest},
    )


def forget(conn: Connection) -> None:
    """Empty the queue, of whatever version: what is due is deferred again."""
    stand_on(conn)
    conn.execute(text(f"DELETE FROM {_JOBS}"))  # noqa: S608
