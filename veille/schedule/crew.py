"""Who does errands in a worker: the same visits, readings and sendings as on one machine.

A sweep of errands is an ordinary sweep of the sources they name. The steps of editions run in a
process of their own, as the loop starts it, so that a request to end stops between two mails.
"""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING, Any

from veille.errors import VeilleError
from veille.model.errand import ErrandKind, Taken
from veille.model.plan import JobName
from veille.schedule.jobs import LIMITS, Outcome, finish_sweep
from veille.schedule.loop import GRACE, Ended, note
from veille.store.queue import errands as queue

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from veille.app import App
    from veille.feeds.workers import Workers
    from veille.model.source import Source
    from veille.schedule.journal import Journal
    from veille.schedule.loop import Child, Desk
    from veille.store.database import Connection

_MANY_DEATHS = 3  # hands that an errand was in before: then it is asked source by source (C11)
_PROVEN = 2  # deaths over one source alone
_ONLINE = 60.0  # seconds for which an answer proves that the network is there
_LOOK = 0.5  # seconds between two looks at a process


class Crew:
    """The crew of a workspace; ``launch`` starts the steps of editions."""

    def __init__(
        self, app: App, desk: Desk, journal: Journal, launch: Callable[[JobName], Child], lanes: int
    ) -> None:
        self._app = app
        self._desk = desk
        self._journal = journal
        self._launch = launch
        self._web, self._manners = app.web, app.fetch_settings()
        self._readers: list[Workers[Any]] = [app.readers(1) for _ in range(lanes)]
        self._stopped = threading.Event()
        self._answered = float("-inf")
        self._begun: dict[int, float] = {}

    def visit(self, lane: int, taken: Sequence[Taken]) -> None:
        """Ask what is due of some hosts, and note what came of it."""
        self._begun[lane] = time.monotonic()
        try:
            calm = [one for one in taken if one.before < _MANY_DEATHS]
            outcome = self._sweep(lane, calm) if calm else Outcome(None)
            for one in taken:
                if one.before >= _MANY_DEATHS:
                    self._sweep(lane, [one], careful=True)
        except VeilleError as error:
            self._note(JobName.COLLECT, Ended(well=False, said=str(error)))
            raise
        except Exception as error:
            if not self._stopped.is_set():
                said = f"unexpected {type(error).__name__}: {error} (a defect of veille)"
                self._note(JobName.COLLECT, Ended(well=False, said=said))
            raise
        finally:
            del self._begun[lane]
        self._note(JobName.COLLECT, Ended(well=True, said=outcome.said))

    def take_steps(self) -> None:
        """Take the steps of editions that are due, in a process of their own, and note how it ended."""
        child = self._launch(JobName.EDITIONS)
        deadline = time.monotonic() + LIMITS[JobName.EDITIONS].total_seconds()
        while (ended := child.ended()) is None:
            if self._stopped.wait(_LOOK) or time.monotonic() > deadline:
                ended = _end(child)
                break
        self._note(JobName.EDITIONS, ended)

    def pause(self, where: str) -> float:
        """Seconds to leave a host alone after it was asked."""
        return self._manners.spacing_of(where)

    def stop(self) -> None:
        """End sweeps soon: what has come is stored. Returns at once."""
        self._stopped.set()
        threading.Thread(target=self._close_web, name="veille-closing", daemon=True).start()

    def close(self) -> None:
        """End the readers."""
        for readers in self._readers:
            readers.close()

    @property
    def hangs(self) -> bool:
        """Whether a sweep takes longer than any may (T14)."""
        limit = LIMITS[JobName.COLLECT].total_seconds()
        return any(time.monotonic() - begun > limit for begun in list(self._begun.values()))

    def _sweep(self, lane: int, taken: Sequence[Taken], *, careful: bool = False) -> Outcome:
        from veille.workflows.careful import collect_one_by_one
        from veille.workflows.collect import collect
        from veille.workflows.deferring import still_there

        app, readers, act = self._app, self._readers[lane], self._app.machine()
        visits = [one for one in taken if one.errand.kind is ErrandKind.COLLECT]
        if careful and visits:
            self._judge(visits[0])
        given: dict[str, Any] = {
            "act": act,
            "chosen": still_there(app.db, visits),
            "first_fetch": app.settings.collect.first_fetch,
            "zone": app.zone,
        }
        if careful and visits:
            report = collect_one_by_one(
                app.db, app.web, readers, note=_noting(visits[0].number), **given
            )
        else:
            online = time.monotonic() - self._answered < _ONLINE
            report = collect(app.db, app.web, readers, online=online, **given)
        if report.answered:
            self._answered = time.monotonic()
        pages = [one.errand.ids for one in taken if one.errand.kind is ErrandKind.FULL_TEXT]
        return finish_sweep(app, readers, report, act, [item for ids in pages for item in ids])

    def _judge(self, taken: Taken) -> None:
        """Put aside the source that ended workers which asked nothing else."""
        from veille.workflows.careful import quarantine

        if taken.at is None or taken.alone < _PROVEN:
            return
        with self._app.db.write() as connection:
            said = quarantine(connection, taken.at, self._app.machine())
        if said:
            self._journal.warning(JobName.COLLECT, said)

    def _note(self, name: JobName, ended: Ended) -> None:
        try:
            note(self._desk, self._journal, name, ended, self._app.clock())
        except VeilleError as error:  # the database is away: whoever serves it says so
            self._journal.error(name, str(error))

    def _close_web(self) -> None:
        with contextlib.suppress(Exception):
            self._web.close()


def _noting(number: int) -> Callable[[Connection, Source | None], None]:
    def noting(connection: Connection, source: Source | None) -> None:
        if source is not None:
            queue.note_alone(connection, number, source.id)

    return noting


def _end(child: Child) -> Ended:
    """Ask a process to end, between two mails; wait for it, but not for ever."""
    child.stop()
    deadline = time.monotonic() + GRACE
    while (ended := child.ended()) is None and time.monotonic() < deadline:
        time.sleep(_LOOK / 10)
    if ended is None:
        child.kill()
        ended = Ended(well=False, said="does not end: killed", died=True)
    return ended
