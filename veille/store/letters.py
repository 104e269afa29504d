"""Letters that were judged, and what readers suggested."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from veille.model.delivery import Suggestion
from veille.store.bulk import chunks
from veille.store.tables.readers import letter, suggestion

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from veille.model.letter import LetterKind, Outcome


def judged(conn: Connection, mailbox: str, places: Sequence[str]) -> set[str]:
    """Those of the places of a mailbox whose letters were judged."""
    found: set[str] = set()
    mine = select(letter.c.place).where(letter.c.mailbox == mailbox)
    for part in chunks(places):
        found.update(conn.scalars(mine.where(letter.c.place.in_(part))))
    return found


def is_known(conn: Connection, identity: str) -> bool:
    """Whether a letter of this identity was judged, wherever it was."""
    query = select(letter.c.id).where(letter.c.identity == identity).limit(1)
    return conn.scalar(query) is not None


def record(
    conn: Connection,
    mailbox: str,
    place: str,
    *,
    identity: str,
    kind: LetterKind,
    outcome: Outcome,
    at: datetime,
) -> None:
    """A letter was judged."""
    values = {"mailbox": mailbox, "place": place, "identity": identity}
    conn.execute(insert(letter), {**values, "kind": kind, "outcome": outcome, "at": at})


def suggest(conn: Connection, item_id: int, by: Suggestion) -> bool:
    """A reader suggested an item; whether they did for the first time."""
    mine = (suggestion.c.item_id == item_id) & (suggestion.c.reader == by.reader)
    if conn.scalar(select(suggestion.c.item_id).where(mine)) is not None:
        return False
    values = {"reader": by.reader, "address": by.address, "name": by.name, "at": by.at}
    conn.execute(insert(suggestion), {"item_id": item_id, **values})
    return True


def suggested(conn: Connection, item_ids: Sequence[int]) -> dict[int, list[Suggestion]]:
    """Who suggested these items, the first first: whom to thank when they are published."""
    found: dict[int, list[Suggestion]] = {}
    query = select(suggestion).order_by(suggestion.c.at, suggestion.c.reader)
    for part in chunks(item_ids):
        for row in conn.execute(query.where(suggestion.c.item_id.in_(part))):
            one = Suggestion(reader=row.reader, address=row.address, name=row.name, at=row.at)
            found.setdefault(row.item_id, []).append(one)
    return found
