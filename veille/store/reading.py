"""What reader apps list, and what each curator read: everything here is one curator's view.

An item's number grows with its arrival, so pages go from one number to the next: no item is shown
twice or left out, whatever comes or goes in between.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    delete,
    exists,
    false,
    func,
    insert,
    not_,
    or_,
    select,
    true,
    update,
)

from veille.model.reading import (
    NO_SOURCE,
    UNFILED,
    PageAsked,
    PageOfIds,
    Stream,
    StreamKind,
    Unread,
)
from veille.model.states import ItemState
from veille.model.text import tag_key
from veille.store.bulk import chunks
from veille.store.tables.marks import endorsement, item_tag, tag
from veille.store.tables.pool import item, sighting, source_label
from veille.store.tables.reading import reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

Condition = ColumnElement[bool]

_arrived = item.alias("arrived")
_first = and_(sighting.c.item_id == item.c.id, sighting.c.primary.is_(True))


def page(conn: Connection, handle: str, asked: PageAsked) -> PageOfIds:
    """The items of a page."""
    order = item.c.id.asc() if asked.oldest_first else item.c.id.desc()
    query = select(item.c.id).where(_matching(conn, handle, asked)).order_by(order)
    found = list(conn.scalars(query.limit(asked.limit + 1)))
    return PageOfIds(ids=tuple(found[: asked.limit]), more=len(found) > asked.limit)


def newest(conn: Connection) -> int:
    """The number of the item that came last; 0 when there is none."""
    return conn.scalar(select(func.max(item.c.id))) or 0


def unread(conn: Connection, handle: str) -> list[Unread]:
    """How much is unread: of everything, of each source, and under each label."""
    counts: dict[Stream, Unread] = {}
    categories = categories_of(conn)
    for source_id, count, latest in conn.execute(_unread_by_source(handle)):
        name = NO_SOURCE if source_id is None else str(source_id)
        labels = categories.get(source_id) or [UNFILED]
        _add(counts, Stream(StreamKind.SOURCE, name), count, latest)
        _add(counts, Stream(StreamKind.ALL), count, latest)
        for label in labels:
            _add(counts, Stream(StreamKind.LABEL, label), count, latest)
    folders = {tag_key(label) for labels in categories.values() for label in labels}
    for name, count, latest in conn.execute(_unread_by_tag(handle)):
        if tag_key(name) not in folders:
            _add(counts, Stream(StreamKind.LABEL, name), count, latest)
    return list(counts.values())


def _unread_by_source(handle: str) -> Select[Any]:
    return (
        select(sighting.c.source_id, func.count(), func.max(item.c.collected))
        .select_from(item)
        .outerjoin(sighting, _first)
        .where(is_unread(handle))
        .group_by(sighting.c.source_id)
    )


def _unread_by_tag(handle: str) -> Select[Any]:
    return (
        select(tag.c.name, func.count(), func.max(item.c.collected))
        .join_from(item, item_tag)
        .join(tag)
        .where(is_unread(handle))
        .group_by(tag.c.id, tag.c.name)
        .order_by(tag.c.name)
    )


def _add(counts: dict[Stream, Unread], stream: Stream, count: int, latest: datetime) -> None:
    known = counts.get(stream)
    if known is not None:
        count, latest = count + known.count, max(latest, known.newest)
    counts[stream] = Unread(stream=stream, count=count, newest=latest)


def set_read(conn: Connection, handle: str, ids: Sequence[int]) -> None:
    """Note that a curator read these items."""
    _forget(conn, handle, ids)
    _insert(conn, handle, ids, read=True)


def set_unread(conn: Connection, handle: str, ids: Sequence[int]) -> None:
    """Note that a curator wants to read these items again.

    In the inbox that is the rule, and needs no line: what is decided later is read then.
    """
    _forget(conn, handle, ids)
    decided: list[int] = []
    for part in chunks(ids):
        decided += conn.scalars(
            select(item.c.id).where(item.c.id.in_(part), item.c.state != ItemState.INBOX)
        )
    _insert(conn, handle, decided, read=False)


def set_all_read(
    conn: Connection, handle: str, asked: PageAsked, *, up_to: int, batch: str
) -> tuple[int, list[int]]:
    """Note that a curator read all that is unread in a stream, of items up to a number.

    Returns how many these are, and those of them that were marked to be read again.
    """
    wanted = (_matching(conn, handle, asked), is_unread(handle), item.c.id <= up_to)
    ids = list(conn.scalars(select(item.c.id).where(*wanted).order_by(item.c.id)))
    again = [
        key for part in chunks(ids) for key in conn.scalars(_mine(handle, read=False, of=part))
    ]
    _forget(conn, handle, again)
    _insert(conn, handle, ids, read=True, batch=batch)
    return len(ids), again


def take_back(conn: Connection, handle: str, batch: str, again: Sequence[int]) -> list[int]:
    """Undo :func:`set_all_read`, but for what was marked otherwise since; which items these are."""
    mine = (reading.c.handle == handle, reading.c.batch == batch)
    ids = list(conn.scalars(select(reading.c.item_id).where(*mine).order_by(reading.c.item_id)))
    for part in chunks(again):
        unread = update(reading).where(*mine, reading.c.item_id.in_(part))
        conn.execute(unread.values(read=False, batch=None))
    conn.execute(delete(reading).where(*mine))
    return ids


def forget(conn: Connection, ids: Sequence[int]) -> None:
    """Nobody looked at these items: whatever anybody read of them is forgotten."""
    for part in chunks(ids):
        conn.execute(delete(reading).where(reading.c.item_id.in_(part)))


def _forget(conn: Connection, handle: str, ids: Sequence[int]) -> None:
    for part in chunks(ids):
        mine = (reading.c.handle == handle, reading.c.item_id.in_(part))
        conn.execute(delete(reading).where(*mine))


def _insert(
    conn: Connection, handle: str, ids: Iterable[int], *, read: bool, batch: str | None = None
) -> None:
    rows = [{"handle": handle, "item_id": key, "read": read, "batch": batch} for key in ids]
    if rows:
        conn.execute(insert(reading), rows)


def _mine(handle: str, *, read: bool, of: Sequence[int] | None = None) -> Select[int]:
    found = select(reading.c.item_id).where(reading.c.handle == handle, reading.c.read.is_(read))
    return found if of is None else found.where(reading.c.item_id.in_(of))


def is_unread(handle: str) -> Condition:
    """That an item is in the inbox and not read, or decided and to be read again."""
    seen = exists(_mine(handle, read=True).where(reading.c.item_id == item.c.id))
    return or_(
        and_(item.c.state == ItemState.INBOX, ~seen), item.c.id.in_(_mine(handle, read=False))
    )


def _matching(conn: Connection, handle: str, asked: PageAsked) -> Condition:
    wanted: list[Condition] = [or_(false(), *(_in(conn, handle, one) for one in asked.streams))]
    wanted += [_in(conn, handle, one) for one in asked.only]
    wanted += [not_(_in(conn, handle, one)) for one in asked.without]
    if asked.since is not None:
        # Pages are read along the numbers: without the first of them, all older items would be.
        # A sum keeps SQLite from looking for it along the numbers, too.
        recent = select(func.min(_arrived.c.id + 0)).where(_arrived.c.collected >= asked.since)
        wanted += [item.c.id >= recent.scalar_subquery(), item.c.collected >= asked.since]
    if asked.until is not None:
        wanted.append(item.c.collected <= asked.until)
    if asked.after is not None:
        beyond = item.c.id > asked.after if asked.oldest_first else item.c.id < asked.after
        wanted.append(beyond)
    return and_(*wanted)


def _in(conn: Connection, handle: str, stream: Stream) -> Condition:
    match stream.kind:
        case StreamKind.ALL:
            return true()
        case StreamKind.UNREAD:
            return is_unread(handle)
        case StreamKind.READ:
            return not_(is_unread(handle))
        case StreamKind.STARRED:
            kept = select(endorsement.c.item_id).where(endorsement.c.by == handle)
            return item.c.id.in_(kept)
        case StreamKind.SOURCE:
            return _of_source(stream.name)
        case StreamKind.LABEL:
            return _labelled(conn, stream.name)
        case _:
            return false()


def _of_source(name: str) -> Condition:
    if name == NO_SOURCE:
        return ~exists(select(1).where(sighting.c.item_id == item.c.id))
    return item.c.id.in_(_shown_first(sighting.c.source_id == int(name)))


def _labelled(conn: Connection, name: str) -> Condition:
    if name == UNFILED:
        filed = select(source_label.c.source_id).where(source_label.c.kind == "category")
        shown = exists(select(1).where(_first, sighting.c.source_id.in_(filed)))
        return ~shown
    key = tag_key(name)
    folder = select(source_label.c.source_id).where(
        source_label.c.kind == "category", source_label.c.key == key
    )
    if conn.execute(folder.limit(1)).first() is not None:
        return item.c.id.in_(_shown_first(sighting.c.source_id.in_(folder)))
    return item.c.id.in_(
        select(item_tag.c.item_id).join_from(item_tag, tag).where(tag.c.key == key)
    )


def _shown_first(*by: Condition) -> Select[int]:
    return select(sighting.c.item_id).where(sighting.c.primary.is_(True), *by)


def categories_of(conn: Connection) -> defaultdict[int, list[str]]:
    """The categories of each source that has any."""
    labels: defaultdict[int, list[str]] = defaultdict(list)
    rows = conn.execute(
        select(source_label.c.source_id, source_label.c.name)
        .where(source_label.c.kind == "category")
        .order_by(source_label.c.source_id, source_label.c.position)
    )
    for source_id, name in rows:
        labels[source_id].append(name)
    return labels
