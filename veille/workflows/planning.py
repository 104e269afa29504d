"""Plans of digests, and the steps that become due: opened, reminded, told, sent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

from veille.digest import calendar
from veille.errors import Refused, UsageError
from veille.model.errand import ErrandKind
from veille.model.event import Action
from veille.model.plan import DueStep, JobName, Occurrence, Plan, Step
from veille.store import editions, planning, standings, watch
from veille.store.queue import errands, ground
from veille.workflows import compose, digests, due
from veille.workflows.acting import whole
from veille.workflows.due import Known, Rules

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from veille.store.database import Connection, Database
    from veille.workflows.acting import Act
    from veille.workflows.send import Sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A plan as somebody asks for it."""

    rhythm: str
    zone: str
    at: str
    draft: int
    remind: int
    freeze: int


class House(Protocol):
    """What steps need of the house: to send an edition, and to be heard by people."""

    def send(self, ref: str, planned: datetime | None) -> Sent:
        """Send an approved edition; raises as :func:`veille.workflows.send.send` does."""

    def remind(self, ref: str, send: datetime) -> None:
        """Remind curators of an edition that leaves soon."""

    def tell(self, cause: str, message: str) -> None:
        """Tell whoever looks after the house, by the log and by mail."""


def load(db: Database, now: datetime, *, workers: bool = False) -> Known:
    """All that is known of jobs, plans and editions; with ``workers`` of their queue, too."""
    with db.read() as connection:
        deferred = workers and ground.is_there(connection)
        elsewhere = deferred and errands.is_held(connection, ErrandKind.EDITIONS)
        every = {one.slug: one.every for one in editions.digests(connection)}
        return Known(
            jobs=watch.jobs(connection),
            plans=[(plan, every[plan.digest]) for plan in planning.plans(connection)],
            done=planning.milestones(connection),
            editions=standings.standings(connection, now),
            elsewhere=frozenset({JobName.EDITIONS}) if elsewhere else frozenset(),
        )


@whole
def set_plan(db: Database, slug: str, wish: Wish, *, act: Act) -> Plan:
    """Plan a digest; its rhythm follows the rule. The first date lies in the future.

    Raises :class:`~veille.errors.UsageError` for a rhythm, time or zone that is none.
    """
    rule = calendar.rule(wish.rhythm)
    zone = _zone(wish.zone)
    if not wish.draft >= wish.remind >= wish.freeze >= 0:
        raise UsageError(
            "an edition is opened, then curators are reminded, then the editor is told: "
            "--draft, --remind and --freeze never grow"
        )
    try:
        clock = time.fromisoformat(wish.at)
    except ValueError as error:
        raise UsageError(f"'{wish.at}' is no time of day: write it like 09:00") from error
    local = act.now.astimezone(zone)
    since = local.date() + timedelta(days=local.time() >= clock)
    plan = Plan(
        digest=slug,
        rule=rule,
        zone=wish.zone,
        at=f"{clock:%H:%M}",
        draft=wish.draft,
        remind=wish.remind,
        freeze=wish.freeze,
        since=since,
    )
    digest = digests.find(db, slug)
    with db.write() as connection:
        before = planning.plan_of(connection, slug)
        planning.set_plan(connection, plan)
        editions.edit_digest(connection, digest.id, every=calendar.every_of(rule))
        _log(connection, slug, before, plan, act)
    return plan


@whole
def stop(db: Database, slug: str, *, act: Act) -> None:
    """Take a digest's plan away; raises Refused when it has none."""
    digests.find(db, slug)
    with db.write() as connection:
        before = planning.plan_of(connection, slug)
        if before is None:
            raise Refused(f"{slug} has no plan: 'veille digest plan {slug} RHYTHM' makes one")
        planning.remove_plan(connection, slug)
        _log(connection, slug, before, None, act)


def ahead(db: Database, slug: str, now: datetime, count: int = 3) -> tuple[Plan, list[Occurrence]]:
    """The plan of a digest and its next dates; raises Refused when it has none."""
    digest = digests.find(db, slug)
    with db.read() as connection:
        plan = planning.plan_of(connection, slug)
    if plan is None:
        raise Refused(f"{slug} has no plan: 'veille digest plan {slug} RHYTHM' makes one")
    return plan, calendar.following(plan, digest.every, now, count)


def take_steps(
    db: Database, rules: Rules, house: House, *, act: Callable[[], Act]
) -> tuple[list[str], list[Exception]]:
    """Take all steps that are due; what was done, in words, and what could not be.

    One edition that fails does not hold up the others.
    """
    said: list[str] = []
    failed: list[Exception] = []
    for step in due.steps(load(db, act().now), rules, act().now):
        try:
            said.append(_take(db, step, house, act()))
        except Exception as error:
            failed.append(error)
    return said, failed


def _take(db: Database, step: DueStep, house: House, act: Act) -> str:
    if step.step is Step.DRAFT:
        return _draft(db, step, act)
    assert step.ref is not None  # noqa: S101  all others are steps of an edition
    if step.step is Step.SEND:
        sent = house.send(step.ref, step.send)
        _reached(db, step, act)
        return f"{step.ref} {sent.edition.state}: {sent.handed_over} handed over"
    # Noted first: told twice is worse than told by the log alone.
    _reached(db, step, act)
    assert step.send is not None  # noqa: S101  all but sending belongs to a plan
    if step.step is Step.REMIND:
        house.remind(step.ref, step.send)
        return f"{step.ref}: curators reminded"
    words = _words(step)
    house.tell(f"edition {step.ref}", words)
    return words


def _draft(db: Database, step: DueStep, act: Act) -> str:
    with db.read() as connection:
        plan = planning.plan_of(connection, step.digest)
    zone = ZoneInfo(plan.zone if plan else "UTC")
    drafted = compose.draft(db, step.digest, period=step.period, ahead=False, zone=zone, act=act)
    _reached(db, replace(step, ref=drafted.edition.ref), act)
    late = " (late)" if step.send is not None and act.now >= step.send else ""
    return f"{drafted.edition.ref} opened with {drafted.proposed} picks{late}"


def _reached(db: Database, step: DueStep, act: Act) -> None:
    with db.write() as connection:
        planning.reach(connection, step.digest, step.period, step.step, at=act.now)


def _words(step: DueStep) -> str:
    if step.step is Step.FREEZE:
        return (
            f"{step.ref} leaves soon and is not approved: read it with "
            f"'veille edition preview {step.ref}', then 'veille edition approve {step.ref}'"
        )
    then = f", then 'veille edition send {step.ref} --late'" if "late" in step.why else ""
    return f"{step.ref} did not leave: {step.why}; see 'veille edition show {step.ref}'{then}"


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError) as error:
        raise UsageError(
            f"there is no time zone '{name}': write one such as Europe/Paris"
        ) from error


def _log(
    connection: Connection, slug: str, before: Plan | None, after: Plan | None, act: Act
) -> None:
    act.log(
        connection,
        act.event(
            Action.DIGEST_EDIT,
            subject=f"digest {slug}",
            before={"plan": _described(before)},
            after={"plan": _described(after)},
        ),
    )


def _described(plan: Plan | None) -> dict[str, object] | None:
    if plan is None:
        return None
    days: Sequence[str] = ("draft", "remind", "freeze")
    return {name: getattr(plan, name) for name in ("rule", "zone", "at", *days)}
