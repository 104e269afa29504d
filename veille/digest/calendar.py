"""The calendar of a digest: rhythms in words or as RFC 5545 rules, and the instants they give. Pure.

A rule gives local days; the instant is that day, at that time, in the digest's own zone. A time that
a zone skips (the last Sunday of March) is moved on by as much as was skipped; one that comes twice
(the last Sunday of October) is taken the first time (RFC 5545, 3.3.5). So each day has it once.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from veille.digest import periods
from veille.errors import UsageError
from veille.model.plan import Occurrence
from veille.model.states import Every

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dateutil.rrule import rrule

    from veille.model.plan import Plan

_DAYS = {
    name: name[:2].upper()
    for name in ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
}
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}
_WORDS = {
    "weekly": "FREQ=WEEKLY;BYDAY=MO",
    "monthly": "FREQ=MONTHLY;BYMONTHDAY=1",
    "quarterly": "FREQ=MONTHLY;BYMONTH=1,4,7,10;BYMONTHDAY=1",
    "yearly": "FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=1",
    "last day": "FREQ=MONTHLY;BYMONTHDAY=-1",
}
_TRIED = 60  # dates that are looked at when a rule is given
_FREQUENCIES = {"WEEKLY": Every.WEEK, "MONTHLY": Every.MONTH, "YEARLY": Every.YEAR}
_EXAMPLES = "weekly, friday, monthly, first monday, last friday, day 15, last day or FREQ=…"


def rule(text: str) -> str:
    """The RFC 5545 rule of a rhythm in words; raises UsageError, with examples.

    >>> rule("first monday")
    'FREQ=MONTHLY;BYDAY=1MO'

    A day that not every month has (29 to 31) stands for the last one where it is missing, instead of
    leaving the month out as RFC 5545 would (fault T7).
    """
    words = " ".join(text.casefold().split())
    ordinal, _, day = words.partition(" ")
    if words in _WORDS:
        found = _WORDS[words]
    elif words in _DAYS:
        found = f"FREQ=WEEKLY;BYDAY={_DAYS[words]}"
    elif ordinal in _ORDINALS and day in _DAYS:
        found = f"FREQ=MONTHLY;BYDAY={_ORDINALS[ordinal]}{_DAYS[day]}"
    elif match := re.fullmatch(r"day ([1-9]|[12]\d|3[01])", words):
        found = f"FREQ=MONTHLY;BYMONTHDAY={match[1]}"
    else:
        found = "".join(text.split()).upper().removeprefix("RRULE:")
    found = _last_day_instead(found)
    _check(found, text)
    return found


def every_of(text: str) -> Every:
    """The rhythm of the periods of a rule: a week, a month, a quarter or a year."""
    parts = _parts(text)
    if parts.get("BYMONTH") == "1,4,7,10" or parts.get("INTERVAL") == "3":
        return Every.QUARTER if parts["FREQ"] == "MONTHLY" else _FREQUENCIES[parts["FREQ"]]
    return _FREQUENCIES[parts["FREQ"]]


def occurrences(
    plan: Plan, every: Every, after: datetime, before: datetime
) -> Iterator[Occurrence]:
    """The dates of a plan whose first step lies before ``before``, and which leave after ``after``."""
    zone = ZoneInfo(plan.zone)
    clock = time.fromisoformat(plan.at)
    first = _naive(after, zone) - timedelta(days=1)
    for day in _days(plan.rule, plan.since, max(first.date(), plan.since)):
        one = _occurrence(plan, every, day, clock, zone)
        if one.draft > before:
            return
        if one.send > after:
            yield one


def following(plan: Plan, every: Every, after: datetime, count: int) -> list[Occurrence]:
    """The next ``count`` dates after an instant."""
    found: list[Occurrence] = []
    horizon = after + timedelta(days=366 * (count + 1) + plan.draft)
    for one in occurrences(plan, every, after, horizon):
        found.append(one)
        if len(found) == count:
            break
    return found


def daily(at: str, zone: ZoneInfo, now: datetime) -> datetime:
    """The last instant at or before ``now`` at which it was ``at`` (02:30) in a zone."""
    today = now.astimezone(zone).date()
    days = (today - timedelta(days=back) for back in range(3))
    instants = (_instant(day, time.fromisoformat(at), zone) for day in days)
    return next(instant for instant in instants if instant <= now)


def monthly(at: str, zone: ZoneInfo, now: datetime) -> datetime:
    """The last instant at or before ``now`` at which a month began, at ``at`` of its first day."""
    day = now.astimezone(zone).date().replace(day=1)
    instant = _instant(day, time.fromisoformat(at), zone)
    if instant > now:
        instant = _instant((day - timedelta(days=1)).replace(day=1), time.fromisoformat(at), zone)
    return instant


def _occurrence(plan: Plan, every: Every, day: date, clock: time, zone: ZoneInfo) -> Occurrence:
    def instant(days_before: int) -> datetime:
        return _instant(day - timedelta(days=days_before), clock, zone)

    return Occurrence(
        digest=plan.digest,
        period=periods.period_of(every, day),
        draft=instant(plan.draft),
        remind=instant(plan.remind),
        freeze=instant(plan.freeze),
        send=instant(0),
    )


def _instant(day: date, clock: time, zone: ZoneInfo) -> datetime:
    # fold=0 takes the first of two; a time that is skipped is read with the offset before the gap.
    return datetime.combine(day, clock, zone).astimezone(UTC)


def _naive(instant: datetime, zone: ZoneInfo) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None)


def _days(text: str, since: date, begin: date) -> Iterator[date]:
    for moment in _compiled(text, since).xafter(datetime.combine(begin, time()), inc=True):
        yield moment.date()


@lru_cache(maxsize=256)
def _compiled(text: str, since: date) -> rrule:
    """The rule, which remembers the dates it was asked for: the loop asks every few seconds."""
    from dateutil.rrule import rrulestr  # 20 ms that only planning needs

    found: rrule = rrulestr(text, dtstart=datetime.combine(since, time()), cache=True)
    return found


def _parts(text: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in text.split(";") if "=" in part)


def _last_day_instead(text: str) -> str:
    parts = _parts(text)
    day = parts.get("BYMONTHDAY", "")
    if day not in ("29", "30", "31") or "BYSETPOS" in parts or "BYDAY" in parts:
        return text
    parts |= {"BYMONTHDAY": ",".join(map(str, range(28, int(day) + 1))), "BYSETPOS": "-1"}
    return ";".join(f"{name}={value}" for name, value in parts.items())


def _check(text: str, given: str) -> None:
    """A rule that never ends, and gives one date a period at most."""
    parts = _parts(text)
    if parts.get("FREQ") not in _FREQUENCIES:
        raise UsageError(f"'{given}' is no rhythm of a digest: write {_EXAMPLES}")
    if {"COUNT", "UNTIL", "BYHOUR", "BYMINUTE", "BYSECOND"} & set(parts):
        raise UsageError(
            f"'{given}' says when it ends or at what time: leave that out, and give --at 09:00"
        )
    try:
        days = _days(text, date(2000, 1, 1), date(2000, 1, 1))
        dates = [day for _, day in zip(range(_TRIED), days, strict=False)]
    except (ValueError, TypeError, KeyError, ZeroDivisionError) as error:
        raise UsageError(
            f"'{given}' is no rule of RFC 5545 ({error}): write {_EXAMPLES}"
        ) from error
    every = every_of(text)
    named = {periods.period_of(every, day) for day in dates}
    if not dates or len(named) < len(dates):
        raise UsageError(f"'{given}' has more than one date a {every}, or none: write {_EXAMPLES}")
