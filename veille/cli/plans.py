"""``veille digest plan``: when the editions of a digest are opened, reminded of, and sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from veille.cli import documents
from veille.cli.digests import digest
from veille.cli.options import json_option
from veille.errors import UsageError

if TYPE_CHECKING:
    from veille.cli.context import Session
    from veille.model.plan import Occurrence, Plan

__all__ = ["digest"]


@digest.command()
@click.argument("slug")
@click.argument("rhythm", required=False)
@click.option("--at", metavar="HH:MM", help="The time of day (default: workflow.send_at).")
@click.option("--timezone", help="Its own time zone (default: the workspace's).")
@click.option("--draft", type=int, help="Days before sending when the edition is opened.")
@click.option("--remind", type=int, help="Days before sending when curators are reminded.")
@click.option("--freeze", type=int, help="Days before sending when the editor is told.")
@click.option("--stop", is_flag=True, help="Take the plan away: editions are opened by hand again.")
@json_option
@click.pass_obj
def plan(
    session: Session, /, slug: str, rhythm: str | None, stop: bool, as_json: bool, **given: Any
) -> None:
    """Say when editions leave; 'veille run' opens them, reminds, and sends what is approved.

    RHYTHM is weekly, friday, monthly, 'first monday', 'last friday', 'day 15', 'last day',
    quarterly, yearly, or a rule of RFC 5545 such as 'FREQ=WEEKLY;INTERVAL=2;BYDAY=TU'. Without it,
    the plan and its next dates are shown.
    """
    from veille.workflows import planning

    app = session.app
    if stop:
        planning.stop(app.db, slug, act=session.act)
        session.show.say(f"{slug} has no plan any more: open its editions with 'edition draft'")
        return
    if rhythm is not None:
        planning.set_plan(app.db, slug, _wish(session, rhythm, given), act=session.act)
    elif any(value is not None for value in given.values()):
        raise UsageError(f"say the rhythm, too: 'veille digest plan {slug} \"first monday\" …'")
    known, dates = planning.ahead(app.db, slug, session.act.now)
    if as_json:
        session.show.json(document(known, dates))
        return
    _tell(session, known, dates)


def _wish(session: Session, rhythm: str, given: dict[str, Any]) -> Any:
    from veille.workflows.planning import Wish

    app, workflow = session.app, session.app.settings.workflow
    defaults: dict[str, Any] = {
        "at": workflow.send_at,
        "timezone": app.settings.veille.timezone,
        "draft": workflow.draft_days,
        "remind": workflow.remind_days,
        "freeze": workflow.freeze_days,
    }
    values = {name: given[name] if given[name] is not None else defaults[name] for name in defaults}
    return Wish(rhythm=rhythm, zone=values.pop("timezone"), **values)


def document(plan: Plan, dates: list[Occurrence]) -> dict[str, Any]:
    """A plan and its next dates as JSON."""
    return {
        "digest": plan.digest,
        "rule": plan.rule,
        "timezone": plan.zone,
        "at": plan.at,
        "draft": plan.draft,
        "remind": plan.remind,
        "freeze": plan.freeze,
        "next": [
            {
                "period": one.period,
                "draft": documents.instant(one.draft),
                "remind": documents.instant(one.remind),
                "freeze": documents.instant(one.freeze),
                "send": documents.instant(one.send),
            }
            for one in dates
        ],
    }


def _tell(session: Session, plan: Plan, dates: list[Occurrence]) -> None:
    from zoneinfo import ZoneInfo

    zone = ZoneInfo(plan.zone)
    session.show.say(
        f"{plan.digest}: {plan.rule} at {plan.at} in {plan.zone}; opened {plan.draft}, "
        f"reminded {plan.remind}, the editor told {plan.freeze} days before"
    )
    for one in dates:
        local = one.send.astimezone(zone)
        opened = one.draft.astimezone(zone)
        session.show.line(
            f"  {one.period}  leaves {local:%a %Y-%m-%d %H:%M}  opened {opened:%a %Y-%m-%d}"
        )
