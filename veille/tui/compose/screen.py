"""The editor's table as a keyboard screen: what each key does."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll

from veille.curation import picks as arrange
from veille.errors import VeilleError
from veille.model.event import Action
from veille.tui.compose.base import ABOUT, HELP, LINT, PREVIEW, Base
from veille.tui.compose.prompts import Line, Paragraphs, Sure

if TYPE_CHECKING:
    from collections.abc import Callable

    from veille.model.edition import Pick, PickDraft
    from veille.tui.compose.doors import Doors


class Compose(Base, inherit_bindings=False):
    """Picks and candidates side by side; below, the item one is at, or the mail as it reads."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "step(1)"),
        Binding("k", "step(-1)"),
        Binding("tab,left,right", "other", priority=True),
        Binding("a,enter", "add", priority=True),
        Binding("d,delete", "drop"),
        Binding("J,shift+down", "move(1)"),
        Binding("K,shift+up", "move(-1)"),
        Binding("u", "undo"),
        Binding("h", "headline"),
        Binding("b", "blurb"),
        Binding("e", "editor"),
        Binding("t", "title"),
        Binding("i", "intro"),
        Binding("g", "language"),
        Binding("v", "preview"),
        Binding("l", "lint"),
        Binding("A", "approve"),
        Binding("space", "scroll"),
        Binding("question_mark", "help"),
        Binding("ctrl+z", "suspend_process"),
        Binding("q,ctrl+c,ctrl+q", "quit", priority=False),
    ]

    def __init__(self, doors: Doors) -> None:
        super().__init__(doors)
        self.done = 0
        self._back: list[Callable[[], object]] = []

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002  Textual's signature
        """While something is being written, keys are letters."""
        return len(self.screen_stack) == 1 or action == "quit"

    def action_step(self, by: int) -> None:
        """One up or down."""
        listed = self.picks if self.at_picks else self.candidates
        (listed.action_cursor_down if by > 0 else listed.action_cursor_up)()

    def action_other(self) -> None:
        """The other list."""
        # At once: the next key may be on its way.
        self.screen.set_focus(self.candidates if self.at_picks else self.picks)

    def action_add(self) -> None:
        """Choose the candidate."""
        item = self.item
        if not self.at_picks and item is not None:
            self._rearrange(
                Action.EDITION_ADD,
                lambda picks: arrange.add(picks, item.id, self.doors.ref),
                f"added: {item.title}",
                at=item.id,
            )

    def action_drop(self) -> None:
        """Take the pick out."""
        pick = self.pick
        if pick is not None:
            self._rearrange(
                Action.EDITION_REMOVE,
                lambda picks: arrange.remove(picks, pick.item, self.doors.ref),
                f"taken out: {pick.headline}",
            )

    def action_move(self, by: int) -> None:
        """Move the pick up or down."""
        pick = self.pick
        if pick is not None and 1 <= pick.position + by <= len(self.desk.picks):
            place = pick.position + by
            self._rearrange(
                Action.EDITION_MOVE,
                lambda picks: arrange.move(picks, pick.item, self.doors.ref, place),
                f"now at {place}: {pick.headline}",
                at=pick.item,
            )

    def action_undo(self) -> None:
        """Take the last change of picks, or of a language, back."""
        if not self._back:
            self.tell("nothing to take back: nothing was changed here")
            return
        at = self.pick.item if self.pick else None
        if self._attempt(self._back.pop(), "taken back"):
            self.show(at)

    def action_headline(self) -> None:
        """Another headline for the pick."""
        if pick := self.pick:
            self._ask(Line("Headline", pick.headline), partial(self._rewrite, pick, "headline"))

    def action_blurb(self) -> None:
        """Another comment for the pick."""
        if pick := self.pick:
            self._ask(Paragraphs("Comment", self.said), partial(self._rewrite, pick, "blurb"))

    def action_editor(self) -> None:
        """The same in the curator's own editor."""
        pick = self.pick
        if pick is None:
            return
        try:
            text = self.aside(partial(self.doors.write, self.said))
        except VeilleError as error:
            self.tell(str(error), wrong=True)
            return
        self._rewrite(pick, "blurb", text)

    def action_title(self) -> None:
        """Another title for the edition."""
        start = self.desk.table.edition.title or ""
        self._ask(Line("Title (empty: the digest's)", start), partial(self._edit, "title"))

    def action_intro(self) -> None:
        """Another introduction."""
        start = self.desk.table.edition.intro or ""
        self._ask(Paragraphs("Introduction", start), partial(self._edit, "intro"))

    def action_language(self) -> None:
        """What the link is written in."""
        if item := self.item:
            asked = "Language, as fr or en (empty: its source's)"
            self._ask(Line(asked, item.language or ""), partial(self._written_in, item.id))

    def action_preview(self) -> None:
        """The mail as text, or the link one is at."""
        self.turn_to(ABOUT if self.has_class("-previewing") else PREVIEW)

    def action_lint(self) -> None:
        """What lint says."""
        self.turn_to(LINT)

    def action_help(self) -> None:
        """All keys."""
        self.turn_to(HELP)

    def action_scroll(self) -> None:
        """The page below, one screen on, or from its beginning again."""
        name = "preview" if self.has_class("-previewing") else "about"
        page = self.query_one(f"#{name}", VerticalScroll)
        if page.scroll_offset.y >= page.max_scroll_y:
            page.scroll_home(animate=False)
        else:
            page.scroll_page_down(animate=False)

    def action_approve(self) -> None:
        """This curator's yes, after a question."""

        def answer(yes: bool | None) -> None:
            if yes and self._attempt(self.doors.approve, f"{self.doors.ref} approved"):
                self.show()

        asked = f"Approve {self.doors.ref} exactly as the preview reads?"
        self.push_screen(Sure(asked), answer)

    def _ask(self, prompt: Line | Paragraphs, then: Callable[[str], None]) -> None:
        self.push_screen(prompt, lambda text: None if text is None else then(text))

    def _rewrite(self, pick: Pick, what: str, text: str) -> None:
        if text.strip() == getattr(pick, what).strip():
            self.tell("nothing changed")
            return
        self._rearrange(
            Action.EDITION_EDIT,
            lambda picks: arrange.rewrite(picks, pick.item, self.doors.ref, **{what: text}),
            f"{'headline' if what == 'headline' else 'comment'} changed",
            at=pick.item,
        )

    def _edit(self, what: str, text: str) -> None:
        if self._attempt(lambda: self.doors.edit(**{what: text.strip()}), f"{what} changed"):
            self.show()

    def _written_in(self, item: int, code: str) -> None:
        earlier: list[str] = []
        if self._attempt(
            lambda: earlier.append(self.doors.written_in(item, code)),
            f"in {code.strip()}" if code.strip() else "in the language its source says",
        ):
            self._back.append(lambda: self.doors.written_in(item, earlier[0]))
            self.show(item)

    def _rearrange(
        self,
        action: Action,
        change: Callable[[list[PickDraft]], list[PickDraft]],
        told: str,
        *,
        at: int | None = None,
    ) -> None:
        kept: list[list[PickDraft]] = []

        def noted(picks: list[PickDraft]) -> list[PickDraft]:
            kept.append(list(picks))
            return change(picks)

        if self._attempt(lambda: self.doors.rearrange(action, noted), told):
            self._back.append(lambda: self.doors.rearrange(Action.EDITION_EDIT, lambda _: kept[0]))
            self.show(at)

    def _attempt(self, act: Callable[[], object], told: str) -> bool:
        """Do something and lay the table anew; what went wrong is told, and nothing is lost."""
        try:
            act()
            self.desk = self.doors.lay()
        except VeilleError as error:
            self.tell(str(error), wrong=True)
            return False
        self.done += 1
        self.tell(told)
        return True
