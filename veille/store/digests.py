"""Digests: what is published again and again. Others reach these through veille.store.editions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, select, update

from veille.errors import NotFound, Refused
from veille.model.edition import Digest, FormerAddress
from veille.model.states import Every
from veille.store.tables.publishing import digest as table
from veille.store.tables.publishing import digest_address as addresses
from veille.store.unset import UNSET, Unset, given

if TYPE_CHECKING:
    from datetime import datetime


_ADDRESS = (
    select(addresses.c.address)
    .where(addresses.c.digest_id == table.c.id, addresses.c.last.is_(None))
    .scalar_subquery()
    .label("address")
)


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
    made: int = conn.execute(insert(table).values(values).returning(table.c.id)).scalar_one()
    return _existing(conn, made)


def digest(conn: Connection, slug: str) -> Digest | None:
    """One digest."""
    row = conn.execute(select(table, _ADDRESS).where(table.c.slug == slug)).one_or_none()
    return None if row is None else of_row(row)


def digests(conn: Connection) -> list[Digest]:
    """All digests, by slug, each with where its pages were."""
    former: dict[int, list[FormerAddress]] = {}
    gone = select(addresses).where(addresses.c.last.is_not(None)).order_by(addresses.c.address)
    for row in conn.execute(gone):
        place = FormerAddress(address=row.address, last=row.last)
        former.setdefault(row.digest_id, []).append(place)
    found = [of_row(row) for row in conn.execute(select(table, _ADDRESS).order_by(table.c.slug))]
    return [replace(each, former=tuple(former.get(each.id, ()))) for each in found]


def move_digest(conn: Connection, moved: Digest, address: str, *, last: int) -> Digest:
    """From now on the pages of ``moved`` are at ``address``; up to the edition ``last`` they were where
    they are (0: none ever was)."""
    conn.execute(
        delete(addresses).where(
            addresses.c.address.in_([address, moved.address or moved.slug]),
            addresses.c.digest_id == moved.id,
        )
    )
    rows = [{"address": moved.address or moved.slug, "last": last}] if last else []
    if address != moved.slug:
        rows.append({"address": address, "last": None})
    if rows:
        conn.execute(insert(addresses), [row | {"digest_id": moved.id} for row in rows])
    return _existing(conn, moved.id)


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
    return _existing(conn, digest_id)


def _existing(conn: Connection, digest_id: int) -> Digest:
    row = conn.execute(select(table, _ADDRESS).where(table.c.id == digest_id)).one_or_none()
    if row is None:
        raise NotFound(f"there is no digest {digest_id}; 'veille digest list' shows all")
    return of_row(row)


def prefixed() -> list[ColumnElement[Any]]:
    """The columns of a digest beside those of another table, each named ``its_digest_…``."""
    return [column.label(f"its_digest_{column.name}") for column in [*table.c, _ADDRESS]]


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
        address=found[f"{prefix}address"],
    )
