"""What was removed and must not come back, whichever source shows it.

Of a removed item only numbers stay, each made of one of its names: its address, what names its work,
its key in each source (:func:`veille.model.changes.within`), by all addresses that source had. Eight bytes tell ten million names apart:
that a name of something else meets one of them has a chance of one in a million million.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from sqlalchemy import Connection, bindparam, delete, select, text

from veille.model.changes import within
from veille.store.bulk import chunks
from veille.store.tables.pool import (
    item,
    item_identifier,
    sighting,
    source,
    source_address,
    tombstone,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_ANY = select(tombstone.c.number).limit(1)
_AMONG = select(tombstone.c.number).where(
    tombstone.c.number.in_(bindparam("numbers", expanding=True))
)
_LEAVE = text("INSERT INTO tombstone (number) VALUES (:number) ON CONFLICT DO NOTHING")


def are_there(conn: Connection) -> bool:
    """Whether anything was ever removed: most workspaces never ask what."""
    return conn.scalar(_ANY) is not None


def among(conn: Connection, names: Sequence[str]) -> frozenset[str]:
    """Those of the names under which something was removed."""
    numbers = {_number(name): name for name in names}
    found: set[str] = set()
    for part in chunks(list(numbers)):
        found.update(numbers[number] for number in conn.scalars(_AMONG, {"numbers": part}))
    return frozenset(found)


def leave(conn: Connection, ids: Sequence[int]) -> None:
    """Note all names of items that are about to be removed."""
    rows = [{"number": _number(name)} for part in chunks(ids) for name in _names(conn, part)]
    if rows:
        conn.execute(_LEAVE, rows)


def lift(conn: Connection, names: Iterable[str]) -> None:
    """Somebody wants what has one of these names: it may come in again."""
    for part in chunks([_number(name) for name in names]):
        conn.execute(delete(tombstone).where(tombstone.c.number.in_(part)))


def _number(name: str) -> int:
    return int.from_bytes(
        blake2b(name.encode("utf-8", "replace"), digest_size=8).digest(), signed=True
    )


def _names(conn: Connection, ids: Sequence[int]) -> Iterator[str]:
    yield from conn.scalars(select(item.c.key).where(item.c.id.in_(ids), item.c.key.is_not(None)))
    yield from conn.scalars(
        select(item_identifier.c.key).where(
            item_identifier.c.own, item_identifier.c.item_id.in_(ids)
        )
    )
    for number, address, key in conn.execute(
        select(source.c.id, source.c.key, sighting.c.key)
        .join_from(sighting, source)
        .where(sighting.c.item_id.in_(ids))
    ):
        yield within(number, key)
        yield within(address, key)
    for former, key in conn.execute(
        select(source_address.c.key, sighting.c.key)
        .join_from(sighting, source_address, source_address.c.source_id == sighting.c.source_id)
        .where(sighting.c.item_id.in_(ids))
    ):
        yield within(former, key)
