"""Letters that were judged, suggestions, and what the ledger says of an address."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.store.test_deliveries import create_edition, subscribe
from veille.model.delivery import DeliveryDraft, Move, Suggestion
from veille.model.letter import LetterKind, Outcome
from veille.model.states import DeliveryState
from veille.store import deliveries, editions, letters

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def test_a_letter_is_remembered_by_place_and_by_name(pool: Any) -> None:
    with pool.db.write() as conn:
        letters.record(
            conn, "imap:x", "7.4", identity="<a@x>", kind=LetterKind.FAILURE,
            outcome=Outcome.BOUNCED, at=NOW,
        )  # fmt: skip
        assert letters.judged(conn, "imap:x", ["7.4", "7.5"]) == {"7.4"}
        assert letters.judged(conn, "imap:y", ["7.4"]) == set()
        assert letters.is_known(conn, "<a@x>")
        assert not letters.is_known(conn, "<b@x>")


def test_a_suggestion_counts_once_and_the_first_comes_first(pool: Any) -> None:
    """5.7: whom to thank when it is published."""
    one, other = pool.item(), pool.item()
    zoe = Suggestion(reader="zoe@x.example", address="Zoe@x.example", name="Zoé", at=NOW)
    ann = Suggestion(
        reader="ann@x.example", address="ann@x.example", name=None, at=NOW + timedelta(hours=1)
    )
    with pool.db.write() as conn:
        assert letters.suggest(conn, one, ann)
        assert letters.suggest(conn, one, zoe)
        assert not letters.suggest(conn, one, zoe)
        assert letters.suggested(conn, [one, other]) == {one: [zoe, ann]}


def test_deliveries_by_name_and_how_the_last_ones_ended(pool: Any) -> None:
    """5b: a report finds its delivery, with edition and digest; states of an address, newest first."""
    create_edition(pool, "a")
    with pool.db.write() as conn:
        edition = editions.get(conn, "a", 1)
        drafts = [
            DeliveryDraft(recipient=f"{who}@x", address=f"{who}@x", name=None, message_id=f"<{who}@h>")
            for who in ("ann", "zoe")
        ]  # fmt: skip
        ann, _ = deliveries.freeze(conn, edition.id, "r", drafts, at=NOW)
        ((found, ref, slug),) = deliveries.named(conn, ["<ann@h>", "<nobody@h>"])
        assert (found, ref, slug) == (ann, "a/1", "a")
        assert deliveries.last_states(conn, "ann@x", 3) == [DeliveryState.PLANNED]
        deliveries.note(conn, ann, at=NOW, run="r", phase="report", reply="4.2.2 full")
        assert deliveries.named(conn, ["<ann@h>"])[0][0].state is DeliveryState.PLANNED


def test_one_reader(pool: Any) -> None:
    create_edition(pool, "a")
    added = subscribe(pool, "Zoe@x.example", "a")
    with pool.db.read() as conn:
        assert deliveries.reader(conn, "zoe@x.example") == added
        assert deliveries.reader(conn, "luc@x.example") is None


def test_leaving_one_digest_of_all(pool: Any) -> None:
    """Who receives everything goes on with the rest; who receives nothing more is no reader."""
    first, second = create_edition(pool, "a").digest, create_edition(pool, "b").digest
    subscribe(pool, "zoe@x.example")
    with pool.db.write() as conn:
        assert deliveries.leave(conn, "zoe@x.example", first.id, at=NOW)
        assert deliveries.reader(conn, "zoe@x.example").digests == ("b",)
        assert not deliveries.leave(conn, "zoe@x.example", first.id, at=NOW)
        assert deliveries.leave(conn, "zoe@x.example", second.id, at=NOW)
        assert deliveries.reader(conn, "zoe@x.example") is None
        assert not deliveries.leave(conn, "zoe@x.example", second.id, at=NOW)
        assert deliveries.everybody_written_to(conn) == ["zoe@x.example"]
        assert not deliveries.is_suppressed(conn, "zoe@x.example")


def test_who_left_gets_no_mail_of_that_digest(pool: Any) -> None:
    """M11, I6: asked at the plan and at the claim; of other digests they do."""
    one, other = create_edition(pool, "a"), create_edition(pool, "b")
    draft = DeliveryDraft(recipient="zoe@x", address="zoe@x", name=None, message_id="<a@h>")
    with pool.db.write() as conn:
        deliveries.leave(conn, "zoe@x", one.digest.id, at=NOW)
        (planned,) = deliveries.freeze(conn, one.id, "r", [draft], at=NOW)
        assert planned.state is DeliveryState.SKIPPED
        there = DeliveryDraft(recipient="zoe@x", address="zoe@x", name=None, message_id="<b@h>")
        (mail,) = deliveries.freeze(conn, other.id, "r", [there], at=NOW)
        assert mail.state is DeliveryState.PLANNED
        deliveries.leave(conn, "zoe@x", other.digest.id, at=NOW)
        claimed = deliveries.move(
            conn,
            Move(
                mail=mail.id,
                expected=DeliveryState.PLANNED,
                to=DeliveryState.CLAIMED,
                phase="claim",
            ),
            at=NOW,
            run="r",
        )
        assert not claimed
        deliveries.add_subscriber(
            conn, email="zoe@x", key="zoe@x", name=None, digests=["b"], at=NOW
        )
        assert deliveries.everybody_written_to(conn) == ["zoe@x"]
