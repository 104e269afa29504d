"""What is on the screen: two lists, a page below them, and how they are kept up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from veille.terminal.safe import safe_line
from veille.tui.compose import words
from veille.tui.line import Line, Resumable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from veille.model.edition import Pick
    from veille.model.item import Item
    from veille.tui.compose.doors import Doors

_CSS = """
Screen { layout: vertical; background: ansi_default; color: ansi_default; }
#title { height: 1; text-style: reverse; }
#lists { height: 40%; min-height: 6; }
.list { width: 1fr; }
.label { height: 1; text-style: bold; padding: 0 1; }
OptionList { height: 1fr; border: none; padding: 0; background: ansi_default; color: ansi_default; scrollbar-size: 1 1; }
OptionList:focus { border: none; background-tint: ansi_default 0%; }
OptionList > .option-list--option-highlighted, OptionList:focus > .option-list--option-highlighted {
    text-style: none; background: ansi_default; color: ansi_default;
}
OptionList > .option-list--option-hover { background: ansi_default; }
#divider { height: 1; text-style: bold; padding: 0 1; }
#pages { height: 1fr; }
.page { width: 1fr; padding: 0 1; scrollbar-size: 1 1; background: ansi_default; }
#status, #keys { height: 1; }
#preview { display: none; }
.-previewing #preview { display: block; }
.-previewing #about { display: none; }
.-wide #preview, .-wide #about { display: block; }
.prompt { dock: bottom; height: auto; background: ansi_default; border-top: solid ansi_default; }
.prompt TextArea { height: 10; background: ansi_default; color: ansi_default; }
.prompt Input { background: ansi_default; color: ansi_default; }
ModalScreen { background: transparent; }
"""

KEYS = (
    ("↹", "other"), ("a", "add"), ("d", "drop"), ("JK", "move"), ("h", "headline"),
    ("b", "blurb"), ("v", "mail"), ("?", "keys"), ("q", "leave"),
)  # fmt: skip
ABOUT, PREVIEW, LINT, HELP = "this link", "the mail as text", "what lint says", "keys"
ALL_KEYS = """\
↑ ↓ j k   another link             ↹        picks ⇄ candidates
a Enter   add the candidate        d        take the pick out; it stays kept
J K       move the pick            u        take back what was done here
h         its headline here        b        its comment here
e         its comment in $EDITOR   t i      the edition's title, introduction
v         the mail as text         l        what lint says
A         approve, as it is        g        the link's language
space     read on
q Ctrl+C  leave; everything is stored already
!  an error of lint   ✎  has its comment   …  people talked of it"""


class Base(Resumable[None], inherit_bindings=False):
    """Picks and candidates side by side; below, the item one is at, or the mail as it reads."""

    CSS = _CSS
    ENABLE_COMMAND_PALETTE = False
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (150, "-wide")]  # noqa: RUF012  Textual's declaration

    def __init__(self, doors: Doors) -> None:
        super().__init__(driver_class=Line)
        self.theme = "ansi-dark"  # the terminal's own colours, be it light or dark
        self.doors = doors
        self.desk = doors.lay()
        self.picks = OptionList(id="picks", compact=True)
        self.candidates = OptionList(id="candidates", compact=True)
        self._page = ABOUT
        self._looked_at: object = None
        self._marked: dict[OptionList, tuple[int, Text]] = {}

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        yield Static(id="title", markup=False)
        with Horizontal(id="lists"):
            for label, listed in (("Picks", self.picks), ("Candidates", self.candidates)):
                with Vertical(classes="list"):
                    yield Static(label, classes="label", id=f"{listed.id}-label", markup=False)
                    yield listed
        yield Static(id="divider", markup=False)
        with Horizontal(id="pages"):
            for name in ("about", "preview"):
                with VerticalScroll(id=name, classes="page", can_focus=False):
                    yield Static(id=f"{name}-text", markup=False)
        yield Static(id="status", markup=False)
        yield Static(id="keys", markup=False)

    def on_mount(self) -> None:
        """Show the table; the picks come first."""
        self.show()
        self.picks.focus()

    def on_resize(self) -> None:
        """Rows are cut to the new width."""
        self.call_after_refresh(self.show)

    @property
    def at_picks(self) -> bool:
        """Whether one is among the picks, not among the candidates."""
        return self.focused is not self.candidates

    @property
    def pick(self) -> Pick | None:
        """The pick one is at, when one is among the picks."""
        chosen = self.desk.picks
        index = self.picks.highlighted
        return chosen[index] if self.at_picks and chosen and index is not None else None

    @property
    def item(self) -> Item | None:
        """The item one is at, on either side."""
        if self.at_picks:
            return self.desk.items.get(self.pick.item) if self.pick else None
        index = self.candidates.highlighted
        offered = self.desk.candidates
        return offered[index] if offered and index is not None else None

    @property
    def said(self) -> str:
        """The words about the pick one is at; while it has none of its own, what was said last."""
        talk = self.item.comments if self.item else ()
        return (self.pick.blurb if self.pick else "") or (talk[-1].text if talk else "")

    def show(self, at: int | None = None) -> None:
        """Draw everything anew; ``at`` is the item to be at among the picks."""
        desk, cells = self.desk, self.size.width
        half = cells // 2 - 2
        chosen = desk.picks
        place = next((n for n, pick in enumerate(chosen) if pick.item == at), None)
        self._marked.clear()
        _fill(self.picks, [words.pick_row(pick, desk, half) for pick in chosen], place)
        _fill(self.candidates, [words.candidate_row(item, half) for item in desk.candidates])
        self._say("title", words.title(desk, cells))
        self._say("picks-label", words.picks_label(desk))
        self._say("candidates-label", f"Candidates ({len(desk.candidates)})")
        self._say("preview-text", words.preview(desk))
        self._say("keys", words.keys(KEYS, cells))
        self._draw_page()

    def on_option_list_option_highlighted(self) -> None:
        """Another link is looked at."""
        self._draw_page()

    def on_descendant_focus(self) -> None:
        """The other list is looked at."""
        self._draw_page()

    def turn_to(self, page: str) -> None:
        """Show another page below the lists, until another link is looked at."""
        self._page = page
        self.set_class(page == PREVIEW, "-previewing")
        self._draw_page()

    def _draw_page(self) -> None:
        self._mark()
        looked_at = (self.at_picks, self.item)
        if self._page in (LINT, HELP) and looked_at != self._looked_at:
            self._page = ABOUT
        self._looked_at = looked_at
        self._say("divider", f"── {self._page}")
        if self._page == HELP:
            self._say("about-text", ALL_KEYS)
        elif self._page == LINT:
            self._say("about-text", words.findings_page(self.desk))
        else:
            page = words.item_page(self.item, self.pick, self.desk, self.doors.zone)
            self._say("about-text", page)

    def _mark(self) -> None:
        """Turn the row one is at around, in the list one is in: that shows without colour."""
        for marked, (place, plain) in self._marked.items():
            marked.replace_option_prompt_at_index(place, plain)
        self._marked.clear()
        listed = self.picks if self.at_picks else self.candidates
        index = listed.highlighted
        row = None if index is None else listed.get_option_at_index(index).prompt
        if index is not None and isinstance(row, Text):
            self._marked[listed] = (index, row)
            listed.replace_option_prompt_at_index(index, Text.assemble(row, style="reverse"))

    def _say(self, name: str, text: Text | str) -> None:
        self.screen_stack[0].query_one(f"#{name}", Static).update(text)

    def tell(self, text: str, *, wrong: bool = False) -> None:
        """Say what was done, or why not."""
        self._say("status", f" {'✗ ' if wrong else ''}{safe_line(text)}")
        if wrong:
            self.bell()


def _fill(listed: OptionList, rows: Sequence[Text], at: int | None = None) -> None:
    """Other rows in a list; the place one was at stays."""
    place = listed.highlighted or 0 if at is None else at
    listed.clear_options()
    listed.add_options(Option(row) for row in rows)
    listed.highlighted = min(place, len(rows) - 1) if rows else None
