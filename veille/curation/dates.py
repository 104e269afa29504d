"""Days, months, weeks, quarters, years and ages as they are written in a search (ISO 8601)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_PERIOD = re.compile(
    r"(?P<year>[1-9][0-9]{3})"
    r"(?:-(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2}))?|-?[Ww](?P<week>[0-9]{2})|-?[Qq](?P<quarter>[1-4]))?"
)
_AGE = re.compile(r"([<>])([0-9]{1,6})([hdwmy])", re.IGNORECASE)
_SPAN = re.compile(r"([0-9]{1,6}) ?(?:([hdwmy])|(hour|day|week|month|year)s?)", re.IGNORECASE)
_OPEN = ("", "..")
_UNITS = {
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
    "m": timedelta(days=30),
    "y": timedelta(days=365),
}
OLDEST = timedelta(days=365 * 200)  # further back than any item; now minus this is still a date

Bounds = tuple[datetime | None, datetime | None]


def interval(value: str, *, now: datetime, zone: ZoneInfo) -> Bounds:
    """The instants from ``start`` up to, not including, ``end``, in UTC; None is open.

    ``value`` is a year, a quarter, a month, a week, a day, ``today``, ``yesterday``, or two of
    these with ``/`` between, both included; ``..`` leaves an end open. Days begin at midnight in
    ``zone``. Raises :class:`ValueError` when it is none of these.
    """
    today = now.astimezone(zone).date()
    first, slash, last = value.partition("/")
    start = None if slash and first in _OPEN else _days(first, today)[0]
    end = _days(last if slash else first, today)[1] if not slash or last not in _OPEN else None
    if (start is None and end is None) or (start and end and end <= start):
        raise ValueError(value)
    return _midnight(start, zone), _midnight(end, zone)


def age(value: str) -> tuple[timedelta, bool]:
    """The limit and whether younger is meant, of ``<7d`` or ``>1y``; a month counts 30 days.

    Raises :class:`ValueError` for anything else.
    """
    written = _AGE.fullmatch(value)
    if written is None:
        raise ValueError(value)
    limit = int(written[2]) * _UNITS[written[3].lower()]
    if limit > OLDEST:
        raise ValueError(value)
    return limit, written[1] == "<"


def span(value: str) -> timedelta:
    """The time that ``2 years``, ``18 months`` or, as in searches, ``2y`` says.

    A month counts 30 days, a year 365. Raises :class:`ValueError` for anything else.
    """
    written = _SPAN.fullmatch(value.strip())
    if written is None:
        raise ValueError(value)
    limit = int(written[1]) * _UNITS[(written[2] or written[3])[0].lower()]
    if limit > OLDEST:
        raise ValueError(value)
    return limit


def _days(text: str, today: date) -> tuple[date, date]:
    """The first day of a period, and the first day after it."""
    day = timedelta(days=1)
    if text == "today":
        return today, today + day
    if text == "yesterday":
        return today - day, today
    written = _PERIOD.fullmatch(text)
    if written is None:
        raise ValueError(text)
    try:
        return _period(int(written["year"]), written)
    except OverflowError as error:  # the last days of the year 9999
        raise ValueError(text) from error


def _period(year: int, written: re.Match[str]) -> tuple[date, date]:
    if written["week"]:
        monday = date.fromisocalendar(year, int(written["week"]), 1)
        return monday, monday + timedelta(weeks=1)
    if written["day"]:
        first = date(year, int(written["month"]), int(written["day"]))
        return first, first + timedelta(days=1)
    if written["month"]:
        return _months(year, int(written["month"]), 1)
    if written["quarter"]:
        return _months(year, 3 * int(written["quarter"]) - 2, 3)
    return _months(year, 1, 12)


def _months(year: int, month: int, count: int) -> tuple[date, date]:
    years, following = divmod(month - 1 + count, 12)
    return date(year, month, 1), date(year + years, following + 1, 1)


def _midnight(day: date | None, zone: ZoneInfo) -> datetime | None:
    if day is None:
        return None
    return datetime.combine(day, time(), zone).astimezone(UTC)
