"""Rules, what they did something to, and what people did to the same items."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, Select, delete, func, insert, select, update

from veille.model.event import Action
from veille.model.rule import Hands, Rule, RuleDraft
from veille.model.text import tag_key
from veille.store.bulk import chunks, insert_rows
from veille.store.tables.marks import event
from veille.store.tables.rules import rule as table
from veille.store.tables.rules import rule_hit
from veille.store.unset import UNSET, Unset, given

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

_ACTIVE = select(table.c.id).where(~table.c.paused).limit(1)

# What only a person does, and never to an item they did not look at.
_TOUCHES = (
    Action.KEEP,
    Action.SKIP,
    Action.RESET,
    Action.WITHDRAW,
    Action.TAG,
    Action.COMMENT,
    Action.ADD,
)


def are_active(conn: Connection) -> bool:
    """Whether there is a rule that is not paused."""
    return conn.scalar(_ACTIVE) is not None


def everything(conn: Connection, *, counts: bool = True) -> list[Rule]:
    """All rules, in the order in which they were made; with what each did unless nobody asks."""
    query = _counted() if counts else select(table)
    return [_of_row(row) for row in conn.execute(query.order_by(table.c.id))]


def get(conn: Connection, name: str) -> Rule | None:
    """The rule of this name."""
    row = conn.execute(_counted().where(table.c.key == tag_key(name))).one_or_none()
    return None if row is None else _of_row(row)


def add(conn: Connection, draft: RuleDraft, *, paused: bool, by: str, at: datetime) -> None:
    """Store a rule, whose name must be free."""
    values = {
        "key": tag_key(draft.name),
        "name": draft.name,
        "query": draft.query,
        "tags": draft.tags,
        "skip": draft.skip,
        "review": draft.review,
    }
    conn.execute(insert(table), values | {"paused": paused, "by": by, "at": at})


def edit(
    conn: Connection,
    rule_id: int,
    *,
    name: str | Unset = UNSET,
    query: str | Unset = UNSET,
    tags: tuple[str, ...] | Unset = UNSET,
    skip: bool | Unset = UNSET,
    review: bool | Unset = UNSET,
    paused: bool | Unset = UNSET,
) -> None:
    """Change a rule."""
    values = given(name=name, query=query, tags=tags, skip=skip, review=review, paused=paused)
    if isinstance(name, str):
        values["key"] = tag_key(name)
    conn.execute(update(table).where(table.c.id == rule_id).values(values))


def remove(conn: Connection, rule_id: int) -> None:
    """Forget a rule; what it did stays done."""
    conn.execute(delete(table).where(table.c.id == rule_id))


def record(
    conn: Connection, rule_id: int, items: Sequence[int], *, at: datetime, batch: str
) -> None:
    """Note that a rule did something to items."""
    for part in chunks(items):
        of_rule = (rule_hit.c.rule_id == rule_id, rule_hit.c.item_id.in_(part))
        conn.execute(delete(rule_hit).where(*of_rule))  # an earlier time
        rows = [{"rule_id": rule_id, "item_id": one, "at": at, "batch": batch} for one in part]
        insert_rows(conn, rule_hit, rows)


def forget(conn: Connection, batch: str, items: Sequence[int]) -> None:
    """Note that what one command had rules do to some items was taken back."""
    for part in chunks(items):
        conn.execute(
            delete(rule_hit).where(rule_hit.c.batch == batch, rule_hit.c.item_id.in_(part))
        )


def hands(conn: Connection, items: Sequence[int]) -> dict[int, Hands]:
    """What people did to items; those nobody touched are left out."""
    refused: defaultdict[int, set[str]] = defaultdict(set)
    touches = select(event.c.item_id, event.c.before, event.c.after).order_by(event.c.id)
    for part in chunks(items):
        asked = touches.where(
            event.c.item_id.in_(part), event.c.by.is_not(None), event.c.action.in_(_TOUCHES)
        )
        for item_id, before, after in conn.execute(asked):
            old, new = _keys(before), _keys(after)
            refused[item_id] = (refused[item_id] | (old - new)) - new
    return {item_id: Hands(True, frozenset(keys)) for item_id, keys in refused.items()}


def _keys(side: dict[str, Any]) -> set[str]:
    return set(map(tag_key, side.get("tags", ())))


def _counted() -> Select[Any]:
    done = (
        select(
            rule_hit.c.rule_id,
            func.count().label("items"),
            func.max(rule_hit.c.at).label("last"),
        )
        .group_by(rule_hit.c.rule_id)
        .subquery()
    )
    return select(table, func.coalesce(done.c["items"], 0).label("items"), done.c.last).outerjoin(
        done, done.c.rule_id == table.c.id
    )


def _of_row(row: Row[Any]) -> Rule:
    found = row._mapping  # noqa: SLF001  SQLAlchemy's public API in spite of its name
    return Rule(
        id=row.id,
        name=row.name,
        query=row.query,
        tags=tuple(row.tags),
        skip=row.skip,
        review=row.review,
        paused=row.paused,
        by=row.by,
        at=row.at,
        items=found.get("items", 0),
        last=found.get("last"),
    )
