"""Writing in place: one line, or a few."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label, TextArea

if TYPE_CHECKING:
    from textual.app import ComposeResult


class Line(ModalScreen[str | None]):
    """One line of text; None when its writer thought better of it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "leave")]

    def __init__(self, asked: str, start: str) -> None:
        super().__init__()
        self._asked, self._start = asked, start

    def compose(self) -> ComposeResult:
        """The question, the answer."""
        with Vertical(classes="prompt"):
            yield Label(f"{self._asked}  (Enter keeps it, Esc does not)", markup=False)
            yield Input(self._start, compact=True, select_on_focus=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter."""
        self.dismiss(event.value)

    def action_leave(self) -> None:
        """Escape."""
        self.dismiss(None)


class Paragraphs(ModalScreen[str | None]):
    """Some lines of Markdown; None when their writer thought better of it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "leave"),
        Binding("ctrl+s", "keep", "keep", priority=True),
    ]

    def __init__(self, asked: str, start: str) -> None:
        super().__init__()
        self._asked = asked
        self._area = TextArea(start, soft_wrap=True, compact=True)

    def compose(self) -> ComposeResult:
        """The question, the answer."""
        with Vertical(classes="prompt"):
            yield Label(f"{self._asked}  (Ctrl+S keeps it, Esc does not)", markup=False)
            yield self._area

    def on_mount(self) -> None:
        """The cursor goes to the end."""
        self._area.focus()
        self._area.move_cursor(self._area.document.end)

    def action_keep(self) -> None:
        """Ctrl+S."""
        self.dismiss(self._area.text)

    def action_leave(self) -> None:
        """Escape."""
        self.dismiss(None)


class Sure(ModalScreen[bool]):
    """A question to answer with y; any other key is a no."""

    def __init__(self, asked: str) -> None:
        super().__init__()
        self._asked = asked

    def compose(self) -> ComposeResult:
        """The question."""
        with Vertical(classes="prompt"):
            yield Label(f"{self._asked}  (y: yes, any other key: no)", markup=False)

    def on_key(self, event: object) -> None:
        """The answer."""
        self.dismiss(getattr(event, "key", "") == "y")
