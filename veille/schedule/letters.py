"""Reading the mailbox, as the command and the loop do it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from veille.model.letter import Outcome
from veille.terminal.counting import plural

if TYPE_CHECKING:
    from veille.app import App
    from veille.workflows.acting import Act
    from veille.workflows.mailbox import Reading

TOLD = {
    Outcome.BOUNCED: "came back",
    Outcome.DELAYED: "delayed",
    Outcome.LEFT: "left",
    Outcome.SUGGESTED: "suggested",
    Outcome.ASKED: "for you to read",
}


def read_mailbox(app: App, act: Act) -> Reading | None:
    """Judge what is new in the mailbox; None when the settings name none.

    Raises MailServerError when it cannot be read, Busy when another process reads it now.
    """
    from veille.delivery.message import domain_of
    from veille.workflows.found import FoundLink, add_link
    from veille.workflows.mailbox import TAG, Desk
    from veille.workflows.mailbox import read as read_letters

    box = app.servers.mailbox()
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
        f"{len(found)} {words}" for outcome, words in TOLD.items() if (found := reading.of(outcome))
    ]
    told = f"{plural(len(reading.judged), 'letter')} read"
    if counts:
        told += f": {', '.join(counts)}"
    return f"{told}; {reading.more} left for the next time" if reading.more else told
