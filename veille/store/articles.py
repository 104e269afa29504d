"""Items as one curator sees them in a reader app."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, select

from veille.model.reading import Article, Origin
from veille.model.states import ItemState
from veille.model.text import masked
from veille.store.bulk import chunks
from veille.store.reading import categories_of, is_unread
from veille.store.tables.marks import endorsement, item_tag, tag
from veille.store.tables.pool import item, item_text, sighting, source

if TYPE_CHECKING:
    from collections.abc import Sequence


def get_many(conn: Connection, handle: str, ids: Sequence[int]) -> list[Article]:
    """These items in the order asked, missing ones left out: eight queries, however many."""
    found: dict[int, Article] = {}
    for part in chunks(ids):
        found.update(_load(conn, handle, part))
    return [found[key] for key in ids if key in found]


def _load(conn: Connection, handle: str, ids: Sequence[int]) -> dict[int, Article]:
    origins = _origins(conn, ids)
    tags: defaultdict[int, list[str]] = defaultdict(list)
    tagged = (
        select(item_tag.c.item_id, tag.c.name)
        .join_from(item_tag, tag)
        .where(item_tag.c.item_id.in_(ids))
        .order_by(item_tag.c.position)
    )
    for key, name in conn.execute(tagged):
        tags[key].append(name)
    kept = select(endorsement.c.item_id).where(
        endorsement.c.by == handle, endorsement.c.item_id.in_(ids)
    )
    starred = set(conn.scalars(kept))
    unread = set(conn.scalars(select(item.c.id).where(item.c.id.in_(ids), is_unread(handle))))
    rows = conn.execute(
        select(item, item_text.c.content, item_text.c.text)
        .outerjoin_from(item, item_text)
        .where(item.c.id.in_(ids))
    )
    return {
        row.id: _article(
            row,
            origin=origins.get(row.id),
            tags=tuple(tags[row.id]),
            read=row.id not in unread,
            starred=row.id in starred,
        )
        for row in rows
    }


def _origins(conn: Connection, ids: Sequence[int]) -> dict[int, Origin]:
    """Under which source each item is shown; those of one source share its origin."""
    shown = conn.execute(
        select(sighting.c.item_id, sighting.c.source_id).where(
            sighting.c.item_id.in_(ids), sighting.c.primary.is_(True)
        )
    ).all()
    categories = categories_of(conn)
    named = select(source.c.id, source.c.title, source.c.url, source.c.site)
    origins = {
        row.id: Origin(
            id=row.id,
            title=row.title or masked(row.url),
            site=row.site,
            categories=tuple(categories.get(row.id, ())),
        )
        for row in conn.execute(named.where(source.c.id.in_({key for _, key in shown})))
    }
    return {item_id: origins[source_id] for item_id, source_id in shown}


def _article(row: Row[Any], **more: Any) -> Article:
    return Article(
        id=row.id,
        url=row.url,
        title=row.title,
        authors=row.authors,
        published=row.published,
        updated=row.updated,
        collected=row.collected,
        state=ItemState(row.state),
        content=row.content or "",
        text=row.text or "",
        summary=row.summary,
        **more,
    )
