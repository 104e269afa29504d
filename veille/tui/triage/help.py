"""All keys, on a page of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.screen import ModalScreen

from veille.terminal.safe import width
from veille.tui.drawing import column
from veille.tui.triage.foot import Keys
from veille.tui.triage.reader import Reader

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from textual import events
    from textual.app import ComposeResult

    from veille.tui.drawing import Line


class Help(ModalScreen[None]):
    """What each key does, and what the signs mean."""

    def __init__(self, keys: Sequence[tuple[str, str]], file: str) -> None:
        super().__init__()
        self._keys = keys
        self._file = file
        self._reader = Reader()

    def compose(self) -> ComposeResult:
        """One page, scrolled like a text."""
        yield self._reader
        yield Keys([("space", "read on"), ("-", "back")], [("any other key", "leaves")])

    def on_mount(self) -> None:
        """Fill the page."""
        self._reader.show(list(_lines(self._keys, self._file)), again=False)

    def on_key(self, event: events.Key) -> None:
        """Scroll, or leave."""
        event.stop()
        event.prevent_default()
        if event.key in ("space", "pagedown", "down"):
            self._reader.turn(1)
        elif event.key in ("minus", "pageup", "up"):
            self._reader.turn(-1)
        else:
            self.dismiss()


def _lines(keys: Sequence[tuple[str, str]], file: str) -> Iterator[Line]:
    cells = max(width(names) for names, _ in keys)
    yield [(" The keys", "strong")]
    yield ()
    for names, meaning in keys:
        yield [(f"   {column(names, cells)}", "key"), (f"   {meaning}", "")]
    yield ()
    yield [(" The signs", "strong")]
    yield ()
    yield [("   ○ in the inbox   ● kept   × put aside   ◌ being stored", "")]
    yield [("   ★ colleagues saw it in an edition   ☆ they saw its story there", "")]
    yield [("   ✎ it has a text for readers   ◎ a rule wants you to look", "")]
    yield [("   +2 two more sources tell it, and are decided with it", "")]
    yield ()
    yield [
        (" What you did is stored when ◌ has become ● or ×; one key is one line of the log.", "")
    ]
    yield [(f" Other keys: [keys.triage] in {file}", "quiet")]
