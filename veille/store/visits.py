"""What visits leave in the row of a source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, and_, bindparam, case, func, select, update

from veille.model.states import SourceState
from veille.model.text import fold
from veille.store import failures, memories
from veille.store.bulk import chunks
from veille.store.tables.pool import source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from veille.model.source import Move, Visit

_OF_A_VISIT = (
    "last_fetch", "next_fetch", "etag", "validated", "last_modified", "body_hash", "identity", "errors",
    "error_kind", "error_message", "error_at", "moved_to", "moved_since", "moved_visits", "moved_known",
)  # fmt: skip
# Made once: a visit that finds nothing new should cost next to nothing.
_VISITED = source.c.id == bindparam("visited")
_ROW = select(source).where(_VISITED)
_LEFT = bindparam("left", type_=source.c.state.type)
_PAUSED = and_(source.c.state == SourceState.PAUSED, _LEFT == SourceState.ACTIVE)
_RECORD = (
    update(source)
    .where(_VISITED)
    .values(
        {name: bindparam(name) for name in _OF_A_VISIT}
        | {
            "state": case((_PAUSED, SourceState.PAUSED), else_=_LEFT),
            "last_success": func.coalesce(
                bindparam("succeeded", type_=source.c.last_success.type), source.c.last_success
            ),
        }
    )
)
_RECORD_TIMES = (
    update(source)
    .where(_VISITED)
    .values({name: bindparam(name) for name in ("last_fetch", "last_success", "next_fetch")})
)
_THERE = select(source.c.id).where(source.c.id.in_(bindparam("those", expanding=True)))


def record(conn: Connection, source_id: int, visit: Visit, *, memory: bytes | None = None) -> None:
    """Write what one visit left: see :func:`record_all`."""
    record_all(conn, [(source_id, visit, memory)])


def record_all(conn: Connection, visits: Sequence[tuple[int, Visit, bytes | None]]) -> None:
    """Write what visits left. A source that was removed meanwhile is none of our business (U6),
    one that a curator paused meanwhile stays paused, and a title that a person chose stays.

    With each source comes what to remember of its entries, None when they were not read.
    """
    if same := [_times(key, visit) for key, visit, _ in visits if visit.as_before]:
        conn.execute(_RECORD_TIMES, same)
    changed = [
        {"visited": key} | _visited(visit) for key, visit, _ in visits if not visit.as_before
    ]
    if changed:
        conn.execute(_RECORD, changed)
    telling = [
        (key, visit, memory)
        for key, visit, memory in visits
        if memory is not None or visit.title or visit.site or visit.error
    ]
    there = _there(conn, [key for key, _, _ in telling])
    for key, visit, memory in telling:
        if key not in there:
            continue
        describe(conn, key, title=visit.title, site=visit.site)
        if memory is not None:
            memories.keep(conn, key, memory)
        if visit.error is not None:
            failures.remember(conn, key, visit.error)


def describe(conn: Connection, source_id: int, *, title: str | None, site: str | None) -> None:
    """Note what the feed says of itself, where no person said otherwise; None says nothing."""
    if title is None and site is None:
        return
    row = conn.execute(_ROW, {"visited": source_id}).one_or_none()
    if row is None:
        return
    values: dict[str, Any] = {}
    if title and not row.titled and title != row.title:
        values |= {"title": title, "name_key": fold(title)}
    if site and row.site is None:
        values["site"] = site
    if values:
        conn.execute(update(source).where(source.c.id == source_id).values(values))


def _times(key: int, visit: Visit) -> dict[str, Any]:
    return {
        "visited": key,
        "last_fetch": visit.at,
        "last_success": visit.at,
        "next_fetch": visit.next_fetch,
    }


def _visited(visit: Visit) -> dict[str, Any]:
    return {
        "last_fetch": visit.at,
        "succeeded": visit.at if visit.success else None,
        "next_fetch": visit.next_fetch,
        **_moved(visit.moved),
        "etag": visit.validators.etag,
        "validated": visit.validators.url,
        "last_modified": visit.validators.last_modified,
        "body_hash": visit.body_hash,
        "identity": visit.identity,
        "left": visit.state,
        "errors": visit.errors,
        "error_kind": visit.error.kind if visit.error else None,
        "error_message": visit.error.message if visit.error else None,
        "error_at": visit.error.at if visit.error else None,
    }


def _moved(move: Move | None) -> dict[str, Any]:
    return {
        "moved_to": move.to if move else None,
        "moved_since": move.since if move else None,
        "moved_visits": move.visits if move else None,
        "moved_known": move.known if move else None,
    }


# What belonged to an address, and is worth nothing at another.
FORGOTTEN: dict[str, Any] = {
    "etag": None,
    "last_modified": None,
    "validated": None,
    "body_hash": None,
    **_moved(None),
}


def _there(conn: Connection, ids: Sequence[int]) -> set[int]:
    found: set[int] = set()
    for part in chunks(ids):
        found.update(conn.scalars(_THERE, {"those": part}))
    return found
