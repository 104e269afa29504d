"""The reading pane: lines made elsewhere, scrolled by pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widget import Widget

from veille.tui.drawing import draw

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.strip import Strip

    from veille.tui.drawing import Line

_OVERLAP = 2  # lines of the page before that a reader finds again


class Reader(Widget):
    """Shows a page from a line on."""

    def __init__(self, changed: Callable[[], None] = lambda: None) -> None:
        super().__init__(id="reader")
        self._changed = changed  # called when its size is another one, and when a mouse turned it
        self._lines: Sequence[Line] = ()
        self._top = 0

    def show(self, lines: Sequence[Line], *, again: bool) -> None:
        """Show a page from its beginning; the same page made ``again`` from where the reader is."""
        self._lines = lines
        self._top = min(self._top, self._lowest) if again else 0
        self.refresh()

    def turn(self, pages: int) -> bool:
        """Go on, or back; False when there is nothing more that way."""
        step = max(1, self.size.height - _OVERLAP)
        top = max(0, min(self._top + pages * step, self._lowest))
        if top == self._top:
            return False
        self._top = top
        self.refresh()
        return True

    @property
    def rest(self) -> int:
        """How many lines are below what is in sight."""
        return max(0, len(self._lines) - self._top - self.size.height)

    @property
    def _lowest(self) -> int:
        return max(0, len(self._lines) - self.size.height)

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        index, cells = self._top + y, self.size.width
        if index >= len(self._lines):
            return draw((), cells)
        return draw(self._lines[index], cells)

    def on_resize(self) -> None:
        """Whoever lays out the lines does so again."""
        self._changed()

    def on_mouse_scroll_down(self) -> None:
        """The wheel scrolls the text."""
        self._scroll(3)

    def on_mouse_scroll_up(self) -> None:
        """The wheel scrolls the text."""
        self._scroll(-3)

    def _scroll(self, lines: int) -> None:
        self._top = max(0, min(self._top + lines, self._lowest))
        self.refresh()
        self._changed()
