"""The lines around the list: where we are, what was done, which keys there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widget import Widget

from veille.terminal.safe import wrap
from veille.tui.drawing import cut, draw, measure, spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.strip import Strip

    from veille.tui.drawing import Line, Piece

_ALARM = 6  # lines at most


class Bar(Widget):
    """One line with two ends; ``over`` is the style laid on all of it."""

    def __init__(self, *, id: str, over: str = "") -> None:  # noqa: A002  Textual's name
        super().__init__(id=id)
        self._over = over
        self._ends: tuple[Line, Line] = ((), ())

    def say(self, left: Line, right: Line = ()) -> None:
        """Say something else; nothing is drawn again when it is the same."""
        if self._ends != (left, right):
            self._ends = (left, right)
            self.refresh()

    def render_line(self, y: int) -> Strip:  # noqa: ARG002  one line
        """The line."""
        left, right = self._ends
        cells = self.size.width
        line = [(" ", ""), *spread(left, right, cells - 2), (" ", "")]
        return draw(line, cells, self._over)


class Status(Bar):
    """What was done; what went wrong takes as many lines as it needs, for it must be read."""

    def __init__(self) -> None:
        super().__init__(id="status")
        self._alarm: list[str] = []

    def alarm(self, text: str) -> None:
        """Say what went wrong; an empty text ends it."""
        lines = wrap(f"✗ {text}  (Esc: read)", self.app.size.width - 2)
        self._alarm = lines[:_ALARM] if text else []
        self.set_class(bool(text), "-alarm")
        self.styles.height = max(1, len(self._alarm))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """A line of it."""
        if not self._alarm:
            return super().render_line(y)
        return draw([(f" {line}", "wrong") for line in self._alarm[y : y + 1]], self.size.width)


class Divider(Widget):
    """What parts list and text: a line that tells how much text is left, or a column."""

    def __init__(self) -> None:
        super().__init__(id="divider")
        self._rest = ""

    def say(self, rest: str) -> None:
        """Tell how much is left."""
        if self._rest != rest:
            self._rest = rest
            self.refresh()

    def render_line(self, y: int) -> Strip:  # noqa: ARG002  one line
        """A line of it."""
        cells = self.size.width
        if cells < 3:
            return draw([("│", "quiet")], cells)
        rest = f" {self._rest} " if self._rest else ""
        dashes = max(0, cells - len(rest) - 2)
        return draw([("─" * dashes, "quiet"), (rest, "quiet"), ("──", "quiet")], cells)


class Keys(Widget):
    """The keys that matter most, as many as fit; those of ``always`` are never left out."""

    def __init__(self, keys: Sequence[tuple[str, str]], always: Sequence[tuple[str, str]]) -> None:
        super().__init__(id="keys")
        self._keys = keys
        self._always = always

    def render_line(self, y: int) -> Strip:  # noqa: ARG002  one line
        """The line."""
        cells = self.size.width
        gap = 2 if self._line(2, cells) == self._line(2, 1_000) else 1
        return draw(list(cut(self._line(gap, cells), cells)), cells)

    def _line(self, gap: int, cells: int) -> list[Piece]:
        end = _labelled(self._always, gap)
        line: list[Piece] = [(" ", "")]
        for key in self._keys:
            more = _labelled([key], gap)
            if measure([*line, *more, *end]) - gap > cells:
                break
            line += more
        return [*line, *end]


def _labelled(keys: Sequence[tuple[str, str]], gap: int) -> list[Piece]:
    blank = " " * gap
    return [piece for key, label in keys for piece in ((key, "key"), (f":{label}{blank}", "quiet"))]
