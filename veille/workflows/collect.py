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

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol
from zoneinfo import ZoneInfo

from veille.errors import FetchError, ParseError
from veille.feeds import reading, rhythm, urls
from veille.feeds.merge import is_enough, keys_everywhere, merge, remembered
from veille.feeds.workers.jobs import Job
from veille.model.fetched import Fetched, Parsed, Request
from veille.model.source import Failure
from veille.model.states import SourceKind, SourceState
from veille.store import ingest, memories, reach, sources
from veille.workflows import ruling
from veille.workflows.reaching import Sweep, follow_up, note_outage
from veille.workflows.sitemaps import with_parts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from veille.model.source import Source, Visit
    from veille.model.states import Identity
    from veille.store.database import Connection, Database
    from veille.store.reach import Outage
    from veille.workflows.acting import Act

SOURCES_A_TRANSACTION = 20
_UTC = ZoneInfo("UTC")
BYTES_A_TRANSACTION = 16 * 2**20  # of answers, which are held until then


class Web(Protocol):
    """The door to the web, many requests at once."""

    def fetch_all(
        self, requests: Iterable[Request]
    ) -> Iterator[tuple[Request, Fetched | FetchError]]:
        """Answers and errors, in the order in which they come."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedSource:
    """A source that could not be collected, and when it is tried again."""

    source: Source
    failure: Failure
    next_try: datetime | None


@dataclass(slots=True, kw_only=True)
class Report:
    """What a run did. ``seen`` counts known items that a source now shows too.

    ``outage`` is the one that goes on: nothing could be reached, and that is no source's error.
    """

    sources: int
    skipped: int = 0
    fetched: int = 0
    not_modified: int = 0
    new: int = 0
    updated: int = 0
    seen: int = 0
    failures: list[FailedSource] = field(default_factory=list)
    problems: list[tuple[Source, str]] = field(default_factory=list)  # read, but ill-formed
    outage: Outage | None = None
    rules: ruling.Tally = field(default_factory=ruling.Tally)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Visited:
    """A source with its answer, read as far as it could be."""

    source: Source
    outcome: Fetched | FetchError | ParseError
    parsed: Parsed | None = None


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
) -> Report:
    """Visit what is due (with ``force``: all that is not paused or gone) and store what is new, by
    the team's rules, whose days are those of ``zone``. ``progress`` is told how many visits are done.
    """
    with db.read() as connection:
        pool = list(chosen) if chosen is not None else sources.everything(connection, counts=False)
        waits = reach.waits(connection, act.now)
        outage = reach.current_outage(connection)
    resting = outage is not None and act.now < outage.retry and not force
    due = [one for one in pool if not resting and _is_due(one, act.now, waits, force=force)]
    report = Report(sources=len(pool), skipped=len(pool) - len(due))
    batch: list[_Visited] = []
    sweep = Sweep[_Visited](active=_active(pool) if chosen is None else None)
    try:
        visits = _visits(db, web, readers, due, act.now, force=force)
        for done, visited in enumerate(sweep.through(visits), start=1):
            batch.append(visited)
            if len(batch) >= SOURCES_A_TRANSACTION or _weight(batch) > BYTES_A_TRANSACTION:
                _store(db, batch, report, act, first_fetch, zone)
                batch = []
            if progress is not None:
                progress(done, len(due))
    finally:
        rest = [one for one in _read(readers, wait=lambda: False) if not _is_index(one)]
        _store(db, [*batch, *rest], report, act, first_fetch, zone)
    report.outage = note_outage(db, sweep, outage, act=act)
    for visited in sweep.unreached:
        _report_unreached(report, visited, act.now)
    return report


def _active(pool: Sequence[Source]) -> int:
    return sum(one.state is SourceState.ACTIVE for one in pool)


def _is_due(source: Source, now: datetime, waits: Mapping[str, datetime], *, force: bool) -> bool:
    """Whether to ask a source now. A host that wants to be left alone is, unless somebody insists."""
    if source.state is not SourceState.ACTIVE or force:
        return source.state is SourceState.ACTIVE
    if urls.authority(source.url) in waits:
        return False
    if source.last_fetch is not None and source.last_fetch > now:
        return True  # by a clock that went wrong: what it said of the next visit is wrong, too (T3)
    return source.next_fetch is None or source.next_fetch <= now


def _report_unreached(report: Report, visited: _Visited, now: datetime) -> None:
    if isinstance(visited.outcome, FetchError) and report.outage is not None:
        failure = Failure(kind=visited.outcome.kind, message=str(visited.outcome), at=now)
        report.failures.append(
            FailedSource(source=visited.source, failure=failure, next_try=report.outage.retry)
        )


def _visits(
    db: Database, web: Web, readers: Readers, due: Sequence[Source], now: datetime, *, force: bool
) -> Iterator[_Visited]:
    """Visits in the order in which they end; indexes of site maps last, with what they name."""
    indexes: list[tuple[_Visited, Parsed]] = []
    for visited in _answers(db, web, readers, due, now, force=force):
        if visited.parsed is not None and _is_index(visited):
            indexes.append((visited, visited.parsed))
        else:
            yield visited
    whole = with_parts(web, readers, [parsed for _, parsed in indexes])
    for (visited, _), parsed in zip(indexes, whole, strict=True):
        yield _visited(visited.source, visited.outcome, parsed)


def _answers(
    db: Database, web: Web, readers: Readers, due: Sequence[Source], now: datetime, *, force: bool
) -> Iterator[_Visited]:
    asked = {rhythm.request_for(source, now=now, force=force): source for source in due}
    if any(source.body_hash is None for source in due):
        readers.warm_up()  # while we wait for the first answer
    for request, outcome in web.fetch_all(list(asked)):
        source = asked[request]
        if isinstance(outcome, FetchError) or _says_nothing_new(source, outcome):
            yield _Visited(source=source, outcome=outcome)
        else:
            _submit(db, readers, source, outcome)
        yield from _read(readers, wait=lambda: readers.full)
    yield from _read(readers, wait=lambda: True)


def _says_nothing_new(source: Source, fetched: Fetched) -> bool:
    return fetched.not_modified or rhythm.fingerprint(fetched.body) == source.body_hash


def _read(readers: Readers, *, wait: Callable[[], bool]) -> Iterator[_Visited]:
    """What the readers have done, and what they still do as long as we have to ``wait``."""
    while (read := readers.take(wait=wait())) is not None:
        source, fetched, result = read
        yield _visited(source, fetched, result)


def _visited(
    source: Source, outcome: Fetched | FetchError | ParseError, result: Parsed | ParseError
) -> _Visited:
    if isinstance(result, ParseError):
        return _Visited(source=source, outcome=result)
    return _Visited(source=source, outcome=outcome, parsed=result)


def _is_index(visited: _Visited) -> bool:
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


def _weight(batch: Iterable[_Visited]) -> int:
    return sum(len(one.outcome.body) for one in batch if isinstance(one.outcome, Fetched))


def _store(
    db: Database,
    batch: Sequence[_Visited],
    report: Report,
    act: Act,
    first_fetch: int,
    zone: ZoneInfo,
) -> None:
    if not batch:
        return
    # In the order of the sources, not of their answers: the same feeds give the same items.
    with db.write() as connection:
        new: list[int] = []
        for visited in sorted(batch, key=lambda visited: visited.source.id):
            new += _settle(connection, visited, report, act, first_fetch)
        report.rules += ruling.apply_new(connection, new, zone=zone, act=act)


class _Merged(NamedTuple):
    """What a document came to."""

    new: Sequence[int] = ()
    identity: Identity | None = None
    shows_known: bool = True
    memory: bytes | None = None


def _settle(
    connection: Connection, visited: _Visited, report: Report, act: Act, first_fetch: int
) -> Sequence[int]:
    """Merge one answer with what is known and note the visit; the new items."""
    source = visited.source
    if isinstance(visited.outcome, FetchError) and not visited.outcome.asked:
        report.skipped += 1  # its host asked for peace since we began: it stays due
        return ()
    merged: _Merged | None = _Merged()
    if visited.parsed is not None:
        merged = _merge(connection, source, visited.parsed, report, act, first_fetch)
    if merged is None:
        memories.forget(connection, source.id)  # it misleads: the source stays due, and is
        report.skipped += 1  # read whole next time
        return ()
    visit = rhythm.visit_after(
        source,
        visited.outcome,
        now=act.now,
        parsed=visited.parsed,
        identity=merged.identity,
        shows_known=merged.shows_known,
    )
    sources.record_visit(connection, source.id, visit, memory=merged.memory)
    follow_up(connection, source, visited.outcome, visit, act)
    _count(report, visited, visit)
    return merged.new


def _merge(
    connection: Connection,
    source: Source,
    parsed: Parsed,
    report: Report,
    act: Act,
    first_fetch: int,
) -> _Merged | None:
    """Store what a document changes; None when entries came from a memory of what is not stored."""
    known = ingest.known(connection, source.id, keys_everywhere(source, parsed))
    if not is_enough(source, parsed, known):
        return None
    changes = merge(source, parsed, known, now=act.now, first_fetch=first_fetch)
    applied = ingest.apply(connection, source.id, changes, at=act.now, batch=act.batch)
    report.new += applied.new
    report.updated += applied.updated
    report.seen += applied.seen
    if parsed.problem:
        report.problems.append((source, parsed.problem))
    return _Merged(
        new=applied.ids,
        identity=changes.identity,
        shows_known=not known.sightings or len(changes.new) < len(parsed.entries),
        memory=remembered(source, parsed),
    )


def _count(report: Report, visited: _Visited, visit: Visit) -> None:
    if visit.error is not None:
        next_try = visit.next_fetch if visit.state is SourceState.ACTIVE else None
        failed = FailedSource(source=visited.source, failure=visit.error, next_try=next_try)
        report.failures.append(failed)
    elif isinstance(visited.outcome, Fetched) and visited.outcome.not_modified:
        report.not_modified += 1
    else:
        report.fetched += 1
