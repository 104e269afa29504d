"""``veille mailbox``: what comes back from readers and mail servers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from veille.cli.options import json_option
from veille.errors import UsageError
from veille.model.letter import Outcome
from veille.schedule.letters import TOLD, read_mailbox, summary

if TYPE_CHECKING:
    from veille.cli.context import Session
    from veille.workflows.mailbox import Judged, Reading


@click.group()
def mailbox() -> None:
    """What readers and mail servers answer: failures, farewells, links."""


@mailbox.command()
@json_option
@click.pass_obj
def read(session: Session, as_json: bool) -> None:
    """Read the mailbox of [mailbox], each letter once; nothing is deleted or answered."""
    app = session.app
    if app.servers.exposed:
        session.show.note(app.servers.exposed)
    reading = read_mailbox(app, session.act)
    if reading is None:
        raise UsageError(
            "no mailbox to read: set mailbox.host (IMAP) or mailbox.maildir in veille.toml"
        )
    if as_json:
        session.show.json(document(reading))
        return
    session.show.say(summary(reading))
    for outcome, words in TOLD.items():
        for one in reading.of(outcome):
            session.show.note(f"{words}: {one.who}: {one.what}")


def document(reading: Reading) -> dict[str, Any]:
    """A reading as JSON."""
    lists = {outcome.value: [_letter(one) for one in reading.of(outcome)] for outcome in TOLD}
    ignored: dict[str, int] = {}
    for one in (*reading.of(Outcome.IGNORED), *reading.of(Outcome.KNOWN)):
        name = "known" if one.outcome is Outcome.KNOWN else one.kind.value
        ignored[name] = ignored.get(name, 0) + 1
    return {"read": len(reading.judged), **lists, "ignored": ignored, "left_over": reading.more}


def _letter(one: Judged) -> dict[str, str]:
    return {"who": one.who, "what": one.what}
