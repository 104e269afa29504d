"""A worker's station: errands come from the queue one by one, and are done together, in threads.

Procrastinate takes errands and keeps their locks; a handful of them is gathered and done as one sweep,
which is what makes a sweep cheap (one transaction for many sources, one set of readers). Two sweeps
are at work at a time, so that one slow host holds up half of the errands at most.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.retry import BaseRetryStrategy, RetryDecision
from psycopg import Error as PsycopgError

from veille.errors import StoreError, VeilleError
from veille.model.errand import Errand, ErrandKind, Taken
from veille.model.text import one_line
from veille.store.queue import errands
from veille.store.queue.ground import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from procrastinate.connector import BaseConnector
    from procrastinate.job_context import JobContext
    from procrastinate.jobs import Job
    from sqlalchemy import URL

    from veille.store.database import Database

LANES = 2  # sweeps at a time
_GATHER = 0.1  # seconds that the first errand of a sweep waits for others
_GRACE = 10.0  # seconds that errands have to end when the worker does (C7)
_PATIENT = 86_400.0  # seconds that errands have when nobody asks it to end
_AWAY = 5.0  # seconds between two attempts to reach a database that is away


class Crew(Protocol):
    """Who does errands, each call in a thread; an error is noted by whoever raises it, not here."""

    def visit(self, lane: int, taken: Sequence[Taken]) -> None:
        """Ask what there is to ask of some hosts. ``lane`` counts from 0 to :data:`LANES`."""

    def take_steps(self) -> None:
        """Take the steps of editions that are due."""

    def pause(self, where: str) -> float:
        """Seconds to leave a host alone after it was asked, whoever asks next."""

    def stop(self) -> None:
        """End what is under way soon: what was done is kept."""


class GivenBack(Exception):  # noqa: N818  what became of the errand
    """The worker ends before the errand did: another one takes it."""


class _GiveBack(BaseRetryStrategy):
    """An errand that a worker gave back waits again; one that failed is deferred while it is due."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:  # noqa: ARG002
        if isinstance(exception, GivenBack | asyncio.CancelledError):
            return RetryDecision(retry_in={"seconds": 0})
        return None


@dataclass
class Station:
    """Takes errands for a crew. ``size`` is how many at a time; ``patience`` how many seconds a worker
    may be silent; ``tell`` hears, in a line, what goes wrong with the queue itself."""

    crew: Crew
    size: int
    patience: float
    tell: Callable[[str], None]
    beat: Callable[[], None] = lambda: None
    _waiting: asyncio.Queue[tuple[Taken, asyncio.Future[None]]] = field(
        default_factory=asyncio.Queue
    )
    _threads: ThreadPoolExecutor | None = None
    _taken: int = 0
    _stopping: bool = False
    _work: asyncio.Task[None] | None = None

    async def run(
        self, connector: BaseConnector, queues: Sequence[str], *, once: bool = False
    ) -> int:
        """Do errands until :meth:`stop`; with ``once`` until none can be taken. How many were taken;
        raises ConnectorException when the database goes away."""
        before, app = self._taken, self.application(connector)
        self._threads = threads = ThreadPoolExecutor(LANES + 1, thread_name_prefix="veille-errand")
        lanes = [asyncio.create_task(self._lane(number)) for number in range(LANES)]
        try:
            async with app.open_async():
                self._work = asyncio.create_task(
                    app.run_worker_async(
                        queues=queues,
                        concurrency=self.size + 1,
                        wait=not once,
                        delete_jobs="always",
                        install_signal_handlers=False,
                        shutdown_graceful_timeout=_PATIENT if once else _GRACE,
                        update_heartbeat_interval=self.patience / 3,
                        stalled_worker_timeout=self.patience,
                    )
                )
                if self._stopping:
                    self._work.cancel()
                await self._work
        except asyncio.CancelledError:
            if not self._stopping:
                raise
        finally:
            for lane in lanes:
                lane.cancel()
            await asyncio.gather(*lanes, return_exceptions=True)
            threads.shutdown(wait=False)
        return self._taken - before

    def application(self, connector: BaseConnector) -> App:
        """Procrastinate's side: the tasks, by their names."""
        app = App(connector=connector)
        for kind in ErrandKind:
            do: Callable[..., Any] = self._on_the_web
            if kind is ErrandKind.EDITIONS:
                do = self._steps
            app.task(name=kind.value, pass_context=True, retry=_GiveBack())(do)
        return app

    def stop(self) -> None:
        """End soon: what was not begun is given back."""
        self._stopping = True
        self.crew.stop()
        if self._work is not None:
            self._work.cancel()  # Procrastinate then waits for what is in hand
        while not self._waiting.empty():
            _, done = self._waiting.get_nowait()
            if not done.done():
                done.set_exception(GivenBack())

    @property
    def stopping(self) -> bool:
        """Whether somebody asked it to end."""
        return self._stopping

    async def _on_the_web(
        self,
        context: JobContext,
        where: str,
        ids: list[int],
        at: int | None = None,
        tries: dict[str, int] | None = None,
    ) -> None:
        if self._stopping:
            raise GivenBack
        self._taken += 1
        job = context.job
        errand = Errand(kind=ErrandKind(job.task_name), where=where, ids=tuple(ids))
        alone = (tries or {}).get(str(at), 0)
        taken = Taken(number=job.id or 0, errand=errand, before=job.attempts, at=at, alone=alone)
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.put_nowait((taken, done))
        await done
        # The lock is held until the host may be asked again, by whomever.
        await asyncio.sleep(self.crew.pause(where))

    async def _steps(self, context: JobContext, where: str, ids: list[int]) -> None:  # noqa: ARG002
        self._taken += 1
        await self._in_thread(self.crew.take_steps)

    async def _lane(self, number: int) -> None:
        while True:
            sweep = [await self._waiting.get()]
            await asyncio.sleep(_GATHER)
            while not self._waiting.empty() and len(sweep) < max(1, self.size // LANES):
                sweep.append(self._waiting.get_nowait())
            taken = [one for one, _ in sweep]
            try:
                await self._in_thread(self.crew.visit, number, taken)
            except asyncio.CancelledError:
                _end(sweep, GivenBack())
                raise
            except Exception as error:
                _end(sweep, error)
            else:
                _end(sweep, None)

    async def _in_thread(self, do: Callable[..., None], *given: Any) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._threads, do, *given)
        except Exception as error:
            if self._stopping:
                raise GivenBack from error
            raise
        if self._stopping:
            raise GivenBack


