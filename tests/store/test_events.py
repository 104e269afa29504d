"""The log."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from veille.model.event import Action, Actor, NewEvent
from veille.store import events

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def log(pool: Any, **options: Any) -> list[Any]:
    with pool.db.read() as conn:
        return events.log(conn, **options)


def batches(pool: Any, by: str, limit: int = 10) -> list[str]:
    with pool.db.read() as conn:
        return events.latest_batches(conn, by, limit)


def test_a_line_comes_back_as_written(pool: Any) -> None:
    """U9: the login name stands beside the handle."""
    item = pool.item()
    new = NewEvent(
        at=NOW,
        actor=Actor(handle="zoé", login="zunal"),
        action=Action.KEEP,
        batch="b1",
        item=item,
        subject="five-links/3",
        before={"state": "inbox", "kept": []},
        after={"state": "kept", "kept": [{"by": "zoé", "at": NOW.isoformat()}]},
        note="à lire",
        undoes=None,
    )
    with pool.db.write() as conn:
        events.append(conn, [new])
        events.append(conn, [])
        (event,) = events.of_batch(conn, "b1")
    assert (event.by, event.login) == ("zoé", "zunal")
    for name in ["at", "action", "batch", "item", "subject", "before", "after", "note", "undoes"]:
        assert getattr(event, name) == getattr(new, name), name
    assert not event.undone


def test_the_log_is_newest_first_and_an_item_has_its_own(pool: Any) -> None:
    one, two = pool.items(2)
    for item in (one, two, one, None):
        pool.event(item=item)
    assert [event.item for event in log(pool)] == [None, one, two, one]
    assert [event.item for event in log(pool, limit=2)] == [None, one]
    assert len(log(pool, item=one)) == 2
    assert len(log(pool, item=one, limit=1)) == 1
    assert log(pool, item=999) == []


def test_the_last_things_a_curator_did(pool: Any) -> None:
    """Bulk actions whole, the newest first; what cannot be taken back and others' work left out."""
    items = pool.items(3)
    for item in items:
        pool.event(Action.SKIP, by="zoé", batch="bulk", item=item)
    pool.event(Action.KEEP, by="ann", batch="other")
    pool.event(Action.SOURCE_ADD, by="zoé", batch="source")
    pool.event(Action.TAG, by="zoé", batch="tag", item=items[0])
    pool.event(Action.TAG_RENAME, by="zoé", batch="spelling")
    assert batches(pool, "zoé") == ["tag", "bulk"]
    assert batches(pool, "zoé", 1) == ["tag"]
    assert batches(pool, "nobody") == []
    with pool.db.read() as conn:
        assert [event.item for event in events.of_batch(conn, "bulk")] == items


def test_what_was_undone_says_so_and_is_not_undone_again(pool: Any) -> None:
    one, other = pool.items(2)
    pool.event(Action.SKIP, by="zoé", batch="first", item=one)
    pool.event(Action.SKIP, by="zoé", batch="second", item=one)
    pool.event(Action.SKIP, by="zoé", batch="second", item=other)
    pool.event(Action.UNDO, by="zoé", batch="undo", undoes="second", item=one)
    assert batches(pool, "zoé") == ["first"]
    assert [(event.batch, event.undone) for event in log(pool)] == [
        ("undo", False),
        ("second", False),  # a colleague changed that item since
        ("second", True),
        ("first", False),
    ]


def test_the_order_is_that_of_writing_whatever_the_clock(pool: Any) -> None:
    """T3: the clock went back."""
    pool.event(batch="first", at=NOW)
    pool.event(batch="second", at=NOW - timedelta(hours=4))
    assert [event.batch for event in log(pool)] == ["second", "first"]
