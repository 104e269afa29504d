"""``veille mailbox``: what comes back from readers and mail servers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from veille.cli.options import json_option
from veille.errors import UsageError
from veille.model.letter import Outcome
from veille.terminal.wording import plural

if TYPE_CHECKING:
    from veille.app import App
    from veille.cli.context import Session
    from veille.workflows.acting import Act
    from veille.workflows.mailbox import Judged, Reading

_TOLD = {
    Outcome.BOUNCED: "came back",
    Outcome.DELAYED: "delayed",
    Outcome.LEFT: "left",
    Outcome.SUGGESTED: "suggested",
    Outcome.ASKED: "for you to read",
}


@click.group()
def mailbox() -> None:
    """What readers and mail servers answer: failures, farewells, links."""


@mailbox.command()
@json_option
@click.pass_obj
def read(session: Session, as_json: bool) -> None:
    """Read the mailbox of [mailbox], each letter once; nothing is deleted or answered."""
    app = session.app
    if app.exposed_secret:
        session.show.note(app.exposed_secret)
    reading = read_mailbox(app, session.act)
    if reading is None:
        raise UsageError(
            "no mailbox to read: set mailbox.host (IMAP) or mailbox.maildir in veille.toml"
        )
    if as_json:
        session.show.json(document(reading))
        return
    session.show.say(summary(reading))
    for outcome, words in _TOLD.items():
        for one in reading.of(outcome):
            session.show.note(f"{words}: {one.who}: {one.what}")


def read_mailbox(app: App, act: Act) -> Reading | None:
    """Judge what is new in the mailbox; None when the settings name none.

    Raises MailServerError when it cannot be read, Busy when another process reads it now.
    """
    from veille.delivery.message import domain_of
    from veille.workflows.found import FoundLink, add_link
    from veille.workflows.mailbox import TAG, Desk
    from veille.workflows.mailbox import read as read_letters

    box = app.mailbox()
    if box is None:
        return None
    rules, house = app.settings.collect, app.settings.veille
    with app.lock("mailbox"), app.readers() as readers:

        def link(url: str, by: Act) -> FoundLink:
            return add_link(
                app.db, app.web, readers, url, tags=(TAG,), act=by, agent=rules.user_agent
            )

        desk = Desk(
            secret=app.secret,
            domain=domain_of(app.sender),
            link=link,
            bounces=app.settings.mailbox.bounces,
            ours=tuple(filter(None, (house.base_url, app.settings.web.leave_url))),
        )
        return read_letters(app.db, box, desk, act=act)


def summary(reading: Reading) -> str:
    """A reading on one line."""
    counts = [
        f"{len(found)} {words}"
        for outcome, words in _TOLD.items()
        if (found := reading.of(outcome))
    ]
    told = f"{plural(len(reading.judged), 'letter')} read"
    if counts:
        told += f": {', '.join(counts)}"
    return f"{told}; {reading.more} left for the next time" if reading.more else told


def document(reading: Reading) -> dict[str, Any]:
    """A reading as JSON."""
    lists = {outcome.value: [_letter(one) for one in reading.of(outcome)] for outcome in _TOLD}
    ignored: dict[str, int] = {}
    for one in (*reading.of(Outcome.IGNORED), *reading.of(Outcome.KNOWN)):
        name = "known" if one.outcome is Outcome.KNOWN else one.kind.value
        ignored[name] = ignored.get(name, 0) + 1
    return {"read": len(reading.judged), **lists, "ignored": ignored, "left_over": reading.more}


def _letter(one: Judged) -> dict[str, str]:
    return {"who": one.who, "what": one.what}
