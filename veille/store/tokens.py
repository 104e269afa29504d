"""The tokens that let reader apps in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from veille.errors import Refused
from veille.model.reading import AppToken
from veille.store.tables.reading import app_token as table

if TYPE_CHECKING:
    from datetime import datetime


def add(
    conn: Connection,
    *,
    handle: str,
    name: str,
    key: str,
    digest: str,
    read_only: bool,
    at: datetime,
) -> AppToken:
    """Store a token; raises Refused when the curator has one of this name."""
    values = {
        "handle": handle,
        "name": name,
        "key": key,
        "hash": digest,
        "read_only": read_only,
        "created": at,
    }
    try:
        with conn.begin_nested():
            row = conn.execute(insert(table).returning(*table.c), values).one()
    except IntegrityError as error:
        raise Refused(
            f"{handle} has a token called '{name}' already: choose another name, or revoke that one"
        ) from error
    return _of_row(row)


def everything(conn: Connection) -> list[AppToken]:
    """All tokens, by curator and age."""
    query = select(table).order_by(table.c.handle, table.c.id)
    return [_of_row(row) for row in conn.execute(query)]


def by_key(conn: Connection, key: str) -> AppToken | None:
    """The token with this public half."""
    row = conn.execute(select(table).where(table.c.key == key)).one_or_none()
    return None if row is None else _of_row(row)


def remove(conn: Connection, token_id: int) -> None:
    """Forget a token: from now on it opens nothing."""
    conn.execute(delete(table).where(table.c.id == token_id))


def note_use(conn: Connection, token_id: int, *, at: datetime, listed: int | None) -> None:
    """Note when a token was used last, and what was the newest item it may have shown."""
    conn.execute(update(table).where(table.c.id == token_id).values(used=at, listed=listed))


def _of_row(row: Row[Any]) -> AppToken:
    return AppToken(**row._mapping)  # noqa: SLF001  SQLAlchemy's own public name
