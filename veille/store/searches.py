"""Saved searches: by name, one spelling or another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, Row, delete, insert, select, update

from veille.model.query import SavedSearch
from veille.model.text import tag_key
from veille.store.tables.searches import saved_search as table

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any


def everything(conn: Connection) -> list[SavedSearch]:
    """All saved searches, by name."""
    return [_of_row(row) for row in conn.execute(select(table).order_by(table.c.key))]


def get(conn: Connection, name: str) -> SavedSearch | None:
    """The search of this name."""
    row = conn.execute(select(table).where(table.c.key == tag_key(name))).one_or_none()
    return None if row is None else _of_row(row)


def query_of(conn: Connection, key: str) -> str | None:
    """The text of a saved search by its key."""
    return conn.scalar(select(table.c.query).where(table.c.key == key))


def save(conn: Connection, *, name: str, query: str, by: str, at: datetime) -> None:
    """Store a search under a name, in the place of the one that has it."""
    values = {"name": name, "query": query, "by": by, "at": at}
    key = tag_key(name)
    if not conn.execute(update(table).where(table.c.key == key).values(values)).rowcount:
        conn.execute(insert(table), values | {"key": key})


def rename(conn: Connection, search_id: int, name: str) -> None:
    """Give a search another name, which must be free."""
    values = {"name": name, "key": tag_key(name)}
    conn.execute(update(table).where(table.c.id == search_id).values(values))


def rewrite(conn: Connection, search_id: int, query: str) -> None:
    """Change the text of a search, and nothing else."""
    conn.execute(update(table).where(table.c.id == search_id).values(query=query))


def remove(conn: Connection, search_id: int) -> None:
    """Forget a search."""
    conn.execute(delete(table).where(table.c.id == search_id))


def _of_row(row: Row[Any]) -> SavedSearch:
    return SavedSearch(id=row.id, name=row.name, query=row.query, by=row.by, at=row.at)
