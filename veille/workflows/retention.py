"""Remove what is old and was never of use to anybody, a little at a time, and for good."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from veille.model.event import Action
from veille.store import retention

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    from veille.store.database import Connection, Database
    from veille.store.retention import Page
    from veille.workflows.acting import Act

ITEMS_A_TRANSACTION = 100  # a twentieth of a second in which nobody else writes
# Between two transactions: whoever waits for SQLite's lock looks again after a tenth of a second.
_rest = partial(time.sleep, 0.1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """The items that go, or went: all were collected ``before``; ``sources`` showed so many each."""

    before: datetime
    items: int
    sources: tuple[tuple[int, str, int], ...]


def look(db: Database, *, age: timedelta, now: datetime) -> Leaving:
    """What :func:`purge` would remove now; nothing is changed."""
    before = now - age
    ids: dict[int, None] = {}
    with db.read() as connection:
        spared, place = retention.needed(connection), None
        while True:
            page = _page(connection, before, spared, place)
            ids.update(dict.fromkeys(page.ids))
            if (place := page.last) is None:
                break
        return _leaving(before, len(ids), retention.by_source(connection, list(ids)))


def purge(db: Database, *, age: timedelta, act: Act, rest: Callable[[], None] = _rest) -> Leaving:
    """Remove the items that are older than ``age`` and that nobody touched.

    Each transaction is short, whole, and followed by a ``rest``: others write in between, and
    whatever ends this, the next time goes on. It cannot be taken back.
    """
    before = act.now - age
    removed, sources = 0, Counter[tuple[int, str]]()
    with db.read() as connection:
        spared, place = retention.needed(connection), None
    while True:
        with db.read() as connection:
            page = _page(connection, before, spared, place)
        if page.ids:
            with db.write() as connection:
                # Somebody may have touched one of them in between.
                page = _page(connection, before, spared, place)
                sources += retention.by_source(connection, page.ids)
                _remove(connection, page, before, act)
            removed += len(page.ids)
            rest()
        if (place := page.last) is None:
            return _leaving(before, removed, sources)


def _page(
    connection: Connection,
    before: datetime,
    spared: retention.Needed,
    place: retention.Place | None,
) -> Page:
    return retention.page(connection, before, spared, after=place, limit=ITEMS_A_TRANSACTION)


def _remove(connection: Connection, page: Page, before: datetime, act: Act) -> None:
    if not page.ids:
        return
    retention.remove(connection, page.ids)
    told = {"items": len(page.ids), "before": before.isoformat()}
    subject = f"{len(page.ids)} collected before {before:%Y-%m-%d}"
    act.log(connection, act.event(Action.PURGE, subject=subject, before=told))


def _leaving(before: datetime, items: int, sources: Counter[tuple[int, str]]) -> Leaving:
    shown = tuple((number, name, count) for (number, name), count in sources.most_common())
    return Leaving(before=before, items=items, sources=shown)
