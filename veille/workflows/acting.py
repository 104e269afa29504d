"""Who acts, when, and under which batch: what every verb needs to write its events."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from veille.curation import triage
from veille.errors import GaveWay, Lost
from veille.model.event import Action, Actor, NewEvent
from veille.store import curators, events

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from veille.model.item import Marks
    from veille.store.database import Connection


P = ParamSpec("P")
T = TypeVar("T")

_PAUSE = 1.0  # seconds in which a server that was started again may be back


def whole(verb: Callable[P, T]) -> Callable[P, T]:
    """A verb that is one transaction: it is done again, once, when the server was lost on the way,
    or undid it in favour of another.

    Nothing of it was stored then, and all it needs it was given, its instant and its batch included.
    A verb whose transaction may have been stored is in doubt, and never done again (D14).
    """

    @wraps(verb)
    def doing(*given: P.args, **named: P.kwargs) -> T:
        try:
            return verb(*given, **named)
        except (Lost, GaveWay):
            time.sleep(_PAUSE)
            return verb(*given, **named)

    return doing


def new_batch() -> str:
    """A name for everything one command does: 16 hexadecimal digits."""
    return secrets.token_hex(8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One command of one curator at one instant. ``actor`` is None for the machine itself."""

    actor: Actor | None
    now: datetime
    batch: str = field(default_factory=new_batch)
    note: str | None = None

    @property
    def by(self) -> str:
        """The curator's handle."""
        assert self.actor is not None  # noqa: S101  only curators act on items
        return self.actor.handle

    def event(
        self,
        action: Action,
        *,
        item: int | None = None,
        subject: str | None = None,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
        undoes: str | None = None,
    ) -> NewEvent:
        """An event of this act, not yet written."""
        return NewEvent(
            at=self.now,
            actor=self.actor,
            action=action,
            batch=self.batch,
            item=item,
            subject=subject,
            before=before or {},
            after=after or {},
            note=self.note,
            undoes=undoes,
        )

    def marked(self, action: Action, item: int, before: Marks, after: Marks) -> NewEvent:
        """An event that changes the marks of an item."""
        old, new = triage.difference(before, after)
        return self.event(action, item=item, before=old, after=new)

    def log(self, connection: Connection, *new: NewEvent) -> None:
        """Write events in the transaction that holds what they tell; record a first-time curator."""
        if self.actor is not None:
            curators.record(connection, self.actor, self.now)
        events.append(connection, new)
