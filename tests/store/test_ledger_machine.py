"""The ledger as a state machine: whatever happens, in any order, it keeps its promises (5b)."""

from __future__ import annotations

import shutil
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from veille.model.delivery import DeliveryDraft, Move
from veille.model.states import DeliveryState, Every
from veille.store import deliveries, editions
from veille.store.database import Database
from veille.store.tables.readers import delivery_event

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
S = DeliveryState
READERS = tuple(f"reader{number}@x.example" for number in range(4))
readers = st.sampled_from(READERS)
ANSWERS = (S.ACCEPTED, S.DEFERRED, S.REJECTED, S.UNCERTAIN)
# What may follow what, and nothing else (the table of the design).
ALLOWED = {
    (None, S.PLANNED), (None, S.SKIPPED),
    (S.PLANNED, S.CLAIMED), (S.DEFERRED, S.CLAIMED),
    (S.PLANNED, S.SKIPPED), (S.DEFERRED, S.SKIPPED),
    (S.CLAIMED, S.COMMITTING), (S.CLAIMED, S.DEFERRED), (S.CLAIMED, S.REJECTED), (S.CLAIMED, S.PLANNED),
    (S.COMMITTING, S.ACCEPTED), (S.COMMITTING, S.DEFERRED), (S.COMMITTING, S.REJECTED),
    (S.COMMITTING, S.UNCERTAIN), (S.UNCERTAIN, S.ACCEPTED), (S.UNCERTAIN, S.PLANNED),
    (S.ACCEPTED, S.BOUNCED), (S.UNCERTAIN, S.BOUNCED),
}  # fmt: skip


class Undone(Exception):  # noqa: N818
    """Takes back all that an example did."""


