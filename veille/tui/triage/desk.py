"""Where a screen's questions and actions go: to the database, in threads, so that no key waits.

Each lane is one thread: what is asked in it is answered in that order, and what a long list takes
does not hold up the next item's text. All actions share one lane, so the log has the order of the
keys, and an undo comes after what it undoes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Concatenate, Literal, ParamSpec, TypeVar

from veille.errors import VeilleError
from veille.workflows import triage
from veille.workflows.curate import Outcome

if TYPE_CHECKING:
    from veille.model.event import Event
    from veille.store.database import Database
    from veille.workflows.acting import Act
    from veille.workflows.triage import Seen

Lane = Literal["lists", "texts", "actions"]
P = ParamSpec("P")
T = TypeVar("T")
# A workflow that acts on one item; raises VeilleError when it was not done.
Verb = Callable[["Database", int, "Act"], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What a key asked for: ``said`` tells it once done (``kept``), ``since`` is the last line of
    the log when the screen showed the item."""

    said: str
    item: int
    verb: Verb
    act: Act
    since: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A deed in the database: the item as it is now, and what others did to it since ``since``."""

    seen: Seen | None  # None when it could not be read again
    meanwhile: list[Event]
    changed: bool = True
    with_story: int = 0  # other items of its story, decided with it


class Desk:
    """The database, asked without waiting for it."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._lanes = {
            lane: ThreadPoolExecutor(1, thread_name_prefix=f"triage-{lane}")
            for lane in ("lists", "texts", "actions")
        }

    async def ask(
        self,
        lane: Lane,
        question: Callable[Concatenate[Database, P], T],
        *args: P.args,
        **options: P.kwargs,
    ) -> T:
        """What a workflow answers, asked in a lane; raises what it raises."""
        asked = partial(question, self._db, *args, **options)
        return await asyncio.get_running_loop().run_in_executor(self._lanes[lane], asked)

    async def do(self, deed: Deed) -> Stored:
        """Do it, after all that was asked for before it; it is in the database when this returns."""
        return await self.ask("actions", _carry_out, deed)

    def close(self) -> None:
        """Let go of the threads, once the actions asked for are done."""
        for lane, thread in self._lanes.items():
            thread.shutdown(wait=True, cancel_futures=lane != "actions")


def _carry_out(db: Database, deed: Deed) -> Stored:
    outcome = deed.verb(db, deed.item, deed.act)
    changed, others = True, 0
    if isinstance(outcome, Outcome):
        changed, others = bool(outcome.changed), len(outcome.with_story)
    try:
        meanwhile = triage.meanwhile(db, deed.since, act=deed.act, item=deed.item)
        seen = triage.look(db, [deed.item])
        return Stored(seen=seen, meanwhile=meanwhile, changed=changed, with_story=others)
    except VeilleError:  # it is stored all the same: the next look at the item will show it
        return Stored(seen=None, meanwhile=[], changed=changed)
