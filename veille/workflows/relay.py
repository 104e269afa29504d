"""Mails to a server: a commit before the dot, one after the answer, and nothing is sent twice. Threads
speak with the server (:mod:`veille.workflows.carrying`), the calling thread alone writes the ledger:
they share its durable commits."""

from __future__ import annotations

import signal
import threading
import time
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from veille.errors import Busy, MailServerError
from veille.model.delivery import Delivery, Move
from veille.model.states import DeliveryState
from veille.store import deliveries, sending
from veille.workflows.carrying import Carrier, Mail, Outcome, Pace, Relay, Shared, Wish, answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """All that a run works with."""

    db: Database
    tables: Tables
    house: House
    relay: Relay
    act: Act
    clock: Callable[[], datetime]


def wait_after(attempts: int) -> timedelta:
    """How long a mail waits after so many attempts: 5, 10, 20, 40 minutes, then an hour (M1)."""
    doublings = min(max(attempts, 1) - 1, 5)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


class Run:
    """One run over the mails that are due. :meth:`work` may be called once."""

    def __init__(self, post: Post, waiting: Sequence[Delivery]) -> None:
        self._post = post
        self._waiting = deque(waiting)
        self._wishes: SimpleQueue[Wish | None] = SimpleQueue()
        self._lines = min(post.relay.connections, len(waiting))
        self._stop = threading.Event()
        self._commit_takes = 0.0  # seconds
        self._throttled = 0
        self._accepted = 0
        self._lost: str | None = None  # why the last line went
        self._failure: BaseException | None = None

    def work(self) -> int:
        """Hand over all that is due; the number of mails accepted.

        Raises :class:`~veille.errors.MailServerError` when the server refuses us, KeyboardInterrupt
        when somebody asked to stop; mails on their way got their answer, what was done is written.
        """
        post = self._post
        shared = Shared(
            relay=post.relay, tables=post.tables, house=post.house, wishes=self._wishes,
            pace=Pace(post.relay.rate, self._stop), lost=self._lose, fail=self._fail,
        )  # fmt: skip
        with _patient(self._fail):
            for _ in range(self._lines):
                threading.Thread(target=Carrier(shared).carry_all, daemon=True).start()
            self._keep_ledger()
        if self._failure is not None:
            raise self._failure
        if self._lost is not None and self._waiting:
            self._defer_rest(self._lost)
        return self._accepted

    def _keep_ledger(self) -> None:
        beaten = time.monotonic()
        while self._lines:
            self._write(self._batch())
            if time.monotonic() - beaten > sending.HEARTBEAT.total_seconds():
                beaten = time.monotonic()
                self._beat()

    def _batch(self) -> list[Wish]:
        """What lines wait for. They share a commit, so it begins when all of them wait, or when the
        first has waited as long as a commit takes: a slow server cannot hold up the other lines."""
        wishes: list[Wish] = []
        end = time.monotonic() + _LISTEN
        while len(wishes) < self._lines:
            try:
                wish = self._wishes.get(timeout=max(0, end - time.monotonic()))
            except Empty:
                break
            if wish is None:
                self._lines -= 1
                continue
            if not wishes:
                end = time.monotonic() + self._commit_takes
            wishes.append(wish)
        return wishes

    def _write(self, wishes: Sequence[Wish]) -> None:
        """One transaction for all that is wished; nobody goes on before it is durable."""
        if not wishes:
            return
        began = time.monotonic()
        try:
            with self._post.db.write() as connection:
                moved, claimed = self._grant(connection, wishes)
        except Exception as error:
            self._fail(error)
            for wish in wishes:
                wish.granted.put(error)
            return
        self._commit_takes = time.monotonic() - began
        for wish in wishes:
            if wish.commits is not None and wish.commits.row.id not in moved:
                to = wish.commits.row.address
                wish.granted.put(Busy(f"another process moved the mail to {to}: stopped here"))
            else:
                wish.granted.put(claimed.popleft() if wish.another and claimed else None)

    def _grant(
        self, connection: Connection, wishes: Sequence[Wish]
    ) -> tuple[set[int], deque[Delivery]]:
        """The mails that moved, and those claimed for the lines that ask for another."""
        now = self._post.clock()
        steps = [self._note(wish.outcome, now) for wish in wishes if wish.outcome is not None]
        steps += [_commitment(wish.commits) for wish in wishes if wish.commits is not None]
        wanted = sum(wish.another for wish in wishes)
        moved: set[int] = set()
        claimed: deque[Delivery] = deque()
        rows = self._take(wanted)
        while steps or rows:
            moved |= self._move(connection, [*steps, *map(_claim, rows)], now)
            claimed.extend(row for row in rows if row.id in moved)
            steps, rows = (
                [],
                self._take(wanted - len(claimed)),
            )  # in the place of who left meanwhile
        return moved, claimed

    def _take(self, count: int) -> list[Delivery]:
        count = 0 if self._stop.is_set() else min(count, len(self._waiting))
        return [self._waiting.popleft() for _ in range(count)]

    def _note(self, outcome: Outcome, now: datetime) -> Move:
        """What is written down of an outcome, and learnt from it."""
        told = outcome.answer
        self._accepted += told.state is DeliveryState.ACCEPTED
        self._throttled = self._throttled + 1 if told.throttled else 0
        if self._throttled >= PATIENCE:
            self._lose(told.reply)
            self._stop.set()
        return _end(outcome, now)

    def _defer_rest(self, why: str) -> None:
        """The server is away: all mails that are due wait, as if each had been tried (M1)."""
        rows, now = self._waiting, self._post.clock()
        put_off = answer(DeliveryState.DEFERRED, "connect", why)
        with self._post.db.write() as connection:
            claimed = self._move(connection, [*map(_claim, rows)], now)
            tried = [Outcome(Mail(row), put_off) for row in rows if row.id in claimed]
            self._move(connection, [_end(outcome, now) for outcome in tried], now)

    def _move(self, connection: Connection, steps: Sequence[Move], now: datetime) -> set[int]:
        return deliveries.move_all(connection, steps, at=now, run=self._post.act.batch)

    def _beat(self) -> None:
        with self._post.db.write() as connection:
            edition, run = self._post.tables.edition.id, self._post.act.batch
            if not sending.beat(connection, edition, run=run, at=self._post.clock()):
                self._fail(MailServerError("another process took this sending over: stopped here"))

    def _lose(self, why: str) -> None:
        self._lost = why

    def _fail(self, error: BaseException) -> None:
        self._failure = self._failure or error
        self._stop.set()


def _claim(row: Delivery) -> Move:
    return Move(mail=row.id, expected=row.state, to=DeliveryState.CLAIMED, phase="claim")


def _commitment(mail: Mail) -> Move:
    """From here on, and until the answer is written down, a crash leaves this mail in doubt."""
    to = DeliveryState.COMMITTING
    return Move(mail=mail.row.id, expected=mail.held, to=to, phase=DOT_IS_NEXT)


def _end(outcome: Outcome, now: datetime) -> Move:
    row, told = outcome.mail.row, outcome.answer
    state, reply, next_try = told.state, told.reply, None
    if state is DeliveryState.DEFERRED:
        if now - row.planned_at >= GIVE_UP_AFTER:
            state, reply = DeliveryState.REJECTED, f"given up after 48 hours: {reply}"
        else:
            next_try = now + wait_after(row.attempts + 1)
    return Move(
        mail=row.id, expected=outcome.mail.held, to=state, phase=told.phase, code=told.code,
        reply=reply or None, next_try=next_try,
    )  # fmt: skip


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
