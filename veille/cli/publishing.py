"""The end of the river: preview, approve, publish, send; the ledger and the archive."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from veille.cli import documents
from veille.cli.editions import edition
from veille.cli.options import json_option
from veille.cli.table import Column
from veille.cli.wording import plural
from veille.errors import ExitCode, Refused
from veille.model.states import EditionState

if TYPE_CHECKING:
    from veille.cli.context import Session
    from veille.model.delivery import Delivery

PREVIEW_READER = "reader@example.org"  # RFC 2606: nobody's address


@edition.command()
@click.argument("ref")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where to write (default: preview/REF in the workspace).",
)
@click.option("--open", "in_browser", is_flag=True, help="Show the page in the browser.")
@json_option
@click.pass_obj
def preview(session: Session, ref: str, out: Path | None, in_browser: bool, as_json: bool) -> None:
    """Write what would go out, byte for byte, into a folder."""
    from veille.delivery import preview as folder
    from veille.workflows import compose, publish

    app = session.app
    table = compose.show(app.db, ref, app.renderer)
    mail = publish.sample_message(table, PREVIEW_READER, app.house)
    target = out if out is not None else app.workspace / "preview" / Path(ref)
    written = folder.write(target, table.rendered, mail, app.renderer.stylesheet())
    if as_json:
        session.show.json({"ref": ref, "sha256": table.rendered.sha256, "files": written})
    else:
        for path in written:
            session.show.line(str(path))
    if in_browser:
        from veille.cli.browser import show_page

        show_page(session, target / "page.html")


@edition.command()
@click.argument("ref")
@json_option
@click.pass_obj
def approve(session: Session, ref: str, as_json: bool) -> None:
    """Approve an edition exactly as it is now; one changed byte lapses it."""
    from veille.cli.editions import document
    from veille.workflows import compose

    app = session.app
    table = compose.approve(app.db, ref, app.renderer, act=session.act)
    if as_json:
        session.show.json(document(table))
        return
    session.show.say(
        f"{ref} approved by {table.edition.approved_by} (sha256 {table.rendered.sha256[:12]}…); "
        f"send it with 'veille edition send {ref}'"
    )


@edition.command()
@click.argument("ref")
@json_option
@click.pass_obj
def publish(session: Session, ref: str, as_json: bool) -> None:
    """Put the page of an approved edition into the archive."""
    from veille.workflows import publish as workflow

    app = session.app
    with app.lock("publish"):
        done = workflow.publish(app.db, ref, app.renderer, archive=app.archive, act=session.act)
    if as_json:
        session.show.json({"ref": ref, "page": done.page, "first": done.first})
        return
    verb = "published" if done.first else "was published already; its archive is up to date"
    session.show.say(f"{ref} {verb}: {done.page}")


@edition.command()
@click.argument("ref")
@click.option("--dry-run", is_flag=True, help="Only say who would receive it.")
@click.option("--test", "test", metavar="ADDRESS", help="Send one marked copy there, and no other.")
@json_option
@click.pass_obj
def send(session: Session, ref: str, dry_run: bool, test: str | None, as_json: bool) -> ExitCode:
    """Publish an approved edition and mail it to its readers, never twice."""
    if dry_run:
        return _dry_run(session, ref, as_json=as_json)
    if test is not None:
        return _send_test(session, ref, test)
    from veille.workflows import publish as workflow

    app = session.app
    with app.lock("publish"):
        done = workflow.send(
            app.db,
            ref,
            app.renderer,
            archive=app.archive,
            transport=app.transport,
            house=app.house,
            act=session.act,
        )
    if not app.settings.mail.sender:
        session.show.note(
            f"the mails come from {app.default_sender}: set mail.sender in veille.toml"
        )
    if as_json:
        session.show.json(_sent(ref, done.edition.state, done.ledger, done.handed_over))
    elif done.handed_over == 0 and done.edition.state is EditionState.SENT:
        session.show.say(f"{ref} was sent already: nothing was sent again")
    else:
        session.show.say(
            f"{ref} {done.edition.state}: {plural(done.handed_over, 'mail')} handed over"
        )
    return ExitCode.DONE if done.edition.state is EditionState.SENT else ExitCode.PARTIAL


def _sent(
    ref: str, state: EditionState, ledger: tuple[Delivery, ...], handed_over: int
) -> dict[str, Any]:
    counts: dict[str, int] = {}
    for row in ledger:
        counts[row.state.value] = counts.get(row.state.value, 0) + 1
    return {"ref": ref, "state": state.value, "handed_over": handed_over, "ledger": counts}


def _dry_run(session: Session, ref: str, *, as_json: bool) -> ExitCode:
    from veille.workflows import publish as workflow

    addresses = workflow.planned_audience(session.app.db, ref)
    if as_json:
        session.show.json({"ref": ref, "would_receive": addresses})
        return ExitCode.DONE
    for address in addresses:
        session.show.line(address)
    session.show.note(f"{plural(len(addresses), 'mail')} would be handed over; nothing was")
    return ExitCode.DONE


def _send_test(session: Session, ref: str, to: str) -> ExitCode:
    from veille.workflows import compose
    from veille.workflows import publish as workflow

    app = session.app
    table = compose.show(app.db, ref, app.renderer)
    mail = workflow.sample_message(table, to, app.house, test=True)
    place = app.transport.deliver(ref, mail)
    session.show.say(f"a test of {ref} for {to}: {place}")
    return ExitCode.DONE


@click.command()
@click.argument("ref")
@json_option
@click.pass_obj
def ledger(session: Session, ref: str, as_json: bool) -> None:
    """Show who received an edition."""
    from veille.workflows import publish as workflow

    rows = workflow.ledger(session.app.db, ref)
    if as_json:
        session.show.json([_row(row) for row in rows])
        return
    if not rows:
        raise Refused(f"{ref} was not sent yet: 'veille edition send {ref}'")
    columns = [Column(least=20, style="bold"), Column(), Column(right=True), Column(least=12)]
    cells = [[row.address, row.state.value, str(row.attempts), row.reply or ""] for row in rows]
    session.show.table(columns, cells)


def _row(row: Delivery) -> dict[str, Any]:
    return {
        "email": row.address,
        "state": row.state.value,
        "attempts": row.attempts,
        "message_id": row.message_id,
        "code": row.code,
        "reply": row.reply,
        "at": documents.instant(row.at),
    }


@click.group()
def archive() -> None:
    """The static site of all published editions."""


@archive.command()
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where to write (default: archive in the workspace).",
)
@json_option
@click.pass_obj
def build(session: Session, out: Path | None, as_json: bool) -> None:
    """Write the archive from the database; what did not change is not touched."""
    from veille.workflows import publish as workflow

    app = session.app
    with app.lock("publish"):
        report = workflow.build(app.db, app.renderer, archive=out or app.archive)
    counts = {
        "written": len(report.written),
        "unchanged": len(report.unchanged),
        "removed": len(report.removed),
    }
    if as_json:
        session.show.json(counts)
        return
    told = ", ".join(f"{count} {what}" for what, count in counts.items())
    session.show.say(f"{out or app.archive}: {told}")
