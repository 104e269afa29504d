"""What curators put on items: written as the difference between two sets of marks."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Table,
    bindparam,
    delete,
    insert,
    select,
    update,
)

from veille.errors import NotFound
from veille.model.item import Endorsement, Marks
from veille.model.states import ItemState
from veille.store import fulltext, rulings, sightings
from veille.store.bulk import chunks
from veille.store.tables.marks import comment, endorsement, item_tag, tag
from veille.store.tables.pool import item
from veille.store.tables.rules import item_review
from veille.store.tags import carriers, ensure, merge_tags, rename_tag, tags, usual

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

__all__ = [
    "add_comment",
    "carriers",
    "marks_of",
    "merge_tags",
    "rename_tag",
    "tags",
    "usual",
    "write",
    "write_many",
]

Change = tuple[int, Marks, Marks]


def exists(conn: Connection, ids: Sequence[int]) -> set[int]:
    """Those of the ids that are items."""
    found: set[int] = set()
    for part in chunks(ids):
        found.update(conn.scalars(select(item.c.id).where(item.c.id.in_(part))))
    return found


def marks_of(conn: Connection, ids: Sequence[int]) -> dict[int, Marks]:
    """The marks of these items as they are now; items that are not there are left out."""
    found: dict[int, Marks] = {}
    for part in chunks(ids):
        found.update(_load(conn, part))
    return found


def write(conn: Connection, item_id: int, before: Marks, after: Marks, *, at: datetime) -> None:
    """Make the marks of one item what ``after`` says, where it differs from ``before``."""
    write_many(conn, [(item_id, before, after)], at=at)


def write_many(conn: Connection, changes: Sequence[Change], *, at: datetime) -> None:
    """Make the marks of items what they shall be: a handful of statements, however many items.

    Only what differs is written. Tags that nobody used before come into being as spelled here;
    comments are withdrawn (``at``) or restored, never deleted. Undo is the same with the two swapped.
    """
    _write_states(conn, changes)
    _write_languages(conn, changes)
    _write_reviews(conn, changes)
    _write_endorsements(conn, changes)
    retagged = [change for change in changes if change[1].tags != change[2].tags]
    _write_tags(conn, retagged)
    recommented = [change for change in changes if change[1].comments != change[2].comments]
    _write_comments(conn, recommented, at)
    rulings.write(conn, [change for change in changes if _said(change[1]) != _said(change[2])])
    fulltext.index_notes(conn, sorted({key for key, _, _ in (*retagged, *recommented)}))


def _said(marks: Marks) -> tuple[tuple[int, ...], tuple[int, ...]]:
    return marks.together, marks.apart


def add_comment(
    conn: Connection, item_id: int, *, by: str, at: datetime, text: str, blurb: bool
) -> int:
    """Store what a curator wrote; the comment's id. Raises NotFound when there is no such item."""
    if conn.scalar(select(item.c.id).where(item.c.id == item_id)) is None:
        raise NotFound(f"there is no item {item_id}; 'veille list' shows what there is")
    key: int = conn.execute(
        insert(comment).returning(comment.c.id),
        {"item_id": item_id, "by": by, "at": at, "text": text, "blurb": blurb},
    ).scalar_one()
    fulltext.index_notes(conn, [item_id])
    return key


def _load(conn: Connection, ids: Sequence[int]) -> dict[int, Marks]:
    columns = select(item.c.id, item.c.state, item.c.said_language)
    states = conn.execute(columns.where(item.c.id.in_(ids)))
    kept = _grouped(
        conn.execute(
            select(endorsement)
            .where(endorsement.c.item_id.in_(ids))
            .order_by(endorsement.c.at, endorsement.c.by)
        )
    )
    tagged = _grouped(
        conn.execute(
            select(item_tag.c.item_id, tag.c.name)
            .join_from(item_tag, tag)
            .where(item_tag.c.item_id.in_(ids))
            .order_by(item_tag.c.position)
        )
    )
    comments = _grouped(
        conn.execute(
            select(comment.c.item_id, comment.c.id)
            .where(comment.c.item_id.in_(ids), comment.c.withdrawn.is_(None))
            .order_by(comment.c.id)
        )
    )
    review = set(conn.scalars(select(item_review.c.item_id).where(item_review.c.item_id.in_(ids))))
    said = rulings.of_items(conn, ids)
    return {
        key: Marks(
            state=ItemState(state),
            kept=tuple(Endorsement(by=row.by, at=row.at) for row in kept[key]),
            tags=tuple(row.name for row in tagged[key]),
            comments=tuple(row.id for row in comments[key]),
            review=key in review,
            together=said[key].together,
            apart=said[key].apart,
            language=language,
        )
        for key, state, language in states
    }


