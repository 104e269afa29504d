"""What a document changes, written in one go.

The decisions were made before (:class:`veille.model.changes.Changes`); here they are only obeyed. The
one exception: what another process stored since they were made is not stored twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, bindparam, func, select, update

from veille.model.changes import Changed, Changes, ItemDraft, Known, KnownSighting, SightingDraft
from veille.model.event import Action, NewEvent
from veille.store import due, events, fulltext, identifiers, pages, sightings, tombstones
from veille.store.bulk import chunks, insert_rows
from veille.store.tables.pool import item, item_text, sighting, source

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime


# Made once: building a statement costs more than running it, and a sweep runs each for every source.
_KNOWN = select(
    sighting.c.key, sighting.c.item_id, sighting.c.hash, sighting.c.changes, sighting.c.primary
).where(sighting.c.source_id == bindparam("source"))
_SHOWN = select(sighting.c.key).where(
    sighting.c.source_id == bindparam("source"),
    sighting.c.key.in_(bindparam("keys", expanding=True)),
)
_ALIVE = select(source.c.id).where(source.c.id == bindparam("source"))
_COUNT = (
    update(source)
    .where(source.c.id == bindparam("source"))
    .values(items=source.c["items"] + bindparam("more"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What came of it: new items, items whose words changed, known items under a new identity."""

    new: int = 0
    updated: int = 0
    seen: int = 0
    ids: tuple[int, ...] = ()  # of the new items


def known(conn: Connection, source_id: int, keys: Sequence[str]) -> Known:
    """What the store knows that a document of this source may touch, in two queries; in three when
    there are identifiers among the ``keys``.

    A source that changes the guid of an item it was the first to show goes on leading it (F10).
    """
    rows = conn.execute(_KNOWN, {"source": source_id}).all()
    led = {item_id for _, item_id, _, _, primary in rows if primary}
    sightings = {
        key: KnownSighting(item_id, hash_, changes, item_id in led)
        for key, item_id, hash_, changes, _ in rows
    }
    return Known(sightings=sightings, items=identifiers.items_by_key(conn, keys))


def apply(
    conn: Connection, source_id: int, changes: Changes, *, at: datetime, batch: str
) -> Applied:
    """Store what a document changes, the full-text index included.

    A title that changes leaves an event of no one (``batch``), so that the old one stays in the
    history. Marks of curators are never touched. For a source removed meanwhile nothing is done.
    """
    if conn.scalar(_ALIVE, {"source": source_id}) is None:
        return Applied()
    fresh = _unseen(conn, source_id, changes)
    new, met = _apart(conn, fresh)
    ids = _insert_items(conn, [draft for draft, _ in new], at)
    shown = [(key, sight, True) for key, (_, sight) in zip(ids, new, strict=True)]
    shown += [(key, sight, False) for key, sight in met]
    _insert_sightings(conn, source_id, shown, at)
    identifiers.add(conn, [(again.item, again.identifiers) for again in changes.seen])
    sightings.repeat_kept(conn, [key for key, _ in met])
    due.mark(conn, [key for key, _ in met])
    updated = _update_items(conn, changes.changed, at, batch)
    _update_sightings(conn, source_id, changes.changed)
    return Applied(new=len(new), updated=updated, seen=len(met), ids=tuple(ids))


def add_link(conn: Connection, draft: ItemDraft, *, at: datetime) -> tuple[int, bool]:
    """Store a link somebody found elsewhere: the item's id, and whether it is new."""
    return add_links(conn, [draft], at=at)[0]


def add_links(
    conn: Connection, drafts: Sequence[ItemDraft], *, at: datetime
) -> list[tuple[int, bool]]:
    """Store links found elsewhere, in their order: each one's item, and whether it is new.

    A link that stands there twice is one item, new the first time. One that was removed is new:
    somebody wants it.
    """
    there = identifiers.items_by_key(conn, [key for draft in drafts for key in draft.keys])
    met = [next((there[key] for key in draft.keys if key in there), None) for draft in drafts]
    names = [draft.key or f"#{place}" for place, draft in enumerate(drafts)]
    fresh: dict[str, int] = {}
    for place, name in enumerate(names):
        if met[place] is None:
            fresh.setdefault(name, place)
    wanted = [drafts[place] for place in fresh.values()]
    tombstones.lift(conn, [key for draft in wanted for key in draft.keys])
    ids = _insert_items(conn, wanted, at)
    new = dict(zip(fresh, ids, strict=True))
    return [
        (known if known is not None else new[name], fresh.get(name) == place)
        for place, (known, name) in enumerate(zip(met, names, strict=True))
    ]


_Sight = tuple[ItemDraft | None, int | None, SightingDraft]


def _unseen(conn: Connection, source_id: int, changes: Changes) -> list[_Sight]:
    """What the document shows for the first time, without what this source showed since."""
    shown: list[_Sight] = [(new.draft, None, new.sighting) for new in changes.new]
    shown += [(None, again.item, again.sighting) for again in changes.seen]
    there: set[str] = set()
    for part in chunks([sight.key for _, _, sight in shown]):
        there.update(conn.scalars(_SHOWN, {"source": source_id, "keys": part}))
    fresh: dict[str, _Sight] = {}
    for sight in shown:
        if sight[2].key not in there:
            fresh.setdefault(sight[2].key, sight)
    return list(fresh.values())


