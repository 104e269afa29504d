"""Periods and dates in words."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veille.digest import periods
from veille.digest.dates import day
from veille.errors import UsageError
from veille.model.states import Every

DAYS = st.dates(date(1, 1, 8), date(9990, 12, 31))


@pytest.mark.parametrize(
    ("every", "period", "following", "french", "english"),
    [
        (Every.WEEK, "2026-W47", "2026-W48", "semaine 47, 2026", "week 47, 2026"),
        (Every.WEEK, "2026-W53", "2027-W01", "semaine 53, 2026", "week 53, 2026"),
        (Every.MONTH, "2026-12", "2027-01", "décembre 2026", "December 2026"),
        (Every.MONTH, "2026-02", "2026-03", "février 2026", "February 2026"),
        (Every.QUARTER, "2026-Q4", "2027-Q1", "4e trimestre 2026", "4th quarter 2026"),
        (Every.YEAR, "2026", "2027", "2026", "2026"),
    ],
)
def test_a_period_has_a_next_one_and_a_name(every, period, following, french, english):
    """T7: the right period name."""
    assert periods.next_period(every, period) == following
    assert periods.label(period, "fr") == french
    assert periods.label(period, "en") == english


@given(DAYS, st.sampled_from(Every))
def test_every_day_is_in_one_period_and_the_next_one_follows(today, every):
    """T7: no period twice, none skipped."""
    period = periods.period_of(every, today)
    following = periods.next_period(every, period)
    assert periods.parse(every, period) == period
    assert periods.first_day(period) <= today < periods.first_day(following)
    last = date.fromordinal(periods.first_day(following).toordinal() - 1)
    assert periods.period_of(every, last) == period


def test_the_last_days_of_december_may_be_in_week_1():
    assert periods.period_of(Every.WEEK, date(2024, 12, 30)) == "2025-W01"


@pytest.mark.parametrize(
    ("every", "text"),
    [
        (Every.MONTH, "2026-13"), (Every.MONTH, "2026-W01"), (Every.MONTH, "nov"), (Every.WEEK, "2025-W53"),
        (Every.WEEK, "2026-W00"), (Every.QUARTER, "2026-Q5"), (Every.QUARTER, "2026-Q0"), (Every.YEAR, "26"),
        (Every.YEAR, "0000"), (Every.YEAR, "9999"), (Every.MONTH, ""), (Every.MONTH, "٢٠٢٦-١١"),
    ],
)  # fmt: skip
def test_what_is_no_period_is_refused_with_an_example(every, text):
    with pytest.raises(UsageError, match=r"20\d\d"):
        periods.parse(every, text)


def test_a_period_may_be_written_loosely():
    assert periods.parse(Every.WEEK, " 2026-w47 ") == "2026-W47"


def test_a_label_needs_a_period():
    with pytest.raises(UsageError, match="is no period"):
        periods.label("novembre", "fr")


def test_the_first_of_a_month_is_an_ordinal_in_french():
    """E53: "1er", which CLDR does not know; the day is that of the house's zone (T8)."""
    late = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)
    assert day(late, "fr", "Europe/Paris") == "1er décembre 2026"
    assert day(late, "fr", "UTC") == "30 novembre 2026"
    assert day(late, "en", "Europe/Paris") == "1 December 2026"
    assert day(datetime(2026, 12, 11, tzinfo=UTC), "fr", "UTC") == "11 décembre 2026"
