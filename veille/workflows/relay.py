"""Mails to a server: a commit before the dot, one after the answer, and nothing is sent twice. Threads
speak with the server, the calling thread alone writes the ledger: they share its durable commits."""

from __future__ import annotations

import signal
import threading
import time
from collections import deque
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from queue import Empty, Queue
from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

from veille.delivery.smtp import LineLost
from veille.errors import Busy, MailServerError, Refused
from veille.model.delivery import Answer, Delivery
from veille.model.states import DeliveryState
from veille.store import deliveries, sending
from veille.workflows.publish import write_mail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from veille.delivery.envelope import Envelope
    from veille.store.database import Connection, Database
    from veille.workflows.acting import Act
    from veille.workflows.audiences import Tables
    from veille.workflows.publish import House

FIRST_WAIT = timedelta(minutes=5)
LONGEST_WAIT = timedelta(hours=1)
GIVE_UP_AFTER = timedelta(hours=48)
PATIENCE = 3  # refusals in a row that ask everybody to slow down
DOT_IS_NEXT = "354"  # the phase of a commitment to a server
_LISTEN = 0.5  # seconds between two looks at the heartbeat


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """All that a run works with."""

    db: Database
    tables: Tables
    house: House
    relay: Relay
    act: Act
    clock: Callable[[], datetime]


@dataclass(slots=True)
class _Mail:
    """A mail on its way; ``held`` is the state the ledger holds it in."""

    row: Delivery
    held: DeliveryState = DeliveryState.CLAIMED


class _Outcome(NamedTuple):
    """A mail, and what became of it."""

    mail: _Mail
    answer: Answer


_Job = tuple["Future[object]", "Callable[[Connection], object]"]


def wait_after(attempts: int) -> timedelta:
    """How long a mail waits after so many attempts: 5, 10, 20, 40 minutes, then an hour (M1)."""
    doublings = min(max(attempts, 1) - 1, 5)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


