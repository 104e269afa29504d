"""What a search means, as a condition on the table of items: true or false, never NULL.

Every value is bound. A condition is written in one of two ways: the items are looked up among all
that match a part, or, to ``probe`` a few, each part is looked up for each item.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, NamedTuple, assert_never

from sqlalchemy import (
    ColumnElement,
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
    Comparison,
    Field,
    Instant,
    InStory,
    Is,
    Match,
    Not,
    Or,
    Query,
    Spread,
    Status,
    Within,
    Words,
)
from veille.model.states import ItemState
from veille.model.text import fold, tag_key
from veille.store import fulltext
from veille.store.tables.marks import comment, curator, endorsement, event, item_tag
from veille.store.tables.pool import item, sighting, source, source_label
from veille.store.tables.publishing import PUBLIC, digest, edition, pick
from veille.store.tables.reading import reading
from veille.store.tables.rules import item_review, rule, rule_hit
from veille.store.tables.search import item_fts, item_search, note_fts
from veille.store.thesaurus import tags_meant

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

Condition = ColumnElement[bool]


class Span(NamedTuple):
    """The ids from one to another."""

    first: int
    last: int


class Context(NamedTuple):
    """How to compile: ``probe`` looks each item up in the index, instead of all that match.

    Where the items asked about are most of a ``span`` of ids, their words are read off that piece of
    the index at once: a common word costs a hundredth of what looking up each item does.
    """

    now: datetime
    sqlite: bool
    probe: bool = False
    span: Span | None = None

    def among(self, column: ColumnElement[int], chosen: Select[Any]) -> Condition:
        """That an item is in the column of what was chosen."""
        return exists(chosen.where(column == item.c.id)) if self.probe else item.c.id.in_(chosen)


def compiled(query: Query, context: Context, without: str | None = None) -> Condition:
    """The condition; the tag ``without`` is left out, since the caller already joined it."""
    match query:
        case And(parts):
            return and_(true(), *(compiled(part, context, without) for part in parts))
        case Or(parts):
            return or_(false(), *(compiled(part, context) for part in parts))
        case Not(part):
            return not_(compiled(part, context).self_group())
        case Match(field=Field.TAG, value=value) if tag_key(value) == without:
            return true()
        case _:
            return _term(query, context)


def _term(
    query: Words | Match | Is | Within | Age | Spread | InStory, context: Context
) -> Condition:
    match query:
        case Words(words):
            return _words(words, context)
        case Match(field=Field.TITLE, value=value):
            return _words(tuple(fulltext.words(value)), context, in_title=True)
        case Match(field, value):
            return _FIELDS[field](value, context)
        case Is(status):
            return _status(status, context)
        case Within(field, start, end):
            return _within(field, start, end)
        case Age(limit, younger):
            since = context.now - limit
            return item.c.ordered > since if younger else item.c.ordered <= since
        case Spread(comparison, sources):
            if comparison in (Comparison.IS, Comparison.OVER, Comparison.AT_LEAST) and sources > 1:
                # Few items are told so often: they are read off their own index.
                told = select(_told.c.id).where(_COMPARISONS[comparison](_told.c.spread, sources))
                return item.c.id.in_(told)
            return _COMPARISONS[comparison](item.c.spread, sources)
        case InStory(key):
            others = select(_other.c.id).join(_told, _told.c.story == _other.c.story)
            return or_(item.c.id == key, item.c.id.in_(others.where(_told.c.id == key)))
        case _:
            assert_never(query)


_told, _other = item.alias("told"), item.alias("other")
_COMPARISONS: dict[Comparison, Callable[[Any, int], Condition]] = {
    Comparison.IS: operator.eq,
    Comparison.OVER: operator.gt,
    Comparison.UNDER: operator.lt,
    Comparison.AT_LEAST: operator.ge,
    Comparison.AT_MOST: operator.le,
}


def _words(words: tuple[str, ...], context: Context, *, in_title: bool = False) -> Condition:
    if not words:
        return false()
    if context.sqlite:
        return _words_in_sqlite(words, context, in_title)
    return _words_in_postgresql(words, context, in_title)


def documents(words: tuple[str, ...], in_title: bool) -> Select[int]:
    """SQLite: the items with these words in order, in their title or anywhere in it and the text."""
    phrase = _phrase(words)
    return select(item_fts.c.rowid).where(
        item_fts.c.item_fts.op("MATCH")(f"title : {phrase}" if in_title else phrase)
    )


def _phrase(words: tuple[str, ...]) -> str:
    return '"' + " ".join(fulltext.for_tokeniser(words)).replace('"', '""') + '"'


def _words_in_sqlite(words: tuple[str, ...], context: Context, in_title: bool) -> Condition:
    matching = documents(words, in_title)
    notes = select(note_fts.c.rowid).where(note_fts.c.note_fts.op("MATCH")(_phrase(words)))
    if context.span:
        matching = matching.where(item_fts.c.rowid.between(*context.span))
    elif context.probe:
        found = exists(matching.where(item_fts.c.rowid == item.c.id))
        return found if in_title else or_(found, item.c.id.in_(notes))
    return item.c.id.in_(matching if in_title else matching.union_all(notes))


def _words_in_postgresql(words: tuple[str, ...], context: Context, in_title: bool) -> Condition:
    weight = ":A" if in_title else ""
    phrase = " <-> ".join(f"'{word}'{weight}" for word in fulltext.for_stemmer(words))
    wanted = func.to_tsquery("veille", phrase)
    found: Condition = item_search.c.document.op("@@")(wanted)
    if not in_title:
        found = or_(found, item_search.c.notes.op("@@")(wanted))
    if context.span:
        found = and_(found, item_search.c.item_id.between(*context.span))
    elif context.probe:
        return exists(select(1).where(item_search.c.item_id == item.c.id, found))
    return item.c.id.in_(select(item_search.c.item_id).where(found))


def _tagged(value: str, context: Context) -> Condition:
    carrying = select(item_tag.c.item_id).where(item_tag.c.tag_id.in_(tags_meant(value)))
    return context.among(item_tag.c.item_id, carrying)


def _from_source(value: str, context: Context) -> Condition:
    """By id, by address, or by a part of the title."""
    if value.isascii() and value.isdigit() and len(value) < 10:
        meant: Condition = source.c.id == int(value)
    elif "://" in value:
        meant = source.c.url == value
    else:
        meant = source.c.name_key.contains(fold(value), autoescape=True)
    return _shown_by(select(source.c.id).where(meant), context)


def _shown_by(sources: Select[int], context: Context) -> Condition:
    shown = select(sighting.c.item_id).where(sighting.c.source_id.in_(sources))
    return context.among(sighting.c.item_id, shown)


def _in_category(value: str, context: Context) -> Condition:
    labelled = select(source_label.c.source_id).where(
        source_label.c.kind == "category", source_label.c.key == tag_key(value)
    )
    return _shown_by(labelled, context)


def _touched_by(value: str, context: Context) -> Condition:
    """What a curator did anything to: kept, commented, or whatever the log says."""
    handles = select(curator.c.handle).where(curator.c.key == fold(value))
    told = select(event.c.item_id).where(event.c.by.in_(handles), event.c.item_id.is_not(None))
    kept = select(endorsement.c.item_id).where(endorsement.c.by.in_(handles))
    commented = select(comment.c.item_id).where(comment.c.by.in_(handles))
    return or_(
        context.among(event.c.item_id, told),
        context.among(endorsement.c.item_id, kept),
        context.among(comment.c.item_id, commented),
    )


def _written_by(value: str, _: Context) -> Condition:
    return item.c.authors_key.contains(fold(value), autoescape=True)


def _in_language(value: str, _: Context) -> Condition:
    """``lang:fr`` finds fr-CA too; what a curator said goes before what sources say."""
    language = func.lower(func.coalesce(item.c.said_language, item.c.language, ""))
    wanted = value.lower()
    return or_(language == wanted, language.startswith(f"{wanted}-", autoescape=True))


def _at_address(value: str, _: Context) -> Condition:
    return func.lower(func.coalesce(item.c.url, "")).contains(value.lower(), autoescape=True)


def _in_edition(value: str, context: Context) -> Condition:
    """Picked there, whatever the state of the edition; a digest alone means any of its numbers."""
    slug, _, number = value.partition("/")
    picked = (
        select(pick.c.item_id).join_from(pick, edition).join(digest).where(digest.c.slug == slug)
    )
    if number.isascii() and number.isdigit() and len(number) < 10:
        picked = picked.where(edition.c.number == int(number))
    elif number:
        return false()
    return context.among(pick.c.item_id, picked)


def _ruled(value: str, context: Context) -> Condition:
    """A rule did something to it, which nobody took back."""
    hit = select(rule_hit.c.item_id).join_from(rule_hit, rule).where(rule.c.key == tag_key(value))
    return context.among(rule_hit.c.item_id, hit)


def _seen_by(value: str, context: Context) -> Condition:
    """What a curator read in a reader app, whatever became of it."""
    handles = select(curator.c.handle).where(curator.c.key == fold(value))
    read = select(reading.c.item_id).where(reading.c.handle.in_(handles), reading.c.read.is_(True))
    return context.among(reading.c.item_id, read)


_FIELDS: dict[Field, Callable[[str, Context], Condition]] = {
    Field.TAG: _tagged,
    Field.SOURCE: _from_source,
    Field.CATEGORY: _in_category,
    Field.BY: _touched_by,
    Field.AUTHOR: _written_by,
    Field.LANG: _in_language,
    Field.URL: _at_address,
    Field.EDITION: _in_edition,
    Field.RULE: _ruled,
    Field.SEEN: _seen_by,
}


def _status(status: Status, context: Context) -> Condition:
    match status:
        case Status.INBOX | Status.KEPT | Status.SKIPPED:
            return item.c.state == ItemState(status.value)
        case Status.PUBLISHED:
            out = select(pick.c.item_id).join_from(pick, edition).where(edition.c.state.in_(PUBLIC))
            return context.among(pick.c.item_id, out)
        case Status.COMMENTED:
            return context.among(comment.c.item_id, _commented())
        case Status.BLURBED:
            blurbs = _commented().where(comment.c.blurb.is_(True))
            return context.among(comment.c.item_id, blurbs)
        case Status.REVIEW:
            return context.among(item_review.c.item_id, select(item_review.c.item_id))
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
