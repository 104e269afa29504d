"""The orders of a list, and what comes after an item in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, assert_never

from sqlalchemy import func, literal, select, tuple_

from veille.model.query import Sort
from veille.store.tables.pool import item, sighting, source

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

# Orders whose columns are stored: a list in one of them can be read page by page.
PAGED = frozenset({Sort.NEWEST, Sort.OLDEST, Sort.COLLECTED, Sort.TITLE})


def columns(sort: Sort) -> tuple[ColumnElement[Any], ...]:
    """What a list is ordered by; the id decides between equals."""
    match sort:
        case Sort.NEWEST | Sort.RELEVANCE:
            return item.c.ordered.desc(), item.c.id.desc()
        case Sort.OLDEST:
            return item.c.ordered, item.c.id
        case Sort.COLLECTED:
            return item.c.collected.desc(), item.c.id.desc()
        case Sort.TITLE:
            return item.c.title_key, item.c.id
        case Sort.SOURCES:
            return item.c.spread.desc(), item.c.ordered.desc(), item.c.id.desc()
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


def key(sort: Sort) -> tuple[str, tuple[ColumnElement[Any], ...], bool]:
    """The column that orders a list, it and the id as they are compared, and whether downwards."""
    name = {Sort.COLLECTED: "collected", Sort.TITLE: "title_key"}.get(sort, "ordered")
    return name, (item.c[name], item.c.id), sort in (Sort.NEWEST, Sort.COLLECTED)


def beyond(
    name: str, columns: tuple[ColumnElement[Any], ...], downwards: bool, after: int
) -> ColumnElement[bool]:
    """What stands after an item in the list: a comparison that an index answers, at any depth."""
    anchor = item.alias("anchor")
    value = select(anchor.c[name]).where(anchor.c.id == after).scalar_subquery()
    here, there = tuple_(*columns), tuple_(value, literal(after))
    return here < there if downwards else here > there
