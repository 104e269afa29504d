"""The ledger: who received an edition, and what a person decides where the machine cannot know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from veille.errors import NotFound, Refused
from veille.model.delivery import Move
from veille.model.event import Action
from veille.model.states import DeliveryState
from veille.store import deliveries
from veille.workflows.acting import whole
from veille.workflows.compose import find
from veille.workflows.readers import address
from veille.workflows.send import settle

if TYPE_CHECKING:
    from veille.model.delivery import Delivery
    from veille.model.edition import Edition
    from veille.store.database import Connection, Database
    from veille.workflows.acting import Act


def ledger(db: Database, ref: str) -> list[Delivery]:
    """Who received an edition: one row a reader, by address."""
    edition = find(db, ref)
    with db.read() as connection:
        return deliveries.of_edition(connection, edition.id)


@whole
def resolve(db: Database, ref: str, email: str, *, sent: bool, act: Act) -> Delivery:
    """Decide about a mail in doubt: it counts as received (``sent``), or goes out once more.

    A mail that the server refused may be sent once more too. The decision is logged with name and
    reason (``act.note``). Raises NotFound, and Refused when there is nothing to decide.
    """
    edition = find(db, ref)
    _, key = address(email)
    with db.write() as connection:
        row = _row(connection, edition, key)
        decidable = {DeliveryState.UNCERTAIN} | (set() if sent else {DeliveryState.REJECTED})
        if row.state not in decidable:
            raise Refused(
                f"the mail of {edition.ref} to {row.address} is {row.state}: only a mail that is "
                "uncertain, or rejected and to be sent again, waits for a decision"
            )
        to = DeliveryState.ACCEPTED if sent else DeliveryState.PLANNED
        decision = "assumed sent" if sent else "to be sent again"
        deliveries.move(
            connection,
            Move(
                mail=row.id,
                expected=row.state,
                to=to,
                phase="resolve",
                reply=f"{decision} by {act.by}: {act.note}",
            ),
            at=act.now,
            run=act.batch,
        )
        event = act.event(
            Action.LEDGER_RESOLVE,
            subject=edition.ref,
            before={"email": row.address, "state": row.state},
            after={"state": to},
        )
        act.log(connection, event)
        settle(connection, edition)
        return _row(connection, edition, key)


def _row(connection: Connection, edition: Edition, key: str) -> Delivery:
    for row in deliveries.of_edition(connection, edition.id):
        if row.recipient == key:
            return row
    raise NotFound(f"{edition.ref} was not sent to {key}: see 'veille ledger {edition.ref}'")
