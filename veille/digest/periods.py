"""Periods: the stretch of time an edition is about, as ISO 8601 would write it.

===========  =============  ===================
rhythm       period         in words
===========  =============  ===================
week         ``2026-W47``   semaine 47, 2026
month        ``2026-11``    novembre 2026
quarter      ``2026-Q4``    4e trimestre 2026
year         ``2026``       2026
===========  =============  ===================

Weeks are those of ISO 8601: the last days of December may belong to week 1 of the next year.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from babel.dates import format_date

from veille.digest.catalogue import catalogue
from veille.errors import UsageError
from veille.model.states import Every

_FORMS = {
    Every.WEEK: re.compile(r"(?P<year>\d{4})-W(?P<part>\d{2})", re.ASCII),
    Every.MONTH: re.compile(r"(?P<year>\d{4})-(?P<part>\d{2})", re.ASCII),
    Every.QUARTER: re.compile(r"(?P<year>\d{4})-Q(?P<part>\d)", re.ASCII),
    Every.YEAR: re.compile(r"(?P<year>\d{4})(?P<part>)", re.ASCII),
}
_EXAMPLES = {
    Every.WEEK: "2026-W47",
    Every.MONTH: "2026-11",
    Every.QUARTER: "2026-Q4",
    Every.YEAR: "2026",
}


def period_of(every: Every, day: date) -> str:
    """The period ``day`` falls in."""
    if every is Every.WEEK:
        year, week, _ = day.isocalendar()
        return f"{year:04}-W{week:02}"
    if every is Every.MONTH:
        return f"{day.year:04}-{day.month:02}"
    if every is Every.QUARTER:
        return f"{day.year:04}-Q{(day.month + 2) // 3}"
    return f"{day.year:04}"


def first_day(period: str) -> date:
    """The day ``period`` begins. Raises UsageError when it is no period."""
    for every, form in _FORMS.items():
        if match := form.fullmatch(period):
            return _first_day(every, period, int(match["year"]), int(match["part"] or 1))
    raise UsageError(f"'{period}' is no period: write it like 2026-11, 2026-W47, 2026-Q4 or 2026")


def next_period(every: Every, period: str) -> str:
    """The period after ``period``. Raises UsageError when ``period`` is not one of ``every``."""
    day = first_day(parse(every, period))
    # The longest period of each rhythm, counted from its first day, always ends in the next one.
    days = {Every.WEEK: 7, Every.MONTH: 31, Every.QUARTER: 92, Every.YEAR: 366}[every]
    return period_of(every, day + timedelta(days=days))


def parse(every: Every, text: str) -> str:
    """``text`` as a period of rhythm ``every``. Raises UsageError, saying the expected form."""
    period = text.strip().upper()
    if not _FORMS[every].fullmatch(period):
        raise UsageError(
            f"'{text}' is no period of a digest that appears every {every}: "
            f"write it like {_EXAMPLES[every]}"
        )
    first_day(period)
    return period


def label(period: str, locale: str) -> str:
    """``period`` in words: ``novembre 2026``, ``semaine 47, 2026``, ``4e trimestre 2026``."""
    day = first_day(period)
    if "W" in period:
        year, week = period.split("-W")
        words = catalogue(locale).gettext("week %(week)s, %(year)s")
        return words % {"week": int(week), "year": year}
    if "Q" in period:
        return format_date(day, "QQQQ y", locale=locale)
    return format_date(day, "LLLL y", locale=locale) if "-" in period else period


def iso_8601(period: str) -> str:
    """``period`` as ISO 8601 has it: itself, but for quarters, which become ``2026-10/2026-12``."""
    if "Q" not in period:
        return period
    first = first_day(period)
    return f"{first:%Y-%m}/{first.replace(month=first.month + 2):%Y-%m}"


def _first_day(every: Every, period: str, year: int, part: int) -> date:
    try:
        first = date.fromisocalendar(year, part, 1) if every is Every.WEEK else None
        first = first or date(year, part * 3 - 2 if every is Every.QUARTER else part, 1)
        first.replace(year=year + 2, day=1)  # there must be a next period, and one after it
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"'{period}' does not exist in the calendar: write a period like {_EXAMPLES[every]}"
        ) from error
    return first
