"""The keys of triage that move: in the list, and in the text beside it."""

from __future__ import annotations

from veille.model.states import ItemState
from veille.tui.triage.app import Base


class Moving(Base):
    """The screen as one goes about in it."""

    def do_next(self) -> None:
        """The next item."""
        self.move(1)

    def do_previous(self) -> None:
        """The previous item."""
        self.move(-1)

    def do_first(self) -> None:
        """The first item."""
        self.rows.move_to(0)

    def do_last(self) -> None:
        """The last item."""
        self.rows.move_to(len(self.listing) - 1)

    def do_next_new(self) -> None:
        """The next item nobody decided on."""
        self._seek(1)

    def do_previous_new(self) -> None:
        """The previous item nobody decided on."""
        self._seek(-1)

    def move(self, step: int) -> None:
        """Go by so many items; told at an end."""
        if not self.rows.move_to(self.rows.cursor + step) and self.listing.complete:
            self.tell(("that was the last one" if step > 0 else "this is the first one", "quiet"))

    def _seek(self, step: int) -> None:
        index = self.rows.cursor + step
        while (key := self.listing.id_at(index)) is not None:
            item = self.listing.items.get(key)
            if item is None or (item.state is ItemState.INBOX and not self.work.is_pending(key)):
                self.rows.move_to(index)
                return
            index += step
        self.tell(("nobody is waiting for a decision there", "quiet"))

    def do_read_on(self) -> None:
        """The next page of the text, or the next item."""
        if self.reader.turn(1):
            self.say_around()
        else:
            self.move(1)

    def do_read_back(self) -> None:
        """The page of the text before."""
        self.reader.turn(-1)
        self.say_around()

    def do_whole(self) -> None:
        """The text alone, or beside the list."""
        self.screen.toggle_class("-whole")
        self.call_after_refresh(self._moved)
