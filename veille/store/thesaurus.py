"""The thesaurus, stored; and what a tag means by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    bindparam,
    delete,
    insert,
    literal,
    or_,
    select,
    update,
)

from veille.model.text import tag_key
from veille.model.thesaurus import Term
from veille.store.bulk import chunks
from veille.store.tables.marks import item_tag, tag
from veille.store.tables.thesaurus import term, term_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


def terms(conn: Connection) -> list[Term]:
    """All terms, by key."""
    above = term.alias("above")
    rows = conn.execute(
        select(term, above.c.name.label("broader"))
        .outerjoin(above, above.c.id == term.c.broader_id)
        .order_by(term.c.key)
    )
    return [
        Term(
            name=row.name,
            synonyms=tuple(row.synonyms),
            broader=row.broader,
            note=row.note,
            fr=row.fr,
            en=row.en,
        )
        for row in rows
    ]


def replace(conn: Connection, known: Mapping[str, Sequence[str]], new: Sequence[Term]) -> None:
    """Store these terms in the place of all there are; ``known`` has the keys that mean each, by name.

    A thesaurus is a few hundred rows: written whole, it never is half of an old and a new one.
    """
    conn.execute(delete(term_name))
    conn.execute(update(term).values(broader_id=None))
    conn.execute(delete(term))
    if not new:
        return
    numbers = {one.name: number for number, one in enumerate(new, 1)}
    rows = [
        {
            "id": numbers[one.name],
            "key": tag_key(one.name),
            "name": one.name,
            "synonyms": one.synonyms,
            "note": one.note,
            "fr": one.fr,
            "en": one.en,
        }
        for one in new
    ]
    conn.execute(insert(term), rows)
    for one in new:
        if one.broader is not None:
            above = {"broader_id": numbers[one.broader]}
            conn.execute(update(term).where(term.c.id == numbers[one.name]).values(above))
    conn.execute(
        insert(term_name),
        [{"key": key, "term_id": numbers[name]} for name, keys in known.items() for key in keys],
    )


def preferred(conn: Connection, names: Iterable[str]) -> dict[str, str]:
    """The preferred form of each name that the thesaurus knows."""
    keys = {name: tag_key(name) for name in names}
    found: dict[str, str] = {}
    for part in chunks(list(set(keys.values()))):
        known = select(term_name.c.key, term.c.name).join_from(term_name, term)
        found.update(conn.execute(known.where(term_name.c.key.in_(part))).all())
    return {name: found[key] for name, key in keys.items() if key in found}


def same(conn: Connection, names: Iterable[str]) -> list[str]:
    """The keys of all that means the same as one of these names, by the thesaurus."""
    keys = list(map(tag_key, names))
    meant = select(term_name.c.term_id).where(term_name.c.key.in_(keys))
    return list(conn.scalars(select(term_name.c.key).where(term_name.c.term_id.in_(meant))))


def labels(conn: Connection, locale: str, names: Iterable[str]) -> dict[str, str]:
    """What readers of a language see of these tags, where the thesaurus says it."""
    language = term.c.en if locale.startswith("en") else term.c.fr
    keys = {tag_key(name): name for name in names}
    known = select(term_name.c.key, language).join_from(term_name, term)
    rows = conn.execute(known.where(term_name.c.key.in_(list(keys)), language.is_not(None)))
    return {keys[key]: label for key, label in rows}


def tags_meant(value: str) -> Select[int]:
    """The numbers of the tags that a search for one means: itself, its synonyms, all that is narrower."""
    return _meant_by(literal(tag_key(value)))


def _meant_by(key: ColumnElement[str]) -> Select[int]:
    below = (
        select(term_name.c.term_id.label("id")).where(term_name.c.key == key).cte(recursive=True)
    )
    below = below.union(select(term.c.id).where(term.c.broader_id == below.c.id))
    spelled = select(term_name.c.key).where(term_name.c.term_id.in_(select(below.c.id)))
    return select(tag.c.id).where(or_(tag.c.key == key, tag.c.key.in_(spelled)))


# Made once: building it takes ten times as long as running it.
_TWO_MEANT = _meant_by(bindparam("key", type_=tag.c.key.type)).limit(2)


def only_tag_meant(conn: Connection, value: str) -> int | None:
    """The number of the one tag that a search for this means; None when it is none, or several."""
    numbers = list(conn.scalars(_TWO_MEANT, {"key": tag_key(value)}))
    return numbers[0] if len(numbers) == 1 else None


def carried(conn: Connection, keys: Iterable[str]) -> set[str]:
    """Those of the keys that some item carries as a tag."""
    found: set[str] = set()
    for part in chunks(list(keys)):
        in_use = select(tag.c.key).where(tag.c.key.in_(part))
        found.update(conn.scalars(in_use.where(tag.c.id.in_(select(item_tag.c.tag_id)))))
    return found