def _apart(
    conn: Connection, fresh: Iterable[_Sight]
) -> tuple[list[tuple[ItemDraft, SightingDraft]], list[tuple[int, SightingDraft]]]:
    """New items, and sightings of items that are there by now."""
    fresh = list(fresh)
    there = identifiers.items_by_key(
        conn, [key for draft, _, _ in fresh if draft for key in draft.keys]
    )
    alive = _existing(conn, [key for _, key, _ in fresh if key is not None])
    new: list[tuple[ItemDraft, SightingDraft]] = []
    met: list[tuple[int, SightingDraft]] = []
    for draft, key, sight in fresh:
        if draft is None:
            if key in alive:
                met.append((key, sight))
        elif (known_as := next((key for key in draft.keys if key in there), None)) is not None:
            met.append((there[known_as], sight))
        else:
            new.append((draft, sight))
    return new, met


def _existing(conn: Connection, ids: Sequence[int]) -> set[int]:
    found: set[int] = set()
    for part in chunks(ids):
        found.update(conn.scalars(select(item.c.id).where(item.c.id.in_(part))))
    return found


def _insert_items(conn: Connection, drafts: Sequence[ItemDraft], at: datetime) -> list[int]:
    if not drafts:
        return []
    ids = _reserve(conn, len(drafts))
    numbered = list(zip(ids, drafts, strict=True))
    insert_rows(conn, item, [_item(key, draft, at) for key, draft in numbered])
    insert_rows(
        conn,
        item_text,
        [{"item_id": key, "content": draft.content, "text": draft.text} for key, draft in numbered],
    )
    fulltext.add(conn, [fulltext.Document(key, draft.title, draft.text) for key, draft in numbered])
    identifiers.add(conn, [(key, draft.identifiers) for key, draft in numbered])
    due.mark(conn, ids)
    return ids


def _reserve(conn: Connection, count: int) -> list[int]:
    """Ids for new items: an insert that need not tell them back is the fastest one."""
    if conn.dialect.name == "sqlite":
        last = conn.exec_driver_sql("SELECT seq FROM sqlite_sequence WHERE name = 'item'").scalar()
        first = (last or 0) + 1
        return list(range(first, first + count))
    numbers = conn.exec_driver_sql(
        "SELECT nextval('item_id_seq') FROM generate_series(1, %s)", (count,)
    )
    return [number for (number,) in numbers]


def _item(key: int, draft: ItemDraft, at: datetime) -> dict[str, Any]:
    return _words(draft) | {
        "id": key,
        "key": draft.key,
        "published": draft.published,
        "collected": draft.collected or at,
        "ordered": draft.order,
        "state": draft.state,
    }


def _words(draft: ItemDraft) -> dict[str, Any]:
    return {
        "url": draft.url,
        "raw_url": draft.raw_url,
        "title": draft.title,
        "title_key": fulltext.folded(draft.title),
        "authors": draft.authors,
        "authors_key": "\n".join(map(fulltext.folded, draft.authors)),
        "updated": draft.updated,
        "language": draft.language,
        "words": draft.words,
        "summary": draft.summary,
    }


def _insert_sightings(
    conn: Connection,
    source_id: int,
    shown: Sequence[tuple[int, SightingDraft, bool]],
    at: datetime,
) -> None:
    if not shown:
        return
    insert_rows(
        conn,
        sighting,
        [
            {
                "source_id": source_id,
                "key": sight.key,
                "item_id": item_id,
                "guid": sight.guid,
                "hash": sight.hash,
                "changes": 0,
                "primary": primary,
                "seen": at,
            }
            for item_id, sight, primary in shown
        ],
    )
    conn.execute(_COUNT, {"source": source_id, "more": len(shown)})


def _update_items(conn: Connection, changed: Sequence[Changed], at: datetime, batch: str) -> int:
    drafts = {change.item: change.draft for change in changed if change.draft is not None}
    before = {
        old.item: old for part in chunks(list(drafts)) for old in fulltext.documents(conn, part)
    }
    after = {key: draft for key, draft in drafts.items() if key in before}
    if not after:
        return 0
    after = pages.keep_what_was_read(conn, after)
    # A publication date that is stored is never overwritten.
    conn.execute(
        update(item)
        .where(item.c.id == bindparam("item"))
        .values(
            published=func.coalesce(
                item.c.published, bindparam("date", type_=item.c.published.type)
            )
        ),
        [_words(draft) | {"item": key, "date": draft.published} for key, draft in after.items()],
    )
    conn.execute(
        update(item_text).where(item_text.c.item_id == bindparam("item")),
        [
            {"item": key, "content": draft.content, "text": draft.text}
            for key, draft in after.items()
        ],
    )
    fulltext.replace(
        conn,
        [before[key] for key in after],
        [fulltext.Document(key, draft.title, draft.text) for key, draft in after.items()],
    )
    identifiers.add(conn, [(key, draft.identifiers) for key, draft in after.items()])
    events.append(conn, _retitled(before, after, at, batch))
    due.mark(conn, after)
    return len(after)


def _retitled(
    before: dict[int, fulltext.Document], after: dict[int, ItemDraft], at: datetime, batch: str
) -> list[NewEvent]:
    return [
        NewEvent(
            at=at,
            actor=None,
            action=Action.UPDATE,
            batch=batch,
            item=key,
            before={"title": before[key].title},
            after={"title": draft.title},
        )
        for key, draft in after.items()
        if draft.title != before[key].title
    ]


def _update_sightings(conn: Connection, source_id: int, changed: Sequence[Changed]) -> None:
    if not changed:
        return
    conn.execute(
        update(sighting)
        .where(sighting.c.source_id == source_id, sighting.c.key == bindparam("sight"))
        .values(hash=bindparam("new_hash"), changes=sighting.c.changes + 1),
        [{"sight": change.sighting.key, "new_hash": change.sighting.hash} for change in changed],
    )