def _end(sweep: Sequence[tuple[Taken, asyncio.Future[None]]], error: BaseException | None) -> None:
    for _, done in sweep:
        if done.done():
            continue
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)


def connector_of(url: URL) -> PsycopgConnector:
    """Procrastinate's own connections to a database of ours."""
    options = " ".join((*_options(url), f"-c search_path={SCHEMA}"))
    plain = url.set(drivername="postgresql").difference_update_query(["options"])
    return PsycopgConnector(
        conninfo=plain.render_as_string(hide_password=False),
        kwargs={"options": options, "application_name": "veille worker"},
        min_size=1,
        max_size=4,
        timeout=_AWAY,
    )


def _options(url: URL) -> Sequence[str]:
    found = url.query.get("options", ())
    return (found,) if isinstance(found, str) else found


async def keep(station: Station, db: Database, queues: Sequence[str], *, once: bool) -> None:
    """Do errands, and rescue those of the dead; whenever the database went away, come back."""
    asyncio.get_running_loop().set_exception_handler(
        lambda _, context: station.tell(_of(context.get("exception"), context["message"]))
    )
    rescue = asyncio.create_task(_rescue(station, db))
    try:
        while not station.stopping:
            try:
                await asyncio.to_thread(_reach, db)
                taken = await station.run(connector_of(db.url), queues, once=once)
            except (StoreError, ConnectorException, PsycopgError, OSError) as error:
                away = f"{db.place} is away ({_of(error)})"
                if once:
                    raise StoreError(f"{away}: what it held is taken again later") from error
                station.tell(f"{away}; tried again in {_AWAY:.0f} seconds")
            else:
                if once and not taken:
                    return
            if not (once or station.stopping):
                await asyncio.sleep(_AWAY)
    finally:
        rescue.cancel()
        await asyncio.gather(rescue, return_exceptions=True)


def _reach(db: Database) -> None:
    with db.read():
        pass


async def _rescue(station: Station, db: Database) -> None:
    """Look for what dead workers held, and say that we live."""

    def look() -> int:
        with db.write() as conn:
            return errands.rescue(conn, station.patience)

    while True:
        started = time.monotonic()
        try:
            found = await asyncio.to_thread(look)
        except VeilleError as error:
            if not isinstance(error, StoreError):
                station.tell(str(error))
        else:
            if found:
                station.tell(f"{found} errands of a worker that died wait again")
        station.beat()
        await asyncio.sleep(max(1.0, station.patience / 3 - (time.monotonic() - started)))


class _Lines(logging.Handler):
    """What Procrastinate complains of, as our lines; that the database is away, :func:`keep` tells."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        action = getattr(record, "action", None)
        error = record.exc_info[1] if record.exc_info else None
        if action == "job_error" or isinstance(error, ConnectorException | PsycopgError):
            return  # told by whoever did it, or by `keep`
        if " error: ConnectorException(" in record.getMessage():
            return
        self._tell(one_line(record.getMessage()))


@contextlib.contextmanager
def _complaints(tell: Callable[[str], None]) -> Any:
    handler = _Lines(tell)
    loggers = [logging.getLogger(name) for name in ("procrastinate", "psycopg.pool")]
    before = [(each.propagate, each.level) for each in loggers]
    for each in loggers:
        each.propagate = False
        each.setLevel(logging.WARNING)
    loggers[0].addHandler(handler)
    loggers[1].setLevel(logging.CRITICAL)  # each attempt to connect
    try:
        yield
    finally:
        for each, (propagate, level) in zip(loggers, before, strict=True):
            each.removeHandler(handler)
            each.propagate = propagate
            each.setLevel(level)


def serve(
    station: Station,
    db: Database,
    queues: Sequence[str],
    *,
    once: bool = False,
    signals: Sequence[int] = (),
) -> None:
    """Do errands of a database until one of the ``signals`` comes, or with ``once`` until none is left
    that could be taken now."""

    async def work() -> None:
        loop = asyncio.get_running_loop()
        for number in signals:
            loop.add_signal_handler(number, station.stop)
        await keep(station, db, queues, once=once)

    with _complaints(station.tell):
        asyncio.run(work())


def _of(error: object, message: str = "") -> str:
    """What an error says: Procrastinate's name the one below."""
    told = error.__cause__ if isinstance(error, ConnectorException) and error.__cause__ else error
    return one_line(f"{told}" if str(told or "") else message or type(told).__name__)
