"""All keys, on a page of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.screen import ModalScreen

from veille.terminal.safe import safe_line, width, wrap
from veille.tui.drawing import column
from veille.tui.triage.doors import pressed
from veille.tui.triage.foot import Keys
from veille.tui.triage.reader import Reader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual import events
    from textual.app import ComposeResult

    from veille.tui.drawing import Line
    from veille.tui.triage.doors import Doors

# Keys that nobody can give away.
_FIXED = (
    ("escape", "Back by one step: a message, a filter, the text alone."),
    ("ctrl+z", "The shell; 'fg' there comes back."),
    ("ctrl+c", "Leave; out of a prompt, as escape."),
)
# Commands whose keys turn this page.
_TURNS = {"read_on": 1, "next": 1, "read_back": -1, "previous": -1}
_SIGNS = (
    "○ in the inbox   ● kept   × put aside   ◌ being stored",
    "★ colleagues saw it in an edition   ☆ they saw its story there",
    "✎ it has a text for readers   ◎ a rule wants you to look",
    "+2 two more sources tell it, and are decided with it",
)


class Help(ModalScreen[None]):
    """What each key does, and what the signs mean."""

    def __init__(self, doors: Doors) -> None:
        super().__init__()
        self._doors = doors
        self._bound = doors.bound()
        self._reader = Reader()

    def compose(self) -> ComposeResult:
        """One page, scrolled like a text."""
        turning = (("read_on", "read on"), ("read_back", "back"))
        shown = [(self._doors.key(command), label) for command, label in turning]
        yield self._reader
        yield Keys([each for each in shown if each[0]], [("any other key", "leaves")])

    def on_resize(self) -> None:
        """Fill the page, as wide as it is now."""
        self._reader.show(list(_lines(self._doors, self.app.size.width)), again=True)

    def on_key(self, event: events.Key) -> None:
        """Scroll, or leave."""
        event.stop()
        event.prevent_default()
        pages = _TURNS.get(self._bound.get(pressed(event), ""), 0)
        if pages:
            self._reader.turn(pages)
        else:
            self.dismiss()


def _lines(doors: Doors, cells: int) -> Iterator[Line]:
    keys = [*doors.help(), *(each for each in _FIXED if each[0] not in doors.bound())]
    broad = max(width(names) for names, _ in keys)
    yield [(" The keys", "strong")]
    yield ()
    for names, meaning in keys:
        first, *more = wrap(meaning, max(20, cells - broad - 7))
        yield [(f"   {column(names, broad)}", "key"), (f"   {first}", "")]
        yield from ([(" " * (broad + 6) + line, "")] for line in more)
    yield ()
    yield [(" The signs", "strong")]
    yield ()
    for signs in _SIGNS:
        yield from _flowed(signs, cells, "   ")
    yield ()
    stored = "It is stored once ◌ has become ● or ×; one key is one line of the log."
    yield from _flowed(stored, cells)
    yield from _flowed(f"Other keys: [keys.triage] in {safe_line(str(doors.keys_file))}", cells)


def _flowed(text: str, cells: int, margin: str = " ") -> Iterator[Line]:
    for line in wrap(text, cells - 2 * len(margin)):
        yield [(margin + line, "")]
