"""Triage: a list read page by page, what reading an item takes, what colleagues do meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from veille.model.query import Sort
from veille.model.text import tag_key
from veille.store import events, items, marks, orders, sources
from veille.store import stories as telling
from veille.workflows import ranking

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from veille.curation.relevance import Score
    from veille.model.event import Event
    from veille.model.item import Item, ItemContent
    from veille.model.query import Query
    from veille.store.database import Database
    from veille.workflows.acting import Act

_USUAL = 12  # tags of a source that are worth offering


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Items as they were when the log had ``newest`` as its last line."""

    items: Mapping[int, Item]
    newest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The next ids of a list, in order; which stand for stories of several, and why they stand there."""

    ids: Sequence[int]
    stories: Mapping[int, int]
    scores: Mapping[int, Score]  # in the order of relevance: what speaks for those it judged


def page(
    db: Database, query: Query, *, act: Act, sort: Sort, limit: int, after: int | None = None
) -> Page:
    """The next page of a list: fewer than ``limit`` ids at its end.

    An order that cannot be read page by page comes whole, as its first page.
    """
    scores: Mapping[int, Score] = {}
    with db.read() as connection:
        if sort in orders.PAGED:
            ids = items.ids(connection, query, now=act.now, sort=sort, limit=limit, after=after)
        elif after:
            ids = []
        elif sort is Sort.RELEVANCE:
            ranked = ranking.ranked(connection, query, act=act)
            ids, scores = ranked.ids, ranked.scores
        else:
            ids = items.ids(connection, query, now=act.now, sort=sort)
        return Page(ids=ids, stories=telling.of(connection, ids), scores=scores)


def is_paged(sort: Sort) -> bool:
    """Whether a list in this order comes in pages."""
    return sort in orders.PAGED


def look(db: Database, ids: Sequence[int]) -> Seen:
    """These items as they are now; those that are gone are left out."""
    with db.read() as connection:
        newest = events.newest(connection)
        found = items.get_many(connection, ids)
    return Seen(items={item.id: item for item in found}, newest=newest)


def text(db: Database, item_id: int) -> ItemContent:
    """The long part of an item; empty for one that is gone."""
    with db.read() as connection:
        return items.content(connection, item_id)


def usual_tags(db: Database, item: Item) -> list[str]:
    """The tags to offer first: those of the item's sources, then what their items carry most."""
    ids = [source.id for source in item.sources]
    with db.read() as connection:
        found = [source for key in ids if (source := sources.get(connection, key))]
        often = marks.usual(connection, ids, _USUAL)
    offered: dict[str, str] = {}
    for tag in (*(tag for source in found for tag in source.tags), *often):
        offered.setdefault(tag_key(tag), tag)
    return list(offered.values())


def meanwhile(db: Database, since: int, *, act: Act, item: int | None = None) -> list[Event]:
    """What others did to items after a line of the log, or to one item."""
    with db.read() as connection:
        found = events.since(connection, since, item=item)
    return [event for event in found if event.item is not None and event.by not in (None, act.by)]
