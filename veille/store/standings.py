"""How all editions stand, in one light look: their contents stay where they are."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Connection, exists, or_, select

from veille.model.plan import Standing
from veille.model.states import DeliveryState, EditionState
from veille.store.tables.publishing import digest, edition
from veille.store.tables.readers import delivery, sending

if TYPE_CHECKING:
    from datetime import datetime

_BEGUN = (EditionState.SENDING, EditionState.INCOMPLETE)
_UNDER_WAY = (DeliveryState.PLANNED, DeliveryState.CLAIMED, DeliveryState.COMMITTING)
_SILENT = timedelta(minutes=1)  # two heartbeats missed


def standings(conn: Connection, now: datetime) -> list[Standing]:
    """All editions, by digest and number; ``waiting`` when mails of one may be tried (again) now.

    A sending that broke off left mails planned, or on their way; one that died at another moment is
    known by its heartbeat. A server that asked for patience left mails deferred.
    """
    tried = delivery.c.edition_id == edition.c.id
    ready = or_(
        delivery.c.state.in_(_UNDER_WAY),
        (delivery.c.state == DeliveryState.DEFERRED)
        & or_(delivery.c.next_try.is_(None), delivery.c.next_try <= now),
    )
    died = (sending.c.edition_id == edition.c.id) & (sending.c.heartbeat < now - _SILENT)
    waiting = (edition.c.state.in_(_BEGUN) & exists().where(tried, ready)) | exists().where(died)
    rows = conn.execute(
        select(
            digest.c.slug,
            edition.c.number,
            edition.c.period,
            edition.c.state,
            edition.c.approved_at,
            waiting.label("waiting"),
        )
        .join_from(edition, digest)
        .order_by(digest.c.slug, edition.c.number)
    )
    return [
        Standing(
            digest=row.slug,
            number=row.number,
            period=row.period,
            state=EditionState(row.state),
            approved_at=row.approved_at,
            waiting=bool(row.waiting),
        )
        for row in rows
    ]
