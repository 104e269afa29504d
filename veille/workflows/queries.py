"""Searches as text: read with the saved ones they name, and found wherever somebody wrote one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from veille.curation import query, searches
from veille.store import deliveries, editions, rules
from veille.store import searches as saved

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from veille.model.query import Query
    from veille.store.database import Connection, Database


def read(connection: Connection, text: str, *, now: datetime, zone: ZoneInfo) -> Query:
    """The tree of a search; raises :class:`~veille.errors.QueryError`."""
    return query.parse(text, now=now, tz=zone, saved=partial(saved.query_of, connection))


def read_typed(db: Callable[[], Database], text: str, *, now: datetime, zone: ZoneInfo) -> Query:
    """The same for a search as typed: the database is opened only when it names a saved one."""

    def text_of(key: str) -> str | None:
        with db().read() as connection:
            return saved.query_of(connection, key)

    return query.parse(text, now=now, tz=zone, saved=text_of)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Something that keeps the text of a search, and how that text is changed."""

    what: str  # digest five-links
    query: str
    rewrite: Callable[[str], object]


def holders(connection: Connection) -> Iterator[Holder]:
    """All that keep a search."""
    for one in saved.everything(connection):
        yield Holder(
            what=f"search:{one.name}",
            query=one.query,
            rewrite=partial(saved.rewrite, connection, one.id),
        )
    for rule in rules.everything(connection, counts=False):
        yield Holder(
            what=f"rule {rule.name}",
            query=rule.query,
            rewrite=partial(_rewrite_rule, connection, rule.id),
        )
    for digest in editions.digests(connection):
        yield Holder(
            what=f"digest {digest.slug}",
            query=digest.query or "",
            rewrite=partial(_rewrite_digest, connection, digest.id),
        )
    for subscriber, email, slug, text in deliveries.profiles(connection):
        yield Holder(
            what=f"profile of {email} for {slug}",
            query=text,
            rewrite=partial(deliveries.set_profile, connection, subscriber, slug),
        )


def _rewrite_rule(connection: Connection, rule_id: int, text: str) -> None:
    rules.edit(connection, rule_id, query=text)


def _rewrite_digest(connection: Connection, digest_id: int, text: str) -> None:
    editions.edit_digest(connection, digest_id, query=text)


def naming(connection: Connection, field: str, key: str) -> list[Holder]:
    """Those whose search has ``field:value``, by the key of the value."""
    return [one for one in holders(connection) if searches.names(one.query, key, field)]


def rename(connection: Connection, field: str, key: str, value: str) -> list[str]:
    """Write another value in the place of one, in all searches that are kept; which these are."""
    found = naming(connection, field, key)
    for one in found:
        one.rewrite(searches.renamed(one.query, key, value, field))
    return [one.what for one in found]
