"""Collect: visit the sources that are due, and store what is new.

::

    due sources → requests → answers, as they come → parsed → merged with what is known → stored
                  (the fetcher's thread)             (workers)  (here: the one writer)

The three overlap, and wait for one another: only so many answers are held at any time. One broken
source is a row of the report, never the end of the run. What a source said and when to visit it
next are stored in one transaction, some sources at a time, so an interrupted run keeps the sources
it finished.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

from veille.errors import FetchError, ParseError
from veille.feeds import reading, rhythm, urls
from veille.feeds.workers.jobs import Job
from veille.model.fetched import Fetched, Parsed
from veille.model.source import Failure
from veille.model.states import SourceKind, SourceState
from veille.store import memories, reach, sources
from veille.workflows.reaching import Sweep, note_outage
from veille.workflows.sitemaps import with_parts
from veille.workflows.visiting import Due, FailedSource, Report, Visited

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from veille.model.fetched import Request
    from veille.model.source import Source
    from veille.store.database import Database
    from veille.workflows.acting import Act
    from veille.workflows.settling import Settling

    Answers = Iterator[tuple[Request, Fetched | FetchError]]

READ_AT_ONCE = 20  # sources that had something to say
VISITS_AT_ONCE = 200
BYTES_AT_ONCE = 16 * 2**20  # of answers, which are held until then
A_WHILE = 0.3  # seconds: what waits longer is settled, so that little is left when the last comes
_UTC = ZoneInfo("UTC")


class Web(Protocol):
    """The door to the web, many requests at once."""

    def fetch_all(
        self, requests: Iterable[Request]
    ) -> Iterator[tuple[Request, Fetched | FetchError]]:
        """Answers and errors, in the order in which they come; they are asked for at once."""


class Readers(Protocol):
    """Those who parse, elsewhere: what strangers wrote is not read in this process."""

    @property
    def full(self) -> bool:
        """Whether results should be taken before anything more is submitted."""

    def warm_up(self) -> None:
        """There will be something to read soon."""

    def submit(self, ticket: Source, job: Job, page: Fetched, option: bytes = b"") -> None:
        """Have an answer read; never waits."""

    def take(self, *, wait: bool = True) -> tuple[Source, Fetched, Parsed | ParseError] | None:
        """What is read, with its source and its answer; None when there is nothing (yet)."""


def due(
    db: Database, *, now: datetime, chosen: Sequence[Source] | None = None, force: bool = False
) -> Due:
    """What is to be visited now, of all sources or those ``chosen``."""
    with db.read() as connection:
        pool = list(chosen) if chosen is not None else sources.everything(connection, counts=False)
        waits = reach.waits(connection, now)
        outage = reach.current_outage(connection)
    resting = outage is not None and now < outage.retry and not force
    found = [one for one in pool if not resting and _is_due(one, now, waits, force=force)]
    return Due(found, pool, outage)


def collect(
    db: Database,
    web: Web,
    readers: Readers,
    *,
    act: Act,
    chosen: Sequence[Source] | None = None,
    force: bool = False,
    first_fetch: int = 50,
    zone: ZoneInfo = _UTC,
    progress: Callable[[int, int], None] | None = None,
    meanwhile: Callable[[], None] | None = None,
    online: bool = False,
) -> Report:
    """Visit what is due (with ``force``: all that is not paused or gone) and store what is new, by
    the team's rules, whose days are those of ``zone``. ``progress`` is told how many visits are done.
    What is to be done ``meanwhile`` is, once the first requests are on their way.
    Whoever is ``online`` knows that the network is there: who cannot be reached is away himself.
    """
    visit, pool, outage = due(db, now=act.now, chosen=chosen, force=force)
    report = Report(sources=len(pool), skipped=len(pool) - len(visit))
    asked = {rhythm.request_for(source, now=act.now, force=force): source for source in visit}
    answers = web.fetch_all(list(asked))
    # Here, while the first requests are on their way.
    from veille.workflows.settling import Settling

    if meanwhile is not None:
        meanwhile()
    settling = Settling(db=db, report=report, act=act, first_fetch=first_fetch, zone=zone)
    sweep = Sweep[Visited](active=_active(pool) if chosen is None else None, answered=online)
    visits = sweep.through(_visits(db, web, readers, asked, answers))
    try:
        _settle(settling, visits, progress, len(visit))
    finally:
        settling.settle(_finished(readers))
    report.outage, report.answered = note_outage(db, sweep, outage, act=act), sweep.answered
    _report_unreached(report, sweep.unreached, act.now)
    return report


def _settle(
    settling: Settling,
    visits: Iterator[Visited],
    progress: Callable[[int, int], None] | None,
    total: int,
) -> None:
    """Store visits in batches, those that wait included when an end comes before its time."""
    batch = _Batch()
    try:
        for done, visited in enumerate(visits, start=1):
            batch.append(visited)
            if batch.full:
                settling.settle(batch.taken())
            if progress is not None:
                progress(done, total)
    finally:
        settling.settle(batch.taken())


@dataclass(slots=True)
class _Batch:
    """Visits that wait to be settled together."""

    visits: list[Visited] = field(default_factory=list)
    read: int = 0
    held: int = 0  # bytes
    since: float | None = None

    def append(self, visited: Visited) -> None:
        self.visits.append(visited)
        # First visits wait for one another: what several show is named by the first source, then,
        # and not by the fastest.
        if self.since is None and visited.source.body_hash is not None:
            self.since = time.monotonic()
        self.read += visited.parsed is not None
        if isinstance(visited.outcome, Fetched):
            self.held += len(visited.outcome.body)

    @property
    def full(self) -> bool:
        return (
            self.read >= READ_AT_ONCE
            or len(self.visits) >= VISITS_AT_ONCE
            or self.held > BYTES_AT_ONCE
            or (self.since is not None and time.monotonic() - self.since > A_WHILE)
        )

    def taken(self) -> list[Visited]:
        """All of them; none waits any more."""
        visits, self.visits, self.read, self.held, self.since = self.visits, [], 0, 0, None
        return visits


def _active(pool: Sequence[Source]) -> int:
    return sum(one.state is SourceState.ACTIVE for one in pool)


def _is_due(source: Source, now: datetime, waits: Mapping[str, datetime], *, force: bool) -> bool:
    """Whether to ask a source now. A host that wants to be left alone is, unless somebody insists."""
    if source.state is not SourceState.ACTIVE or force:
        return source.state is SourceState.ACTIVE
    if waits and urls.authority(source.url) in waits:
        return False
    if source.last_fetch is not None and source.last_fetch > now:
        return True  # by a clock that went wrong: what it said of the next visit is wrong, too (T3)
    return source.next_fetch is None or source.next_fetch <= now


def _report_unreached(report: Report, unreached: Sequence[Visited], now: datetime) -> None:
    for visited in unreached:
        if isinstance(visited.outcome, FetchError) and report.outage is not None:
            failure = Failure(kind=visited.outcome.kind, message=str(visited.outcome), at=now)
            report.failures.append(
                FailedSource(source=visited.source, failure=failure, next_try=report.outage.retry)
            )


def _visits(
    db: Database, web: Web, readers: Readers, asked: Mapping[Request, Source], answers: Answers
) -> Iterator[Visited]:
    """Visits in the order in which they end; indexes of site maps last, with what they name."""
    indexes: list[tuple[Visited, Parsed]] = []
    for visited in _answered(db, readers, asked, answers):
        if visited.parsed is not None and _is_index(visited):
            indexes.append((visited, visited.parsed))
        else:
            yield visited
    whole = with_parts(web, readers, [parsed for _, parsed in indexes])
    for (visited, _), parsed in zip(indexes, whole, strict=True):
        yield _visited(visited.source, visited.outcome, parsed)


def _answered(
    db: Database, readers: Readers, asked: Mapping[Request, Source], answers: Answers
) -> Iterator[Visited]:
    if any(source.body_hash is None for source in asked.values()):
        readers.warm_up()  # while we wait for the first answer
    for request, outcome in answers:
        source = asked[request]
        if isinstance(outcome, FetchError) or _says_nothing_new(source, outcome):
            yield Visited(source=source, outcome=outcome)
        else:
            _submit(db, readers, source, outcome)
        yield from _read(readers, wait=lambda: readers.full)
    yield from _read(readers, wait=lambda: True)


def _says_nothing_new(source: Source, fetched: Fetched) -> bool:
    return fetched.not_modified or rhythm.fingerprint(fetched.body) == source.body_hash


def _read(readers: Readers, *, wait: Callable[[], bool]) -> Iterator[Visited]:
    """What the readers have done, and what they still do as long as we have to ``wait``."""
    while (read := readers.take(wait=wait())) is not None:
        source, fetched, result = read
        yield _visited(source, fetched, result)


def _finished(readers: Readers) -> list[Visited]:
    """What the readers have done when a run ends before its time."""
    return [one for one in _read(readers, wait=lambda: False) if not _is_index(one)]


def _visited(
    source: Source, outcome: Fetched | FetchError | ParseError, result: Parsed | ParseError
) -> Visited:
    if isinstance(result, ParseError):
        return Visited(source=source, outcome=result)
    return Visited(source=source, outcome=outcome, parsed=result)


def _is_index(visited: Visited) -> bool:
    return visited.parsed is not None and bool(visited.parsed.parts)


def _submit(db: Database, readers: Readers, source: Source, fetched: Fetched) -> None:
    if source.kind is not SourceKind.FEED:
        option = reading.option(source.kind, source.selector)
        readers.submit(source, Job.READ_SOURCE, fetched, option)
    elif source.body_hash is None:
        readers.submit(source, Job.PARSE, fetched)
    else:
        with db.read() as connection:
            memory = memories.of(connection, source.id)
        readers.submit(source, Job.PARSE, fetched, memory)
