"""Figures that lead to a decision: of a period, and of each source."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from veille.curation import dates
from veille.errors import UsageError
from veille.model.figures import Period, Stats, Step, Yield
from veille.store import figures as store

if TYPE_CHECKING:
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

    from veille.store.database import Database
    from veille.workflows.acting import Act

TAGS = 20
_WEEKS, _MONTHS = 45, 200  # days: up to there by days, by weeks
_EPOCH = date(1970, 1, 1)
_LONG_AGO = timedelta(days=3660)


def period(asked: str | None, *, days: int, zone: ZoneInfo, act: Act) -> Period:
    """The period that is meant: ``2026-11``, ``2026-Q4``, ``2026-10-01/2026-10-31`` … or the last days.

    What lies ahead is left out. Raises :class:`~veille.errors.UsageError`.
    """
    now = act.now + timedelta(microseconds=1)  # what is done at this instant counts
    if asked is None:
        return Period(name=f"{days} d", start=now - timedelta(days=days), end=now)
    try:
        start, end = dates.interval(asked, now=act.now, zone=zone)
    except ValueError as error:
        raise UsageError(
            f"'{asked}' is no period: write 2026, 2026-Q4, 2026-11, 2026-W45 or 2026-10-01/2026-10-31"
        ) from error
    end = min(end or now, now)
    start = start or end - _LONG_AGO
    if start >= end:
        raise UsageError(f"'{asked}' has not begun yet: there is nothing to count")
    return Period(name=asked, start=start, end=end)


def stats(db: Database, period: Period, *, zone: ZoneInfo, act: Act) -> Stats:
    """The figures of a period, and of the one before it."""
    goes_on = period.end > act.now - timedelta(days=1)
    shift = period.start.astimezone(zone).utcoffset() or timedelta()
    with db.read() as connection:
        received, kept = store.by_day(connection, period, shift)
        return Stats(
            period=period,
            flow=store.flow(connection, period, waiting=goes_on),
            earlier=store.flow(connection, period.before),
            steps=_steps(period, shift, received, kept),
            curators=tuple(store.curators(connection, period, shift)),
            tags=tuple(store.tags(connection, period, TAGS)),
            editions=tuple(store.editions(connection, period)),
        )


def _steps(
    period: Period, shift: timedelta, received: dict[int, int], kept: dict[int, int]
) -> tuple[Step, ...]:
    """By day, by week or by month, whichever makes a picture; none is left out."""
    first, last = _day(period.start, shift), _day(period.end - timedelta(microseconds=1), shift)
    start = _start_of_steps((last - first).days + 1)
    counts: defaultdict[date, list[int]] = defaultdict(lambda: [0, 0])
    for ahead in range((last - first).days + 1):
        day = first + timedelta(days=ahead)
        count = counts[max(start(day), first)]
        number = (day - _EPOCH).days
        count[0] += received.get(number, 0)
        count[1] += kept.get(number, 0)
    return tuple(Step(first=day, received=all_, kept=some) for day, (all_, some) in counts.items())


def _start_of_steps(days: int) -> Callable[[date], date]:
    if days <= _WEEKS:
        return lambda day: day
    if days <= _MONTHS:
        return lambda day: day - timedelta(days=day.weekday())
    return lambda day: day.replace(day=1)


def _day(instant: datetime, shift: timedelta) -> date:
    return (instant.astimezone(UTC) + shift).date()


def sources(db: Database, period: Period) -> Yield:
    """What each source gave in a period."""
    with db.read() as connection:
        return Yield(period=period, sources=tuple(store.sources(connection, period)))
