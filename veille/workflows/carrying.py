"""One line to the mail server, carrying mails in a thread of its own.

It knows the dialogue and no ledger: before the dot, and before another mail, it wishes that something
be written down, and waits until that is durable.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

from veille.delivery.smtp import LineLost
from veille.errors import MailServerError, Refused
from veille.model.delivery import Answer, Delivery
from veille.model.states import DeliveryState
from veille.workflows.publish import write_mail

if TYPE_CHECKING:
    from collections.abc import Callable

    from veille.delivery.envelope import Envelope
    from veille.workflows.audiences import Tables
    from veille.workflows.publish import House


class Line(Protocol):
    """A connection; :class:`veille.delivery.smtp.Line`."""

    @property
    def is_open(self) -> bool:
        """Whether the server was there the last time."""

    def open(self) -> None:
        """Connect and log in."""

    def offer(self, envelope: Envelope, content: bytes) -> Answer | None:
        """Everything but the dot."""

    def commit(self) -> Answer:
        """The dot."""

    def close(self) -> None:
        """Say goodbye."""


@runtime_checkable
class Relay(Protocol):
    """A mail server; :class:`veille.delivery.smtp.Relay`."""

    @property
    def connections(self) -> int:
        """How many lines at once."""

    @property
    def rate(self) -> int:
        """Mails a minute, 0 for no limit."""

    def line(self) -> Line:
        """A line, not open yet."""

    def envelope(self, delivery: Delivery) -> Envelope:
        """What the server is told of a mail."""


@dataclass(slots=True)
class Mail:
    """A mail on its way; ``held`` is the state the ledger holds it in."""

    row: Delivery
    held: DeliveryState = DeliveryState.CLAIMED


class Outcome(NamedTuple):
    """A mail, and what became of it."""

    mail: Mail
    answer: Answer


class Wish(NamedTuple):
    """What a line waits for, all of it in one commit; ``granted`` takes a delivery, None or an error."""

    granted: SimpleQueue[Delivery | Exception | None]
    outcome: Outcome | None = None  # of the last mail, to be written down
    commits: Mail | None = None  # whose dot is next
    another: bool = False  # mail


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What the lines of a run have in common. ``wishes`` takes None for a line that ended."""

    relay: Relay
    tables: Tables
    house: House
    pace: Pace
    wishes: SimpleQueue[Wish | None]
    lost: Callable[[str], None]  # why a line went
    fail: Callable[[BaseException], None]  # why the run cannot go on


class Carrier:
    """A line, and the mails that it carries one after the other."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._line = shared.relay.line()
        self._granted: SimpleQueue[Delivery | Exception | None] = SimpleQueue()

    def carry_all(self) -> None:
        """Carry mails until there are none, or the server is away."""
        try:
            self._line.open()
            outcome: Outcome | None = None
            while (row := self._wish(outcome=outcome, another=True)) is not None:
                outcome = self._carry(Mail(row))
                if not self._line.is_open:
                    self._wish(outcome=outcome)
                    outcome = None
                    self._line.open()
        except LineLost as lost:
            self._shared.lost(str(lost))
        except BaseException as error:
            self._shared.fail(error)
        finally:
            self._line.close()
            self._shared.wishes.put(None)

    def _carry(self, mail: Mail) -> Outcome:
        """One mail, from its text to the server's answer."""
        try:
            envelope = self._shared.relay.envelope(mail.row)
            table = self._shared.tables.of(mail.row)
            content = write_mail(table, mail.row, self._shared.house).content
        except Refused as error:  # an address no mail can be written to: only this one (M10)
            return Outcome(mail, answer(DeliveryState.REJECTED, "compose", str(error)))
        if not self._shared.pace.wait():
            return Outcome(mail, answer(DeliveryState.PLANNED, "stopped", ""))
        try:
            return Outcome(mail, self._twice(mail, envelope, content))
        except LineLost as lost:
            put_off = answer(DeliveryState.DEFERRED, "connection", str(lost), throttled=True)
            return Outcome(mail, put_off)
        except MailServerError:
            self._wish(outcome=Outcome(mail, answer(DeliveryState.PLANNED, "refused", "")))
            raise

    def _twice(self, mail: Mail, envelope: Envelope, content: bytes) -> Answer:
        """A mail through the dialogue; on a new line when the first is lost before the dot (M3)."""
        try:
            answer = self._once(mail, envelope, content)
            if answer.code != 421 or answer.phase == "dot":
                return answer
        except LineLost:
            pass
        self._line.open()
        return self._once(mail, envelope, content)

    def _once(self, mail: Mail, envelope: Envelope, content: bytes) -> Answer:
        answer = self._line.offer(envelope, content)
        if answer is not None:
            return answer
        if mail.held is DeliveryState.CLAIMED:
            self._wish(commits=mail)
            mail.held = DeliveryState.COMMITTING
        return self._line.commit()

    def _wish(
        self, *, outcome: Outcome | None = None, commits: Mail | None = None, another: bool = False
    ) -> Delivery | None:
        """Wait until it is written down, durably; the next mail if one was asked for and is there."""
        self._shared.wishes.put(Wish(self._granted, outcome, commits, another))
        granted = self._granted.get()
        if isinstance(granted, Exception):
            raise granted
        return granted


class Pace:
    """At most so many mails a minute, all lines together."""

    def __init__(self, rate: int, stop: threading.Event) -> None:
        self._gap = 60 / rate if rate else 0.0
        self._stop = stop
        self._lock = threading.Lock()
        self._free_at = 0.0

    def wait(self) -> bool:
        """Wait for one's turn; False when the run is stopped meanwhile."""
        if not self._gap:
            return not self._stop.is_set()
        with self._lock:
            now = time.monotonic()
            mine = max(now, self._free_at)
            self._free_at = mine + self._gap
        return not self._stop.wait(mine - now)


def answer(state: DeliveryState, phase: str, reply: str, *, throttled: bool = False) -> Answer:
    """What became of a mail without a word of the server."""
    return Answer(state=state, phase=phase, code=None, reply=reply, throttled=throttled)
