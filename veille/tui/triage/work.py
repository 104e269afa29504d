"""What was done in this sitting: what is being stored, what can be taken back, what went wrong."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from veille.tui.triage.desk import Deed


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a sitting ended: what is stored, counted by what it is called, what is not, and at which
    items a text waits that was begun."""

    done: Counter[str]
    failed: tuple[str, ...]
    interrupted: bool
    waiting: tuple[int, ...] = ()


@dataclass(slots=True)
class Work:
    """The deeds of a sitting, in the order of the keys."""

    done: list[Deed] = field(default_factory=list)  # what undo takes back, newest last
    counts: Counter[str] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)
    _pending: Counter[int] = field(default_factory=Counter)

    def begin(self, deed: Deed) -> None:
        """A deed was asked for."""
        self._pending[deed.item] += 1

    def end(self, deed: Deed) -> None:
        """It is stored, or failed."""
        self._pending[deed.item] -= 1

    def is_pending(self, item: int) -> bool:
        """Whether something on this item is not stored yet."""
        return self._pending[item] > 0

    def undoable(self) -> Deed | None:
        """What undo would take back now; it is no longer there afterwards."""
        return self.done.pop() if self.done else None

    def forget(self, deed: Deed) -> None:
        """It was not done: there is nothing to take back."""
        if deed in self.done:
            self.done.remove(deed)

    def ended(self, *, interrupted: bool, waiting: Sequence[int] = ()) -> Ended:
        """The account of the sitting."""
        return Ended(
            done=+self.counts,
            failed=tuple(self.failed),
            interrupted=interrupted,
            waiting=tuple(waiting),
        )
