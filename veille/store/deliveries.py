"""Deliveries: the ledger of who got what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, insert, or_, select

from veille.model.delivery import Delivery, DeliveryDraft, Move
from veille.model.states import DeliveryState
from veille.store.moves import REMOVED, line, move, move_all
from veille.store.subscribers import (
    Newcomer,
    add_newcomers,
    add_subscriber,
    departed,
    everybody_written_to,
    forgive,
    is_suppressed,
    leave,
    profiles,
    reader,
    remove_subscriber,
    rename,
    set_profile,
    subscribers,
    suppressed,
    suppressions,
)
from veille.store.tables.publishing import digest, edition
from veille.store.tables.readers import delivery, delivery_event

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

__all__ = [
    "Newcomer",
    "add_newcomers",
    "add_subscriber",
    "committed_in",
    "everybody_written_to",
    "forgive",
    "freeze",
    "is_suppressed",
    "last_states",
    "leave",
    "move",
    "move_all",
    "named",
    "note",
    "of_edition",
    "profiles",
    "reader",
    "recover",
    "remove_subscriber",
    "rename",
    "set_profile",
    "subscribers",
    "suppressions",
]

# What is found of a run that died: a claimed mail was not delivered for sure, one whose last byte
# may have gone out is in doubt, and only a person decides.
_AFTER_DEATH = {
    DeliveryState.CLAIMED: DeliveryState.PLANNED,
    DeliveryState.COMMITTING: DeliveryState.UNCERTAIN,
}


def freeze(
    conn: Connection,
    edition_id: int,
    revision: str,
    drafts: Sequence[DeliveryDraft],
    *,
    at: datetime,
) -> list[Delivery]:
    """Plan the mails of an edition, once: a recipient who has one already keeps it as it is.

    Returns all deliveries of the edition.
    """
    there = {one.recipient for one in of_edition(conn, edition_id)}
    fresh = {draft.recipient: draft for draft in drafts if draft.recipient not in there}
    gone = suppressed(conn, list(fresh)) | departed(conn, list(fresh), edition_id)
    rows = [
        _planned(edition_id, revision, draft, at, removed=draft.recipient in gone)
        for draft in fresh.values()
    ]
    if rows:
        conn.execute(insert(delivery), rows)
        _log_plan(conn, edition_id, at, there)
    return of_edition(conn, edition_id)


def of_edition(conn: Connection, edition_id: int) -> list[Delivery]:
    """The ledger of an edition, by recipient."""
    rows = conn.execute(
        select(delivery).where(delivery.c.edition_id == edition_id).order_by(delivery.c.recipient)
    )
    return [_delivery(row) for row in rows]


def recover(conn: Connection, edition_id: int, *, run: str, at: datetime) -> list[Delivery]:
    """Settle what dead runs (all but ``run``) left open; the deliveries that moved.

    Only for the one process that holds the edition's lock: another run alive is taken for dead.
    """
    left = conn.execute(
        select(delivery.c.id, delivery.c.state).where(
            delivery.c.edition_id == edition_id,
            delivery.c.state.in_(list(_AFTER_DEATH)),
            or_(delivery.c.run.is_(None), delivery.c.run != run),
        )
    ).all()
    states = {row.id: DeliveryState(row.state) for row in left}
    steps = [
        Move(mail=mail, expected=state, to=_AFTER_DEATH[state], phase="recovery")
        for mail, state in states.items()
    ]
    move_all(conn, steps, at=at, run=run)
    return [one for one in of_edition(conn, edition_id) if one.id in states]


def named(conn: Connection, message_ids: Sequence[str]) -> list[tuple[Delivery, str, str]]:
    """The deliveries of these Message-IDs, each with the reference and the digest of its edition."""
    query = (
        select(delivery, digest.c.slug, edition.c.number)
        .join(edition, edition.c.id == delivery.c.edition_id)
        .join(digest, digest.c.id == edition.c.digest_id)
        .where(delivery.c.message_id.in_(message_ids))
        .order_by(delivery.c.id)
    )
    return [(_delivery(row), f"{row.slug}/{row.number}", row.slug) for row in conn.execute(query)]


def note(
    conn: Connection, one: Delivery, *, at: datetime, run: str, phase: str, reply: str
) -> None:
    """Write down what was heard of a mail that stays in its state."""
    heard = Move(mail=one.id, expected=one.state, to=one.state, phase=phase, reply=reply)
    conn.execute(insert(delivery_event), line(heard, at=at, run=run))


def last_states(conn: Connection, recipient: str, count: int) -> list[DeliveryState]:
    """How the last mails to somebody ended, the newest first."""
    rows = conn.scalars(
        select(delivery.c.state)
        .where(delivery.c.recipient == recipient)
        .order_by(delivery.c.planned_at.desc(), delivery.c.id.desc())
        .limit(count)
    )
    return [DeliveryState(state) for state in rows]


def committed_in(conn: Connection, edition_id: int, phase: str) -> set[int]:
    """The mails whose last commitment was made in ``phase``."""
    rows = conn.execute(
        select(delivery_event.c.delivery_id, delivery_event.c.phase)
        .join(delivery, delivery.c.id == delivery_event.c.delivery_id)
        .where(
            delivery.c.edition_id == edition_id,
            delivery_event.c.after == DeliveryState.COMMITTING,
        )
        .order_by(delivery_event.c.id)
    )
    last = {row.delivery_id: row.phase for row in rows}
    return {identifier for identifier, where in last.items() if where == phase}


def _planned(
    edition_id: int, revision: str, draft: DeliveryDraft, at: datetime, *, removed: bool
) -> dict[str, Any]:
    return {
        "edition_id": edition_id,
        "revision": revision,
        "recipient": draft.recipient,
        "address": draft.address,
        "name": draft.name,
        "message_id": draft.message_id,
        "state": DeliveryState.SKIPPED if removed else draft.state,
        "attempts": 0,
        "planned_at": at,
        "reply": REMOVED if removed else draft.reason,
        "at": at,
        "selection": draft.selection,
    }


def _log_plan(conn: Connection, edition_id: int, at: datetime, there: set[str]) -> None:
    conn.execute(
        insert(delivery_event),
        [
            {
                "delivery_id": one.id,
                "at": at,
                "phase": "freeze",
                "after": one.state,
                "reply": one.reply,
            }
            for one in of_edition(conn, edition_id)
            if one.recipient not in there
        ],
    )


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        id=row.id,
        recipient=row.recipient,
        address=row.address,
        name=row.name,
        message_id=row.message_id,
        state=DeliveryState(row.state),
        attempts=row.attempts,
        planned_at=row.planned_at,
        code=row.code,
        reply=row.reply,
        at=row.at,
        next_try=row.next_try,
        selection=row.selection,
    )
