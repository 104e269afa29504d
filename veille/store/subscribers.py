"""The readers, and those who asked to be left alone. Others reach these through
:mod:`veille.store.deliveries`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, Row, delete, insert, select, union, update

from veille.errors import NotFound
from veille.model.delivery import Subscriber, Suppression
from veille.store.bulk import chunks, insert_rows
from veille.store.tables.publishing import digest, edition
from veille.store.tables.readers import departure, interest, subscriber, subscription, suppression

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime


class Newcomer(NamedTuple):
    """Somebody who was no reader before."""

    email: str
    key: str
    name: str | None


def add_subscriber(
    conn: Connection,
    *,
    email: str,
    key: str,
    name: str | None,
    digests: Sequence[str],
    at: datetime,
) -> Subscriber:
    """Let somebody receive digests (slugs), beside those they receive already.

    Who was removed before receives again: somebody asked for it. A name that is known stays.
    Raises NotFound for a digest that is not there.
    """
    wanted = _digest_ids(conn, digests)
    _welcome_back(conn, key, wanted)
    known = conn.scalar(select(subscriber.c.id).where(subscriber.c.key == key))
    if known is None:
        values = {"email": email, "key": key, "name": name, "since": at}
        known = conn.execute(insert(subscriber).returning(subscriber.c.id), values).scalar_one()
    there = set(
        conn.scalars(select(subscription.c.digest_id).where(subscription.c.subscriber_id == known))
    )
    rows = [{"subscriber_id": known, "digest_id": one} for one in wanted if one not in there]
    if rows:
        conn.execute(insert(subscription), rows)
    added = reader(conn, key)
    assert added is not None  # noqa: S101  it was there, or was just made
    return added


def add_newcomers(
    conn: Connection, newcomers: Sequence[Newcomer], *, digests: Sequence[str], at: datetime
) -> list[Subscriber]:
    """What :func:`add_subscriber` does, in a few statements for people of whom nothing is known yet
    (:func:`everybody_written_to`), each of them named once."""
    wanted = _digest_ids(conn, digests)
    people = [{**newcomer._asdict(), "since": at} for newcomer in newcomers]
    insert_rows(conn, subscriber, people)
    added: list[Subscriber] = []
    for part in chunks([newcomer.key for newcomer in newcomers]):
        rows = conn.execute(select(subscriber).where(subscriber.c.key.in_(part)))
        added += [_subscriber(row, sorted(set(digests)), {}) for row in rows]
    pairs = [{"subscriber_id": one.id, "digest_id": two} for one in added for two in wanted]
    insert_rows(conn, subscription, pairs)
    return sorted(added, key=lambda one: one.id)


def subscribers(conn: Connection, digest: str | None = None) -> list[Subscriber]:
    """All readers, or those of a digest, by address."""
    slugs = _slugs(conn)
    rows = conn.execute(select(subscriber).order_by(subscriber.c.key))
    known = _profiles(conn)
    found = [_subscriber(row, slugs.get(row.id, ()), known.get(row.id, {})) for row in rows]
    return [one for one in found if digest is None or digest in one.digests]


def reader(conn: Connection, key: str) -> Subscriber | None:
    """One reader, by key."""
    row = conn.execute(select(subscriber).where(subscriber.c.key == key)).one_or_none()
    if row is None:
        return None
    slugs = conn.scalars(
        select(digest.c.slug)
        .join_from(subscription, digest)
        .where(subscription.c.subscriber_id == row.id)
        .order_by(digest.c.slug)
    )
    return _subscriber(row, list(slugs), _profiles(conn, row.id).get(row.id, {}))


def remove_subscriber(conn: Connection, key: str, *, at: datetime, reason: str = "removed") -> bool:
    """Never write to this address again, not even mails already planned; whether it was a reader."""
    gone = conn.execute(delete(subscriber).where(subscriber.c.key == key)).rowcount
    if not is_suppressed(conn, key):
        conn.execute(insert(suppression), {"key": key, "reason": reason, "at": at})
    return gone > 0


def rename(conn: Connection, subscriber_id: int, name: str | None) -> None:
    """How a reader is called."""
    conn.execute(update(subscriber).where(subscriber.c.id == subscriber_id).values(name=name))


def set_profile(conn: Connection, subscriber_id: int, slug: str, query: str | None) -> None:
    """What interests a reader of a digest, or nothing in particular. Raises NotFound."""
    (digest_id,) = _digest_ids(conn, [slug])
    mine = (interest.c.subscriber_id == subscriber_id) & (interest.c.digest_id == digest_id)
    conn.execute(delete(interest).where(mine))
    if query:
        values = {"subscriber_id": subscriber_id, "digest_id": digest_id, "query": query}
        conn.execute(insert(interest), values)


def profiles(conn: Connection) -> list[tuple[int, str, str, str]]:
    """All that keep a search: subscriber, address, slug of the digest, the search."""
    rows = conn.execute(
        select(interest.c.subscriber_id, subscriber.c.email, digest.c.slug, interest.c.query)
        .join_from(interest, subscriber)
        .join(digest, digest.c.id == interest.c.digest_id)
        .order_by(subscriber.c.key, digest.c.slug)
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def leave(conn: Connection, key: str, digest_id: int, *, at: datetime) -> bool:
    """Let a reader receive a digest no more, mails already planned included; whether they did.

    Who received every digest goes on with the others; who receives none any more is no reader.
    """
    known = conn.scalar(select(subscriber.c.id).where(subscriber.c.key == key))
    received = known is not None and _drop(conn, known, digest_id)
    mine = (departure.c.key == key) & (departure.c.digest_id == digest_id)
    if conn.scalar(select(departure.c.key).where(mine)) is None:
        conn.execute(insert(departure), {"key": key, "digest_id": digest_id, "at": at})
    return received


def _drop(conn: Connection, subscriber_id: int, digest_id: int) -> bool:
    mine = subscription.c.subscriber_id == subscriber_id
    named = set(conn.scalars(select(subscription.c.digest_id).where(mine)))
    left = (named or set(conn.scalars(select(digest.c.id)))) - {digest_id}
    if digest_id not in named and named:
        return False
    conn.execute(delete(subscription).where(mine))
    if left:
        rows = [{"subscriber_id": subscriber_id, "digest_id": one} for one in sorted(left)]
        conn.execute(insert(subscription), rows)
    else:
        conn.execute(delete(subscriber).where(subscriber.c.id == subscriber_id))
    return True


def everybody_written_to(conn: Connection) -> list[str]:
    """The keys of all readers, and of all who were some once: who may show a token of ours."""
    known = (select(subscriber.c.key), select(suppression.c.key), select(departure.c.key))
    return sorted(set(conn.scalars(union(*known))))


def _welcome_back(conn: Connection, key: str, digest_ids: Sequence[int]) -> None:
    """Forget that somebody left: they, or somebody for them, asked to receive again."""
    conn.execute(delete(suppression).where(suppression.c.key == key))
    gone = departure.c.key == key
    if digest_ids:
        gone &= departure.c.digest_id.in_(digest_ids)
    conn.execute(delete(departure).where(gone))


def suppressions(conn: Connection) -> list[Suppression]:
    """Whom nobody writes to: of anything, and of single digests; by address."""
    everything = conn.execute(select(suppression).order_by(suppression.c.key))
    found = [
        Suppression(key=row.key, digest=None, reason=row.reason, at=row.at) for row in everything
    ]
    left = conn.execute(
        select(departure.c.key, digest.c.slug, departure.c.at).join_from(departure, digest)
    )
    found += [Suppression(key=key, digest=slug, reason="left", at=at) for key, slug, at in left]
    return sorted(found, key=lambda one: (one.key, one.digest or ""))


def forgive(conn: Connection, key: str) -> bool:
    """Let somebody be written to again, once they are a reader; whether they were left alone."""
    gone = conn.execute(delete(suppression).where(suppression.c.key == key)).rowcount
    return gone + conn.execute(delete(departure).where(departure.c.key == key)).rowcount > 0


def is_suppressed(conn: Connection, key: str) -> bool:
    """Whether nobody may write to this address."""
    return bool(suppressed(conn, [key]))


def suppressed(conn: Connection, keys: Sequence[str]) -> set[str]:
    """Those of the addresses that nobody may write to."""
    found: set[str] = set()
    for part in chunks(keys):
        found.update(conn.scalars(select(suppression.c.key).where(suppression.c.key.in_(part))))
    return found


def departed(conn: Connection, keys: Sequence[str], edition_id: int) -> set[str]:
    """Those of the addresses that left the digest of an edition."""
    found: set[str] = set()
    of_digest = departure.join(edition, edition.c.digest_id == departure.c.digest_id)
    mine = select(departure.c.key).select_from(of_digest).where(edition.c.id == edition_id)
    for part in chunks(keys):
        found.update(conn.scalars(mine.where(departure.c.key.in_(part))))
    return found


def _subscriber(row: Row[Any], slugs: Sequence[str], interests: Mapping[str, str]) -> Subscriber:
    return Subscriber(
        id=row.id,
        email=row.email,
        key=row.key,
        name=row.name,
        digests=tuple(slugs),
        since=row.since,
        profiles=interests,
    )


def _profiles(conn: Connection, subscriber_id: int | None = None) -> dict[int, dict[str, str]]:
    query = select(interest.c.subscriber_id, digest.c.slug, interest.c.query).join_from(
        interest, digest
    )
    if subscriber_id is not None:
        query = query.where(interest.c.subscriber_id == subscriber_id)
    found: dict[int, dict[str, str]] = {}
    for key, slug, text in conn.execute(query.order_by(digest.c.slug)):
        found.setdefault(key, {})[slug] = text
    return found


def _slugs(conn: Connection) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for key, slug in conn.execute(
        select(subscription.c.subscriber_id, digest.c.slug)
        .join_from(subscription, digest)
        .order_by(digest.c.slug)
    ):
        found.setdefault(key, []).append(slug)
    return found


def _digest_ids(conn: Connection, slugs: Sequence[str]) -> list[int]:
    rows = conn.execute(select(digest.c.slug, digest.c.id).where(digest.c.slug.in_(slugs)))
    numbers = dict(rows.all())
    for slug in slugs:
        if slug not in numbers:
            raise NotFound(f"there is no digest '{slug}'; 'veille digest list' shows all")
    return list(dict.fromkeys(numbers[slug] for slug in slugs))
