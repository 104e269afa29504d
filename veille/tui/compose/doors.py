"""What the screen asks of the rest of the program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

    from veille.model.edition import PickDraft
    from veille.model.event import Action
    from veille.workflows.desk import Desk


class Doors(Protocol):
    """An edition on the table; every method but :meth:`lay` and :meth:`write` writes an event."""

    @property
    def ref(self) -> str:
        """The edition."""

    @property
    def zone(self) -> ZoneInfo:
        """Where times are read."""

    def lay(self) -> Desk:
        """The table as it is now."""

    def rearrange(
        self, action: Action, change: Callable[[list[PickDraft]], list[PickDraft]]
    ) -> None:
        """Other picks, or other words with them."""

    def edit(self, **texts: str) -> None:
        """Another title or introduction."""

    def written_in(self, item: int, language: str) -> str:
        """The language an item is said to be written in; what was said before is returned.

        Empty stands for what its source says.
        """

    def approve(self) -> None:
        """This curator's yes."""

    def write(self, start: str) -> str:
        """A text from the curator's own editor; the terminal is free meanwhile."""
