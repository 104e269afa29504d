"""Tell the operator that something is wrong: one mail a cause a day, and never a storm."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from veille.delivery import notice
from veille.delivery.smtp import Relay
from veille.errors import VeilleError
from veille.model.delivery import Delivery, Message
from veille.model.states import DeliveryState
from veille.store import watch

if TYPE_CHECKING:
    from typing import Protocol

    from veille.model.edition import Sender
    from veille.store.database import Database

    class Folder(Protocol):
        """Where mails become files."""

        def deliver(self, ref: str, mail: Message) -> str:
            """Hand one message over."""


AGAIN_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alerts:
    """How the operator is reached; without an address only the log tells."""

    db: Database
    transport: Folder | Relay
    sender: Sender
    operator: str | None

    def tell(self, cause: str, message: str, *, now: datetime) -> bool:
        """Tell a cause; whether a mail left. A mail that cannot leave is no new trouble."""
        with self.db.write() as connection:
            due = watch.raise_alert(connection, cause, message, at=now, every=AGAIN_AFTER)
        if not due or self.operator is None:
            return False
        try:
            self._send(cause, message, self.operator, now)
        except VeilleError:
            return False
        return True

    def _send(self, cause: str, message: str, to: str, now: datetime) -> None:
        subject = f"[{self.sender.name}] {cause}"
        mail = notice.compose(self.sender, to, subject=subject, text=message, at=now)
        if isinstance(self.transport, Relay):
            self.transport.send_one(_row(mail, now), mail.content)
        else:
            self.transport.deliver("alert", mail)


def _row(mail: Message, now: datetime) -> Delivery:
    """The mail as the server's door wants it; no ledger holds it."""
    return Delivery(
        id=0,
        recipient=mail.recipient,
        address=mail.recipient,
        name=None,
        message_id=mail.message_id,
        state=DeliveryState.PLANNED,
        attempts=0,
        planned_at=now,
        code=None,
        reply=None,
        at=now,
    )
