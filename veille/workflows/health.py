"""How a source is doing, in one word, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from veille.errors import FailureKind
from veille.feeds import moves, rhythm, urls
from veille.model.states import SourceState
from veille.model.text import masked
from veille.store import addresses, failures, health, reach, sources

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from veille.model.source import Failure, FormerAddress, Source
    from veille.store.database import Database
    from veille.store.health import Pulse

WINDOW = timedelta(days=91)  # over which the rhythm is counted: thirteen weeks
_FAILURES = 3
_PATIENCE = timedelta(hours=48)
_DEAD = timedelta(days=30)
_SILENT = timedelta(days=90)  # at least, and three times the usual distance between two items


class Condition(StrEnum):
    """What there is to say of a source; the first that fits."""

    GONE = "gone"
    PAUSED = "paused"
    QUARANTINED = "quarantined"
    DEAD = "dead"
    FAILING = "failing"
    ELSEWHERE = "elsewhere"  # it redirects for good, to another feed
    SILENT = "silent"
    MOVING = "moving"  # it redirects for good, not yet for long enough
    WELL = "well"

    @property
    def is_wrong(self) -> bool:
        """Whether nothing comes of the source until somebody does something."""
        return self in _WRONG

    @property
    def is_well(self) -> bool:
        """Whether there is nothing to say."""
        return self in (Condition.PAUSED, Condition.WELL)


_WRONG = frozenset(
    {
        Condition.GONE,
        Condition.QUARANTINED,
        Condition.DEAD,
        Condition.FAILING,
        Condition.ELSEWHERE,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """A source's state of health. ``per_week`` is its rhythm, ``kept`` the share that was kept."""

    source: Source
    condition: Condition
    per_week: float
    kept: float | None
    newest: datetime | None
    words: str | None = None  # what is the matter
    remedy: str | None = None  # what to do


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """All that is known of one source's past."""

    health: Health
    failures: Sequence[Failure]
    former: Sequence[FormerAddress]
    wait: datetime | None  # its host wants to be left alone until then


def of_all(db: Database, *, now: datetime) -> list[Health]:
    """The health of all sources, by title."""
    with db.read() as connection:
        pulses = health.pulses(connection, now - WINDOW)
        everything = sources.everything(connection)
    return [examine(source, pulses.get(source.id), now) for source in everything]


def record(db: Database, source: Source, *, now: datetime) -> Record:
    """One source's health, its last failures, where it lived, and what its host asked for."""
    with db.read() as connection:
        pulse = health.pulses(connection, now - WINDOW, source.id).get(source.id)
        waits = reach.waits(connection, now)
        return Record(
            health=examine(source, pulse, now),
            failures=failures.of(connection, source.id),
            former=addresses.of(connection, source.id),
            wait=waits.get(urls.authority(source.url)),
        )


def examine(source: Source, pulse: Pulse | None, now: datetime) -> Health:
    """The health of a source (pure)."""
    condition = _condition(source, pulse, now)
    words, remedy = _told(source, pulse, condition, now)
    return Health(
        source=source,
        condition=condition,
        per_week=round((pulse.recent if pulse else 0) * 7 / WINDOW.days, 1),
        kept=source.kept / source.items if source.items else None,
        newest=pulse.newest if pulse else None,
        words=words,
        remedy=remedy,
    )


def _condition(source: Source, pulse: Pulse | None, now: datetime) -> Condition:
    settled = {SourceState.GONE: Condition.GONE, SourceState.PAUSED: Condition.PAUSED}
    if source.state in settled:
        return settled[source.state]
    if source.last_error and rhythm.is_quarantined(source.last_error.kind, source.errors):
        return Condition.QUARANTINED
    without = now - (source.last_success or source.added)
    if source.errors > _FAILURES and without >= _PATIENCE:
        return Condition.DEAD if without >= _DEAD else Condition.FAILING
    if source.moved is not None and not source.moved.known and source.moved.visits >= moves.VISITS:
        return Condition.ELSEWHERE
    if pulse is not None and now - pulse.newest > max(_SILENT, 3 * _spacing(pulse)):
        return Condition.SILENT
    return Condition.MOVING if source.moved is not None else Condition.WELL


def _spacing(pulse: Pulse) -> timedelta:
    return (pulse.newest - pulse.oldest) / max(pulse.items - 1, 1)


def _told(
    source: Source, pulse: Pulse | None, condition: Condition, now: datetime
) -> tuple[str | None, str | None]:
    """What is the matter, and what to do, each on a line."""
    to = source.moved.to if source.moved else ""
    newest = pulse.newest.date().isoformat() if pulse else ""
    failed = f"{source.errors} failures in a row, {_since(source, now)}"
    edit, remove, pause, resume = (
        f"'veille source {verb} {source.id}" for verb in ("edit", "remove", "pause", "resume")
    )
    told: dict[Condition, tuple[str, str]] = {
        Condition.GONE: (
            "its server says that it is gone for good",
            f"look for its new address ({edit} --url URL'), or {remove}'",
        ),
        Condition.PAUSED: ("paused by a curator", f"{resume}' visits it again"),
        Condition.QUARANTINED: (
            "reading it ended the process that did, three times in a row: asked once a week",
            f"look at {masked(source.url)}; {pause}' leaves it alone",
        ),
        Condition.DEAD: (failed, _advice(source)),
        Condition.FAILING: (failed, _advice(source)),
        Condition.ELSEWHERE: (
            f"it redirects for good to another feed: {to}",
            f"if that is right, {edit} --url {to}'",
        ),
        Condition.SILENT: (
            f"nothing new since {newest}, against its habit",
            f"look at {source.site or masked(source.url)}; {remove}' if it ended",
        ),
        Condition.MOVING: (
            f"it redirects for good to {to}",
            "nothing: that address is adopted after five visits over a week",
        ),
    }
    return told.get(condition, (None, None))


def _since(source: Source, now: datetime) -> str:
    if source.last_success is None:
        return f"never read since it was added on {source.added.date().isoformat()}"
    days = (now - source.last_success).days
    return f"last read {days} days ago"


_ADVICE = {
    FailureKind.NOT_A_FEED: "its address gives a page now: find the feed with 'veille source add {site}'",
    FailureKind.DNS: "its name is no longer known: look for its new address",
    FailureKind.TLS: "its certificate is not valid: tell its webmaster",
    FailureKind.BLOCKED: "it lives on a private address: allow it with collect.allow_private",
    FailureKind.TOO_LARGE: "raise collect.max_bytes if it is worth it",
    FailureKind.RATE_LIMITED: "its host asks for peace: nothing to do unless it lasts",
    FailureKind.PARSE_TIMEOUT: "it takes too much to read: tell its webmaster",
}


def _advice(source: Source) -> str:
    kind = source.last_error.kind if source.last_error else None
    advice = _ADVICE.get(kind) if kind else None
    if advice is None:
        advice = "open {site} in a browser: it may have moved"
    change = f"'veille source edit {source.id} --url URL', or 'veille source pause {source.id}'"
    return f"{advice.format(site=source.site or masked(source.url))}; then {change}"