class Run:
    """One run over the mails that are due. :meth:`work` may be called once."""

    def __init__(self, post: Post, waiting: Sequence[Delivery]) -> None:
        self._post = post
        self._waiting = deque(waiting)
        self._asked: Queue[_Job | None] = Queue()
        self._stop = threading.Event()
        self._pace = _Pace(post.relay.rate, self._stop)
        self._throttled = 0
        self._accepted = 0
        self._lost: str | None = None  # why the last line went
        self._failure: BaseException | None = None

    def work(self) -> int:
        """Hand over all that is due; the number of mails accepted.

        Raises :class:`~veille.errors.MailServerError` when the server refuses us, KeyboardInterrupt
        when somebody asked to stop; mails on their way got their answer, what was done is written.
        """
        count = min(self._post.relay.connections, len(self._waiting))
        threads = [threading.Thread(target=self._carry_all, daemon=True) for _ in range(count)]
        with _patient(self._fail):
            for thread in threads:
                thread.start()
            self._keep_ledger(threads)
        if self._failure is not None:
            raise self._failure
        if self._lost is not None and self._waiting:
            self._defer_rest(self._lost)
        return self._accepted

    # The calling thread: the ledger.

    def _keep_ledger(self, threads: Sequence[threading.Thread]) -> None:
        beaten = time.monotonic()
        while any(thread.is_alive() for thread in threads) or not self._asked.empty():
            self._write(self._batch())
            if time.monotonic() - beaten > sending.HEARTBEAT.total_seconds():
                beaten = time.monotonic()
                self._beat()

    def _batch(self) -> list[_Job]:
        batch = []
        try:
            batch.append(self._asked.get(timeout=_LISTEN))
            while True:
                batch.append(self._asked.get_nowait())
        except Empty:
            return [one for one in batch if one is not None]

    def _write(self, batch: Sequence[_Job]) -> None:
        """One transaction for all that was asked; nobody goes on before it is durable."""
        if not batch:
            return
        try:
            with self._post.db.write() as connection:
                results = [job(connection) for _, job in batch]
        except Exception as error:
            self._fail(error)
            for future, _ in batch:
                future.set_exception(error)
            return
        for (future, _), result in zip(batch, results, strict=True):
            future.set_result(result)

    def _beat(self) -> None:
        with self._post.db.write() as connection:
            edition, run = self._post.tables.edition.id, self._post.act.batch
            if not sending.beat(connection, edition, run=run, at=self._post.clock()):
                self._fail(MailServerError("another process took this sending over: stopped here"))

    def _defer_rest(self, why: str) -> None:
        """The server is away: all mails that are due wait, as if each had been tried (M1)."""
        answer = Answer(state=DeliveryState.DEFERRED, phase="connect", code=None, reply=why)
        with self._post.db.write() as connection:
            for row in self._waiting:
                self._move(connection, row, row.state, DeliveryState.CLAIMED, "claim")
                self._settle(connection, _Outcome(_Mail(row), answer), self._post.clock())

    # The other threads: the server.

    def _carry_all(self) -> None:
        line = self._post.relay.line()
        try:
            line.open()
            outcome: _Outcome | None = None
            while (row := self._next(outcome)) is not None:
                outcome = self._carry(line, _Mail(row))
                if not line.is_open:
                    self._note_now(outcome)
                    outcome = None
                    line.open()
        except LineLost as lost:
            self._lost = str(lost)
        except BaseException as error:
            self._fail(error)
        finally:
            line.close()
            self._asked.put(None)

    def _next(self, outcome: _Outcome | None) -> Delivery | None:
        """Write down what became of the last mail and claim another: one commit for both."""

        def job(connection: Connection) -> Delivery | None:
            self._note(connection, outcome)
            while self._waiting and not self._stop.is_set():
                row = self._waiting.popleft()
                if self._move(connection, row, row.state, DeliveryState.CLAIMED, "claim"):
                    return row
            return None

        claimed = self._ask(job)
        return claimed if isinstance(claimed, Delivery) else None

    def _carry(self, line: Line, mail: _Mail) -> _Outcome:
        """One mail, from its text to the server's answer."""
        try:
            envelope = self._post.relay.envelope(mail.row)
            table = self._post.tables.of(mail.row)
            content = write_mail(table, mail.row, self._post.house).content
        except Refused as error:  # an address no mail can be written to: only this one (M10)
            return _Outcome(mail, _answer(DeliveryState.REJECTED, "compose", str(error)))
        if not self._pace.wait():
            return _Outcome(mail, _answer(DeliveryState.PLANNED, "stopped", ""))
        try:
            return _Outcome(mail, self._twice(line, mail, envelope, content))
        except LineLost as lost:
            answer = _answer(DeliveryState.DEFERRED, "connection", str(lost), throttled=True)
            return _Outcome(mail, answer)
        except MailServerError:
            self._note_now(_Outcome(mail, _answer(DeliveryState.PLANNED, "refused", "")))
            raise

    def _twice(self, line: Line, mail: _Mail, envelope: Envelope, content: bytes) -> Answer:
        """A mail through the dialogue; on a new line when the first is lost before the dot (M3)."""
        try:
            answer = self._once(line, mail, envelope, content)
            if answer.code != 421 or answer.phase == "dot":
                return answer
        except LineLost:
            pass
        line.open()
        return self._once(line, mail, envelope, content)

    def _once(self, line: Line, mail: _Mail, envelope: Envelope, content: bytes) -> Answer:
        answer = line.offer(envelope, content)
        if answer is not None:
            return answer
        if mail.held is DeliveryState.CLAIMED:
            self._ask(lambda connection: self._commit(connection, mail))
        return line.commit()

    def _note_now(self, outcome: _Outcome) -> None:
        self._ask(lambda connection: self._note(connection, outcome))

    def _ask(self, job: Callable[[Connection], object]) -> object:
        future: Future[object] = Future()
        self._asked.put((future, job))
        return future.result()

    def _fail(self, error: BaseException) -> None:
        self._failure = self._failure or error
        self._stop.set()

    # Jobs, done by the calling thread inside its transaction.

    def _commit(self, connection: Connection, mail: _Mail) -> None:
        """From here on, and until the answer is written down, a crash leaves this mail in doubt."""
        to = DeliveryState.COMMITTING
        if not self._move(connection, mail.row, DeliveryState.CLAIMED, to, DOT_IS_NEXT):
            raise Busy(f"another process moved the mail to {mail.row.address}: stopped here")
        mail.held = to

    def _note(self, connection: Connection, outcome: _Outcome | None) -> None:
        if outcome is None:
            return
        self._settle(connection, outcome, self._post.clock())
        answer = outcome.answer
        self._accepted += answer.state is DeliveryState.ACCEPTED
        self._throttled = self._throttled + 1 if answer.throttled else 0
        if self._throttled >= PATIENCE:
            self._lost = answer.reply
            self._stop.set()

    def _settle(self, connection: Connection, outcome: _Outcome, now: datetime) -> None:
        row, answer = outcome.mail.row, outcome.answer
        state, reply, next_try = answer.state, answer.reply, None
        if state is DeliveryState.DEFERRED:
            if now - row.planned_at >= GIVE_UP_AFTER:
                state, reply = DeliveryState.REJECTED, f"given up after 48 hours: {reply}"
            else:
                next_try = now + wait_after(row.attempts + 1)
        deliveries.move(
            connection, row.id, expected=outcome.mail.held, to=state, at=now,
            run=self._post.act.batch, phase=answer.phase, code=answer.code, reply=reply or None,
            next_try=next_try,
        )  # fmt: skip

    def _move(
        self,
        connection: Connection,
        row: Delivery,
        expected: DeliveryState,
        to: DeliveryState,
        phase: str,
    ) -> bool:
        return deliveries.move(
            connection, row.id, expected=expected, to=to, at=self._post.clock(),
            run=self._post.act.batch, phase=phase,
        )  # fmt: skip


class _Pace:
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


def _answer(state: DeliveryState, phase: str, reply: str, *, throttled: bool = False) -> Answer:
    return Answer(state=state, phase=phase, code=None, reply=reply, throttled=throttled)


@contextmanager
def _patient(stop: Callable[[BaseException], None]) -> Iterator[None]:
    """Let a request to end (SIGINT, SIGTERM) stop the run between two mails, not inside one (C7)."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def asked(number: int, frame: object) -> None:  # noqa: ARG001  the signature of a handler
        signal.signal(number, before[number])  # asked twice: at once
        stop(KeyboardInterrupt())

    before = {int(number): signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        signal.signal(number, asked)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
