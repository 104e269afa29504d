"""When to ask a source again, and what a visit leaves in its row (pure).

The wait is the longest of what the source's own rhythm, its feed and its server ask for; then it is
moved to an hour and a day the feed does not exclude, and spread by the source's id, so that sources
added together are not visited together.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from veille.errors import FailureKind, FetchError, ParseError
from veille.feeds import moves
from veille.feeds.freshness import LONGEST, max_age
from veille.model.fetched import Fetched, Parsed, Request
from veille.model.source import Failure, Source, Validators, Visit
from veille.model.states import Identity, SourceState

if TYPE_CHECKING:
    from collections.abc import Mapping

_HOUR, _DAY = 3600.0, 86_400.0
_SILENT = 90 * _DAY  # without anything new: asked once a week
_SILENT_WAIT = 7 * _DAY
_RECENT = 20  # entries whose spacing makes the rhythm
_FREE_RETRIES = 3
_DEATHS = 3  # of the processes that read a feed, in a row: then it is asked once a week
_UNCONDITIONAL = 8  # days: a server that always says 304 is not believed for longer
_SPREAD = 0.1  # of the wait

Outcome = Fetched | FetchError | ParseError


def fingerprint(body: bytes) -> str:
    """What tells two bodies apart; one with the fingerprint of the last is not parsed again."""
    return hashlib.blake2b(body, digest_size=16).hexdigest()


def request_for(source: Source, *, now: datetime, force: bool = False) -> Request:
    """The request for a source: with its validators, but for one every eight days.

    ``force`` makes it unconditional too.
    """
    if force or _is_due_unconditionally(source, now):
        return Request(url=source.url)
    return Request(url=source.url, validators=source.validators)


def visit_after(
    source: Source,
    outcome: Outcome,
    *,
    now: datetime,
    parsed: Parsed | None = None,
    identity: Identity | None = None,
    shows_known: bool = True,
) -> Visit:
    """What to note of a visit that ended with ``outcome``.

    ``parsed`` is None after a 304 or the same bytes as last time; ``identity`` is what the merge
    decided, ``shows_known`` whether the feed shows anything known (or nothing was known yet). A
    failure keeps what was known (validators included), a 410 ends the visits.
    """
    known = Visit(
        at=now,
        next_fetch=next_visit(source, outcome, now=now, parsed=parsed),
        validators=source.validators,
        body_hash=source.body_hash,
        identity=identity or source.identity,
        success=False,
        state=source.state,
        errors=source.errors + 1,
        moved=moves.after(source.moved, outcome, now=now, shows_known=shows_known),
    )
    if not isinstance(outcome, Fetched):
        return _failed(known, outcome)
    validators, body_hash = _remembered(source, outcome, parsed)
    visit = replace(
        known,
        validators=validators,
        body_hash=body_hash,
        success=True,
        state=_state_of_one_that_answers(source),
        title=parsed.title if parsed else None,
        site=parsed.site if parsed else None,
        errors=0,
    )
    return replace(visit, as_before=True) if _is_as_before(source, visit) else visit


def _is_as_before(source: Source, visit: Visit) -> bool:
    """Whether a visit that succeeded leaves a source with nothing new but its times."""
    return (
        visit.title is None
        and visit.site is None
        and not source.errors
        and visit.validators == source.validators
        and visit.validators.url == source.validators.url  # which does not count when compared
        and (visit.body_hash, visit.identity) == (source.body_hash, source.identity)
        and (visit.state, visit.moved) == (source.state, source.moved)
    )


def _failed(known: Visit, error: FetchError | ParseError) -> Visit:
    state = SourceState.GONE if error.kind is FailureKind.GONE else known.state
    failure = Failure(kind=error.kind, message=str(error), at=known.at)
    return replace(known, state=state, error=failure)


def next_visit(
    source: Source, outcome: Outcome, *, now: datetime, parsed: Parsed | None = None
) -> datetime:
    """The earliest instant of the next visit: never less than an hour from ``now``.

    Everything others ask for is capped at 31 days. After a failure, three visits keep the rhythm;
    then each waits longer, up to a day.
    """
    if isinstance(outcome, Fetched):
        wait = max(_own_wait(source, parsed, now), _asked_wait(outcome.headers, parsed, now))
    else:
        wait = _wait_after(source, outcome)
    instant = now + timedelta(seconds=wait * (1 + _SPREAD * _share(source)))
    return _outside(instant, parsed) if parsed else instant


def _state_of_one_that_answers(source: Source) -> SourceState:
    """What was gone is visited again once it answered somebody who insisted."""
    return SourceState.ACTIVE if source.state is SourceState.GONE else source.state


def _remembered(
    source: Source, fetched: Fetched, parsed: Parsed | None
) -> tuple[Validators, str | None]:
    """Validators and body hash from now on (RFC 9111 section 4.3.4 for those a 304 brings)."""
    if fetched.not_modified:
        given, old = fetched.validators, source.validators
        etag = given.etag or old.etag
        dated = given.last_modified or old.last_modified
        return Validators(etag=etag, last_modified=dated, url=given.url), source.body_hash
    if parsed is not None and parsed.cut:
        return Validators(), None
    return fetched.validators, fingerprint(fetched.body)


def _own_wait(source: Source, parsed: Parsed | None, now: datetime) -> float:
    """Half the usual time between two entries, between an hour and a day; a week when silent."""
    if parsed is None:
        return _last_wait(source)
    dates = sorted(
        (entry.published for entry in parsed.entries if entry.published and entry.published <= now),
        reverse=True,
    )[:_RECENT]
    if not dates:
        return _HOUR
    if (now - dates[0]).total_seconds() > _SILENT:
        return _SILENT_WAIT
    if len(dates) == 1:
        return _DAY
    spacing = (now - dates[-1]).total_seconds() / len(dates)
    return min(max(spacing / 2, _HOUR), _DAY)


def _last_wait(source: Source) -> float:
    """What was decided last time, since an unchanged feed says nothing new of its rhythm."""
    if source.next_fetch is None or source.last_fetch is None or source.errors:
        return _HOUR
    spread = 1 + _SPREAD * _share(source)
    wait = (source.next_fetch - source.last_fetch).total_seconds() / spread
    return min(max(wait, _HOUR), _SILENT_WAIT)


def _asked_wait(headers: Mapping[str, str], parsed: Parsed | None, now: datetime) -> float:
    asked = [max_age(headers, now) or 0.0]
    if parsed is not None and parsed.ttl is not None:
        asked.append(parsed.ttl)
    return min(max(asked), LONGEST)


def _wait_after(source: Source, error: FetchError | ParseError) -> float:
    asked = error.retry_after or 0.0 if isinstance(error, FetchError) else 0.0
    if asked:
        return max(asked, _HOUR)
    usual = _last_wait(source)
    failures = source.errors + 1
    if is_quarantined(error.kind, failures):
        return 7 * _DAY
    if failures <= _FREE_RETRIES:
        return usual
    return max(usual, min((failures - _FREE_RETRIES + 1) * _HOUR, _DAY))


def is_quarantined(kind: FailureKind, failures: int) -> bool:
    """Whether a source ended those who read it too often: never given up, but seldom tried (F5)."""
    return kind is FailureKind.PARSE_TIMEOUT and failures >= _DEATHS


def _share(source: Source) -> float:
    """A number from 0 to 1 that is the source's own, and the same at every start."""
    digest = hashlib.blake2b(str(source.id).encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") / 0xFFFFFFFF


def _outside(instant: datetime, parsed: Parsed) -> datetime:
    """The instant, or the first full hour after it that the feed does not exclude (in GMT)."""
    for _ in range(8 * 24):
        if instant.hour not in parsed.skip_hours and instant.weekday() not in parsed.skip_days:
            break
        instant = instant.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return instant


def _is_due_unconditionally(source: Source, now: datetime) -> bool:
    """Whether a period of eight days since the source was added began after its last visit."""
    if source.last_fetch is None:
        return True
    period = timedelta(days=_UNCONDITIONAL)
    return (now - source.added) // period > (source.last_fetch - source.added) // period
