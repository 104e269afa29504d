"""Tags: one identity whatever the spelling, shown as first spelled. Others reach these through
:mod:`veille.store.marks`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, func, insert, select, update

from veille.errors import NotFound, Refused
from veille.model.item import TagCount
from veille.model.text import tag_key
from veille.store import fulltext
from veille.store.bulk import chunks
from veille.store.tables.marks import item_tag, tag
from veille.store.tables.pool import sighting

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def tags(conn: Connection) -> list[TagCount]:
    """The tags in use, in alphabetical order, with how many items carry each."""
    rows = conn.execute(
        select(tag.c.name, func.count())
        .join_from(tag, item_tag)
        .group_by(tag.c.id, tag.c.name, tag.c.key)
        .order_by(tag.c.key)
    )
    return [TagCount(name=name, items=items) for name, items in rows]


def usual(conn: Connection, source_ids: Sequence[int], limit: int) -> list[str]:
    """The tags that items of some sources carry most often, the commonest first."""
    if not source_ids:
        return []
    rows = conn.execute(
        select(tag.c.name, func.count(func.distinct(item_tag.c.item_id)).label("items"))
        .join_from(sighting, item_tag, item_tag.c.item_id == sighting.c.item_id)
        .join(tag)
        .where(sighting.c.source_id.in_(source_ids))
        .group_by(tag.c.id, tag.c.name, tag.c.key)
        .order_by(func.count(func.distinct(item_tag.c.item_id)).desc(), tag.c.key)
        .limit(limit)
    )
    return [row.name for row in rows]


def rename_tag(conn: Connection, old: str, new: str) -> int:
    """Spell a tag otherwise, on all its items; how many these are.

    Raises NotFound, and Refused when the new name is another tag's.
    """
    number = _number(conn, old)
    other = _find(conn, new)
    if other is not None and other != number:
        if _carriers(conn, other):
            raise Refused(f"there is a tag '{new}' already; 'veille tags merge' joins the two")
        conn.execute(delete(tag).where(tag.c.id == other))  # no item carries it: the word is free
    conn.execute(update(tag).where(tag.c.id == number).values(name=new, key=tag_key(new)))
    return _reindex(conn, _carriers(conn, number))


def merge_tags(conn: Connection, old: str, into: str) -> int:
    """Put one tag in the place of another, which ends; how many items carried that one.

    Raises NotFound, and Refused when both are the same tag.
    """
    number, other = _number(conn, old), _number(conn, into)
    if number == other:
        raise Refused(
            f"'{old}' and '{into}' are the same tag; 'veille tags rename' changes its spelling"
        )
    carriers = _carriers(conn, number)
    both = select(item_tag.c.item_id).where(item_tag.c.tag_id == other)
    conn.execute(delete(item_tag).where(item_tag.c.tag_id == number, item_tag.c.item_id.in_(both)))
    conn.execute(update(item_tag).where(item_tag.c.tag_id == number).values(tag_id=other))
    conn.execute(delete(tag).where(tag.c.id == number))
    return _reindex(conn, carriers)


def carriers(conn: Connection, name: str) -> list[int]:
    """The items that carry this very tag, whatever it means in the thesaurus."""
    number = _find(conn, name)
    return [] if number is None else _carriers(conn, number)


def ensure(conn: Connection, names: Iterable[str]) -> dict[str, int]:
    """The numbers of tags by name; those that are new come into being as spelled here."""
    keys = {name: tag_key(name) for name in names}
    spelled: dict[str, str] = {}
    for name, key in keys.items():
        spelled.setdefault(key, name)
    numbers = _numbers(conn, list(spelled))
    missing = [key for key in spelled if key not in numbers]
    if missing:
        conn.execute(insert(tag), [{"key": key, "name": spelled[key]} for key in missing])
        numbers |= _numbers(conn, missing)
    return {name: numbers[key] for name, key in keys.items()}


def _numbers(conn: Connection, keys: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for part in chunks(keys):
        rows = conn.execute(select(tag.c.key, tag.c.id).where(tag.c.key.in_(part)))
        found.update(rows.all())
    return found


def _find(conn: Connection, name: str) -> int | None:
    return conn.scalar(select(tag.c.id).where(tag.c.key == tag_key(name)))


def _number(conn: Connection, name: str) -> int:
    number = _find(conn, name)
    if number is None:
        raise NotFound(f"there is no tag '{name}'; 'veille tags' lists them")
    return number


def _carriers(conn: Connection, number: int) -> list[int]:
    return list(conn.scalars(select(item_tag.c.item_id).where(item_tag.c.tag_id == number)))


def _reindex(conn: Connection, ids: list[int]) -> int:
    fulltext.index_notes(conn, ids)
    return len(ids)
