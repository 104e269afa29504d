"""Identifiers of works, and the items that they or addresses lead to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, bindparam, func, select

from veille.model.identifier import Identifier, Scheme, is_identifier
from veille.store.bulk import chunks, insert_rows
from veille.store.tables.pool import item, item_identifier

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# Made once, as those of a sweep are.
_BY_ADDRESS = select(item.c.key, item.c.id).where(item.c.key.in_(bindparam("keys", expanding=True)))
_BY_IDENTIFIER = (
    select(item_identifier.c.key, func.min(item_identifier.c.item_id))
    .where(item_identifier.c.own, item_identifier.c.key.in_(bindparam("keys", expanding=True)))
    .group_by(item_identifier.c.key)
)
_THERE = select(item_identifier.c.item_id, item_identifier.c.key).where(
    item_identifier.c.item_id.in_(bindparam("ids", expanding=True))
)


def items_by_key(conn: Connection, keys: Sequence[str]) -> dict[str, int]:
    """The items that comparison forms of addresses and identifiers lead to; the eldest of several."""
    found: dict[str, int] = {}
    for part in chunks([key for key in keys if is_identifier(key)]):
        found.update(conn.execute(_BY_IDENTIFIER, {"keys": part}).all())
    for part in chunks(keys):
        for key, item_id in conn.execute(_BY_ADDRESS, {"keys": part}):
            found.setdefault(key, item_id)
    return found


def add(conn: Connection, named: Iterable[tuple[int, Sequence[Identifier]]]) -> None:
    """Note what names the works behind items, as far as it was not noted before."""
    _insert(conn, {(item_id, one.key): True for item_id, works in named for one in works})


def add_of_page(conn: Connection, item_id: int, works: Sequence[Identifier]) -> None:
    """Note what an item's own page says. The ISBN there most often is that of a book it reviews."""
    _insert(conn, {(item_id, one.key): one.scheme is not Scheme.ISBN for one in works})


def _insert(conn: Connection, rows: dict[tuple[int, str], bool]) -> None:
    if not rows:
        return
    there: set[tuple[int, str]] = set()
    for part in chunks(list({item_id for item_id, _ in rows})):
        there.update((row.item_id, row.key) for row in conn.execute(_THERE, {"ids": part}))
    new = [
        {"item_id": item_id, "key": key, "own": own}
        for (item_id, key), own in rows.items()
        if (item_id, key) not in there
    ]
    if new:
        insert_rows(conn, item_identifier, new)
