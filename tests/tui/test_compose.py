"""The editor's table by keys: what is shown, what a key does, and that each change is an event."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.conftest import edited, edited_template
from tests.program import Stream, veille
from veille.cli.compose import Table
from veille.cli.context import Session, Surroundings
from veille.tui.compose import Compose

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["edited", "edited_template", "veille"]


@dataclass
class Sitting:
    """A screen driven by keys, and the program beside it."""

    veille: Any
    ref: str
    size: tuple[int, int] = (80, 24)

    def __call__(self, *keys: str, look: Callable[[Compose], None] = lambda _: None) -> Compose:
        session = self.session()
        screen = Compose(Table(session, self.ref))

        async def sit() -> None:
            async with screen.run_test(size=self.size) as pilot:
                for key in keys:
                    await pilot.press(key)
                await pilot.pause()
                look(screen)

        try:
            asyncio.run(sit())
        finally:
            session.close()
        return screen

    def seen(self, *keys: str) -> str:
        """What the screen shows after these keys."""
        shown: list[str] = []
        self(*keys, look=lambda screen: shown.append(text(screen)))
        return shown[0]

    def session(self) -> Session:
        """A session as the command makes it."""
        out = self.veille

        around = Surroundings(
            stdin=Stream(), stdout=Stream(), stderr=Stream(), environ=dict(out.environ),
            here=str(out.here), launch=out._launch, opener=out._open,
        )  # fmt: skip
        return Session(around)

    @property
    def picks(self) -> list[dict[str, Any]]:
        """What the edition holds now."""
        return self.veille("edition", "show", self.ref, "--json").json["picks"]

    @property
    def items(self) -> list[int]:
        """The items of the edition, in order."""
        return [pick["item"] for pick in self.picks]


@pytest.fixture
def sit(veille, edited: str) -> Sitting:
    veille.environ.setdefault("PATH", "/usr/bin:/bin")
    return Sitting(veille, edited)


def drawn(screen: Compose) -> list[str]:
    """The lines of the screen as a reader sees them."""
    return [
        "".join(segment.text for segment in strip).rstrip()
        for strip in screen.screen._compositor.render_strips()
    ]


def text(screen: Compose) -> str:
    return "\n".join(drawn(screen))


def events(veille) -> list[str]:
    """What was written to the log, oldest first, after the draft."""
    log = [event["action"] for event in reversed(veille("log", "--json").json)]
    return log[log.index("edition-draft") + 1 :]


def test_one_screen_says_who_chose_and_who_commented(sit) -> None:
    """At 80x24: picks, candidates, the link one is at with its comments, the keys."""
    sit.veille("--as", "alex", "comment", 3, "Parle aussi des *licences*.")
    sit.veille("keep", 4)

    def look(screen: Compose) -> None:
        shown = text(screen)
        assert all(len(line) <= 80 for line in drawn(screen))
        assert len(drawn(screen)) == 24
        assert "trois-liens/1 · draft · Trois liens · novembre 2026" in shown
        assert "Picks (3)" in shown
        assert "Candidates (1)" in shown
        assert "kept by camille · commented by camille, alex" in shown
        assert "alex, 03.11. 10:30" in shown
        assert "Parle aussi des" in shown
        assert "↹ other  a add  d drop" in shown
        assert "q leave" in shown

    sit(look=look)


def test_keys_arrange_the_picks(sit) -> None:
    """Move, drop, add, take back: each is an event, and the list is that of the database."""
    before = sit.items
    sit("J")
    assert sit.items == [before[1], before[0], before[2]]
    sit("j", "K")
    assert sit.items == before
    sit("d")
    assert sit.items == before[1:]
    sit("tab", "a")
    assert sit.items == [*before[1:], before[0]]
    assert events(sit.veille) == [
        "edition-move", "edition-move", "edition-remove", "edition-add",
    ]  # fmt: skip


def test_the_last_change_of_picks_can_be_taken_back(sit) -> None:
    """As often as there were some in this sitting."""
    before = sit.items
    screen = sit("d", "d", "u", "u")
    assert sit.items == before
    assert screen.done == 4
    assert "nothing to take back: nothing was changed here" in sit.seen("u")


def test_the_language_of_a_link_is_said_in_place(sit) -> None:
    """What lint asks for; it is an event of the item, and is taken back like picks are."""
    erased = ("g", "backspace", "backspace")
    asked = sit.seen("g")
    assert " · fr · item" in asked
    assert "(empty: its source's)  (Enter keeps it, Esc does not)" in asked
    told = sit.seen(*erased, *"en", "enter", "v", "g", *"glais", "enter")
    assert "[EN]" in told
    assert "'englais' is no code of a language" in told
    assert "in the language its source says" in sit.seen(
        *erased, *"de", "enter", "u", *erased, "enter"
    )
    log = sit.veille("log", sit.items[0], "--json").json
    said = [one["after"]["language"] for one in log if one["action"] == "language"]
    assert said == [None, "en", "de", "en"]  # the newest first


def test_words_are_written_in_place(sit) -> None:
    """A headline, a comment, a title, an introduction; Escape leaves all as it was."""
    sit("h", *"!", "enter", "b", *" Oui.", "ctrl+s")
    assert sit.picks[0]["headline"].endswith("d’auteur!")
    assert sit.picks[0]["blurb"] == "Pourquoi lire le lien 3. Oui."
    sit("t", *"Spécial", "enter", "i", *"Bonjour.", "ctrl+s")
    shown = sit.veille("edition", "show", sit.ref, "--json").json
    assert (shown["title"], shown["intro"]) == ("Spécial", "Bonjour.")
    sit("h", "x", "escape", "b", "x", "escape", "h", "enter")
    assert sit.picks == shown["picks"]
    assert events(sit.veille) == ["edition-edit"] * 4


def test_what_was_said_of_a_link_is_what_its_words_begin_with(sit) -> None:
    """A colleague's comment that is no blurb yet is not typed again; the colleague's stays as it is."""
    sit.veille("keep", 4)
    sit.veille("--as", "alex", "comment", 4, "Une méthode.")
    sit.veille("edition", "add", sit.ref, 4)
    assert sit.picks[3]["blurb"] == ""
    sit("j", "j", "j", "b", "end", *" Oui.", "ctrl+s")
    assert sit.picks[3]["blurb"] == "Une méthode. Oui."
    assert [c["text"] for c in sit.veille("show", 4, "--json").json["comments"]] == ["Une méthode."]


def test_a_pool_is_on_the_table_whole(sit) -> None:
    """Where each reader gets a part, the editor arranges, reads and mends all of it."""
    sit.veille("digest", "edit", "trois-liens", "--per-reader", 2)
    last = sit.items[-1]
    shown = sit.seen("j", "j", "v")
    assert "Picks (3, 2 a reader)" in shown
    assert "3 of 3" in shown
    sit("j", "j", "K")
    assert sit.items[1] == last
    sit.size = (80, 80)
    mail = sit.seen("v")
    assert all(f"Pourquoi lire le lien {item}." in mail for item in sit.items)


def test_letters_typed_into_a_text_are_letters(sit) -> None:
    """Keys of the screen do nothing while something is being written."""
    sit("h", *"adJuqtab", "enter")
    assert sit.picks[0]["headline"].endswith("adJuqtab")
    assert len(sit.items) == 3


def test_a_comment_is_written_in_the_curators_editor(sit) -> None:
    """$EDITOR gets the comment as it is; one that fails changes nothing and is told."""
    seen = []

    def edit(path) -> None:
        seen.append(path.read_text())
        path.write_text("Écrit ailleurs.")

    sit.veille.environ["EDITOR"] = "sh"
    sit.veille.editor = edit
    sit("e")
    assert seen == ["Pourquoi lire le lien 3."]
    assert sit.picks[0]["blurb"] == "Écrit ailleurs."
    sit.veille.editor = lambda path: 1
    assert "✗ sh ended with code 1" in sit.seen("e")
    assert sit.picks[0]["blurb"] == "Écrit ailleurs."


def test_the_mail_is_read_as_it_stands(sit) -> None:
    """The preview follows each change at once; on a wide screen it is always there."""
    shown = sit.seen("v", "d")
    assert "the mail as text" in shown
    assert "1. IIIF pour les manuscrits" in shown
    shown = sit.seen("v", "space", "space", "v")
    assert "the mail as text" not in shown
    sit.size = (160, 40)
    shown = sit.seen()
    assert "this link" in shown
    assert "Trois liens n° 1 · novembre 2026" in shown.replace("\u00a0", " ")


def test_what_lint_says_is_at_hand(sit) -> None:
    """Counted in the first line, marked with ! in the list, told with its fix."""
    sit.veille("edition", "add", sit.ref, 4)
    shown = sit.seen("j", "j", "j")
    assert "1 error" in shown
    assert "The museum as a commons" in shown
    assert " !" in shown
    assert "nobody says why yet" in shown
    shown = sit.seen("l")
    assert "error [no-blurb] link 4" in shown
    shown = sit.seen("l", "j")
    assert "error [no-blurb] link 4" not in shown


def test_an_edition_is_approved_after_a_question(sit) -> None:
    """Any other key than y is a no; a refusal is told, and nothing is lost."""
    sit("A", "n")
    assert sit.veille("edition", "show", sit.ref, "--json").json["state"] == "draft"
    shown = sit.seen("A", "y")
    assert "approved (camille)" in shown
    sit.veille("edition", "publish", sit.ref)
    shown = sit.seen("d")
    assert "✗ trois-liens/1 is published" in shown


def test_a_colleague_may_be_at_the_same_table(sit) -> None:
    """What is changed is the list as it is now, not as it was drawn."""
    items = sit.items

    def meanwhile(screen: Compose) -> None:
        sit.veille("--as", "alex", "edition", "remove", sit.ref, items[2])
        screen.action_move(1)

    sit(look=meanwhile)
    assert sit.items == [items[1], items[0]]


def test_hostile_titles_move_no_cursor(sit) -> None:
    """I1, I2: no control or bidi character reaches the screen."""
    sit.veille("edition", "edit", sit.ref, "--item", 3, "--headline", "A\x1b[31m\u202eB [bold]C[/]")
    shown = sit.seen()
    assert "[bold]C[/]" in shown
    assert not any(char in shown for char in "\x1b\u202e")


def test_keys_are_explained(sit) -> None:
    """All of them, on one page of a small terminal."""
    shown = sit.seen("?")
    assert "take back what was done here" in shown
    assert "people talked of it" in shown


def test_an_empty_table(sit) -> None:
    """Nothing to be at: keys do nothing, and the way on is told."""
    shown = sit.seen("d", "d", "d", "h", "b", "e", "J", "tab", "a", "tab")
    assert "Picks (1)" in shown  # the candidate that was added
    sit.veille("edition", "remove", sit.ref, sit.items[0])
    shown = sit.seen("d", "h", "b", "e", "J")
    assert "goes to the candidates" in shown


def test_the_command_needs_a_terminal_and_the_extra(veille, edited, monkeypatch) -> None:
    """Exit 2 with what to do instead; an edition that is not there is told before (I9)."""
    refused = veille("compose", edited)
    assert refused.code == 2
    assert "needs a terminal" in refused.err
    assert veille("compose", "none/1").code == 1
    monkeypatch.setitem(sys.modules, "textual", None)
    for name in [name for name in sys.modules if name.startswith("veille.tui.compose")]:
        monkeypatch.delitem(sys.modules, name)
    for name in [name for name in sys.modules if name.startswith("textual.")]:
        monkeypatch.delitem(sys.modules, name)
    refused = veille("compose", edited, terminal=True)
    assert (refused.code, "veille[tui]" in refused.err) == (2, True)


def test_the_command_says_what_was_done(veille, edited, monkeypatch) -> None:
    """One line at the end, when something changed."""
    monkeypatch.setattr(Compose, "run", lambda self: self.action_drop() or setattr(self, "done", 1))
    monkeypatch.setattr(Compose, "pick", None)
    done = veille("compose", edited, terminal=True)
    assert done.code == 0
    assert f"{edited} changed" in done.out + done.err
