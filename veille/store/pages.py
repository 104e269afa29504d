"""What was read of items' own pages: which are wanted, and what came of asking for them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Connection,
    Select,
    and_,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from veille.model.item import PageReading
from veille.model.states import FullText, ItemState
from veille.store import due, fulltext, identifiers
from veille.store.bulk import chunks
from veille.store.tables.pool import item, item_page, item_text, sighting, source

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from veille.model.changes import ItemDraft
    from veille.model.fetched import Article

_NAMES = ("at", "taken", "problem", "canonical", "media_type", "attempts", "next_try")


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedPage:
    """An item whose page is to be read, with what there is already: ``text`` from its feed.

    ``signed`` says that its authors and its date are known, too.
    """

    item: int
    url: str
    title: str
    text: str
    attempts: int
    signed: bool


def wanted(
    conn: Connection,
    *,
    default: FullText,
    now: datetime,
    limit: int,
    among: Collection[int] | None = None,
) -> list[WantedPage]:
    """Items whose page should be read now, the newest first; of all items, or ``among`` some.

    What its first source says counts (``default`` where it says nothing, or there is none):
    ``on-keep`` wants kept items, ``always`` those in the inbox too. A page that was asked is asked
    again only when its reading says so.
    """
    rule = func.coalesce(source.c.full_text, default.value)
    kept = and_(item.c.state == ItemState.KEPT, rule != FullText.NEVER)
    unseen = and_(item.c.state == ItemState.INBOX, rule == FullText.ALWAYS)
    due = or_(item_page.c.item_id.is_(None), item_page.c.next_try <= now)
    query = _pages().where(due, or_(kept, unseen))
    if default is not FullText.ALWAYS and not _anywhere(conn, FullText.ALWAYS):
        # Then no item of the inbox is wanted, and a large inbox need not be looked at.
        query = query.where(item.c.state == ItemState.KEPT)
    if among is not None:
        query = query.where(item.c.id.in_(among))
    rows = conn.execute(query.order_by(item.c.ordered.desc(), item.c.id).limit(limit))
    return [WantedPage(**row) for row in rows.mappings()]


def one(conn: Connection, item_id: int) -> WantedPage | None:
    """This item's page, whatever was read of it; None when it has no address."""
    row = conn.execute(_pages().where(item.c.id == item_id)).mappings().one_or_none()
    return WantedPage(**row) if row else None


def reading(conn: Connection, item_id: int) -> PageReading | None:
    """What came of asking for this item's page; None when it never was."""
    columns = [item_page.c[name] for name in _NAMES]
    found = conn.execute(select(*columns).where(item_page.c.item_id == item_id))
    row = found.mappings().one_or_none()
    return PageReading(**row) if row else None


def record(
    conn: Connection,
    item_id: int,
    read: PageReading,
    article: Article | None = None,
    *,
    words: int | None = None,
    title: str | None = None,
) -> None:
    """Note what came of asking for a page; with its ``article``, what the item lacked.

    The text (of so many ``words``) replaces the feed's when it was ``taken``. Language, authors,
    summary and date only fill what was empty, and the item keeps its address and its place in
    lists. ``title`` replaces the item's. An item removed meanwhile is none of our business.
    """
    before = fulltext.documents(conn, [item_id])
    if not before:
        return
    conn.execute(delete(item_page).where(item_page.c.item_id == item_id))
    conn.execute(insert(item_page), {"item_id": item_id} | _columns(read))
    if article is None:
        return
    values = _filled(article)
    if read.taken:
        values["words"] = words
    if title:
        values |= {"title": title, "title_key": fulltext.folded(title)}
    conn.execute(update(item).where(item.c.id == item_id).values(values))
    if read.taken:
        conn.execute(
            update(item_text).where(item_text.c.item_id == item_id).values(text=article.text)
        )
    _fill_authors(conn, item_id, article.authors)
    identifiers.add_of_page(conn, item_id, article.identifiers)
    fulltext.replace(conn, before, fulltext.documents(conn, [item_id]))
    due.mark(conn, [item_id])


def keep_what_was_read(conn: Connection, drafts: Mapping[int, ItemDraft]) -> dict[int, ItemDraft]:
    """Drafts of changed items, with the text of those whose text is their page's left as it is.

    What feeds say of a story is most often its beginning: it never replaces the whole.
    """
    kept = dict(drafts)
    for part in chunks(list(drafts)):
        rows = conn.execute(
            select(item.c.id, item.c.words, item.c.authors, item.c.language, item_text.c.text)
            .join_from(item, item_text)
            .join(item_page, item_page.c.item_id == item.c.id)
            .where(item.c.id.in_(part), item_page.c.taken)
        )
        for row in rows:
            draft = kept[row.id]
            kept[row.id] = replace(
                draft,
                text=row.text,
                words=row.words,
                authors=draft.authors or row.authors,
                language=draft.language or row.language,
            )
    return kept


def _pages() -> Select[Any]:
    first = and_(sighting.c.item_id == item.c.id, sighting.c.primary)
    return (
        select(
            item.c.id.label("item"),
            item.c.url,
            item.c.title,
            func.coalesce(item_text.c.text, "").label("text"),
            func.coalesce(item_page.c.attempts, 0).label("attempts"),
            and_(item.c.authors_key != "", item.c.published.is_not(None)).label("signed"),
        )
        .select_from(item)
        .outerjoin(item_text, item_text.c.item_id == item.c.id)
        .outerjoin(item_page, item_page.c.item_id == item.c.id)
        .outerjoin(sighting, first)
        .outerjoin(source, source.c.id == sighting.c.source_id)
        .where(item.c.url.is_not(None))
    )


def _anywhere(conn: Connection, rule: FullText) -> bool:
    found = conn.scalar(select(source.c.id).where(source.c.full_text == rule).limit(1))
    return found is not None


def _columns(read: PageReading) -> dict[str, Any]:
    return {name: getattr(read, name) for name in _NAMES}


def _filled(article: Article) -> dict[str, Any]:
    date = literal(article.published, item.c.published.type)
    return {
        "published": func.coalesce(item.c.published, date),
        "language": func.coalesce(item.c.language, article.language),
        "summary": func.coalesce(func.nullif(item.c.summary, ""), article.summary),
    }


def _fill_authors(conn: Connection, item_id: int, authors: Sequence[str]) -> None:
    known = conn.scalar(select(item.c.authors).where(item.c.id == item_id))
    if known or not authors:
        return
    values = {
        "authors": tuple(authors),
        "authors_key": "\n".join(map(fulltext.folded, authors)),
    }
    conn.execute(update(item).where(item.c.id == item_id).values(values))
