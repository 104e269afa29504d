"""What is due: a pure function of the instant and of what the database knows.

Nothing remembers here that it was asked before. A restart, a machine that slept, a tick that was
missed or a rhythm that changed alter the hour and nothing else: what was done is in the database
(faults T1, T2, T11, T13), and of what was missed only the newest is taken up again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from veille.digest import calendar
from veille.model.plan import DueStep, JobName, JobRecord, Occurrence, Plan, Standing, Step
from veille.model.states import EditionState

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from veille.model.states import Every

_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
_PAST = timedelta(days=400)  # how far back the last date of a yearly plan may lie
_MAY_LEAVE = (EditionState.APPROVED, EditionState.PUBLISHED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the settings say of time. A job without its rule never runs."""

    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    late_after: timedelta = timedelta(hours=24)
    send: str = "planned"  # or approved: at once, without a plan too; or never
    intervals: Mapping[JobName, timedelta] = field(default_factory=dict)
    daily: Mapping[JobName, str] = field(default_factory=dict)
    monthly: Mapping[JobName, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the database knows of jobs, plans, what was done of them, and editions.

    The jobs ``elsewhere`` are with the workers, who have not ended them yet.
    """

    jobs: Mapping[str, JobRecord] = field(default_factory=dict)
    plans: Sequence[tuple[Plan, Every]] = ()
    done: Mapping[tuple[str, str], frozenset[Step]] = field(default_factory=dict)
    editions: Sequence[Standing] = ()
    elsewhere: frozenset[JobName] = frozenset()


def jobs(known: Known, rules: Rules, now: datetime) -> list[JobName]:
    """The jobs to begin now; what sends comes first."""
    due = [JobName.EDITIONS] if steps(known, rules, now) else []
    due += [name for name, every in rules.intervals.items() if _passed(known, name, every, now)]
    due += [
        name
        for name, at in rules.daily.items()
        if _missed(known, name, calendar.daily(at, rules.zone, now), now)
    ]
    due += [
        name
        for name, at in rules.monthly.items()
        if _missed(known, name, calendar.monthly(at, rules.zone, now), now)
    ]
    return [
        name for name in due if name not in known.elsewhere and _rested(known.jobs.get(name), now)
    ]


def steps(known: Known, rules: Rules, now: datetime) -> list[DueStep]:
    """The steps of editions to take now, those that send first."""
    there = {(one.digest, one.period): one for one in known.editions}
    found = [
        step
        for plan, every in known.plans
        for one in _current(plan, every, there, now)
        for step in _of(one, there.get((one.digest, one.period)), known, rules, now)
    ]
    found += _unfinished(known, rules, {step.ref for step in found})
    return sorted(found, key=lambda step: step.step is not Step.SEND)


def _passed(known: Known, name: JobName, every: timedelta, now: datetime) -> bool:
    record = known.jobs.get(name)
    return record is None or not (record.started <= now < record.started + every)


def _missed(known: Known, name: JobName, last: datetime, now: datetime) -> bool:
    """Whether the last date of a job lies after its last run, or that run failed."""
    record = known.jobs.get(name)
    return record is None or record.started < last or record.started > now or record.failures > 0


def _rested(record: JobRecord | None, now: datetime) -> bool:
    """Whether a job that failed may be tried again: once a minute at most, then less and less (T9)."""
    if record is None or not record.failures or record.started > now:
        return True
    pause = min(_FIRST_PAUSE * (1 << min(record.failures - 1, 10)), _LONGEST_PAUSE)
    return now - record.started >= pause


def _current(
    plan: Plan, every: Every, there: Mapping[tuple[str, str], Standing], now: datetime
) -> Iterator[Occurrence]:
    """The dates of a plan to look after: those to come, and the last one that was due.

    What is older was missed, and stays so: nobody wants two months of editions at once (T1). The
    last one is only opened late when the next has not begun.
    """
    begun = list(calendar.occurrences(plan, every, now - _PAST, now))
    coming = [one for one in begun if one.send > now]
    if past := [one for one in begun if one.send <= now]:
        last = past[-1]
        if not coming or (last.digest, last.period) in there:
            yield last
    yield from coming


def _of(
    date: Occurrence, edition: Standing | None, known: Known, rules: Rules, now: datetime
) -> Iterator[DueStep]:
    """What one date of a plan wants now."""
    done = known.done.get((date.digest, date.period), frozenset())
    ref = edition.ref if edition else None
    for kind, why in _wanted(date, edition, rules, now):
        if kind is Step.SEND or kind not in done:
            yield DueStep(
                step=kind, digest=date.digest, period=date.period, ref=ref, send=date.send, why=why
            )


def _wanted(
    date: Occurrence, edition: Standing | None, rules: Rules, now: datetime
) -> Iterator[tuple[Step, str]]:
    """The steps of a date, with the reason where somebody is told; done before or not."""
    if edition is None:
        yield Step.DRAFT, ""
    elif edition.state is EditionState.DRAFT:
        if date.send <= now:
            yield Step.TELL, "it is not approved"
        elif date.freeze <= now:
            yield Step.FREEZE, ""
        elif date.remind <= now:
            yield Step.REMIND, ""
    elif edition.state in _MAY_LEAVE and date.send <= now and edition.approved_at is not None:
        if now - max(date.send, edition.approved_at) > rules.late_after:
            yield Step.TELL, "it is late"
        elif rules.send == "never":
            yield Step.TELL, "it is approved, and workflow.send is never"
        else:
            yield Step.SEND, ""


def _unfinished(known: Known, rules: Rules, taken: set[str | None]) -> Iterator[DueStep]:
    """What leaves without a date: mails to try again, and all that is approved if the house says so."""
    for one in known.editions:
        if one.ref in taken or rules.send == "never":
            continue
        if one.waiting or (rules.send == "approved" and one.state is EditionState.APPROVED):
            yield DueStep(step=Step.SEND, digest=one.digest, period=one.period, ref=one.ref)
