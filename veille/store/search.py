"""From a search to the items it finds, in order."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection, Select, True_, func, literal_column, select

from veille.model.query import And, Field, Is, Match, Or, Query, Sort, Status, Words
from veille.model.states import ItemState
from veille.model.text import tag_key
from veille.store import fulltext, orders
from veille.store.conditions import Condition, Context, compiled, documents
from veille.store.tables.marks import item_tag
from veille.store.tables.pool import item
from veille.store.thesaurus import only_tag_meant

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

# Among so many of the newest items, any word that is not rare shows up often enough for a page.
_WINDOW = 1000
_COMMON = 5000


def ids(
    conn: Connection,
    query: Query,
    *,
    now: datetime,
    limit: int | None,
    sort: Sort,
    after: int | None = None,
) -> list[int]:
    """The ids of the items that match, in order: those that come ``after`` an item, if one is named.

    Only the orders of :data:`~veille.store.orders.PAGED` know what comes after an item.

    A common word matches half the pool: to collect all of that for a first page takes a third of a
    second in a million items. So the newest items are looked at one by one first, and when they
    fill the page, that is the answer.
    """
    context = _context(conn, now)
    if after is None and limit is not None and _may_stop_early(conn, query, sort, context):
        for newest in _in_windows(query, Context(now, context.sqlite, probe=True), limit):
            found = list(conn.scalars(newest).all())
            if len(found) == limit:
                return found
    leading = _leading(conn, query) if sort is Sort.NEWEST else None
    wanted = _ordered(query, context, sort, after, leading).limit(limit)
    return list(conn.scalars(wanted).all())


def _may_stop_early(conn: Connection, query: Query, sort: Sort, context: Context) -> bool:
    return sort is Sort.NEWEST and _is_common(conn, query, context)


def count(conn: Connection, query: Query, now: datetime) -> int:
    """How many items match."""
    matching = select(func.count()).select_from(item).where(condition(conn, query, now))
    return conn.execute(matching).scalar_one()


def condition(conn: Connection, query: Query, now: datetime) -> Condition:
    """The condition on the table of items that a search means."""
    return compiled(query, _context(conn, now))


def _context(conn: Connection, now: datetime) -> Context:
    return Context(now, conn.dialect.name == "sqlite")


class _Leading(NamedTuple):
    """A tag that everything found must carry, and that no other one stands for."""

    key: str
    number: int


def _leading(conn: Connection, query: Query) -> _Leading | None:
    key = _leading_tag(query)
    if key is None:
        return None
    number = only_tag_meant(conn, key)
    return None if number is None else _Leading(key, number)


def _ordered(
    query: Query, context: Context, sort: Sort, after: int | None, leading: _Leading | None
) -> Select[int]:
    if leading is None:
        wanted = compiled(query, context)
        if context.sqlite and sort is Sort.SOURCES and query == Is(Status.INBOX):
            # SQLite would collect the whole inbox, and sort it; + keeps it off the index of states.
            wanted = literal_column("+item.state") == ItemState.INBOX.value
        found = select(item.c.id).where(wanted).order_by(*orders.columns(sort))
        return found if after is None else found.where(orders.beyond(*orders.key(sort), after))
    # The date is repeated beside the tag, so that the newest of a tag are read off its index.
    found = (
        select(item_tag.c.item_id)
        .where(item_tag.c.tag_id == leading.number)
        .order_by(item_tag.c.ordered.desc(), item_tag.c.item_id.desc())
    )
    rest = compiled(query, context, without=leading.key)
    if not isinstance(rest, True_):
        found = found.join_from(item_tag, item).where(rest)
    if after is None:
        return found
    return found.where(
        orders.beyond("ordered", (item_tag.c.ordered, item_tag.c.item_id), True, after)
    )


def _in_windows(query: Query, context: Context, limit: int) -> Iterator[Select[int]]:
    # Walked along the index, and left as soon as the page is full.
    newest = item.alias("newest")
    since = select(newest.c.ordered).order_by(newest.c.ordered.desc()).limit(1).offset(_WINDOW)
    matching = (
        select(item.c.id)
        .where(compiled(query, context))
        .order_by(*orders.columns(Sort.NEWEST))
        .limit(limit)
    )
    yield matching.where(item.c.ordered >= since.scalar_subquery())
    rest = _without_words(query)
    if rest.parts:  # of what all else in the search leaves: the newest kept items may be old
        left = select(item.c.id).where(compiled(rest, context))
        left = left.order_by(*orders.columns(Sort.NEWEST)).limit(_WINDOW)
        yield matching.where(item.c.id.in_(left))


def _without_words(query: Query) -> And:
    """What must hold beside the words: the parts of a conjunction that search no text."""
    parts = query.parts if isinstance(query, And) else (query,)
    return And(tuple(part for part in parts if not any(_searched(part))))


def _is_common(conn: Connection, query: Query, context: Context) -> bool:
    """Whether there are words in a search, and all of them stand in many items."""
    searched = list(_searched(query))
    if not context.sqlite:
        return bool(searched)  # PostgreSQL looks one item up as fast as it would count
    return bool(searched) and all(
        conn.scalar(_at_most(_COMMON, words, in_title)) == _COMMON for words, in_title in searched
    )


def _at_most(limit: int, words: tuple[str, ...], in_title: bool) -> Select[int]:
    return select(func.count()).select_from(documents(words, in_title).limit(limit).subquery())


def _searched(query: Query) -> Iterator[tuple[tuple[str, ...], bool]]:
    """The words and phrases of a search that items must or may hold, and whether in the title."""
    match query:
        case Words(words):
            yield words, False
        case Match(field=Field.TITLE, value=value):
            yield tuple(fulltext.words(value)), True
        case And(parts) | Or(parts):
            for part in parts:
                yield from _searched(part)


def _leading_tag(query: Query) -> str | None:
    """The key of a tag that everything found must carry."""
    match query:
        case Match(field=Field.TAG, value=value):
            return tag_key(value)
        case And(parts):
            return next(filter(None, map(_leading_tag, parts)), None)
        case _:
            return None
