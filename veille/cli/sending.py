"""``veille edition send`` and ``veille ledger``: who gets what, once, and what is in doubt."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from veille.cli import documents
from veille.cli.linting import edition
from veille.cli.options import json_option
from veille.cli.table import Column
from veille.cli.thanks import thank_when_out
from veille.errors import ExitCode, Refused, UsageError
from veille.model import spreadsheet
from veille.model.states import DeliveryState, EditionState
from veille.terminal.counting import plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from veille.app import App
    from veille.cli.context import Session
    from veille.model.delivery import Delivery
    from veille.workflows.send import Sent

__all__ = ["edition", "ledger"]

COLUMNS = ("email", "state", "attempts", "message_id", "code", "reply", "at", "next_try")


@edition.command()
@click.argument("ref")
@click.option("--dry-run", is_flag=True, help="Only say who would receive it.")
@click.option("--test", "test", metavar="ADDRESS", help="Send one marked copy there, and no other.")
@click.option("--late", is_flag=True, help="Send although it was approved long ago.")
@click.option("--adopt", is_flag=True, help="The workspace moved: mails leave from here now.")
@json_option
@click.pass_obj
def send(
    session: Session,
    ref: str,
    dry_run: bool,
    test: str | None,
    late: bool,
    adopt: bool,
    as_json: bool,
) -> ExitCode:
    """Publish an approved edition and mail it to its readers, never twice."""
    if dry_run:
        return _dry_run(session, ref, as_json=as_json)
    app = session.app
    if app.servers.exposed:
        session.show.note(app.servers.exposed)
    if test is not None:
        return _send_test(session, ref, test)
    with app.lock("publish"):
        done = _send(session, app, ref, late=late, adopt=adopt)
    if not done.before:
        thank_when_out(session, ref)
    if not app.settings.mail.sender:
        session.show.note(
            f"the mails come from {app.default_sender}: set mail.sender in veille.toml"
        )
    if as_json:
        session.show.json(_sent(ref, done.edition.state, done.ledger, done.handed_over))
    else:
        _tell(session, ref, done)
    fresh = [row for row in done.ledger if row.at >= session.act.now]
    refused = any(row.state is DeliveryState.REJECTED for row in fresh)
    complete = done.edition.state is EditionState.SENT
    return ExitCode.DONE if complete and not refused else ExitCode.PARTIAL


def _send(session: Session, app: App, ref: str, *, late: bool, adopt: bool) -> Sent:
    from veille.workflows import send as workflow

    guard = workflow.Guard(
        place=app.place,
        late_after=timedelta(hours=app.settings.mail.late_after),
        late=late,
        adopt=adopt,
    )
    return workflow.send(
        app.db,
        ref,
        app.renderer,
        archive=app.archive,
        transport=app.transport,
        house=app.house,
        act=session.act,
        clock=app.clock,
        guard=guard,
        charter=app.charter,
    )


def _tell(session: Session, ref: str, done: Sent) -> None:
    """What was done, then every mail that did not arrive, by name."""
    if done.before:
        session.show.say(f"{ref} was sent already: nothing was sent again")
        return
    session.show.say(f"{ref} {done.edition.state}: {plural(done.handed_over, 'mail')} handed over")
    for row in done.ledger:
        if row.state is DeliveryState.UNCERTAIN:
            session.show.note(
                f"{row.address} is uncertain ({row.reply or 'the run ended there'}): look, then "
                f"'veille ledger resolve {ref} {row.address} --assume-sent --note WHY', or --resend"
            )
        elif row.state is DeliveryState.REJECTED:
            session.show.note(f"{row.address} rejected: {row.code or ''} {row.reply or ''}")
    waiting = [row for row in done.ledger if row.state is DeliveryState.DEFERRED]
    if waiting:
        first = min(row.next_try for row in waiting if row.next_try)
        local = first.astimezone(session.app.zone)
        session.show.note(
            f"{plural(len(waiting), 'mail')} deferred ({waiting[0].reply}): "
            f"run the same command after {local:%H:%M}"
        )


def _sent(
    ref: str, state: EditionState, ledger: tuple[Delivery, ...], handed_over: int
) -> dict[str, Any]:
    counts: dict[str, int] = {}
    for row in ledger:
        counts[row.state.value] = counts.get(row.state.value, 0) + 1
    return {"ref": ref, "state": state.value, "handed_over": handed_over, "ledger": counts}


def _dry_run(session: Session, ref: str, *, as_json: bool) -> ExitCode:
    from veille.workflows import send as workflow

    addresses = workflow.planned_audience(session.app.db, ref)
    if as_json:
        session.show.json({"ref": ref, "would_receive": addresses})
        return ExitCode.DONE
    for address in addresses:
        session.show.line(address)
    session.show.note(f"{plural(len(addresses), 'mail')} would be handed over; nothing was")
    return ExitCode.DONE


def _send_test(session: Session, ref: str, to: str) -> ExitCode:
    from veille.delivery.maildir import Outbox
    from veille.workflows import compose, publish

    app = session.app
    table = compose.show(app.db, ref, app.renderer)
    row, mail = publish.test_message(table, to, app.house)
    transport = app.transport
    if isinstance(transport, Outbox):
        place = transport.deliver(ref, mail)
    else:
        place = transport.send_one(row, mail.content)
    session.show.say(f"a test of {ref} for {to}: {place}")
    return ExitCode.DONE


class LedgerGroup(click.Group):
    """``veille ledger REF`` shows; its other commands have names."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Takes what is no command for the edition to show."""
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = ["show", *args]
        return super().parse_args(ctx, args)