def _grouped(rows: Iterable[Row[Any]]) -> defaultdict[int, list[Row[Any]]]:
    groups: defaultdict[int, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        groups[row.item_id].append(row)
    return groups


def _write_states(conn: Connection, changes: Sequence[Change]) -> None:
    by_state: defaultdict[ItemState, list[int]] = defaultdict(list)
    for key, before, after in changes:
        if before.state is not after.state:
            by_state[after.state].append(key)
    for state, ids in by_state.items():
        for part in chunks(ids):
            conn.execute(update(item).where(item.c.id.in_(part)).values(state=state))
    turned = [key for key, before, after in changes if _is_kept(before) is not _is_kept(after)]
    sightings.repeat_kept(conn, turned)


def _is_kept(marks: Marks) -> bool:
    return marks.state is ItemState.KEPT


def _write_languages(conn: Connection, changes: Sequence[Change]) -> None:
    by_language: defaultdict[str | None, list[int]] = defaultdict(list)
    for key, before, after in changes:
        if before.language != after.language:
            by_language[after.language].append(key)
    for language, ids in by_language.items():
        for part in chunks(ids):
            conn.execute(update(item).where(item.c.id.in_(part)).values(said_language=language))


def _write_reviews(conn: Connection, changes: Sequence[Change]) -> None:
    done = [key for key, before, after in changes if before.review and not after.review]
    wanted = [key for key, before, after in changes if after.review and not before.review]
    for part in chunks(done):
        conn.execute(delete(item_review).where(item_review.c.item_id.in_(part)))
    if wanted:
        conn.execute(insert(item_review), [{"item_id": key} for key in wanted])


def _write_endorsements(conn: Connection, changes: Sequence[Change]) -> None:
    gone = [
        {"item": key, "who": keeper.by}
        for key, before, after in changes
        for keeper in before.kept
        if keeper not in after.kept
    ]
    come = [
        {"item_id": key, "by": keeper.by, "at": keeper.at}
        for key, before, after in changes
        for keeper in after.kept
        if keeper not in before.kept
    ]
    _delete(
        conn,
        endorsement,
        (endorsement.c.item_id == bindparam("item"), endorsement.c.by == bindparam("who")),
        gone,
    )
    if come:
        conn.execute(insert(endorsement), come)


def _write_tags(conn: Connection, changes: Sequence[Change]) -> None:
    if not changes:
        return
    numbers = ensure(conn, (name for _, _, after in changes for name in after.tags))
    ids = [key for key, _, _ in changes]
    ordered: dict[int, datetime] = {}
    for part in chunks(ids):
        ordered.update(
            conn.execute(select(item.c.id, item.c.ordered).where(item.c.id.in_(part))).all()
        )
        conn.execute(delete(item_tag).where(item_tag.c.item_id.in_(part)))
    rows = [
        {"item_id": key, "tag_id": number, "position": position, "ordered": ordered[key]}
        for key, _, after in changes
        for position, number in enumerate(dict.fromkeys(numbers[name] for name in after.tags))
    ]
    if rows:
        conn.execute(insert(item_tag), rows)


def _write_comments(conn: Connection, changes: Sequence[Change], at: datetime) -> None:
    withdrawn = [
        key for _, before, after in changes for key in set(before.comments) - set(after.comments)
    ]
    restored = [
        key for _, before, after in changes for key in set(after.comments) - set(before.comments)
    ]
    for part in chunks(withdrawn):
        conn.execute(update(comment).where(comment.c.id.in_(part)).values(withdrawn=at))
    for part in chunks(restored):
        conn.execute(update(comment).where(comment.c.id.in_(part)).values(withdrawn=None))


def _delete(
    conn: Connection,
    table: Table,
    conditions: Iterable[ColumnElement[bool]],
    rows: list[dict[str, Any]],
) -> None:
    if rows:
        conn.execute(delete(table).where(*conditions), rows)
