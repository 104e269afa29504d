"""The mail server as a transport."""

from __future__ import annotations

from typing import TYPE_CHECKING

from veille.delivery.envelope import Envelope, envelope
from veille.delivery.smtp.line import Line, LineLost, Server
from veille.errors import MailServerError
from veille.model.states import DeliveryState

if TYPE_CHECKING:
    from veille.model.delivery import Delivery


class Relay:
    """The mail server as a transport: it makes the lines that carry mails."""

    def __init__(
        self,
        server: Server,
        bounce_address: str,
        *,
        verp: bool = True,
        connections: int = 1,
        rate: int = 0,
    ) -> None:
        """``rate`` is the number of mails a minute, all connections together; 0 for no limit."""
        self._server = server
        self._bounce_address = bounce_address
        self._verp = verp
        self.connections = connections
        self.rate = rate

    def line(self) -> Line:
        """A connection of its own for one thread, not open yet."""
        return Line(self._server)

    def envelope(self, delivery: Delivery) -> Envelope:
        """What the server is told of ``delivery``. Raises Refused for an impossible address."""
        return envelope(delivery, self._bounce_address, verp=self._verp)

    def send_one(self, delivery: Delivery, content: bytes) -> str:
        """Hand one mail over outside any ledger (a test); the server's words.

        Raises MailServerError when it was not accepted.
        """
        line = self.line()
        try:
            line.open()
            answer = line.offer(self.envelope(delivery), content) or line.commit()
        except LineLost as error:
            raise MailServerError(
                f"{error}; is it the right one, and running? try again later"
            ) from error
        finally:
            line.close()
        if answer.state is not DeliveryState.ACCEPTED:
            raise MailServerError(f"not accepted: {answer.code or ''} {answer.reply}".strip())
        return answer.reply
