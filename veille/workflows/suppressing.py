"""Whom nobody writes to: told, added to by hand, and forgiven."""

from __future__ import annotations

from typing import TYPE_CHECKING

from veille.errors import NotFound
from veille.model.event import Action
from veille.store import deliveries
from veille.workflows.acting import whole
from veille.workflows.readers import address

if TYPE_CHECKING:
    from veille.model.delivery import Suppression
    from veille.store.database import Database
    from veille.workflows.acting import Act


def everything(db: Database) -> list[Suppression]:
    """All addresses that are left alone, with the reason."""
    with db.read() as connection:
        return deliveries.suppressions(connection)


@whole
def add(db: Database, email: str, *, act: Act) -> str:
    """Leave an address alone, reader or not, mails already planned included; its comparison form.

    The reason is the act's note. Raises :class:`~veille.errors.UsageError` for what is no address.
    """
    _, key = address(email)
    with db.write() as connection:
        reason = act.note or "removed"
        deliveries.remove_subscriber(connection, key, at=act.now, reason=reason)
        act.log(connection, act.event(Action.SUPPRESSION_ADD, subject=key))
    return key


@whole
def remove(db: Database, email: str, *, act: Act) -> str:
    """Let an address be written to again once it is a reader's. Raises NotFound, UsageError."""
    _, key = address(email)
    with db.write() as connection:
        if not deliveries.forgive(connection, key):
            raise NotFound(f"{key} is not left alone: see 'veille suppression list'")
        act.log(connection, act.event(Action.SUPPRESSION_REMOVE, subject=key))
    return key
