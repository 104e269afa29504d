"""Mails to those who made an edition: at most one of a kind to each, whatever happens meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, insert, select, update

from veille.model.delivery import Delivery, DeliveryDraft
from veille.model.states import DeliveryState, NoticeKind
from veille.store.tables.readers import notice

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Row


def plan(
    conn: Connection,
    kind: NoticeKind,
    edition_id: int,
    drafts: Sequence[DeliveryDraft],
    *,
    at: datetime,
) -> list[Delivery]:
    """Plan mails; who has one of this kind about this edition keeps it as it is. All of them."""
    there = {row.recipient for row in of_edition(conn, kind, edition_id)}
    rows = [
        {
            "kind": kind, "edition_id": edition_id, "recipient": draft.recipient,
            "address": draft.address, "message_id": draft.message_id,
            "state": DeliveryState.PLANNED, "planned_at": at, "at": at,
        }
        for draft in drafts
        if draft.recipient not in there
    ]  # fmt: skip
    if rows:
        conn.execute(insert(notice), rows)
    return of_edition(conn, kind, edition_id)


def of_edition(conn: Connection, kind: NoticeKind, edition_id: int) -> list[Delivery]:
    """The mails of a kind about an edition, by recipient."""
    mine = (notice.c.kind == kind) & (notice.c.edition_id == edition_id)
    rows = conn.execute(select(notice).where(mine).order_by(notice.c.recipient))
    return [_delivery(row) for row in rows]


def move(
    conn: Connection,
    notice_id: int,
    *,
    expected: DeliveryState,
    to: DeliveryState,
    at: datetime,
    code: int | None = None,
    reply: str | None = None,
) -> bool:
    """Move a mail, if it is where it is ``expected``; whether it moved."""
    mine = (notice.c.id == notice_id) & (notice.c.state == expected)
    values: dict[str, Any] = {"state": to, "at": at, "code": code, "reply": reply}
    return conn.execute(update(notice).where(mine).values(values)).rowcount == 1


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        id=row.id, recipient=row.recipient, address=row.address, name=None,
        message_id=row.message_id, state=DeliveryState(row.state), attempts=0,
        planned_at=row.planned_at, code=row.code, reply=row.reply, at=row.at,
    )  # fmt: skip
