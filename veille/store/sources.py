"""Sources: what a team subscribed to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from veille.errors import FailureKind, NotFound, Refused
from veille.model.source import Failure, Move, Source, SourceDraft, Validators
from veille.model.states import (
    AddressChange,
    FullText,
    Identity,
    SourceKind,
    SourceState,
)
from veille.model.text import fold, tag_key
from veille.store import addresses, memories, visits
from veille.store.tables.pool import sighting, source, source_address, source_label
from veille.store.unset import UNSET, Unset, given

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime


def add(conn: Connection, draft: SourceDraft, *, at: datetime) -> Source:
    """Subscribe. Raises Refused when a source with this key is there already."""
    values = {
        "url": draft.url,
        "key": draft.key,
        "title": draft.title,
        "titled": draft.title is not None,
        "name_key": fold(draft.title or draft.url),
        "site": draft.site,
        "kind": draft.kind,
        "selector": draft.selector,
        "state": SourceState.ACTIVE,
        "identity": Identity.GUID,
        "added": at,
        "errors": 0,
    }
    if by_key(conn, draft.key) is not None:
        raise Refused(f"the source {draft.url} is there already")
    key = conn.execute(insert(source).returning(source.c.id), values).scalar_one()
    _set_labels(conn, key, category=draft.categories, tag=draft.tags)
    return _existing(conn, key)


def get(conn: Connection, source_id: int) -> Source | None:
    """One source, with its counts."""
    return _first(conn, source.c.id == source_id)


def by_key(conn: Connection, key: str) -> Source | None:
    """The source with this comparison form of an address, or that moved away from it."""
    former = _moved_from(source_address.c.key == key)
    return _first(conn, source.c.key == key) or _first(conn, source.c.id.in_(former))


def keys(conn: Connection) -> dict[str, int]:
    """The ids of all sources by the comparison form of their address, present or left behind."""
    former = conn.execute(_moved_from().add_columns(source_address.c.key))
    found = {row.key: row.source_id for row in former}
    return found | {row.key: row.id for row in conn.execute(select(source.c.key, source.c.id))}


def find(conn: Connection, reference: str) -> list[Source]:
    """The sources somebody may mean: by id, by address, else by a part of the title, folded."""
    if reference.isascii() and reference.isdigit():
        found = _list(conn, source.c.id == int(reference)) if len(reference) < 10 else []
        if found:
            return found
    exact = _list(conn, or_(source.c.url == reference, source.c.key == reference))
    return exact or _list(conn, source.c.name_key.contains(fold(reference), autoescape=True))


def everything(conn: Connection, *, counts: bool = True) -> list[Source]:
    """All sources in alphabetical order; without ``counts`` the kept items are not counted."""
    return _list(conn, counts=counts)


def some(conn: Connection, ids: Collection[int]) -> list[Source]:
    """These sources, as far as they are there, in alphabetical order; kept items are not counted."""
    return _list(conn, source.c.id.in_(ids), counts=False)


def edit(
    conn: Connection,
    source_id: int,
    *,
    at: datetime,
    url: str | Unset = UNSET,
    key: str | Unset = UNSET,
    title: str | Unset | None = UNSET,
    site: str | Unset | None = UNSET,
    categories: Sequence[str] | Unset = UNSET,
    tags: Sequence[str] | Unset = UNSET,
    full_text: FullText | Unset | None = UNSET,
) -> Source:
    """Change what a person says of a source.

    Another address drops the validators, since they belong to the address that gave them (H8), and
    is due at once. A title of None lets the feed name itself again.

    Raises NotFound, and Refused when the new address belongs to another source.
    """
    before = _existing(conn, source_id)
    values = given(url=url, key=key, title=title, site=site, full_text=full_text)
    if title is not UNSET:
        values["titled"] = title is not None
    if url is not UNSET and url != before.url:
        values |= visits.FORGOTTEN | {"next_fetch": None}
    if values:
        named = values.get("title", before.title) or values.get("url", before.url)
        _update(conn, source_id, values | {"name_key": fold(named)})
    if values.get("url", before.url) != before.url:
        addresses.leave(conn, before, until=at, why=AddressChange.EDITED)
        memories.forget(conn, source_id)
    _set_labels(conn, source_id, **given(category=categories, tag=tags))
    return _existing(conn, source_id)


def set_state(conn: Connection, source_id: int, state: SourceState, *, at: datetime) -> None:
    """Pause, resume or give up. A source that is resumed is due ``at`` once, its errors forgotten."""
    values: dict[str, Any] = {"state": state}
    if state is SourceState.ACTIVE:
        values |= {"errors": 0, "next_fetch": at}
    _existing(conn, source_id)
    _update(conn, source_id, values)


def remove(conn: Connection, source_id: int) -> int:
    """Unsubscribe; how many items went with it.

    Only items go that no other source showed and no curator ever touched. Raises NotFound.
    """
    from veille.store import removal  # it knows all that people do: much to load for a visit

    _existing(conn, source_id)
    gone = removal.items_of(conn, source_id)
    conn.execute(delete(source).where(source.c.id == source_id))
    return gone


def _moved_from(*conditions: ColumnElement[bool]) -> Select[Any]:
    """Sources that left an address by themselves: a curator who edits one may subscribe again."""
    return select(source_address.c.source_id).where(
        source_address.c.why != AddressChange.EDITED, *conditions
    )


def _update(conn: Connection, source_id: int, values: dict[str, Any]) -> None:
    statement = update(source).where(source.c.id == source_id)
    try:
        with conn.begin_nested():
            conn.execute(statement, values)
    except IntegrityError as error:
        raise Refused("another source has this address already") from error


def _set_labels(conn: Connection, source_id: int, **labels: Iterable[str]) -> None:
    for kind, names in labels.items():
        conn.execute(
            delete(source_label).where(
                source_label.c.source_id == source_id, source_label.c.kind == kind
            )
        )
        rows = [
            {
                "source_id": source_id,
                "kind": kind,
                "position": position,
                "name": name,
                "key": tag_key(name),
            }
            for position, name in enumerate(names)
        ]
        if rows:
            conn.execute(insert(source_label), rows)


def _existing(conn: Connection, source_id: int) -> Source:
    found = get(conn, source_id)
    if found is None:
        raise NotFound(f"there is no source {source_id}; 'veille source list' shows all")
    return found


def _first(conn: Connection, condition: ColumnElement[bool]) -> Source | None:
    return next(iter(_list(conn, condition)), None)


def _list(conn: Connection, *conditions: ColumnElement[bool], counts: bool = True) -> list[Source]:
    if counts:
        kept = (
            select(sighting.c.source_id, func.count(sighting.c.item_id.distinct()).label("kept"))
            .where(sighting.c.kept)
            .group_by(sighting.c.source_id)
            .subquery()
        )
        query: Select[Any] = select(
            source, func.coalesce(kept.c.kept, 0).label("kept")
        ).outerjoin_from(source, kept, kept.c.source_id == source.c.id)
    else:
        query = select(source, literal(0).label("kept"))
    return _load(conn, query.where(*conditions).order_by(source.c.name_key, source.c.id))


def _load(conn: Connection, query: Select[Any]) -> list[Source]:
    rows = conn.execute(query).all()
    labels: dict[tuple[int, str], list[str]] = {}
    wanted = select(source_label).order_by(source_label.c.position)
    if len(rows) == 1:
        wanted = wanted.where(source_label.c.source_id == rows[0].id)
    for row in conn.execute(wanted) if rows else ():
        labels.setdefault((row.source_id, row.kind), []).append(row.name)
    return [_source(row, labels) for row in rows]


def _source(row: Row[Any], labels: dict[tuple[int, str], list[str]]) -> Source:
    failure = None
    if row.error_kind is not None:
        failure = Failure(
            kind=FailureKind(row.error_kind), message=row.error_message, at=row.error_at
        )
    return Source(
        id=row.id,
        url=row.url,
        key=row.key,
        title=row.title,
        titled=row.titled,
        site=row.site,
        categories=tuple(labels.get((row.id, "category"), ())),
        tags=tuple(labels.get((row.id, "tag"), ())),
        state=SourceState(row.state),
        identity=Identity(row.identity),
        added=row.added,
        validators=Validators(etag=row.etag, last_modified=row.last_modified, url=row.validated),
        body_hash=row.body_hash,
        last_fetch=row.last_fetch,
        last_success=row.last_success,
        next_fetch=row.next_fetch,
        errors=row.errors,
        last_error=failure,
        items=row.items,
        kept=row.kept,
        kind=SourceKind(row.kind),
        selector=row.selector,
        full_text=FullText(row.full_text) if row.full_text else None,
        moved=_move(row),
    )


def _move(row: Row[Any]) -> Move | None:
    if row.moved_to is None:
        return None
    return Move(
        to=row.moved_to, since=row.moved_since, visits=row.moved_visits, known=row.moved_known
    )
