"""What is asked at the foot of the screen: tags, a filter, a text. Escape leaves each of them."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Label, TextArea

from veille.errors import QueryError, UsageError
from veille.terminal.safe import width
from veille.tui.drawing import cut, draw
from veille.tui.triage import completion

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from textual import events
    from textual.app import ComposeResult
    from textual.strip import Strip

    from veille.model.query import Query
    from veille.tui.drawing import Line, Piece
    from veille.tui.triage.completion import Words


class Prompt(Vertical):
    """Something asked; one of these messages ends it."""

    class Given(Message):
        """The answer."""

        def __init__(self, prompt: Prompt, text: str) -> None:
            self.prompt = prompt
            self.text = text
            super().__init__()

    class Left(Message):
        """No answer; ``text`` is what had been typed."""

        def __init__(self, prompt: Prompt, text: str) -> None:
            self.prompt = prompt
            self.text = text
            super().__init__()

    class Refused(Message):
        """The answer will not do; the prompt has said why, and stays open."""

    @property
    @abstractmethod
    def text(self) -> str:
        """What is typed."""

    @property
    @abstractmethod
    def field(self) -> Widget:
        """Where one types."""

    def on_key(self, event: events.Key) -> None:
        """Take the keys that are ours; the others are for the field."""
        if self.pressed(event.key):
            event.stop()
            event.prevent_default()

    def pressed(self, key: str) -> bool:
        """Whether a key was ours: Escape and Ctrl-C leave."""
        if key in ("escape", "ctrl+c"):
            self.post_message(self.Left(self, self.text))
            return True
        return False


class Hint(Widget):
    """One line that says what one may type."""

    def __init__(self, line: Line = ()) -> None:
        super().__init__()
        self._line = line

    def say(self, *line: tuple[str, str]) -> None:
        """Say something else."""
        self._line = line
        self.refresh()

    def render_line(self, y: int) -> Strip:  # noqa: ARG002  one line
        """The line."""
        return draw([(" ", ""), *cut(self._line, self.size.width - 1)], self.size.width)


class LinePrompt(Prompt):
    """A prompt of one line, and what may be said about it."""

    def __init__(self, label: str, start: str = "") -> None:
        super().__init__()
        self._label = label
        self._hint = Hint()
        self._input = Input(start, compact=True, select_on_focus=False)

    def compose(self) -> ComposeResult:
        """A hint above the line."""
        yield self._hint
        with Horizontal():
            yield Label(f" {self._label} ", markup=False)
            yield self._input

    @property
    def field(self) -> Widget:
        """Where one types."""
        return self._input

    @property
    def text(self) -> str:
        """What is typed."""
        return self._input.value

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter."""
        event.stop()
        self.submit()

    def submit(self) -> None:
        """Give the answer."""
        self.post_message(self.Given(self, self.text))


