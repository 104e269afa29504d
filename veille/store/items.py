"""Items, read: one by one, in bulk, and by search."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Connection, Row, Select, select

from veille.model.identifier import Identifier
from veille.model.item import Comment, Item, ItemContent, SeenIn, Telling
from veille.model.query import Query, Sort
from veille.model.states import ItemState
from veille.store import pages, shown
from veille.store import search as searching
from veille.store import stories as telling
from veille.store.bulk import chunks
from veille.store.tables.marks import comment, endorsement, item_tag, tag
from veille.store.tables.pool import item, item_identifier, item_text, sighting, source
from veille.store.tables.rules import item_review

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime


def get(conn: Connection, item_id: int) -> Item | None:
    """One item, with all that curators put on it."""
    return next(iter(get_many(conn, [item_id])), None)


def get_many(conn: Connection, ids: Sequence[int]) -> list[Item]:
    """These items in the order asked, missing ones left out: ten queries, however many items."""
    found: dict[int, Item] = {}
    for part in chunks(ids):
        found.update(_load(conn, part))
    return [found[key] for key in ids if key in found]


def content(conn: Connection, item_id: int) -> ItemContent:
    """The long part of an item; empty for one that is not there."""
    row = conn.execute(select(item_text).where(item_text.c.item_id == item_id)).one_or_none()
    if row is None:
        return ItemContent(content="", text="")
    return ItemContent(content=row.content, text=row.text, page=pages.reading(conn, item_id))


def by_key(conn: Connection, key: str) -> int | None:
    """The item with this comparison form of an address."""
    return conn.scalar(select(item.c.id).where(item.c.key == key))


def search(
    conn: Connection,
    query: Query,
    *,
    now: datetime,
    limit: int | None = None,
    sort: Sort = Sort.NEWEST,
) -> list[Item]:
    """The items that match, at most ``limit`` of them."""
    return get_many(conn, ids(conn, query, now=now, limit=limit, sort=sort))


def leads(
    conn: Connection,
    query: Query,
    *,
    now: datetime,
    limit: int | None = None,
    sort: Sort = Sort.NEWEST,
) -> list[int]:
    """The same as :func:`ids`, each story once: by the first of its items that match."""
    asked = limit
    while True:
        found = ids(conn, query, now=now, limit=asked, sort=sort)
        shown = _each_story_once(conn, found)
        if limit is None or asked is None or len(found) < asked or len(shown) >= limit:
            return shown[:limit]
        asked *= 2  # the page was full of stories told twice


def ids(
    conn: Connection,
    query: Query,
    *,
    now: datetime,
    limit: int | None = None,
    sort: Sort = Sort.NEWEST,
    after: int | None = None,
) -> list[int]:
    """The ids of the items that match, at most ``limit`` of them, from ``after`` an item onwards."""
    return searching.ids(conn, query, now=now, limit=limit, sort=sort, after=after)


def _each_story_once(conn: Connection, found: Sequence[int]) -> list[int]:
    story_of = telling.of(conn, found)
    first: dict[int, int] = {}
    for key in found:
        first.setdefault(story_of.get(key, -key), key)
    return list(first.values())


def count(conn: Connection, query: Query, now: datetime) -> int:
    """How many items match."""
    return searching.count(conn, query, now)


def _load(conn: Connection, ids: Sequence[int]) -> dict[int, Item]:
    rows = conn.execute(select(item).where(item.c.id.in_(ids))).all()
    sources = _grouped(conn, _sources(), sighting.c.item_id, ids)
    keepers = _grouped(conn, _keepers(), endorsement.c.item_id, ids)
    tags = _grouped(conn, _tags(), item_tag.c.item_id, ids)
    comments = _grouped(conn, _comments(), comment.c.item_id, ids)
    came_out = shown.shown(conn, ids)
    review = set(conn.scalars(select(item_review.c.item_id).where(item_review.c.item_id.in_(ids))))
    told = _told(conn, [row.story for row in rows if row.story is not None])
    works = _grouped(conn, _works(), item_identifier.c.item_id, ids)
    return {
        row.id: _item(
            row,
            sources=_seen_in(sources[row.id]),
            kept_by=tuple(keeper.by for keeper in keepers[row.id]),
            tags=tuple(tagged.name for tagged in tags[row.id]),
            comments=tuple(map(_comment, comments[row.id])),
            shown=came_out.get(row.id, ()),
            review=row.id in review,
            also=tuple(telling for telling in told[row.story] if telling.id != row.id),
            identifiers=_identifiers(works[row.id]),
        )
        for row in rows
    }


def _grouped(
    conn: Connection, query: Select[Any], column: Column[int], ids: Sequence[int]
) -> defaultdict[int, list[Row[Any]]]:
    groups: defaultdict[int, list[Row[Any]]] = defaultdict(list)
    for row in conn.execute(query.where(column.in_(ids))):
        groups[row.item_id].append(row)
    return groups


def _told(conn: Connection, stories: Sequence[int]) -> defaultdict[int | None, list[Telling]]:
    """All items of some stories, as they came, each with the source that showed it first."""
    told: defaultdict[int | None, list[Telling]] = defaultdict(list)
    if not stories:
        return told
    rows = conn.execute(
        select(item.c.id, item.c.title, item.c.url, item.c.story)
        .where(item.c.story.in_(stories))
        .order_by(item.c.id)
    ).all()
    sources = _grouped(conn, _sources(), sighting.c.item_id, [row.id for row in rows])
    for row in rows:
        name = next((seen.title for seen in _seen_in(sources[row.id])), None)
        told[row.story].append(Telling(id=row.id, title=row.title, url=row.url, source=name))
    return told


def _works() -> Select[Any]:
    return select(item_identifier.c.item_id, item_identifier.c.key)


def _sources() -> Select[Any]:
    return (
        select(sighting.c.item_id, sighting.c.guid, source.c.id, source.c.title, source.c.url)
        .join_from(sighting, source)
        .order_by(sighting.c.primary.desc(), sighting.c.seen, source.c.id, sighting.c.key)
    )


def _keepers() -> Select[Any]:
    return select(endorsement.c.item_id, endorsement.c.by).order_by(
        endorsement.c.at, endorsement.c.by
    )


def _tags() -> Select[Any]:
    return (
        select(item_tag.c.item_id, tag.c.name)
        .join_from(item_tag, tag)
        .order_by(item_tag.c.position)
    )


def _comments() -> Select[Any]:
    return select(comment).where(comment.c.withdrawn.is_(None)).order_by(comment.c.id)


def _seen_in(rows: Iterable[Row[Any]]) -> tuple[SeenIn, ...]:
    """One line a source, the first to show it first."""
    seen: dict[int, SeenIn] = {}
    for row in rows:
        seen.setdefault(
            row.id, SeenIn(id=row.id, title=row.title or row.url, url=row.url, guid=row.guid)
        )
    return tuple(seen.values())


def _identifiers(rows: Iterable[Row[Any]]) -> tuple[Identifier, ...]:
    named = (Identifier.of_key(row.key) for row in rows)
    return tuple(sorted(named, key=lambda one: one.rank))


def _comment(row: Row[Any]) -> Comment:
    return Comment(id=row.id, by=row.by, at=row.at, text=row.text, blurb=row.blurb)


def _item(row: Row[Any], **marks: Any) -> Item:
    return Item(
        id=row.id,
        url=row.url,
        title=row.title,
        authors=row.authors,
        published=row.published,
        updated=row.updated,
        collected=row.collected,
        language=row.said_language or row.language,
        words=row.words,
        state=ItemState(row.state),
        summary=row.summary,
        spread=row.spread,
        **marks,
    )