class Ledger(RuleBasedStateMachine):
    """An edition being sent to four readers by runs that die, while people decide and leave.

    ``model`` is what should be, by reader; ``wrote`` counts the final dots a server may have read.
    """

    database: Database

    def __init__(self) -> None:
        super().__init__()
        self.transaction = self.database.write()
        self.conn = self.transaction.__enter__()
        self.digest = editions.create_digest(
            self.conn, slug="d", title="D", links=5, every=Every.MONTH, locale="fr", query=None,
            at=NOW,
        )  # fmt: skip
        self.edition = editions.create(self.conn, self.digest, "2026-11", at=NOW)
        drafts = [
            DeliveryDraft(recipient=one, address=one, name=None, message_id=f"<{one}>")
            for one in READERS
        ]
        deliveries.freeze(self.conn, self.edition.id, "r", drafts, at=NOW)
        self.model: dict[str, S] = dict.fromkeys(READERS, S.PLANNED)
        self.attempts: dict[str, int] = dict.fromkeys(READERS, 0)
        self.wrote: dict[str, int] = dict.fromkeys(READERS, 0)
        self.by_hand: dict[str, int] = dict.fromkeys(READERS, 0)
        self.gone: set[str] = set()
        self.run_number = 1
        self.now = NOW

    def teardown(self) -> None:
        """Nothing of it is kept: the transaction is never committed."""
        with suppress(Undone):
            self.transaction.__exit__(Undone, Undone(), None)

    def move(self, reader: str, to: S, **given: object) -> bool:
        expected = self.model[reader]
        row = self.rows()[reader]
        self.now += timedelta(seconds=1)
        moved = deliveries.move(
            self.conn,
            Move(mail=row.id, expected=expected, to=to, phase="test", **given),
            at=self.now,
            run=f"run{self.run_number}",
        )
        if moved:
            self.model[reader] = to
        return moved

    def rows(self) -> dict[str, object]:
        return {row.recipient: row for row in deliveries.of_edition(self.conn, self.edition.id)}

    @rule(reader=readers)
    def claim(self, reader: str) -> None:
        """Only what waits is claimed, and nobody who left."""
        if self.model[reader] not in (S.PLANNED, S.DEFERRED):
            return
        moved = self.move(reader, S.CLAIMED)
        assert moved == (reader not in self.gone)
        if moved:
            self.attempts[reader] += 1
        else:
            self.model[reader] = S.SKIPPED

    @rule(reader=readers)
    def commit(self, reader: str) -> None:
        """From here the dot may be out."""
        if self.model[reader] is S.CLAIMED:
            assert self.move(reader, S.COMMITTING)
            self.wrote[reader] += 1

    @rule(reader=readers, to=st.sampled_from(ANSWERS))
    def answer(self, reader: str, to: S) -> None:
        """After 4yz and 5yz the server does not deliver (RFC 5321 section 4.2.5)."""
        if self.model[reader] is S.COMMITTING:
            if to in (S.DEFERRED, S.REJECTED):
                self.wrote[reader] -= 1
            assert self.move(reader, to, code=250 if to is S.ACCEPTED else None)

    @rule(reader=readers, to=st.sampled_from([S.DEFERRED, S.REJECTED, S.PLANNED]))
    def turned_away(self, reader: str, to: S) -> None:
        """Refused, or stopped, before the dot."""
        if self.model[reader] is S.CLAIMED:
            assert self.move(reader, to)

    @rule()
    def die(self) -> None:
        """The run ends anywhere; the next one settles what it left."""
        self.run_number += 1
        run = f"run{self.run_number}"
        left = deliveries.recover(self.conn, self.edition.id, run=run, at=self.now)
        after = {S.CLAIMED: S.PLANNED, S.COMMITTING: S.UNCERTAIN}
        expected = {one for one, state in self.model.items() if state in after}
        assert {row.recipient for row in left} == expected
        for one in expected:
            self.model[one] = after[self.model[one]]

    @rule(reader=readers)
    def leave(self, reader: str) -> None:
        """Somebody asks to be left alone."""
        deliveries.remove_subscriber(self.conn, reader, at=self.now)
        self.gone.add(reader)

    @rule(reader=readers, sent=st.booleans())
    def decide(self, reader: str, sent: bool) -> None:
        """A person settles a doubt; only that may bring a second copy."""
        if self.model[reader] is S.UNCERTAIN:
            assert self.move(reader, S.ACCEPTED if sent else S.PLANNED)
            self.by_hand[reader] += not sent

    @rule(reader=readers)
    def bounce(self, reader: str) -> None:
        """A report says that it did not arrive."""
        if self.model[reader] in (S.ACCEPTED, S.UNCERTAIN):
            assert self.move(reader, S.BOUNCED)

    @rule(reader=readers, believed=st.sampled_from(list(S)), to=st.sampled_from(list(S)))
    def a_run_that_is_behind(self, reader: str, believed: S, to: S) -> None:
        """Whoever is wrong about where a mail is moves nothing."""
        if believed is self.model[reader] or reader in self.gone:
            return
        row = self.rows()[reader]
        moved = deliveries.move(
            self.conn,
            Move(mail=row.id, expected=believed, to=to, phase="test"),
            at=self.now,
            run="behind",
        )
        assert not moved

    @rule()
    def plan_again(self) -> None:
        """Freezing twice plans nobody twice."""
        drafts = [
            DeliveryDraft(recipient=one, address=one, name=None, message_id=f"<again{one}>")
            for one in READERS
        ]
        deliveries.freeze(self.conn, self.edition.id, "r2", drafts, at=self.now)

    @invariant()
    def the_ledger_says_so(self) -> None:
        """I3: one row a reader, in the state it should be in, with its attempts."""
        rows = self.rows()
        assert {one: row.state for one, row in rows.items()} == self.model
        assert {one: row.attempts for one, row in rows.items()} == self.attempts
        assert {row.message_id for row in rows.values()} == {f"<{one}>" for one in READERS}

    @invariant()
    def copies_are_decided_by_people(self) -> None:
        """I1: one copy at most, and one more for each time that somebody asked for it."""
        for one in READERS:
            assert self.wrote[one] <= 1 + self.by_hand[one]

    @invariant()
    def the_log_is_a_path(self) -> None:
        """Each line begins where the last one ended, and no step is one that must not be."""
        for row in self.rows().values():
            lines = self.conn.execute(
                select(delivery_event.c.before, delivery_event.c.after)
                .where(delivery_event.c.delivery_id == row.id)
                .order_by(delivery_event.c.id)
            ).all()
            at = None
            for before, after in lines:
                assert before == at
                assert (before and S(before), S(after)) in ALLOWED
                at = after
            assert at == row.state


def test_the_ledger_keeps_its_promises(sqlite_template, tmp_path) -> None:
    """I1, I3, 5b, M11, M12: a machine of rules, in one transaction that is never committed."""
    shutil.copy(sqlite_template, tmp_path / "veille.db")
    Ledger.database = Database.open(f"sqlite:///{tmp_path / 'veille.db'}")
    try:
        run_state_machine_as_test(
            Ledger,
            settings=settings(
                max_examples=12, stateful_step_count=30, deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )  # fmt: skip
    finally:
        Ledger.database.close()
