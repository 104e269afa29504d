"""What is due (group T): a function of the instant and of what is known, so tested by values."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veille.digest import calendar
from veille.errors import UsageError
from veille.model.plan import JobName, JobRecord, Plan, Standing, Step
from veille.model.states import EditionState, Every
from veille.workflows.due import Known, Rules, jobs, steps

PARIS = ZoneInfo("Europe/Paris")
PLAN = Plan(
    digest="five",
    rule=calendar.rule("first monday"),
    zone="Europe/Paris",
    at="09:00",
    draft=7,
    remind=3,
    freeze=1,
    since=date(2026, 11, 10),
)
SEND = datetime(2026, 12, 7, 8, 0, tzinfo=UTC)  # the first Monday of December, nine in Paris
DRAFT = Standing(
    digest="five", number=3, period="2026-12", state=EditionState.DRAFT, approved_at=None
)
APPROVED = replace(DRAFT, state=EditionState.APPROVED, approved_at=SEND - timedelta(days=2))


def known(*editions: Standing, done: frozenset[Step] = frozenset(), **more: object) -> Known:
    return Known(
        plans=[(PLAN, Every.MONTH)], editions=editions, done={("five", "2026-12"): done}, **more
    )


def wanted(known: Known, now: datetime, **rules: object) -> list[tuple[Step, str]]:
    return [(step.step, step.period) for step in steps(known, Rules(**rules), now)]


# --- rhythms --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "days"),
    [
        ("weekly", ["2026-11-30", "2026-12-07"]),
        ("Friday", ["2026-11-27", "2026-12-04"]),
        ("monthly", ["2026-12-01", "2027-01-01"]),
        ("first monday", ["2026-12-07", "2027-01-04"]),
        ("last  FRIDAY", ["2026-11-27", "2026-12-25"]),
        ("day 15", ["2026-12-15", "2027-01-15"]),
        ("last day", ["2026-11-30", "2026-12-31"]),
        ("quarterly", ["2027-01-01", "2027-04-01"]),
        ("yearly", ["2027-01-01", "2028-01-01"]),
        ("RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", ["2026-12-08", "2026-12-22"]),
        ("freq=monthly;byday=2we", ["2026-12-09", "2027-01-13"]),
        # T7: what a month does not have is its last day.
        ("day 31", ["2026-11-30", "2026-12-31", "2027-01-31", "2027-02-28"]),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", ["2027-02-28", "2028-02-29", "2029-02-28"]),
    ],
)
def test_rhythms_in_words_and_rules(words: str, days: list[str]) -> None:
    rule = calendar.rule(words)
    plan = replace(PLAN, rule=rule, since=date(2026, 11, 25))
    after = datetime(2026, 11, 25, tzinfo=UTC)
    dates = calendar.following(plan, calendar.every_of(rule), after, len(days))
    assert [str(one.send.astimezone(PARIS).date()) for one in dates] == days
    assert calendar.rule(rule) == rule


@pytest.mark.parametrize(
    "words",
    [
        "", "often", "FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO,TH", "first", "day 32", "FREQ=MONTHLY;X=1",
        "FREQ=WEEKLY;INTERVAL=0", "FREQ=MONTHLY;COUNT=3", "FREQ=WEEKLY;BYHOUR=9", "FREQ=YEARLY;BYMONTH=13",
    ],
)  # fmt: skip
def test_what_is_no_rhythm(words: str) -> None:
    """Told with examples, never a traceback."""
    with pytest.raises(UsageError, match=r"weekly|--at"):
        calendar.rule(words)


@pytest.mark.parametrize(
    ("day", "instant"),
    [
        ("2025-03-30", "2025-03-30T01:30:00+00:00"),  # 02:30 does not exist: 03:30 summer time
        ("2025-10-26", "2025-10-26T00:30:00+00:00"),  # twice: the first time
    ],
)
def test_a_daily_time_on_the_days_clocks_change(day: str, instant: str) -> None:
    """T6: exactly once each day; looked at every ten minutes around it."""
    begin = datetime.fromisoformat(f"{day}T00:00:00+00:00") - timedelta(hours=3)
    record, ran = None, []
    rules = Rules(zone=PARIS, daily={JobName.BACKUP: "02:30"})
    for minutes in range(0, 24 * 60, 10):
        now = begin + timedelta(minutes=minutes)
        seen = Known(jobs={"backup": record} if record else {})
        if jobs(seen, rules, now):
            ran.append(now.isoformat())
            record = JobRecord(
                name="backup", started=now, ended=now, failures=0, deaths=0, said=None
            )
    assert ran[1:] == [instant]  # the first is the catching up of a workspace that never had one


# --- the steps of an edition ----------------------------------------------------------------------


def test_the_life_of_an_edition_that_goes_well() -> None:
    """Opened seven days before, curators reminded, the editor warned, sent: each at its time."""
    day = timedelta(days=1)
    assert wanted(known(), SEND - 7 * day - timedelta(seconds=1)) == []
    assert wanted(known(), SEND - 7 * day) == [(Step.DRAFT, "2026-12")]
    assert wanted(known(DRAFT), SEND - 7 * day) == []
    assert wanted(known(DRAFT), SEND - 3 * day) == [(Step.REMIND, "2026-12")]
    reminded = frozenset({Step.DRAFT, Step.REMIND})
    assert wanted(known(DRAFT, done=reminded), SEND - 2 * day) == []
    assert wanted(known(DRAFT, done=reminded), SEND - day) == [(Step.FREEZE, "2026-12")]
    assert wanted(known(APPROVED), SEND - timedelta(seconds=1)) == []
    assert wanted(known(APPROVED), SEND) == [(Step.SEND, "2026-12")]
    sent = replace(APPROVED, state=EditionState.SENT)
    assert wanted(known(sent), SEND + timedelta(seconds=1)) == []


def test_nothing_leaves_unapproved() -> None:
    """Never, however late: the editor is told once; an approval that comes in time still counts."""
    assert wanted(known(DRAFT), SEND) == [(Step.TELL, "2026-12")]
    told = frozenset({Step.TELL})
    assert wanted(known(DRAFT, done=told), SEND + timedelta(hours=1)) == []
    late = replace(APPROVED, approved_at=SEND + timedelta(hours=30))
    assert wanted(known(late, done=told), SEND + timedelta(hours=31)) == [(Step.SEND, "2026-12")]


def test_down_for_two_hours_three_days_two_months() -> None:
    """T1: sent once; told, not sent; only the newest period is opened."""
    assert wanted(known(APPROVED), SEND + timedelta(hours=2)) == [(Step.SEND, "2026-12")]
    (late,) = steps(known(APPROVED), Rules(), SEND + timedelta(days=3))
    assert (late.step, late.why) == (Step.TELL, "it is late")
    assert wanted(known(), SEND + timedelta(days=3)) == [(Step.DRAFT, "2026-12")]
    assert wanted(known(), datetime(2027, 2, 20, tzinfo=UTC)) == [(Step.DRAFT, "2027-02")]
    assert wanted(known(), datetime(2027, 2, 23, tzinfo=UTC)) == [(Step.DRAFT, "2027-03")]


def test_what_was_published_by_hand_still_leaves() -> None:
    """Its page is out; the mails go at their time."""
    public = replace(APPROVED, state=EditionState.PUBLISHED)
    assert wanted(known(public), SEND) == [(Step.SEND, "2026-12")]


def test_mails_that_wait_are_tried_again_without_a_plan() -> None:
    """M1: whoever began to send."""
    waiting = replace(APPROVED, digest="other", state=EditionState.INCOMPLETE, waiting=True)
    assert wanted(Known(editions=[waiting]), SEND) == [(Step.SEND, "2026-12")]
    assert wanted(Known(editions=[replace(waiting, waiting=False)]), SEND) == []


@pytest.mark.parametrize(
    ("send", "planned", "unplanned"),
    [("planned", Step.SEND, None), ("approved", Step.SEND, Step.SEND), ("never", Step.TELL, None)],
)
def test_what_the_house_says_of_sending(
    send: str, planned: Step | None, unplanned: Step | None
) -> None:
    """workflow.send: at the date of a plan; as soon as it is approved; by hand only."""
    assert [step for step, _ in wanted(known(APPROVED), SEND, send=send)] == [planned]
    alone = Known(editions=[replace(APPROVED, digest="other")])
    assert [step for step, _ in wanted(alone, SEND, send=send)] == (
        [unplanned] if unplanned else []
    )


def test_a_period_is_counted_in_the_zone_of_the_digest() -> None:
    """T8: the first of December, half past midnight in Paris, is still November in UTC."""
    plan = replace(PLAN, rule=calendar.rule("monthly"), at="00:30")
    (one,) = calendar.following(plan, Every.MONTH, datetime(2026, 11, 15, tzinfo=UTC), 1)
    assert one.send == datetime(2026, 11, 30, 23, 30, tzinfo=UTC)
    assert one.period == "2026-12"


def test_the_last_minute_of_the_year() -> None:
    """T7: 31 December, 23:59, is of that year and that month."""
    plan = replace(PLAN, rule=calendar.rule("last day"), at="23:59")
    (one,) = calendar.following(plan, Every.MONTH, datetime(2026, 12, 5, tzinfo=UTC), 1)
    assert (one.period, one.send.astimezone(PARIS).isoformat()) == (
        "2026-12",
        "2026-12-31T23:59:00+01:00",
    )


@given(
    words=st.sampled_from(
        ["weekly", "friday", "first monday", "last friday", "day 31", "quarterly"]
    ),
    zone=st.sampled_from(["Europe/Paris", "America/Sao_Paulo", "Pacific/Apia", "Asia/Kathmandu"]),
    minutes=st.integers(0, 24 * 60 - 1),
    begin=st.integers(0, 15 * 365).map(
        lambda days: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days)
    ),
)
def test_dates_go_forward_one_a_period(
    words: str, zone: str, minutes: int, begin: datetime
) -> None:
    """T6, T7, T8: whatever the zone and the hour, no period twice, none skipped."""
    rule = calendar.rule(words)
    every = calendar.every_of(rule)
    at = f"{minutes // 60:02}:{minutes % 60:02}"
    plan = replace(PLAN, rule=rule, zone=zone, at=at, since=date(2019, 1, 1))
    dates = calendar.following(plan, every, begin, 14)
    assert len({one.period for one in dates}) == 14
    for before, after in pairwise(dates):
        assert before.send < after.send
        assert calendar.periods.next_period(every, before.period) == after.period
    for one in dates:
        assert one.draft <= one.remind <= one.freeze <= one.send


# --- jobs -----------------------------------------------------------------------------------------

FIVE = {JobName.COLLECT: timedelta(minutes=5)}


def ran(started: datetime, name: str = "collect", failures: int = 0) -> dict[str, JobRecord]:
    record = JobRecord(
        name=name, started=started, ended=started, failures=failures, deaths=0, said=None
    )
    return {name: record}


def test_a_job_comes_back_after_its_interval() -> None:
    """T11, T2: after three days asleep once, not 864 times; a restart begins nothing early."""
    rules = Rules(intervals=FIVE)
    assert jobs(Known(), rules, SEND) == [JobName.COLLECT]
    assert jobs(Known(jobs=ran(SEND)), rules, SEND + timedelta(minutes=4)) == []
    assert jobs(Known(jobs=ran(SEND)), rules, SEND + timedelta(minutes=5)) == [JobName.COLLECT]
    assert jobs(Known(jobs=ran(SEND)), rules, SEND + timedelta(days=3)) == [JobName.COLLECT]
    assert jobs(Known(jobs=ran(SEND + timedelta(days=3))), rules, SEND) == [JobName.COLLECT], "T3"


def test_a_job_that_fails_rests() -> None:
    """T9: once a minute at most, then less and less; a daily one is tried again the same day."""
    rules = Rules(zone=PARIS, daily={JobName.BACKUP: "02:30"})
    for failures, minutes in ((1, 1), (2, 2), (5, 16), (20, 60)):
        failed = Known(jobs=ran(SEND, "backup", failures))
        begin = SEND + timedelta(minutes=minutes)
        assert jobs(failed, rules, begin - timedelta(seconds=1)) == []
        assert jobs(failed, rules, begin) == [JobName.BACKUP]


def test_monthly_work_is_done_once_a_month() -> None:
    """T11: whenever the machine is up again."""
    rules = Rules(zone=PARIS, monthly={JobName.LINKS: "03:00"})
    assert jobs(Known(jobs=ran(SEND, "links")), rules, datetime(2026, 12, 31, 22, tzinfo=UTC)) == []
    january = datetime(2027, 1, 1, 2, tzinfo=UTC)
    assert jobs(Known(jobs=ran(SEND, "links")), rules, january) == [JobName.LINKS]
    assert jobs(Known(jobs=ran(january, "links")), rules, january + timedelta(days=3)) == []


def test_what_sends_comes_first() -> None:
    """T10: nothing else is begun before it."""
    due = jobs(known(APPROVED), Rules(intervals=FIVE), SEND)
    assert due == [JobName.EDITIONS, JobName.COLLECT]
