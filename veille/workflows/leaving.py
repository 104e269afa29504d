"""Readers who leave a digest by themselves: with the token that their mails carry."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from veille.delivery.message import unsubscribe_token
from veille.model.event import Action
from veille.store import deliveries, editions
from veille.workflows.acting import whole

if TYPE_CHECKING:
    from veille.model.edition import Digest
    from veille.store.database import Connection, Database
    from veille.workflows.acting import Act

TOKEN = re.compile(r"(?<![a-z0-9])[a-z2-7]{32}(?![a-z0-9])", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Farewell:
    """A token that is ours: who showed it, and which digest it is for.

    ``received`` says that they received it until now; leaving twice is no error.
    """

    reader: str  # the subscriber's key
    digest: Digest
    received: bool


def whose(db: Database, token: str, secret: bytes) -> Farewell | None:
    """Whose token this is, and for which digest; None for one that is not ours. Changes nothing."""
    with db.read() as connection:
        return owner(connection, token, secret)


@whole
def leave(db: Database, token: str, secret: bytes, *, act: Act) -> Farewell | None:
    """Let the reader of a token leave its digest, mails already planned included; None when the
    token is not ours."""
    with db.write() as connection:
        farewell = owner(connection, token, secret)
        if farewell is not None:
            drop(connection, farewell.reader, farewell.digest, act=act)
        return farewell


def drop(connection: Connection, reader: str, digest: Digest, *, act: Act) -> bool:
    """Let ``reader`` receive ``digest`` no more, in a transaction that is open; whether they did."""
    received = deliveries.leave(connection, reader, digest.id, at=act.now)
    if received:
        before = {"digest": digest.slug}
        act.log(connection, act.event(Action.SUBSCRIBER_LEAVE, subject=reader, before=before))
    return received


def owner(connection: Connection, token: str, secret: bytes) -> Farewell | None:
    """Whose token this is, in a transaction that is open already.

    A token is a keyed hash, so each reader's is computed: ten thousand take some hundredths of
    a second, and no list of tokens can leak.
    """
    wanted = token.lower()
    if not TOKEN.fullmatch(wanted):
        return None
    keys = deliveries.everybody_written_to(connection)
    for digest in editions.digests(connection):
        for key in keys:
            if unsubscribe_token(secret, key, digest.slug) == wanted:
                received = _receives(connection, key, digest.slug)
                return Farewell(reader=key, digest=digest, received=received)
    return None


def _receives(connection: Connection, key: str, slug: str) -> bool:
    reader = deliveries.reader(connection, key)
    return reader is not None and (not reader.digests or slug in reader.digests)
