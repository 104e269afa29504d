"""From a search to SQL: every value is bound, every condition is true or false, never NULL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, assert_never

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    exists,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    true,
)

from veille.model.query import (
    Age,
    And,
    Field,
    Instant,
    Is,
    Match,
    Not,
    Or,
    Query,
    Sort,
    Status,
    Within,
    Words,
)
from veille.model.states import ItemState
from veille.model.text import fold, tag_key
from veille.store import fulltext
from veille.store.tables.marks import comment, curator, endorsement, event, item_tag, tag
from veille.store.tables.pool import item, sighting, source, source_label
from veille.store.tables.publishing import PUBLIC, digest, edition, pick
from veille.store.tables.search import item_fts, item_search, note_fts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

Condition = ColumnElement[bool]

# Among so many of the newest items, any word that is not rare shows up often enough for a page.
_WINDOW = 1000
_COMMON = 5000


class _Context(NamedTuple):
    """How to compile: ``probe`` looks each item up in the index, instead of all that match."""

    now: datetime
    sqlite: bool
    probe: bool = False


def ids(
    conn: Connection, query: Query, *, now: datetime, limit: int | None, sort: Sort
) -> list[int]:
    """The ids of the items that match, in order.

    A common word matches half the pool: to collect all of that for a first page takes a third of a
    second in a million items. So the newest items are looked at one by one first, and when they
    fill the page, that is the answer.
    """
    context = _context(conn, now)
    if limit is not None and sort is Sort.NEWEST and _is_common(conn, query, context):
        newest = _in_window(query, _Context(now, context.sqlite, probe=True), limit)
        found = list(conn.scalars(newest))
        if len(found) == limit:
            return found
    return list(conn.scalars(_ordered(query, context, sort).limit(limit)))


def count(conn: Connection, query: Query, now: datetime) -> int:
    """How many items match."""
    matching = select(func.count()).select_from(item).where(condition(conn, query, now))
    return conn.execute(matching).scalar_one()


def condition(conn: Connection, query: Query, now: datetime) -> Condition:
    """The condition on the table of items that a search means."""
    return _compile(query, _context(conn, now))


def _context(conn: Connection, now: datetime) -> _Context:
    return _Context(now, conn.dialect.name == "sqlite")


def _ordered(query: Query, context: _Context, sort: Sort) -> Select[int]:
    leading = _leading_tag(query) if sort is Sort.NEWEST else None
    if leading is None:
        return select(item.c.id).where(_compile(query, context)).order_by(*_order(sort))
    # The date is repeated beside the tag, so that the newest of a tag are read off its index.
    return (
        select(item_tag.c.item_id)
        .join_from(item_tag, item)
        .where(
            item_tag.c.tag_id == select(tag.c.id).where(tag.c.key == leading).scalar_subquery(),
            _compile(query, context, without=leading),
        )
        .order_by(item_tag.c.ordered.desc(), item_tag.c.item_id.desc())
    )


def _in_window(query: Query, context: _Context, limit: int) -> Select[int]:
    # Walked along the index, and left as soon as the page is full.
    newest = item.alias("newest")
    since = select(newest.c.ordered).order_by(newest.c.ordered.desc()).limit(1).offset(_WINDOW)
    return (
        select(item.c.id)
        .where(item.c.ordered >= since.scalar_subquery(), _compile(query, context))
        .order_by(*_order(Sort.NEWEST))
        .limit(limit)
    )


def _order(sort: Sort) -> tuple[ColumnElement[Any], ...]:
    match sort:
        case Sort.NEWEST:
            return item.c.ordered.desc(), item.c.id.desc()
        case Sort.OLDEST:
            return item.c.ordered, item.c.id
        case Sort.COLLECTED:
            return item.c.collected.desc(), item.c.id.desc()
        case Sort.TITLE:
            return item.c.title_key, item.c.id
        case Sort.SOURCE:
            return _source_name().asc().nulls_last(), item.c.ordered.desc(), item.c.id.desc()
        case _:
            assert_never(sort)


def _source_name() -> ColumnElement[str]:
    """The first source that showed the item; none for a link somebody added."""
    return (
        select(func.min(source.c.name_key))
        .join_from(sighting, source)
        .where(sighting.c.item_id == item.c.id, sighting.c.primary.is_(True))
        .scalar_subquery()
    )


def _is_common(conn: Connection, query: Query, context: _Context) -> bool:
    """Whether there are words in a search, and all of them stand in many items."""
    searched = list(_searched(query))
    if not context.sqlite:
        return bool(searched)  # PostgreSQL looks one item up as fast as it would count
    return bool(searched) and all(
        conn.scalar(_at_most(_COMMON, words, in_title)) == _COMMON for words, in_title in searched
    )


def _at_most(limit: int, words: tuple[str, ...], in_title: bool) -> Select[int]:
    return select(func.count()).select_from(_documents(words, in_title).limit(limit).subquery())


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


def _compile(query: Query, context: _Context, without: str | None = None) -> Condition:
    """The condition; the tag ``without`` is left out, since the caller already joined it."""
    match query:
        case And(parts):
            return and_(true(), *(_compile(part, context, without) for part in parts))
        case Or(parts):
            return or_(false(), *(_compile(part, context) for part in parts))
        case Not(part):
            return not_(_compile(part, context).self_group())
        case Match(field=Field.TAG, value=value) if tag_key(value) == without:
            return true()
        case _:
            return _term(query, context)


def _term(query: Words | Match | Is | Within | Age, context: _Context) -> Condition:
    match query:
        case Words(words):
            return _words(words, context)
        case Match(field=Field.TITLE, value=value):
            return _words(tuple(fulltext.words(value)), context, in_title=True)
        case Match(field, value):
            return _FIELDS[field](value)
        case Is(status):
            return _status(status)
        case Within(field, start, end):
            return _within(field, start, end)
        case Age(limit, younger):
            since = context.now - limit
            return item.c.ordered > since if younger else item.c.ordered <= since
        case _:
            assert_never(query)


def _words(words: tuple[str, ...], context: _Context, *, in_title: bool = False) -> Condition:
    if not words:
        return false()
    if context.sqlite:
        return _words_in_sqlite(words, context.probe, in_title)
    return _words_in_postgresql(words, context.probe, in_title)


def _documents(words: tuple[str, ...], in_title: bool) -> Select[int]:
    phrase = _phrase(words)
    return select(item_fts.c.rowid).where(
        item_fts.c.item_fts.op("MATCH")(f"title : {phrase}" if in_title else phrase)
    )


def _phrase(words: tuple[str, ...]) -> str:
    return '"' + " ".join(words).replace('"', '""') + '"'


def _words_in_sqlite(words: tuple[str, ...], probe: bool, in_title: bool) -> Condition:
    documents = _documents(words, in_title)
    notes = select(note_fts.c.rowid).where(note_fts.c.note_fts.op("MATCH")(_phrase(words)))
    if probe:
        found = exists(documents.where(item_fts.c.rowid == item.c.id))
        return found if in_title else or_(found, item.c.id.in_(notes))
    return item.c.id.in_(documents if in_title else documents.union_all(notes))


def _words_in_postgresql(words: tuple[str, ...], probe: bool, in_title: bool) -> Condition:
    weight = ":A" if in_title else ""
    phrase = " <-> ".join(f"'{word}'{weight}" for word in fulltext.for_stemmer(words))
    wanted = func.to_tsquery("veille", phrase)
    found: Condition = item_search.c.document.op("@@")(wanted)
    if not in_title:
        found = or_(found, item_search.c.notes.op("@@")(wanted))
    if probe:
        return exists(select(1).where(item_search.c.item_id == item.c.id, found))
    return item.c.id.in_(select(item_search.c.item_id).where(found))


def _tagged(value: str) -> Condition:
    return item.c.id.in_(
        select(item_tag.c.item_id).join_from(item_tag, tag).where(tag.c.key == tag_key(value))
    )


def _from_source(value: str) -> Condition:
    """By id, by address, or by a part of the title."""
    if value.isascii() and value.isdigit() and len(value) < 10:
        meant: Condition = source.c.id == int(value)
    elif "://" in value:
        meant = source.c.url == value
    else:
        meant = source.c.name_key.contains(fold(value), autoescape=True)
    return item.c.id.in_(
        select(sighting.c.item_id).where(sighting.c.source_id.in_(select(source.c.id).where(meant)))
    )


def _in_category(value: str) -> Condition:
    labelled = select(source_label.c.source_id).where(
        source_label.c.kind == "category", source_label.c.key == tag_key(value)
    )
    return item.c.id.in_(select(sighting.c.item_id).where(sighting.c.source_id.in_(labelled)))


def _touched_by(value: str) -> Condition:
    """What a curator did anything to: kept, commented, or whatever the log says."""
    handles = select(curator.c.handle).where(curator.c.key == fold(value))
    return or_(
        item.c.id.in_(
            select(event.c.item_id).where(event.c.by.in_(handles), event.c.item_id.is_not(None))
        ),
        item.c.id.in_(select(endorsement.c.item_id).where(endorsement.c.by.in_(handles))),
        item.c.id.in_(select(comment.c.item_id).where(comment.c.by.in_(handles))),
    )


def _written_by(value: str) -> Condition:
    return item.c.authors_key.contains(fold(value), autoescape=True)


def _in_language(value: str) -> Condition:
    """``lang:fr`` finds fr-CA too."""
    language = func.lower(func.coalesce(item.c.language, ""))
    wanted = value.lower()
    return or_(language == wanted, language.startswith(f"{wanted}-", autoescape=True))


def _at_address(value: str) -> Condition:
    return func.lower(func.coalesce(item.c.url, "")).contains(value.lower(), autoescape=True)


def _in_edition(value: str) -> Condition:
    """Picked there, whatever the state of the edition; a digest alone means any of its numbers."""
    slug, _, number = value.partition("/")
    picked = (
        select(pick.c.item_id).join_from(pick, edition).join(digest).where(digest.c.slug == slug)
    )
    if number.isascii() and number.isdigit() and len(number) < 10:
        picked = picked.where(edition.c.number == int(number))
    elif number:
        return false()
    return item.c.id.in_(picked)


_FIELDS: dict[Field, Callable[[str], Condition]] = {
    Field.TAG: _tagged,
    Field.SOURCE: _from_source,
    Field.CATEGORY: _in_category,
    Field.BY: _touched_by,
    Field.AUTHOR: _written_by,
    Field.LANG: _in_language,
    Field.URL: _at_address,
    Field.EDITION: _in_edition,
}


def _status(status: Status) -> Condition:
    match status:
        case Status.INBOX | Status.KEPT | Status.SKIPPED:
            return item.c.state == ItemState(status.value)
        case Status.PUBLISHED:
            return item.c.id.in_(
                select(pick.c.item_id).join_from(pick, edition).where(edition.c.state.in_(PUBLIC))
            )
        case Status.COMMENTED:
            return item.c.id.in_(_commented())
        case Status.BLURBED:
            return item.c.id.in_(_commented().where(comment.c.blurb.is_(True)))
        case _:
            assert_never(status)


def _commented() -> Select[int]:
    return select(comment.c.item_id).where(comment.c.withdrawn.is_(None))


def _within(field: Instant, start: datetime | None, end: datetime | None) -> Condition:
    column = item.c.published if field is Instant.PUBLISHED else item.c.collected
    bounds: list[Condition] = [column.is_not(None)]
    if start is not None:
        bounds.append(column >= literal(start, column.type))
    if end is not None:
        bounds.append(column < literal(end, column.type))
    return and_(*bounds)
