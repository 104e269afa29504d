"""Digests: what is published again and again. Others reach these through veille.store.editions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, Row, insert, select, update

from veille.errors import NotFound, Refused
from veille.model.edition import Digest
from veille.model.states import Every
from veille.store.tables.publishing import digest as table
from veille.store.unset import UNSET, Unset, given

if TYPE_CHECKING:
    from datetime import datetime


def create_digest(
    conn: Connection,
    *,
    slug: str,
    title: str,
    links: int,
    every: Every,
    locale: str,
    query: str | None,
    at: datetime,
    per_reader: int | None = None,
) -> Digest:
    """Start a digest. Raises Refused when there is one of this slug."""
    if digest(conn, slug) is not None:
        raise Refused(f"there is a digest '{slug}' already; 'veille digest edit' changes it")
    values = {
        "slug": slug,
        "title": title,
        "links": links,
        "every": every,
        "locale": locale,
        "query": query,
        "created": at,
        "per_reader": per_reader,
    }
    row = conn.execute(insert(table).values(values).returning(*table.c)).one()
    return of_row(row)


def digest(conn: Connection, slug: str) -> Digest | None:
    """One digest."""
    row = conn.execute(select(table).where(table.c.slug == slug)).one_or_none()
    return None if row is None else of_row(row)


def digests(conn: Connection) -> list[Digest]:
    """All digests, by slug."""
    return [of_row(row) for row in conn.execute(select(table).order_by(table.c.slug))]


def edit_digest(
    conn: Connection,
    digest_id: int,
    *,
    title: str | Unset = UNSET,
    links: int | Unset = UNSET,
    every: Every | Unset = UNSET,
    locale: str | Unset = UNSET,
    query: str | Unset | None = UNSET,
    per_reader: int | Unset | None = UNSET,
) -> Digest:
    """Change a digest; its slug stays, since readers hold links to it. Raises NotFound."""
    values = given(
        title=title, links=links, every=every, locale=locale, query=query, per_reader=per_reader
    )
    if values:
        conn.execute(update(table).where(table.c.id == digest_id).values(values))
    row = conn.execute(select(table).where(table.c.id == digest_id)).one_or_none()
    if row is None:
        raise NotFound(f"there is no digest {digest_id}; 'veille digest list' shows all")
    return of_row(row)


def prefixed() -> list[ColumnElement[Any]]:
    """The columns of a digest beside those of another table, each named ``its_digest_…``."""
    return [column.label(f"its_digest_{column.name}") for column in table.c]


def of_row(row: Row[Any], prefix: str = "") -> Digest:
    """The digest in a row whose columns have this prefix."""
    found = row._mapping  # noqa: SLF001  SQLAlchemy's public API in spite of its name
    return Digest(
        id=found[f"{prefix}id"],
        slug=found[f"{prefix}slug"],
        title=found[f"{prefix}title"],
        links=found[f"{prefix}links"],
        every=Every(found[f"{prefix}every"]),
        locale=found[f"{prefix}locale"],
        query=found[f"{prefix}query"],
        created=found[f"{prefix}created"],
        per_reader=found[f"{prefix}per_reader"],
    )
