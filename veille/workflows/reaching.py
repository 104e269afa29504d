"""What the visits of a sweep say beyond their own sources: of hosts, of moves, of the network.

When nothing at all answers, the fault is ours: failures are held back until somebody answered, and if
nobody did, they are one outage and no source's error (N22).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from veille.errors import FailureKind, FetchError, ParseError
from veille.feeds import moves, urls
from veille.model.event import Action
from veille.model.states import SourceState
from veille.store import addresses, events, reach

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from veille.model.fetched import Fetched
    from veille.model.source import Source, Visit
    from veille.store.database import Connection, Database
    from veille.store.reach import Outage
    from veille.workflows.acting import Act

RETRY = timedelta(minutes=4)  # with the loop's look every five, tried again in ten at most
_LEAST_WAIT = timedelta(hours=1)
_HOSTS = 3  # that answered last time and do not now: more than chance
_UNREACHABLE = frozenset(
    {
        FailureKind.DNS,
        FailureKind.TIMEOUT,
        FailureKind.REFUSED,
        FailureKind.NETWORK,
        FailureKind.TLS,  # a portal that wants a login, or a clock that is wrong
    }
)


class Visited(Protocol):
    """A source, and how asking it ended."""

    @property
    def source(self) -> Source:
        """Who was asked."""

    @property
    def outcome(self) -> Fetched | FetchError | ParseError:
        """What came of it."""


V = TypeVar("V", bound=Visited)


class Sweep(Generic[V]):
    """Lets visits through once anybody answered; ``unreached`` are those of an outage."""

    def __init__(self, *, active: int | None, answered: bool = False) -> None:
        """``active`` is how many sources are visited in all, None when only some were chosen;
        ``answered`` that somebody did a moment ago."""
        self._active = active
        self._before = answered
        self.answered = False
        self.unreached: list[V] = []

    def through(self, visits: Iterator[V]) -> Iterator[V]:
        """The same visits, failures to reach anybody behind the first answer."""
        held: list[V] = []
        for visited in visits:
            if not (self.answered or self._before) and _is_unreachable(visited):
                held.append(visited)
                continue
            yield visited
            if not self.answered and _is_answer(visited):
                self.answered = True
                yield from held
                held.clear()
        if self._is_outage(held):
            self.unreached = held
        else:
            yield from held

    def _is_outage(self, held: list[V]) -> bool:
        """Sources that failed before prove nothing: three hosts that did not, or simply everybody."""
        sound = [visited.source for visited in held if not visited.source.errors]
        if len({urls.authority(source.url) for source in sound}) >= _HOSTS:
            return True
        return bool(sound) and len(held) > 1 and len(held) == self._active


def _is_unreachable(visited: Visited) -> bool:
    return isinstance(visited.outcome, FetchError) and visited.outcome.kind in _UNREACHABLE


def _is_answer(visited: Visited) -> bool:
    """Whether a server was reached: neither our own guard nor our own patience said it."""
    outcome = visited.outcome
    return not isinstance(outcome, FetchError) or (
        outcome.asked and outcome.kind is not FailureKind.BLOCKED
    )


def note_outage(db: Database, sweep: Sweep[V], before: Outage | None, *, act: Act) -> Outage | None:
    """Record that nothing could be reached, or that an outage is over; the one that goes on."""
    if sweep.unreached:
        with db.write() as connection:
            return reach.note_outage(connection, at=act.now, retry=act.now + RETRY)
    if before is not None and sweep.answered:
        with db.write() as connection:
            reach.end_outage(connection, at=act.now)
        return None
    return before


def follow_up(
    connection: Connection,
    source: Source,
    outcome: Fetched | FetchError | ParseError,
    visit: Visit,
    act: Act,
) -> None:
    """What a visit means for a host, for the source's address and for the log."""
    note_wish(connection, source.url, outcome, act.now)
    if visit.state is SourceState.GONE and source.state is not SourceState.GONE:
        _tell(connection, act, Action.SOURCE_GONE, source, {"state": source.state})
    if visit.moved is not None and visit.success and moves.is_proven(visit.moved, act.now):
        _adopt(connection, source, visit.moved.to, act)


def note_wish(
    connection: Connection,
    url: str,
    outcome: Fetched | FetchError | ParseError | None,
    now: datetime,
) -> None:
    """Remember that a host wants to be left alone, when that is what it answered."""
    if not isinstance(outcome, FetchError) or not outcome.asked:
        return
    if outcome.kind is not FailureKind.RATE_LIMITED:
        return
    wait = max(timedelta(seconds=outcome.retry_after or 0), _LEAST_WAIT)
    host = outcome.host or urls.authority(url)
    reach.leave_alone(connection, host, until=now + wait, now=now)


def _adopt(connection: Connection, source: Source, url: str, act: Act) -> None:
    there = addresses.adopt(connection, source, url=url, key=urls.key(url), at=act.now)
    action = Action.SOURCE_MOVE if there == source.id else Action.SOURCE_MERGE
    _tell(connection, act, action, source, {"url": source.url}, {"url": url, "source": there})


def _tell(
    connection: Connection,
    act: Act,
    action: Action,
    source: Source,
    before: dict[str, object],
    after: dict[str, object] | None = None,
) -> None:
    """An event of nobody: the machine did it by itself."""
    event = act.event(action, subject=f"source {source.id}", before=before, after=after)
    events.append(connection, [replace(event, actor=None)])
