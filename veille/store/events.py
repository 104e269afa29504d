"""The log: lines are added, never changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, Select, exists, func, insert, or_, select

from veille.model.event import UNDOABLE, Action, Event, NewEvent
from veille.store.bulk import chunks
from veille.store.tables.marks import event

if TYPE_CHECKING:
    from collections.abc import Sequence

_undo = event.alias("undo")
_undone_batch = exists(select(1).where(_undo.c.undoes == event.c.batch))
_OF_NO_ITEM = (Action.THESAURUS, Action.SEEN)  # and can be taken back
# A bulk action may be taken back but for some items that a colleague changed since.
undone = exists(
    select(1).where(
        _undo.c.undoes == event.c.batch, _undo.c.item_id.is_not_distinct_from(event.c.item_id)
    )
)


def append(conn: Connection, events: Sequence[NewEvent]) -> None:
    """Write lines, in order."""
    if events:
        conn.execute(insert(event), [_values(new) for new in events])


def latest_batches(conn: Connection, by: str, limit: int) -> list[str]:
    """The last things a curator did that can be taken back and were not, newest first."""
    newest = func.max(event.c.id)
    return list(
        conn.scalars(
            select(event.c.batch)
            .where(
                event.c.by == by,
                or_(event.c.item_id.is_not(None), event.c.action.in_(_OF_NO_ITEM)),
                event.c.action.in_(sorted(UNDOABLE)),
                ~_undone_batch,
            )
            .group_by(event.c.batch)
            .order_by(newest.desc())
            .limit(limit)
        )
    )


def last_decision(conn: Connection, ids: Sequence[int]) -> Event | None:
    """What a curator decided last on one of these items, and did not take back."""
    query = (
        _lines()
        .where(
            event.c.item_id.in_(ids),
            event.c.by.is_not(None),
            event.c.action.in_((Action.KEEP, Action.SKIP, Action.RESET)),
            ~undone,
        )
        .order_by(event.c.id.desc())
        .limit(1)
    )
    return next(iter(_read(conn, query)), None)


def of_batch(conn: Connection, batch: str) -> list[Event]:
    """All that one command did, in order."""
    return _read(conn, _lines().where(event.c.batch == batch).order_by(event.c.id))


def log(conn: Connection, *, item: int | None = None, limit: int | None = None) -> list[Event]:
    """The log, newest first: all of it, or the history of an item."""
    query = _lines().order_by(event.c.id.desc()).limit(limit)
    return _read(conn, query if item is None else query.where(event.c.item_id == item))


def of_subject(conn: Connection, subject: str, actions: Sequence[Action]) -> list[Event]:
    """What was done to something that is no item, of these kinds, in order."""
    lines = _lines().where(event.c.subject == subject, event.c.action.in_(actions))
    return _read(conn, lines.order_by(event.c.id))


def newest(conn: Connection) -> int:
    """The number of the last line written; 0 for an empty log."""
    return conn.scalar(select(func.max(event.c.id))) or 0


def since(conn: Connection, number: int, *, item: int | None = None) -> list[Event]:
    """The lines written after one, in order: all of them, or those on an item."""
    query = _lines().where(event.c.id > number).order_by(event.c.id)
    return _read(conn, query if item is None else query.where(event.c.item_id == item))


def finders(conn: Connection, item_ids: Sequence[int]) -> dict[int, str]:
    """Who added these items by hand, the first one of each."""
    found: dict[int, str] = {}
    query = (
        select(event.c.item_id, event.c.by)
        .where(event.c.action == Action.ADD, event.c.by.is_not(None))
        .order_by(event.c.id)
    )
    for part in chunks(item_ids):
        for row in conn.execute(query.where(event.c.item_id.in_(part))):
            found.setdefault(row.item_id, row.by)
    return found


def _lines() -> Select[Any]:
    return select(event, undone.label("undone"))


def _read(conn: Connection, query: Select[Any]) -> list[Event]:
    return [_event(row) for row in conn.execute(query)]


def _values(new: NewEvent) -> dict[str, Any]:
    return {
        "at": new.at,
        "by": new.actor.handle if new.actor else None,
        "login": new.actor.login if new.actor else None,
        "action": new.action,
        "batch": new.batch,
        "item_id": new.item,
        "subject": new.subject,
        "before": dict(new.before),
        "after": dict(new.after),
        "note": new.note,
        "undoes": new.undoes,
    }


def _event(row: Row[Any]) -> Event:
    return Event(
        id=row.id,
        at=row.at,
        by=row.by,
        login=row.login,
        action=Action(row.action),
        batch=row.batch,
        item=row.item_id,
        subject=row.subject,
        before=row.before,
        after=row.after,
        note=row.note,
        undoes=row.undoes,
        undone=bool(row.undone),
    )
