"""The ledger: who receives, and how far each mail is."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from veille.errors import NotFound
from veille.model.delivery import Delivery, DeliveryDraft, Move, Subscriber
from veille.model.states import DeliveryState, Every
from veille.store import deliveries, editions
from veille.store.tables.readers import delivery_event

if TYPE_CHECKING:
    from veille.model.edition import Edition

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
S = DeliveryState


def create_edition(pool: Any, slug: str = "five-links") -> Edition:
    with pool.db.write() as conn:
        digest = editions.create_digest(
            conn, slug=slug, title="Cinq liens", links=5, every=Every.MONTH, locale="fr",
            query=None, at=NOW,
        )  # fmt: skip
        return editions.create(conn, digest, "2026-11", at=NOW)


@pytest.fixture
def edition(pool: Any) -> Edition:
    return create_edition(pool)


def subscribe(pool: Any, email: str, *digests: str, name: str | None = None) -> Subscriber:
    with pool.db.write() as conn:
        return deliveries.add_subscriber(
            conn, email=email, key=email.casefold(), name=name, digests=digests, at=NOW
        )


def unsubscribe(pool: Any, key: str) -> bool:
    with pool.db.write() as conn:
        return deliveries.remove_subscriber(conn, key, at=NOW)


def draft(recipient: str, edition: str = "five-links/1", **given: Any) -> DeliveryDraft:
    values = {
        "recipient": recipient,
        "address": recipient,
        "name": None,
        "message_id": f"<{edition}-{recipient}>",
    }
    return DeliveryDraft(**values | given)


def freeze(
    pool: Any, edition: Edition, *drafts: DeliveryDraft, at: datetime = NOW
) -> list[Delivery]:
    with pool.db.write() as conn:
        return deliveries.freeze(conn, edition.id, "rev1", drafts, at=at)


def move(pool: Any, delivery: Delivery, expected: S, to: S, **given: Any) -> bool:
    run, phase = given.pop("run", "run1"), given.pop("phase", "test")
    step = Move(mail=delivery.id, expected=expected, to=to, phase=phase, **given)
    with pool.db.write() as conn:
        return deliveries.move(conn, step, at=LATER, run=run)


def ledger(pool: Any, edition: Edition) -> dict[str, Delivery]:
    with pool.db.read() as conn:
        return {one.recipient: one for one in deliveries.of_edition(conn, edition.id)}


class TestSubscribers:
    def test_one_person_one_line(self, pool: Any) -> None:
        """M9: the same address in two cases and two lists."""
        create_edition(pool, "a")
        create_edition(pool, "b")
        first = subscribe(pool, "Zoe@x.example", "b", name="Zoé")
        second = subscribe(pool, "zoe@x.example", "a", "b")
        assert second.id == first.id
        assert (second.email, second.name, second.since) == ("Zoe@x.example", "Zoé", NOW)
        assert second.digests == ("a", "b")

    def test_all_of_them_and_those_of_a_digest(self, pool: Any, edition: Edition) -> None:
        luc, ann = subscribe(pool, "luc@x.example"), subscribe(pool, "ann@x.example", "five-links")
        with pool.db.read() as conn:
            assert deliveries.subscribers(conn) == [ann, luc]
            assert deliveries.subscribers(conn, "five-links") == [ann]
            assert deliveries.subscribers(conn, "other") == []

    def test_a_digest_that_is_not_there(self, pool: Any) -> None:
        with pytest.raises(NotFound, match="nothing"):
            subscribe(pool, "zoe@x.example", "nothing")

    def test_who_leaves_is_remembered_until_asked_for_again(self, pool: Any) -> None:
        subscribe(pool, "zoe@x.example")
        assert unsubscribe(pool, "zoe@x.example")
        assert not unsubscribe(pool, "zoe@x.example")
        with pool.db.read() as conn:
            assert deliveries.subscribers(conn) == []
            assert deliveries.is_suppressed(conn, "zoe@x.example")
            assert not deliveries.is_suppressed(conn, "luc@x.example")
        subscribe(pool, "zoe@x.example")
        with pool.db.read() as conn:
            assert not deliveries.is_suppressed(conn, "zoe@x.example")


class TestFreeze:
    def test_an_audience_is_frozen_once(self, pool: Any, edition: Edition) -> None:
        """M12, T2: a second freeze adds nobody twice and changes nothing."""
        first = freeze(pool, edition, draft("b@x"), draft("a@x", name="Ann"))
        assert [(one.recipient, one.state, one.attempts) for one in first] == [
            ("a@x", S.PLANNED, 0),
            ("b@x", S.PLANNED, 0),
        ]
        assert (first[0].name, first[0].planned_at, first[0].at) == ("Ann", NOW, NOW)
        second = freeze(pool, edition, draft("a@x"), draft("c@x"), draft("c@x"), at=LATER)
        assert second[:2] == first
        assert [one.recipient for one in second] == ["a@x", "b@x", "c@x"]
        assert freeze(pool, edition) == second

    def test_skipped_with_the_reason(self, pool: Any, edition: Edition) -> None:
        subscribe(pool, "gone@x")
        unsubscribe(pool, "gone@x")
        frozen = freeze(
            pool, edition, draft("gone@x"), draft("no@x", state=S.SKIPPED, reason="not confirmed")
        )
        assert [(one.state, one.reply) for one in frozen] == [
            (S.SKIPPED, "the subscriber was removed"),
            (S.SKIPPED, "not confirmed"),
        ]


class TestMoves:
    def test_a_mail_moves_only_from_where_it_is(self, pool: Any, edition: Edition) -> None:
        """M12: of two processes that claim, one is told no."""
        (mail,) = freeze(pool, edition, draft("a@x"))
        assert move(pool, mail, S.PLANNED, S.CLAIMED)
        assert not move(pool, mail, S.PLANNED, S.CLAIMED, run="run2")
        assert move(pool, mail, S.CLAIMED, S.COMMITTING)
        assert move(pool, mail, S.COMMITTING, S.ACCEPTED, code=250, reply="2.0.0 queued")
        now = ledger(pool, edition)["a@x"]
        assert (now.state, now.attempts, now.code, now.reply, now.at) == (
            S.ACCEPTED,
            1,
            250,
            "2.0.0 queued",
            LATER,
        )
        assert now.message_id == mail.message_id
        assert now.planned_at == NOW

    def test_every_move_is_written_down(self, pool: Any, edition: Edition) -> None:
        (mail,) = freeze(pool, edition, draft("a@x"))
        move(pool, mail, S.PLANNED, S.CLAIMED, phase="claim")
        move(pool, mail, S.PLANNED, S.ACCEPTED)
        move(pool, mail, S.CLAIMED, S.DEFERRED, phase="rcpt", code=451, reply="later")
        with pool.db.read() as conn:
            rows = conn.execute(select(delivery_event).order_by(delivery_event.c.id)).all()
        assert [(row.before, row.after, row.phase, row.code, row.run) for row in rows] == [
            (None, "planned", "freeze", None, None),
            ("planned", "claimed", "claim", None, "run1"),
            ("claimed", "deferred", "rcpt", 451, "run1"),
        ]

    def test_who_was_removed_since_gets_nothing(self, pool: Any, edition: Edition) -> None:
        """M11."""
        subscribe(pool, "a@x")
        (mail,) = freeze(pool, edition, draft("a@x"))
        unsubscribe(pool, "a@x")
        assert not move(pool, mail, S.PLANNED, S.CLAIMED)
        now = ledger(pool, edition)["a@x"]
        assert (now.state, now.attempts, now.reply) == (
            S.SKIPPED,
            0,
            "the subscriber was removed",
        )
        assert not move(pool, mail, S.PLANNED, S.CLAIMED)

    def test_moves_that_share_a_commit_are_judged_one_by_one(
        self, pool: Any, edition: Edition
    ) -> None:
        """I1, I3, I6, M11: an outcome, a commitment and claims at once; who is elsewhere, or left,
        stays behind alone, and each move is written down."""
        for name in "abcd":
            subscribe(pool, f"{name}@x")
        a, b, c, d = freeze(pool, edition, *(draft(f"{name}@x") for name in "abcd"))
        for mail, to in ((a, S.CLAIMED), (b, S.CLAIMED)):
            move(pool, mail, S.PLANNED, to)
        move(pool, a, S.CLAIMED, S.COMMITTING)
        unsubscribe(pool, "b@x")  # on its way already: it goes on
        unsubscribe(pool, "d@x")
        steps = [
            Move(mail=a.id, expected=S.COMMITTING, to=S.ACCEPTED, phase="dot", code=250),
            Move(mail=b.id, expected=S.CLAIMED, to=S.COMMITTING, phase="354"),
            Move(mail=c.id, expected=S.DEFERRED, to=S.CLAIMED, phase="claim"),  # it is planned
            Move(mail=d.id, expected=S.PLANNED, to=S.CLAIMED, phase="claim"),
            Move(mail=10**6, expected=S.PLANNED, to=S.CLAIMED, phase="claim"),
        ]
        with pool.db.write() as conn:
            assert deliveries.move_all(conn, steps, at=LATER, run="run2") == {a.id, b.id}
            assert deliveries.move_all(conn, [], at=LATER, run="run2") == set()
            rows = conn.execute(select(delivery_event).where(delivery_event.c.run == "run2")).all()
        now = ledger(pool, edition)
        states = [now[f"{name}@x"].state for name in "abcd"]
        assert states == [S.ACCEPTED, S.COMMITTING, S.PLANNED, S.SKIPPED]
        assert [now[f"{name}@x"].attempts for name in "abcd"] == [1, 1, 0, 0]
        assert [(row.delivery_id, row.after, row.phase, row.reply) for row in rows] == [
            (a.id, "accepted", "dot", None),
            (b.id, "committing", "354", None),
            (d.id, "skipped", "claim", "the subscriber was removed"),
        ]

    def test_what_dead_runs_left(self, pool: Any, edition: Edition) -> None:
        """C3, C5: what was surely not delivered is planned again, what is in doubt is not."""
        mails = freeze(pool, edition, *(draft(f"{name}@x") for name in "abcde"))
        claimed, committing, accepted, mine, _ = mails
        other = create_edition(pool, "other")
        (elsewhere,) = freeze(pool, other, draft("a@x", "other/1"))
        for mail in (claimed, committing, accepted, elsewhere):
            move(pool, mail, S.PLANNED, S.CLAIMED, run="dead")
        for mail in (committing, accepted):
            move(pool, mail, S.CLAIMED, S.COMMITTING, run="dead")
        move(pool, accepted, S.COMMITTING, S.ACCEPTED, run="dead")
        move(pool, mine, S.PLANNED, S.CLAIMED, run="alive")
        with pool.db.write() as conn:
            moved = deliveries.recover(conn, edition.id, run="alive", at=LATER)
            assert deliveries.recover(conn, edition.id, run="alive", at=LATER) == []
        assert {one.recipient: one.state for one in moved} == {
            "a@x": S.PLANNED,
            "b@x": S.UNCERTAIN,
        }
        now = ledger(pool, edition)
        assert [now[f"{name}@x"].state for name in "cde"] == [S.ACCEPTED, S.CLAIMED, S.PLANNED]
        assert ledger(pool, other)["a@x"].state is S.CLAIMED


_ALLOWED = {
    S.PLANNED: [S.CLAIMED],
    S.CLAIMED: [S.DEFERRED, S.REJECTED, S.COMMITTING],
    S.COMMITTING: [S.ACCEPTED, S.DEFERRED, S.REJECTED, S.UNCERTAIN],
    S.DEFERRED: [S.CLAIMED],
    S.ACCEPTED: [S.BOUNCED],
    S.UNCERTAIN: [S.ACCEPTED, S.PLANNED],
}


class Sending(RuleBasedStateMachine):
    """Runs that claim, hand over, die and begin again, in any order."""

    pool: Any
    numbers = itertools.count(1)
    sent: ClassVar[dict[str, int]] = {}

    @initialize()
    def begin(self) -> None:
        self.slug = f"digest-{next(self.numbers)}"
        self.edition = create_edition(self.pool, self.slug)
        self.run_number = 1
        self.sent = dict.fromkeys(("a@x", "b@x"), 0)
        self.freeze()

    @rule()
    def freeze(self) -> None:
        freeze(self.pool, self.edition, *(draft(one, self.slug) for one in self.sent))

    @rule(recipient=st.sampled_from(["a@x", "b@x"]), choice=st.integers(0, 3))
    def step(self, recipient: str, choice: int) -> None:
        mail = ledger(self.pool, self.edition)[recipient]
        allowed = _ALLOWED.get(mail.state, [])
        if mail.state is S.UNCERTAIN or not allowed:
            return  # only a person decides
        to = allowed[choice % len(allowed)]
        if mail.state is S.COMMITTING and to in {S.ACCEPTED, S.UNCERTAIN}:
            self.sent[recipient] += 1
        assert move(self.pool, mail, mail.state, to, run=f"run{self.run_number}")

    @rule(recipient=st.sampled_from(["a@x", "b@x"]), state=st.sampled_from(S))
    def act_on_stale_knowledge(self, recipient: str, state: S) -> None:
        mail = ledger(self.pool, self.edition)[recipient]
        if mail.state is not state:
            assert not move(self.pool, mail, state, S.CLAIMED, run="stale")

    @rule()
    def die(self) -> None:
        for recipient, mail in ledger(self.pool, self.edition).items():
            if mail.state is S.COMMITTING:
                self.sent[recipient] += 1  # at worst, the last byte went out
        self.run_number += 1
        with self.pool.db.write() as conn:
            run = f"run{self.run_number}"
            deliveries.recover(conn, self.edition.id, run=run, at=LATER)

    @invariant()
    def at_most_one(self) -> None:
        assert all(copies <= 1 for copies in self.sent.values())


def test_copies_are_never_more_than_one(pool: Any) -> None:
    """C3 to C5: whatever happens, no mail is handed over twice without a person's word."""
    Sending.pool = pool
    run_state_machine_as_test(
        Sending,
        settings=settings(
            max_examples=8,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
