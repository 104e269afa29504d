"""The list: one line an item, and the place one is at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.geometry import Region
from textual.widget import Widget

from veille.model.states import ItemState
from veille.terminal.wording import age, mark
from veille.tui.drawing import Piece, column, draw

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from textual import events
    from textual.strip import Strip

    from veille.model.item import Item
    from veille.tui.triage.listing import Listing

_PENDING = "◌"
_AGE = 6
_SCROLL_OFF = 2  # lines kept in sight before and behind the one we are at


class Rows(Widget):
    """Draws what is in sight of a listing; however long it is, moving costs the same."""

    def __init__(
        self,
        listing: Listing,
        pending: Callable[[int], bool],
        now: datetime,
        moved: Callable[[], None],
    ) -> None:
        super().__init__(id="rows")
        self.listing = listing
        self.now = now  # when ages are counted from
        self.cursor = 0
        self.still = False  # no mouse moves it: something is asked about the item one is at
        self._pending = pending
        self._moved = moved  # called when another item is looked at; a message would come later
        self._top = 0

    def show(self, listing: Listing, cursor: int = 0) -> None:
        """Show another list, at one of its items."""
        self.listing = listing
        self.cursor = max(0, min(cursor, len(listing) - 1))
        self._top = max(0, self.cursor - self.size.height // 2)
        self._follow()
        self.refresh()
        self._moved()

    def move_to(self, index: int) -> bool:
        """Go to an item; False when there is none, or we are there already."""
        index = max(0, min(index, len(self.listing) - 1))
        if index == self.cursor or not len(self.listing):
            return False
        before, top, self.cursor = self.cursor, self._top, index
        self._follow()
        if self._top == top:
            self._refresh_line(before)
            self._refresh_line(index)
        else:
            self.refresh()
        self._moved()
        return True

    def refresh_item(self, key: int) -> None:
        """Draw an item again, if it is in sight."""
        for index in range(self._top, self._top + self.size.height):
            if self.listing.id_at(index) == key:
                self._refresh_line(index)

    def in_sight(self) -> range:
        """The places in sight."""
        return range(self._top, min(self._top + max(1, self.size.height), len(self.listing)))

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        index, cells = self._top + y, self.size.width
        key = self.listing.id_at(index)
        if key is None:
            return draw((), cells)
        over = "here" if index == self.cursor else ""
        item = self.listing.items.get(key)
        if item is None:
            return draw([(column("   …", cells), "quiet")], cells, over)
        return draw(row(item, cells, self.now, pending=self._pending(key)), cells, over)

    def on_click(self, event: events.Click) -> None:
        """Go where the mouse points."""
        if self.listing.id_at(self._top + event.y) is not None:
            self._point_at(self._top + event.y)

    def on_mouse_scroll_down(self) -> None:
        """The wheel moves through the list."""
        self._point_at(self.cursor + 1)

    def on_mouse_scroll_up(self) -> None:
        """The wheel moves through the list."""
        self._point_at(self.cursor - 1)

    def _point_at(self, index: int) -> None:
        if not self.still:
            self.move_to(index)

    def on_resize(self) -> None:
        """Keep the item we are at in sight."""
        self._follow()

    def _follow(self) -> None:
        height = max(1, self.size.height)
        margin = min(_SCROLL_OFF, (height - 1) // 2)
        lowest = self.cursor - height + 1 + margin
        top = min(max(self._top, lowest), self.cursor - margin)
        self._top = max(0, min(top, len(self.listing) - height))

    def _refresh_line(self, index: int) -> None:
        self.refresh(Region(0, index - self._top, self.size.width, 1))


def row(item: Item, cells: int, now: datetime, *, pending: bool) -> list[Piece]:
    """An item in one line: its sign, its age, its title, who showed it."""
    decided = item.state is not ItemState.INBOX
    quiet = "quiet" if decided else ""
    sign = _PENDING if pending else mark(item, unicode=True)
    source_cells = min(24, cells // 4)
    title_cells = max(8, cells - source_cells - _AGE - 11)
    shown = (
        "shown" if item.shown or item.review else "kept" if item.state is ItemState.KEPT else quiet
    )
    others = max(0, len(item.sources) - 1) + len(item.also)
    source = item.sources[0].title if item.sources else ""
    return [
        (" " + column(sign, 2), shown),
        (column(age(item.published or item.collected, now)[:7], _AGE, right=True), "quiet"),
        ("  ", ""),
        (column(item.title or item.url or "(no title)", title_cells), quiet),
        ("  ", ""),
        (column(source, source_cells - 4), "quiet" if decided else "source"),
        (column(f"+{others}" if others else "", 3, right=True), "quiet"),
    ]
