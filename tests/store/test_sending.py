"""Who sends, and from where: one row an edition, one place a database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from veille.model.delivery import DeliveryDraft, Move, Place
from veille.model.states import DeliveryState, Every
from veille.store import deliveries, editions, sending, standings

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
HERE = Place(host="one", path="/srv/watch", pid=100)
BESIDE = Place(host="one", path="/srv/other", pid=200)
FAR = Place(host="two", path="/srv/watch", pid=100)


@pytest.fixture
def edition(pool: Any) -> int:
    with pool.db.write() as conn:
        digest = editions.create_digest(
            conn, slug="five-links", title="Cinq liens", links=5, every=Every.MONTH, locale="fr",
            query=None, at=NOW,
        )  # fmt: skip
        return editions.create(conn, digest, "2026-11", at=NOW).id


def begin(pool: Any, edition: int, place: Place, *, run: str, at=NOW, alive=True) -> Place | None:
    with pool.db.write() as conn:
        return sending.begin(conn, edition, run=run, place=place, at=at, alive=lambda pid: alive)


def test_one_sender_an_edition(pool: Any, edition: int) -> None:
    """5b rule 3: whoever comes second is told who sends."""
    assert begin(pool, edition, HERE, run="a") is None
    assert begin(pool, edition, HERE, run="a") is None  # the same run
    other = begin(pool, edition, FAR, run="b")
    assert other is not None
    assert (other.host, other.pid) == ("one", 100)
    assert begin(pool, edition, BESIDE, run="b") is not None
    with pool.db.write() as conn:
        sending.end(conn, edition)
    assert begin(pool, edition, FAR, run="b") is None


def test_a_dead_sender_is_succeeded(pool: Any, edition: int) -> None:
    """C9: at once on the same machine, after five minutes without a heartbeat elsewhere."""
    begin(pool, edition, HERE, run="a")
    assert begin(pool, edition, FAR, run="b", at=NOW + timedelta(minutes=4)) is not None
    assert begin(pool, edition, BESIDE, run="b", alive=False) is None
    assert begin(pool, edition, FAR, run="c", at=NOW + timedelta(minutes=6)) is None
    with pool.db.write() as conn:
        assert not sending.beat(conn, edition, run="a", at=NOW)
        assert sending.beat(conn, edition, run="c", at=NOW + timedelta(minutes=20))
    assert begin(pool, edition, HERE, run="d", at=NOW + timedelta(minutes=21)) is not None


def test_mails_leave_from_one_place(pool: Any) -> None:
    """M14: the last place that was settled, and no other."""
    with pool.db.write() as conn:
        assert sending.home(conn) is None
        sending.settle(conn, HERE, at=NOW)
        assert sending.home(conn) == ("one", "/srv/watch")
        sending.settle(conn, FAR, at=NOW)
        assert sending.home(conn) == ("two", "/srv/watch")


def test_where_a_mail_was_committed(pool: Any, edition: int) -> None:
    """The last commitment counts: what went to a server is never repeated by a folder."""
    draft = DeliveryDraft(recipient="a@b", address="a@b", name=None, message_id="<m@b>")
    later = NOW + timedelta(minutes=5)
    with pool.db.write() as conn:
        (row,) = deliveries.freeze(conn, edition, "r", [draft], at=NOW)
        state = DeliveryState.PLANNED
        for to, phase in (("committing", "file"), ("planned", "x"), ("committing", "354")):
            step = Move(mail=row.id, expected=state, to=DeliveryState(to), phase=phase)
            deliveries.move(conn, step, at=NOW, run="r")
            state = DeliveryState(to)
        assert deliveries.committed_in(conn, edition, "file") == set()
        assert deliveries.committed_in(conn, edition, "354") == {row.id}
        step = Move(
            mail=row.id, expected=state, to=DeliveryState.DEFERRED, phase="dot", next_try=later
        )
        deliveries.move(conn, step, at=NOW, run="r")
        assert deliveries.of_edition(conn, edition)[0].next_try == later


def test_a_sending_that_broke_off_is_taken_up(pool: Any, edition: int) -> None:
    """C9, T2: by its mails, planned or on their way; by its heartbeat when it died between these."""

    def waiting(at: datetime) -> bool:
        with pool.db.read() as conn:
            (one,) = standings.standings(conn, at)
        return one.waiting

    assert not waiting(NOW)
    begin(pool, edition, HERE, run="a")
    assert not waiting(NOW + timedelta(seconds=30))
    assert waiting(NOW + timedelta(seconds=90))
    with pool.db.write() as conn:
        sending.end(conn, edition)
    draft = DeliveryDraft(recipient="a@b", address="a@b", name=None, message_id="<m@b>")
    state = DeliveryState.PLANNED
    with pool.db.write() as conn:
        (row,) = deliveries.freeze(conn, edition, "r", [draft], at=NOW)
        conn.execute(text("UPDATE edition SET state = 'sending'"))
    for to, taken_up in (("committing", True), ("uncertain", False)):
        step = Move(mail=row.id, expected=state, to=DeliveryState(to), phase="file")
        with pool.db.write() as conn:
            assert deliveries.move(conn, step, at=NOW, run="a")
        state = DeliveryState(to)
        assert waiting(NOW) is taken_up
