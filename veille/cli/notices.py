"""``veille edition thank`` and ``remind``: mails to those who make an edition, once each."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

import click

from veille.cli.corrections import edition
from veille.cli.options import json_option
from veille.errors import ExitCode, UsageError
from veille.model.states import DeliveryState
from veille.terminal.counting import plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from veille.cli.context import Session
    from veille.model.delivery import Delivery
    from veille.model.states import Every

__all__ = ["edition"]

_NOBODY = {
    "thank-you": "nobody of workflow.curators found, kept or commented one of its links",
    "reminder": "nothing is missing that somebody could be reminded of",
}


@edition.command()
@click.argument("ref")
@json_option
@click.pass_obj
def thank(session: Session, ref: str, as_json: bool) -> ExitCode:
    """Tell those who found, kept or commented a link that it is out; nobody is told twice."""
    from veille.workflows import notices

    app = session.app
    with app.lock("notices"):
        rows = notices.thank(app.db, ref, app.notices, act=session.act)
    return _tell(session, ref, "thank-you", rows, as_json=as_json)


@edition.command()
@click.argument("ref")
@click.option("--by", "day", metavar="DATE", help="The deadline (default: the period's last day).")
@json_option
@click.pass_obj
def remind(session: Session, ref: str, day: str | None, as_json: bool) -> ExitCode:
    """Tell curators once what an edition still lacks before its deadline."""
    from veille.workflows import compose, notices

    app = session.app
    edition = compose.find(app.db, ref)
    try:
        last = (
            datetime.fromisoformat(day).date()
            if day
            else _last_day(edition.digest.every, edition.period)
        )
    except ValueError as error:
        raise UsageError(f"'{day}' is no date: write it like 2026-11-30") from error
    deadline = datetime.combine(last, time(12), tzinfo=app.zone)
    with app.lock("notices"):
        rows = notices.remind(app.db, ref, app.notices, deadline=deadline, act=session.act)
    return _tell(session, ref, "reminder", rows, as_json=as_json)


def _tell(
    session: Session, ref: str, what: str, rows: Sequence[Delivery], *, as_json: bool
) -> ExitCode:
    if as_json:
        session.show.json(
            [
                {
                    "email": row.address,
                    "state": row.state.value,
                    "code": row.code,
                    "reply": row.reply,
                }
                for row in rows
            ]
        )
    else:
        fresh = [row for row in rows if row.at >= session.act.now]
        session.show.say(f"{ref}: {plural(_count(fresh), what)} sent")
        if not session.app.notices.curators:
            session.show.note("no curator has an address: set workflow.curators in veille.toml")
        elif not fresh:
            session.show.note("everybody was told before" if rows else _NOBODY[what])
        for row in rows:
            if row.state is not DeliveryState.ACCEPTED:
                session.show.note(f"{row.address} is {row.state}: {row.reply or ''}")
    done = all(row.state is DeliveryState.ACCEPTED for row in rows)
    return ExitCode.DONE if done else ExitCode.PARTIAL


def _last_day(every: Every, period: str) -> date:
    from veille.digest import periods

    return periods.first_day(periods.next_period(every, period)) - timedelta(days=1)


def _count(rows: Sequence[Delivery]) -> int:
    return sum(row.state is DeliveryState.ACCEPTED for row in rows)