class FilterPrompt(LinePrompt):
    """A search within the list, tried at each letter."""

    class Typed(Message):
        """One more letter."""

        def __init__(self, text: str) -> None:
            self.text = text
            super().__init__()

    def __init__(self, start: str, parse: Callable[[str], Query]) -> None:
        super().__init__("/", start)
        self._parse = parse
        self.say('words, "phrases", tag:x, source:x, age:<7d, -not   Enter stays, Esc leaves')

    def say(self, text: str, style: str = "quiet") -> None:
        """Say what was found, or what is wrong with the search."""
        self._hint.say((text, style))

    def submit(self) -> None:
        """Stay in what was found, unless the search cannot be read."""
        try:
            if self.text.strip():
                self._parse(self.text)
        except QueryError as error:
            self.say(str(error), "wrong")
            self.post_message(self.Refused())
        else:
            super().submit()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Each letter."""
        event.stop()
        self.post_message(self.Typed(self.text))


class TagPrompt(LinePrompt):
    """Tags to put on and to take off, with those that fit offered while one types."""

    def __init__(self, words: Words) -> None:
        super().__init__("tags:")
        self._words = words
        self._offered: list[str] = []
        self._at = -1  # the suggestion chosen with the arrows; none yet

    def offer(self, words: Words) -> None:
        """More is known now of what may be offered."""
        self._words = words
        self._tell()

    def on_mount(self) -> None:
        """Offer what is usual before anything is typed."""
        self._tell()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Offer what fits what is typed."""
        event.stop()
        self._at = -1
        self._tell()

    def pressed(self, key: str) -> bool:
        """Tab takes the suggestion, the arrows choose another."""
        if key not in ("tab", "down", "up", "shift+tab") or not self._offered:
            return super().pressed(key)
        if key == "tab":
            self._take()
        else:
            step = 1 if key == "down" else -1
            self._at = (max(0, self._at) + step) % len(self._offered)  # the first is marked unasked
            self._tell()
        return True

    def submit(self) -> None:
        """Give what is typed, with the suggestion that was chosen."""
        if self._at >= 0:
            self._take()
        try:
            completion.changes(self.text)
        except UsageError as error:
            self._hint.say((str(error), "wrong"))
            self.post_message(self.Refused())
            return
        self.post_message(self.Given(self, self.text))

    def _take(self) -> None:
        self._input.value = completion.accept(self.text, self._offered[max(0, self._at)])
        self._input.cursor_position = len(self._input.value)

    def _tell(self) -> None:
        self._offered = completion.suggestions(self.text, self._words)
        new = completion.unknown(self.text, self._words)
        if self._offered:
            self._hint.say(*self._in_sight(max(0, self._at)))
        elif new:
            self._hint.say((f"new: {', '.join(new)}", "quiet"))
        else:
            self._hint.say(("tags, with a comma between; -tag takes one off", "quiet"))

    def _in_sight(self, chosen: int) -> Iterator[Piece]:
        room = self.app.size.width - 2
        how = "Tab takes it, ↓ the next"
        shown = completion.in_sight(self._offered, chosen, room - width(how))
        if len(shown) < len(self._offered):  # more of them are worth more than these words
            how = "Tab ↓"
            shown = completion.in_sight(self._offered, chosen, room - width(f"‹ › {how}"))
        if shown.start:
            yield "‹ ", "quiet"
        for place in shown:
            yield f"#{self._offered[place]}", "here" if place == chosen else "tag"
            yield "  ", ""
        if shown.stop < len(self._offered):
            yield "› ", "quiet"
        yield how, "quiet"


class TextPrompt(Prompt):
    """A text of several lines. Enter stores it: most are one paragraph."""

    class Editor(Message):
        """The text is to be written in the user's own editor."""

        def __init__(self, prompt: TextPrompt, text: str) -> None:
            self.prompt = prompt
            self.text = text
            super().__init__()

    def __init__(self, label: str, start: str = "") -> None:
        super().__init__()
        self._hint = Hint(
            [
                (label, "strong"),
                ("   Enter stores · Ctrl-J new line · Ctrl-O your editor · Esc leaves", "quiet"),
            ]
        )
        self._area = _Area(start, compact=True, soft_wrap=True, tab_behavior="focus")

    def compose(self) -> ComposeResult:
        """A hint above the text."""
        yield self._hint
        yield self._area

    def on_mount(self) -> None:
        """Go on at the end of what is there."""
        self._area.move_cursor(self._area.document.end)

    @property
    def field(self) -> Widget:
        """Where one types."""
        return self._area

    @property
    def text(self) -> str:
        """What is typed."""
        return self._area.text

    def fill(self, text: str) -> None:
        """Put another text in the place of what is typed."""
        self._area.text = text
        self._area.move_cursor(self._area.document.end)

    def pressed(self, key: str) -> bool:
        """Enter stores, Ctrl-O opens the editor."""
        if key == "enter":
            self.post_message(self.Given(self, self.text))
        elif key == "ctrl+o":
            self.post_message(self.Editor(self, self.text))
        else:
            return super().pressed(key)
        return True


class _Area(TextArea):
    """A text area that leaves Enter to the prompt."""

    def _on_key(self, event: events.Key) -> None:  # type: ignore[override]  # its own comes after
        if event.key == "enter":
            event.prevent_default()
        elif event.key in ("ctrl+j", "alt+enter", "shift+enter"):
            event.stop()
            event.prevent_default()
            self.insert("\n")
