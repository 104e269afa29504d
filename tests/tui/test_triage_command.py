"""``veille triage`` as it is called: where it may run, what it says at its end, whose keys it has."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from veille.errors import SettingsError
from veille.settings.keys import SCREENS, TriageKeys, commands, own_keys
from veille.tui import triage
from veille.tui.triage.work import Ended

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.program import Program


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Any]]:
    """Instead of a screen, somebody who leaves at once, with this account."""

    def leaving(**account: Any) -> list[Any]:
        given: list[Any] = []
        ended = Ended(**{"done": Counter(), "failed": (), "interrupted": False} | account)

        def run(doors: Any) -> Ended:
            given.append(doors)
            return ended

        monkeypatch.setattr(triage, "run", run)
        return given

    return leaving


def test_without_a_terminal_there_is_nothing_to_draw_on(pool: Path, veille: Program) -> None:
    """I9: exit 2, one line, and what to do instead."""
    for result in (veille("triage"), veille("triage", terminal=True, TERM="dumb")):
        assert result.code == 2
        assert result.out == ""
        assert result.err == (
            "veille: there is no terminal to draw on: 'veille inbox' prints the list\n"
        )


def test_a_terminal_that_lacks_letters(pool: Path, veille: Program) -> None:
    """I3: it is said instead of drawn."""
    result = veille("triage", terminal=True, encoding="ascii")
    assert result.code == 2
    assert "encoding (ascii) lacks most letters: set LC_ALL=C.UTF-8" in result.err


def test_without_the_extra_it_is_named(
    pool: Path, veille: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "textual"]:
        monkeypatch.delitem(sys.modules, name)
    for name in [name for name in sys.modules if name.startswith("veille.tui")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "textual", None)
    result = veille("triage", terminal=True)
    assert result.code == 2
    assert result.err == (
        "veille: the keyboard screen needs the extra tui: pip install 'veille[tui]'\n"
    )


def test_without_a_query_it_opens_the_inbox(
    pool: Path, veille: Program, opened: Callable[..., list[Any]]
) -> None:
    given = opened()
    assert veille("triage", terminal=True).code == 0
    assert veille("triage", "tag:x", "-lang:en", "--sort", "oldest", terminal=True).code == 0
    assert veille("triage", "tag:", terminal=True).code == 2
    assert [doors.title for doors in given] == ["inbox", "tag:x -lang:en"]
    assert [doors.sort for doors in given] == ["newest", "oldest"]


def test_the_account_of_a_sitting(
    pool: Path, veille: Program, opened: Callable[..., list[Any]]
) -> None:
    """What is stored is counted; what is not is named, and is no success."""
    opened(done=Counter({"kept": 3, "skipped": 12}))
    result = veille("triage", terminal=True)
    assert (result.code, result.err) == (0, "")
    assert result.out == (
        "3 kept, 12 skipped: 'veille log' tells it, 'veille undo' takes it back\n"
    )
    opened(failed=("NOT kept: “Une nuit”: the disk is full",))
    result = veille("triage", terminal=True)
    assert (result.code, result.err) == (3, "veille: NOT kept: “Une nuit”: the disk is full\n")
    opened(interrupted=True)
    assert veille("triage", terminal=True).code == 130
    opened(waiting=(12, 15))
    result = veille("triage", terminal=True)
    assert result.code == 0
    assert result.err == "texts you began wait at 12, 15, under their keys in 'veille triage'\n"


def test_its_doors_lead_where_they_say(
    pool: Path, veille: Program, opened: Callable[..., list[Any]]
) -> None:
    """The browser and the editor are those of the other commands; texts begun are this user's own,
    and those of this workspace.
    """
    given = opened()
    veille.environ |= {"BROWSER": "cat --", "EDITOR": "cat", "XDG_STATE_HOME": "/state"}
    veille("triage", terminal=True)
    given[0].browse("https://example.org/1")
    veille.editor = lambda path: path.write_text("du texte") and 0
    assert given[0].edit("avant") == "du texte"
    assert list(veille.launched[0]) == ["cat", "--", "https://example.org/1"]
    assert given[0].drafts.parent == Path("/state/veille/drafts")
    assert given[0].drafts.suffix == ".json"


def own(tmp_path: Path, text: str) -> dict[str, str]:
    """An environment with this file of the user's own."""
    folder = tmp_path / "config" / "veille"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.toml").write_text(text, encoding="utf-8")
    return {"XDG_CONFIG_HOME": str(tmp_path / "config")}


