"""Defer: what is due becomes errands, which workers on any machine take from the queue.

::

    due sources, wanted pages → gathered by host → errands that the queue lacks → deferred

An errand carries what one host is to be asked, so that its lock keeps everybody else from that host.
It is an offer and no order: whoever takes it looks again at what is still due. So a queue that was
lost, or an errand that was done twice, changes nothing.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from veille.feeds import urls
from veille.model.errand import Errand, ErrandKind, QueueState, Taken
from veille.store import sending, sources
from veille.store.queue import errands as queue
from veille.workflows import collect, fulltext

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from veille.model.delivery import Place
    from veille.model.source import Source
    from veille.model.states import FullText
    from veille.store.database import Connection, Database
    from veille.store.pages import WantedPage


class Deferred(NamedTuple):
    """So many sources and pages are due; ``fresh`` errands were put into the queue for them, which
    now stands like this."""

    sources: int
    pages: int
    fresh: int
    queue: QueueState


def errands(due: Iterable[Source], wanted: Iterable[WantedPage]) -> list[Errand]:
    """What is due, gathered by host and kind, in the order in which hosts come."""
    found: dict[tuple[ErrandKind, str], list[int]] = {}
    for source in due:
        found.setdefault((ErrandKind.COLLECT, host_of(source.url)), []).append(source.id)
    for page in wanted:
        found.setdefault((ErrandKind.FULL_TEXT, host_of(page.url)), []).append(page.item)
    return [Errand(kind=kind, where=where, ids=tuple(ids)) for (kind, where), ids in found.items()]


def host_of(url: str) -> str:
    """The host whose patience a request costs: the one that the fetcher is polite to."""
    return urls.host_of(url)


def defer_visits(db: Database, *, now: datetime, default: FullText, patience: float) -> Deferred:
    """Defer the sources and the pages that are due; ``default`` is the rule for full texts, and
    ``patience`` how many seconds a worker may be silent."""
    due = collect.due(db, now=now).sources
    wanted = fulltext.wanted_now(db, default=default, now=now)
    with db.write() as connection:
        fresh = queue.defer(connection, errands(due, wanted))
    with db.read() as connection:
        return Deferred(len(due), len(wanted), fresh, queue.state(connection, patience))


def defer_editions(db: Database, place: Place) -> bool:
    """Defer the steps of editions to the workers at the place that mails leave from, which is
    ``place`` unless mails left from another one before; False when they were deferred already."""
    with db.write() as connection:
        where = delivery_queue(connection, place)
        return bool(queue.defer(connection, [Errand(kind=ErrandKind.EDITIONS, where=where)]))


def delivery_queue(connection: Connection, place: Place) -> str:
    """The queue of the place that mails leave from."""
    return queue_of(*(sending.home(connection) or (place.host, place.path)))


def queue_of(host: str, path: str) -> str:
    """The queue of deliveries from a folder of a machine; short, as the server wants it."""
    return f"mails {hashlib.blake2b(f'{host}:{path}'.encode(), digest_size=8).hexdigest()}"


def still_there(db: Database, taken: Iterable[Taken]) -> list[Source]:
    """The sources of errands that still live on their hosts: addresses move, and databases too."""
    where = {number: one.errand.where for one in taken for number in one.errand.ids}
    with db.read() as connection:
        found = sources.some(connection, list(where))
    return [each for each in found if host_of(each.url) == where[each.id]]
