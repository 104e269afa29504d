"""Thanks that follow a publication by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from veille.model.states import DeliveryState
from veille.terminal.counting import plural

if TYPE_CHECKING:
    from veille.cli.context import Session


def thank_when_out(session: Session, ref: str) -> None:
    """After a publication: thanks, when the house wants them. Mails that fail are told, no more."""
    from veille.errors import VeilleError
    from veille.workflows import notices

    app = session.app
    if not app.settings.workflow.thanks:
        return
    try:
        with app.lock("notices"):
            rows = notices.thank(app.db, ref, app.notices, act=session.act)
    except VeilleError as error:
        session.show.note(
            f"thanks were not sent: {error}; 'veille edition thank {ref}' tries again"
        )
        return
    fresh = [
        row for row in rows if row.at >= session.act.now and row.state is DeliveryState.ACCEPTED
    ]
    if fresh:
        session.show.note(f"{plural(len(fresh), 'mail')} of thanks sent")