def test_every_command_of_a_screen_has_a_key_of_its_own_and_is_done() -> None:
    """Declared once: no key twice, a meaning for each, and the screen knows what to do."""
    for screen, declared in SCREENS.items():
        keys = [key for name, _ in commands(screen) for key in getattr(declared(), name)]
        assert len(keys) == len(set(keys))
        assert all(meaning.endswith(".") for _, meaning in commands(screen))
    assert all(hasattr(triage.Triage, f"do_{name}") for name, _ in commands("triage"))


def test_keys_are_the_users_own(tmp_path: Path) -> None:
    """A key given to one command is taken from the one that had it."""
    assert own_keys("triage", {"XDG_CONFIG_HOME": str(tmp_path)}) == TriageKeys()
    environ = own(tmp_path, '[keys.triage]\nkeep = "d"\nskip = ["x", "delete", "ctrl+x"]\n')
    keys = own_keys("triage", environ)
    assert isinstance(keys, TriageKeys)
    assert (keys.keep, keys.skip, keys.undo) == (("d",), ("x", "delete", "ctrl+x"), ("u",))


def test_keys_are_spelt_as_one_likes(tmp_path: Path) -> None:
    """F5, Ctrl+X, an é of two characters; an empty list leaves a command without a key."""
    text = '[keys.triage]\nkeep = ["e\\u0301", "F5", "f5"]\nskip = "Ctrl+X"\nopen = []\n'
    keys = own_keys("triage", own(tmp_path, text))
    assert isinstance(keys, TriageKeys)
    assert (keys.keep, keys.skip, keys.open) == (("é", "f5"), ("ctrl+x",), ())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[keys.triage]\nkep = "s"', "line 2: no command 'kep': did you mean 'keep'?"),
        ('[keys.triage]\nkeep = "sk"', "line 2: no key 'sk': write one character, ctrl+x"),
        ('[keys.triage]\nkeep = "pgup"', "line 2: no key 'pgup': did you mean 'pageup'?"),
        ('[keys.triage]\nkeep = "Return"', "no key 'return': did you mean 'enter'?"),
        ('[keys.triage]\nkeep = "minus"', "no key 'minus': did you mean '-'?"),
        ('[keys.triage]\nkeep = "esc"', "escape always goes back by one step: choose another"),
        ('[keys.triage]\nkeep = "ctrl+h"', "ctrl+h is backspace in a terminal: write that, or"),
        ('[keys.triage]\nkeep = " "', "write space for the space bar"),
        ('[keys.triage]\nkeep = "ctrl+c"', "ctrl+c always leaves the screen"),
        ("[keys.triage]\nkeep = 3", 'keys are texts, such as keep = "x"'),
        ('[keys.triage]\nkeep = "s"\nskip = "s"', "line 3: the key 's' is given to both keep"),
        ('[keys.triage]\nkeep = "q"', "line 2: no key is left for quit"),
        ("[keys.triage]\nquit = []", "line 2: no key is left for quit"),
        ('[keys]\ntriage = "x"', "keys.triage is a table, such as [keys.triage]"),
        ('[keys.triaje]\nkeep = "s"', "no screen 'triaje'"),
        ("keys = 3", "keys is a table of screens"),
        ("[keys", "not TOML"),
    ],
)
def test_keys_that_cannot_be_used_are_told(tmp_path: Path, text: str, said: str) -> None:
    """G1: with the file, the line, and the nearest name."""
    with pytest.raises(SettingsError) as told:
        own_keys("triage", own(tmp_path, text))
    assert said in str(told.value)
    assert str(tmp_path) in str(told.value)