@click.group(cls=LedgerGroup, no_args_is_help=True)
def ledger() -> None:
    """Show who received an edition, and settle what is in doubt."""


@ledger.command()
@click.argument("ref")
@json_option
@click.option("--csv", "as_csv", is_flag=True, help="A table for a spreadsheet.")
@click.option("--html", "as_html", is_flag=True, help="A page to print.")
@click.pass_obj
def show(session: Session, ref: str, as_json: bool, as_csv: bool, as_html: bool) -> None:
    """Show who received an edition: 'veille ledger REF'."""
    from veille.workflows import ledger as workflow

    rows = workflow.ledger(session.app.db, ref)
    if as_json + as_csv + as_html > 1:
        raise UsageError("--json, --csv and --html are different outputs: give one")
    if as_json:
        session.show.json([_row(row) for row in rows])
        return
    if not rows:
        raise Refused(f"{ref} was not sent yet: 'veille edition send {ref}'")
    if as_csv:
        session.show.line(spreadsheet.written(COLUMNS, map(_row, rows)).rstrip("\n"))
        return
    if as_html:
        for line in _html(session, ref, rows).splitlines():
            session.show.line(line)
        return
    columns = [Column(least=20, style="bold"), Column(), Column(right=True), Column(least=12)]
    cells = [[row.address, row.state.value, str(row.attempts), row.reply or ""] for row in rows]
    session.show.table(columns, cells)


@ledger.command()
@click.argument("ref")
@click.argument("email")
@click.option("--assume-sent", is_flag=True, help="It was received: nothing is sent.")
@click.option("--resend", is_flag=True, help="Send it once more, at the next 'edition send'.")
@click.option("--note", metavar="WHY", required=True, help="Why, for the log.")
@json_option
@click.pass_obj
def resolve(
    session: Session,
    ref: str,
    email: str,
    assume_sent: bool,
    resend: bool,
    note: str,
    as_json: bool,
) -> None:
    """Decide about a mail in doubt."""
    from veille.workflows import ledger as workflow

    if assume_sent == resend:
        raise UsageError("say which: --assume-sent or --resend")
    row = workflow.resolve(session.app.db, ref, email, sent=assume_sent, act=session.noted(note))
    if as_json:
        session.show.json(_row(row))
        return
    then = "" if assume_sent else f": 'veille edition send {ref}' sends it once more"
    session.show.say(f"{row.address} is {row.state}{then}")


def _row(row: Delivery) -> dict[str, Any]:
    return {
        "email": row.address,
        "state": row.state.value,
        "attempts": row.attempts,
        "message_id": row.message_id,
        "code": row.code,
        "reply": row.reply,
        "at": documents.instant(row.at),
        "next_try": documents.instant(row.next_try),
    }


def _html(session: Session, ref: str, rows: Sequence[Delivery]) -> str:
    from veille.workflows import compose

    content = compose.show(session.app.db, ref, session.app.renderer).content
    return session.app.renderer.ledger(content, rows, session.act.now)
