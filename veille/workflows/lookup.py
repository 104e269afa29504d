"""Look up what is in the pool, and what became of it. Nothing is changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from veille.model.query import Query, Sort
from veille.store import events, items, marks
from veille.workflows.curate import unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from veille.model.event import Event
    from veille.model.item import Item, ItemContent
    from veille.store.database import Database
    from veille.workflows.acting import Act


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """Everything known of one item."""

    item: Item
    content: ItemContent
    history: tuple[Event, ...]  # oldest first


def search(
    db: Database,
    query: Query,
    *,
    act: Act,
    limit: int | None = None,
    sort: Sort = Sort.NEWEST,
    stories: bool = False,
) -> list[Item]:
    """The items that match, in the order asked; with ``stories``, one item for each story."""
    find = items.leads if stories else items.ids
    with db.read() as connection:
        found = find(connection, query, now=act.now, limit=limit, sort=sort)
        return items.get_many(connection, found)


def look(db: Database, ids: Sequence[int]) -> list[Item]:
    """These items, in the order given; those that are gone are left out."""
    with db.read() as connection:
        return items.get_many(connection, ids)


def show(db: Database, item_id: int) -> Dossier:
    """All about one item; raises :class:`~veille.errors.NotFound`."""
    with db.read() as connection:
        item = items.get(connection, item_id)
        if item is None:
            raise unknown(item_id)
        return Dossier(
            item=item,
            content=items.content(connection, item_id),
            history=tuple(reversed(events.log(connection, item=item_id))),
        )


def matching(db: Database, query: Query, *, act: Act) -> list[int]:
    """The ids of all items that match a query."""
    with db.read() as connection:
        return items.ids(connection, query, now=act.now)


def history(db: Database, *, item: int | None = None, limit: int | None = None) -> list[Event]:
    """The log, newest first, of everything or of one item."""
    with db.read() as connection:
        if item is not None and not marks.exists(connection, [item]):
            raise unknown(item)
        return events.log(connection, item=item, limit=limit)
