"""How mails move through the ledger: only from the state each is known to be in.

Of two processes that claim the same mail, one is told no. Who asked to be left alone is left alone
even when the mail was planned before.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, bindparam, exists, insert, or_, select, update

from veille.model.states import DeliveryState
from veille.store.bulk import chunks
from veille.store.tables.publishing import edition
from veille.store.tables.readers import delivery, delivery_event, departure, suppression

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from veille.model.delivery import Move

REMOVED = "the subscriber was removed"

_LEFT_ALONE = or_(
    exists(select(1).where(suppression.c.key == delivery.c.recipient)),
    exists(
        select(1).where(
            departure.c.key == delivery.c.recipient,
            departure.c.digest_id == edition.c.digest_id,
            edition.c.id == delivery.c.edition_id,
        )
    ),
)
# Two batches of moves a mail are most of what the ledger costs: their statements are made once.
_WHERE = (
    select(delivery.c.id, delivery.c.state, _LEFT_ALONE.label("left_alone"))
    .where(delivery.c.id.in_(bindparam("mails", expanding=True)))
    .with_for_update(of=delivery)  # SQLite has one writer anyway
)
_MOVE = (
    update(delivery)
    .where(delivery.c.id == bindparam("mail"))
    .values(
        state=bindparam("to"),
        attempts=delivery.c.attempts + bindparam("tries"),
        at=bindparam("now"),
        run=bindparam("by"),
        code=bindparam("said_code"),
        reply=bindparam("said"),
        next_try=bindparam("later"),
    )
)
_WRITE_DOWN = insert(delivery_event)


def move(conn: Connection, one: Move, *, at: datetime, run: str) -> bool:
    """:func:`move_all` for one mail; whether it moved."""
    return one.mail in move_all(conn, [one], at=at, run=run)


def move_all(conn: Connection, moves: Sequence[Move], *, at: datetime, run: str) -> set[int]:
    """Move mails, each once at most and only from where it is expected; the ids of those that moved.

    ``run`` names the process. A claim counts an attempt; who was removed is skipped instead, and
    that claim fails. All that is asked together costs three statements.
    """
    moved: set[int] = set()
    for part in chunks(moves):
        there = {row.id: row for row in conn.execute(_WHERE, {"mails": [one.mail for one in part]})}
        right = [one for one in part if one.mail in there and there[one.mail].state == one.expected]
        done = [_skipped(one) if there[one.mail].left_alone else one for one in right]
        if done:
            conn.execute(_MOVE, [_new_row(one, at, run) for one in done])
            conn.execute(_WRITE_DOWN, [line(one, at=at, run=run) for one in done])
        moved.update(one.mail for one, wish in zip(done, right, strict=True) if one.to is wish.to)
    return moved


def _skipped(wish: Move) -> Move:
    """What becomes of a mail whose reader left: no run tries again; one on its way goes on."""
    if wish.to is not DeliveryState.CLAIMED:
        return wish
    return replace(wish, to=DeliveryState.SKIPPED, reply=REMOVED)


def _new_row(one: Move, at: datetime, run: str) -> dict[str, Any]:
    return {
        "mail": one.mail, "to": one.to, "tries": int(one.to is DeliveryState.CLAIMED), "now": at,
        "by": run, "said_code": one.code, "said": one.reply, "later": one.next_try,
    }  # fmt: skip


def line(one: Move, *, at: datetime, run: str) -> dict[str, Any]:
    """The line of the log that says of a move."""
    return {
        "delivery_id": one.mail, "at": at, "run": run, "phase": one.phase,
        "before": one.expected, "after": one.to, "code": one.code, "reply": one.reply,
    }  # fmt: skip
