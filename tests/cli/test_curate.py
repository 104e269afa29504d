"""The curator's commands, as curators use them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.conftest import url_of
from tests.program import Program, Result

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.usefixtures("pool")


def read(result: Result) -> Any:
    """The one JSON document of a command that went well."""
    assert result.code == 0, result.err
    return result.json


def item(veille: Program, number: int) -> dict[str, Any]:
    return read(veille("show", number, "--json"))


def listed(veille: Program, *words: object) -> list[int]:
    return [each["id"] for each in read(veille("list", *words, "--json"))]


# --- list and inbox -------------------------------------------------------------------------------


def test_the_list_is_the_newest_first(veille: Program) -> None:
    assert listed(veille) == [1, 2, 3, 4, 5]
    assert listed(veille, "--sort", "oldest") == [5, 4, 3, 2, 1]
    assert listed(veille, "--limit", 2) == [1, 2]
    assert listed(veille, "--limit", 0) == [1, 2, 3, 4, 5]


def test_a_search_finds_without_accents(veille: Program) -> None:
    assert listed(veille, "oeuvres") == [3]
    assert listed(veille, "mediation", "culturelle") == [5]
    assert listed(veille, "lang:fr -bibliotheque -title:iiif") == [3, 5]
    assert listed(veille, "age:<3d") == [1, 2]
    assert listed(veille, "published:2026-10") == [3, 4, 5]


def test_a_line_says_what_a_curator_needs(veille: Program) -> None:
    veille("keep", 2)
    veille("tag", 2, "+iiif", "+manuscrits")
    veille("comment", 2, "À lire.", "--blurb")
    assert veille("list", "iiif").out == (
        "2  ●✎  2 d  IIIF pour les manuscrits  Actualités  #iiif #manuscrits\n"
    )


def test_the_list_fits_the_terminal(veille: Program) -> None:
    veille("tag", 3, "+propriété intellectuelle", "+droit d’auteur", "+images")
    result = veille("list", terminal=True, COLUMNS="60", NO_COLOR="1")
    assert result.code == 0
    assert all(len(line) <= 60 for line in result.out.splitlines())
    assert "…" in result.out


def test_colours_only_on_a_terminal_that_wants_them(veille: Program) -> None:
    assert "\x1b[" in veille("list", terminal=True).out
    assert "\x1b" not in veille("list", terminal=True, NO_COLOR="1").out
    assert "\x1b" not in veille("list", terminal=True, TERM="dumb").out
    assert "\x1b" not in veille("list").out


def test_there_is_more_is_said_beside_the_list(veille: Program) -> None:
    result = veille("list", "--limit", 2)
    assert len(result.out.splitlines()) == 2
    assert result.err == "the first 2 are shown: --limit N for more, 0 for all\n"
    assert veille("-q", "list", "--limit", 2).err == ""
    assert veille("list", "--limit", 5).err == ""


def test_nothing_found_is_said_and_is_no_failure(veille: Program) -> None:
    assert veille("list", "nothing") == Result(0, "", "nothing matches\n")
    assert read(veille("list", "nothing", "--json")) == []


def test_the_inbox_is_what_nobody_triaged(veille: Program) -> None:
    veille("keep", 1)
    veille("skip", 2, 3)
    inbox = [each["id"] for each in read(veille("inbox", "--json"))]
    assert inbox == listed(veille, "is:inbox") == [4, 5]
    assert [each["id"] for each in read(veille("inbox", "mediation OR iiif", "--json"))] == [5]
    veille("skip", "4-5")
    assert veille("inbox").err == "the inbox is empty\n"


@pytest.mark.parametrize(
    ("query", "position"),
    [('"', 1), ("tag:", 5), ("((", 3), ("%", 1), ("_", 1), ("x " * 10_000, 601), ("tagg:x", 1)],
)
@pytest.mark.parametrize("words", [("list",), ("list", "--json"), ("keep", "--where"), ("inbox",)])
def test_a_search_that_cannot_be_read(
    veille: Program, words: tuple[str, ...], query: str, position: int
) -> None:
    """I10: exit 2, the position, no SQL; nothing on standard output even for --json (I14)."""
    result = veille(*words, query)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"veille: in the search, at character {position}: expected ")
    assert result.err.count("\n") == 1
    assert "SELECT" not in result.err


# --- show and open --------------------------------------------------------------------------------


def test_show_as_json_is_the_contract(veille: Program) -> None:
    shown = item(veille, 1)
    assert set(shown) >= {
        "id", "url", "title", "authors", "published", "updated", "collected", "sources",
        "language", "words", "state", "kept_by", "tags", "comments", "editions", "summary",
        "content", "text", "history",
    }  # fmt: skip
    assert shown["published"] == "2026-11-02T09:30:00+00:00"
    assert shown["sources"] == [
        {"id": 1, "title": "Actualités", "url": "https://example.org/feed", "guid": "g1"}
    ]
    assert (shown["state"], shown["text"], shown["updated"]) == ("inbox", "Texte 1.", None)


def test_show_reads_from_top_to_bottom(veille: Program) -> None:
    veille("keep", 1, "--note", "pour le comité")
    veille("tag", 1, "+nuit")
    veille("comment", 1, "Première *version*.", "--blurb")
    veille("comment", 1, "Bien plus court.", "--blurb")
    veille("comment", 1, "À vérifier.")
    assert veille("show", 1).out == (
        "1 ●✎ Une bibliothèque ouvre la nuit\n"
        "   https://example.org/1\n"
        "   from Actualités (1)\n"
        "   published 2026-11-02 10:30 · collected 2026-11-03 10:30 · fr\n"
        "   kept by camille\n"
        "   #nuit\n"
        "\n"
        "   Résumé 1.\n"
        "\n"
        "   camille, 2026-11-03 10:30 (earlier blurb)\n"
        "   Première *version*.\n"
        "\n"
        "   camille, 2026-11-03 10:30 (blurb: what readers see)\n"
        "   Bien plus court.\n"
        "\n"
        "   camille, 2026-11-03 10:30\n"
        "   À vérifier.\n"
        "\n"
        "   2026-11-03 10:30  camille  keep “pour le comité”\n"
        "   2026-11-03 10:30  camille  tag +nuit\n"
        "   2026-11-03 10:30  camille  comment (blurb) “Première *version*.”\n"
        "   2026-11-03 10:30  camille  comment (blurb) “Bien plus court.”\n"
        "   2026-11-03 10:30  camille  comment “À vérifier.”\n"
    )


def test_a_card_has_a_line_only_for_what_is_known(veille: Program) -> None:
    veille.adapt = lambda app: setattr(app, "web", Unreachable())
    added = veille("add", "https://example.com/x", "--title", "Trouvé", "--json").json
    lines = veille("show", added["id"]).out.splitlines()
    assert lines[:3] == [
        f"{added['id']} ○ Trouvé",
        "   https://example.com/x",
        "   collected 2026-11-03 10:30",
    ]
    assert lines[3:] == ["", "   2026-11-03 10:30  camille  add"]


@pytest.mark.parametrize(
    ("reference", "code", "said"),
    [
        ("99", 1, "there is no item 99: see 'veille list'"),
        ("x", 2, "'x' names no item"),
        ("1-3", 2, "names several items"),
        ("", 2, "names no item"),
    ],
)
@pytest.mark.parametrize("words", [("show",), ("show", "--json"), ("open",), ("log",)])
def test_an_item_that_is_none(
    veille: Program, words: tuple[str, ...], reference: str, code: int, said: str
) -> None:
    """I11: unknown or unreadable references, on one line."""
    result = veille(*words, reference)
    assert (result.code, result.out) == (code, "")
    assert said in result.err
    assert result.err.count("\n") == 1


def program(folder: Path, name: str) -> str:
    """A command that can be found; what it would do, the test's launcher does."""
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return str(path)


def test_open_calls_the_browser_without_a_shell(veille: Program, tmp_path: Path) -> None:
    """I5: an argument list, whatever the link holds."""
    browser = program(tmp_path, "my browser")
    assert veille("open", 1, BROWSER=f"'{browser}' --new-tab").code == 0
    assert veille.launched == [[browser, "--new-tab", "https://example.org/1"]]


def test_open_finds_the_system_s_own_way(veille: Program, tmp_path: Path) -> None:
    opener = program(tmp_path, "xdg-open")
    assert veille("open", 1, PATH=str(tmp_path), BROWSER="").code == 0
    assert veille.launched == [["xdg-open", "https://example.org/1"]]
    assert opener


@pytest.mark.parametrize(
    ("browser", "said"), [("nowhere", "no browser to call (nowhere)"), ("'", "cannot be read")]
)
def test_open_says_when_there_is_no_browser(veille: Program, browser: str, said: str) -> None:
    result = veille("open", 1, BROWSER=browser)
    assert result.code == 2
    assert said in result.err
    assert veille.launched == []


def test_open_tells_when_the_browser_fails(veille: Program, tmp_path: Path) -> None:
    veille.editor = lambda path: 3
    result = veille("open", 1, BROWSER=program(tmp_path, "b"))
    assert result.code == 1
    assert "ended with code 3: the link is https://example.org/1" in result.err


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "--help.html", "javascript:alert(1)", "$(id)", ";id", None]
)
def test_open_only_opens_the_web(veille: Program, set_url, url: str | None) -> None:
    """I5: http(s) only, whatever reached the database."""
    set_url(1, url)
    result = veille("open", 1)
    assert result.code == 1
    assert veille.launched == []


@pytest.fixture
def set_url(pool: Path):
    """Put a link into the database past all checks."""
    from sqlalchemy import text

    from veille.store.database import Database

    def setting(number: int, url: str | None) -> None:
        db = Database.open(url_of(pool))
        with db.write() as connection:
            statement = text("UPDATE item SET url = :url WHERE id = :id")
            connection.execute(statement, {"url": url, "id": number})
        db.close()

    return setting


# --- add ------------------------------------------------------------------------------------------


class Unreachable:
    """A web that never answers."""

    def fetch_all(self, requests: list[object]) -> Iterator[tuple[object, object]]:
        from veille.errors import FailureKind, FetchError

        for request in requests:
            yield request, FetchError(FailureKind.DNS, "no such host")

    def close(self) -> None:
        pass


def test_a_link_is_added_with_what_was_given_when_its_page_is_silent(veille: Program) -> None:
    veille.adapt = lambda app: setattr(app, "web", Unreachable())
    words = (
        "https://example.com/x",
        "--title",
        "Trouvé",
        "--comment",
        "Vu en réunion.",
        "--tag",
        "b",
    )
    result = veille("add", *words, "--json")
    added = result.json
    assert (result.code, result.err) == (0, "the page could not be read: no such host\n")
    assert (added["title"], added["tags"], added["created"]) == ("Trouvé", ["b"], True)
    assert [each["text"] for each in added["comments"]] == ["Vu en réunion."]
    again = veille("add", "https://example.com/x")
    assert (again.code, again.out) == (0, f"known already: {added['id']} Trouvé\n")


def test_only_the_web_is_added(veille: Program) -> None:
    """I6: a local file is no link."""
    assert veille("add", "file:///etc/passwd").code == 2


# --- keep, skip, reset ----------------------------------------------------------------------------


def test_triage(veille: Program) -> None:
    assert veille("keep", 1, "3-4").out == "kept: 1 3 4\n"
    assert veille("keep", 1, 2).out == "kept: 2\nalready kept: 1\n"
    assert veille("skip", 2).out == "skipped: 2\n"
    assert veille("reset", 3).out == "back in the inbox: 3\n"
    assert listed(veille, "is:kept") == [1, 4]
    assert listed(veille, "is:skipped") == [2]
    assert item(veille, 1)["kept_by"] == ["camille"]


def test_several_curators_keep(veille: Program) -> None:
    veille("keep", 1)
    veille("--as", "noor", "keep", 1)
    assert item(veille, 1)["kept_by"] == ["camille", "noor"]


def test_a_curator_goes_by_the_name_of_their_first_use(veille: Program) -> None:
    """As tags do: who is Inès at home is not somebody else as ines at work."""
    veille("--as", "Inès", "keep", 1)
    assert veille("--as", "ines", "keep", 1).out == "already kept: 1\n"
    assert veille("--as", "INES", "comment", 1, "Oui.").code == 0
    assert item(veille, 1)["kept_by"] == ["Inès"]
    assert {each["by"] for each in read(veille("log", "--json"))} == {"Inès"}
    assert veille("--as", "ines", "undo", 2).code == 0
    assert item(veille, 1)["state"] == "inbox"


def test_triage_as_json(veille: Program) -> None:
    veille("keep", 1)
    told = {"changed": [2], "unchanged": [1], "with_story": []}
    assert read(veille("keep", 1, 2, "--json")) == told


def test_quiet_is_quiet(veille: Program) -> None:
    assert veille("-q", "keep", 1) == Result(0, "", "")


def test_a_bulk_action_says_how_many_and_goes_on_where_nobody_can_answer(veille: Program) -> None:
    """I9: no terminal, no question, no hang."""
    result = veille("keep", "--where", "lang:fr")
    assert result == Result(0, "kept: 1 2 3 5\n", "keep: 4 items\n")


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("Yes", 0), ("o", 0), ("n", 1), ("", 1)])
def test_a_bulk_action_asks_on_a_terminal(veille: Program, answer: str, code: int) -> None:
    result = veille("skip", "--where", "lang:fr", stdin=f"{answer}\n", terminal=True, NO_COLOR="1")
    assert result.code == code
    assert "skip 4 items? [y/N]" in result.err
    assert len(listed(veille, "is:skipped")) == (4 if code == 0 else 0)


def test_yes_is_not_asked(veille: Program) -> None:
    assert "?" not in veille("skip", "--where", "lang:fr", "--yes", terminal=True).err


def test_few_items_named_one_by_one_are_not_asked_about(veille: Program) -> None:
    assert "?" not in veille("skip", "1-5", terminal=True).err


def test_a_bulk_action_on_nothing_does_nothing(veille: Program) -> None:
    result = veille("keep", "--where", "nowhere")
    assert result == Result(0, "", "no item matches: nothing to do\n")


@pytest.mark.parametrize("verb", ["keep", "skip", "reset"])
@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((), 2),
        ((1, "--where", "x"), 2),
        (("-x",), 2),
        (("",), 2),
        ((1, "x"), 2),
        ((1, 99), 1),
        (("1-1000000000",), 1),
        (("5-1",), 2),
    ],
)
def test_references_that_are_wrong_change_nothing(
    veille: Program, verb: str, words: tuple[object, ...], code: int
) -> None:
    """I11: all or nothing, with the right exit code."""
    result = veille(verb, *words)
    assert (result.code, result.out) == (code, "")
    assert result.err.count("\n") == 1
    assert listed(veille, "is:inbox") == [1, 2, 3, 4, 5]


# --- tags -----------------------------------------------------------------------------------------


def test_tags_are_put_on_and_taken_off(veille: Program) -> None:
    assert veille("tag", 1, 2, "+Médiation", "+nuit").code == 0
    assert veille("tag", 2, "3", "+mediation", "-NUIT").out == "tagged: 2 3\n"
    assert item(veille, 1)["tags"] == ["Médiation", "nuit"]
    assert item(veille, 2)["tags"] == ["Médiation"]
    assert item(veille, 3)["tags"] == ["Médiation"], "the first spelling is shown (I13)"
    assert listed(veille, "tag:mediation") == [1, 2, 3]


def test_tags_of_all_that_match(veille: Program) -> None:
    assert veille("tag", "--where", "lang:en", "+english").out == "tagged: 4\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((1,), "name the tags"),
        ((1, "iiif"), "write +TAG"),
        ((1, "+a,b"), "holds ','"),
        ((1, "+a", "-A"), "choose one"),
        (("+a",), "name the items"),
        ((1, "--wher", "x"), "write +TAG"),
        ((1, "--wher=x"), "begins with a sign"),
        ((1, "+" + "x" * 300), "300 characters"),
    ],
)
def test_tags_that_are_refused_are_named(
    veille: Program, words: tuple[object, ...], said: str
) -> None:
    """I13: refused ones are named, nothing is changed."""
    result = veille("tag", *words)
    assert result.code == 2
    assert said in result.err
    assert item(veille, 1)["tags"] == []


def test_the_list_of_tags(veille: Program) -> None:
    veille("tag", 1, 2, "+iiif")
    veille("tag", 2, "+nuit")
    assert read(veille("tags", "list", "--json")) == [
        {"tag": "iiif", "items": 2, "term": None},
        {"tag": "nuit", "items": 1, "term": None},
    ]
    assert veille("tags").out == veille("tags", "list").out == "iiif  2\nnuit  1\n"


def test_tags_are_renamed_and_merged(veille: Program) -> None:
    veille("tag", 1, 2, "+iif")
    veille("tag", 2, "+nuit")
    assert veille("tags", "rename", "iif", "iiif").out == "renamed on 2 items: iif → iiif\n"
    assert veille("tags", "rename", "nuit", "IIIF").code == 1
    assert veille("tags", "merge", "nuit", "iiif").out == "merged on 1 item: nuit → iiif\n"
    assert item(veille, 2)["tags"] == ["iiif"]
    assert veille("tags", "rename", "nowhere", "x").code == 1


def test_a_merge_asks_first(veille: Program) -> None:
    veille("tag", 1, "+a")
    veille("tag", 2, "+b")
    assert veille("tags", "merge", "a", "b", terminal=True, stdin="n\n").code == 1
    assert item(veille, 1)["tags"] == ["a"]
    assert veille("tags", "merge", "a", "b", "--yes", terminal=True).code == 0


# --- comments -------------------------------------------------------------------------------------


def test_a_comment_and_a_blurb(veille: Program) -> None:
    assert (
        veille("comment", 1, "À vérifier.").out == "comment on 1: Une bibliothèque ouvre la nuit\n"
    )
    shape = read(veille("comment", 1, "Elle ouvre *enfin*.", "--blurb", "--json"))
    assert shape["blurb"] is True
    assert shape["by"] == "camille"
    assert shape["text"] == "Elle ouvre *enfin*."
    assert [each["blurb"] for each in item(veille, 1)["comments"]] == [False, True]


@pytest.mark.parametrize(
    "text",
    ["- une liste\n- de deux", "-5 degrés hier", "--\tdeux tirets", "- a=b, --blurb", "-\n- après"],
)
def test_a_text_may_begin_with_a_dash(veille: Program, text: str) -> None:
    """A list is what Markdown is for; options may stand on either side."""
    assert veille("comment", 1, text, "--blurb", "--json").json["text"] == text
    assert veille("comment", "--json", 1, text).json["text"] == text
    assert veille("comment", "--json", "--", 1, text).json["text"] == text


@pytest.mark.parametrize("typed", ["--blurp", "-b", "--blurb=a b", "-un", "--note=a b"])
def test_a_mistyped_option_is_no_text(veille: Program, typed: str) -> None:
    """Exit 2, nothing stored."""
    assert veille("comment", 1, typed).code == 2
    assert veille("show", 1, "--json").json["comments"] == []


def test_a_comment_from_standard_input(veille: Program) -> None:
    assert veille("comment", 1, "-", stdin="De loin.\n").code == 0
    assert item(veille, 1)["comments"][0]["text"].strip() == "De loin."


@pytest.mark.parametrize("text", ["", "  \n", "x" * 100_001])
def test_a_comment_too_short_or_too_long_is_refused(veille: Program, text: str) -> None:
    """I12: the limit is told, nothing is stored."""
    for words, stdin in (((text,), ""), (("-",), text)):
        result = veille("comment", 1, *words, stdin=stdin)
        assert (result.code, result.out) == (1, "")
        assert "nothing was stored" in result.err or "the limit is 100000" in result.err
    assert item(veille, 1)["comments"] == []


def test_without_a_terminal_there_is_no_editor(veille: Program) -> None:
    """I9: exit 2, naming what to give instead."""
    result = veille("comment", 1)
    assert result.code == 2
    assert "give the TEXT" in result.err
    assert veille.launched == []


def writing(text: str | bytes, code: int = 0):
    """A user who writes this and leaves the editor."""

    def edit(path: Path) -> int:
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return code

    return edit


def test_the_editor_is_called_without_a_shell(veille: Program, tmp_path: Path) -> None:
    editor = program(tmp_path, "my editor")
    veille.editor = writing("Écrit à la main.\n")
    assert veille("comment", 1, terminal=True, EDITOR=f"'{editor}' --wait", VISUAL="").code == 0
    ((called, option, path),) = veille.launched
    assert (called, option) == (editor, "--wait")
    assert not Path(path).exists(), "nothing is left behind"
    assert item(veille, 1)["comments"][0]["text"].strip() == "Écrit à la main."


def test_the_editor_begins_with_the_blurb_there_is(veille: Program, tmp_path: Path) -> None:
    veille("comment", 1, "Première version.", "--blurb")
    seen = []
    veille.editor = lambda path: seen.append(path.read_text())
    result = veille("comment", 1, "--blurb", terminal=True, VISUAL=program(tmp_path, "e"))
    assert seen == ["Première version."]
    assert result.code == 1
    assert "unchanged: nothing was stored" in result.err


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (writing(""), "nothing was stored"),
        (writing("half", code=-9), "ended with code -9: nothing was stored"),
        (writing(b"\xff\xfe"), "no text that can be read: nothing was stored"),
        (lambda path: path.unlink(), "no text that can be read: nothing was stored"),
    ],
)
def test_an_editor_that_was_left_or_killed_stores_nothing(
    veille: Program, tmp_path: Path, edit, said: str
) -> None:
    """I12: empty result, editor killed."""
    veille.editor = edit
    result = veille("comment", 1, terminal=True, VISUAL=program(tmp_path, "e"))
    assert result.code == 1
    assert said in result.err
    assert item(veille, 1)["comments"] == []


@pytest.mark.parametrize(
    ("editor", "said"),
    [("nowhere -f", "the editor 'nowhere -f' is not installed"), ("'", "cannot be read")],
)
def test_no_editor(veille: Program, editor: str, said: str) -> None:
    result = veille("comment", 1, terminal=True, VISUAL=editor)
    assert result.code == 2
    assert said in result.err


def test_the_first_editor_of_the_system_is_used(veille: Program, tmp_path: Path) -> None:
    program(tmp_path, "nano")
    veille.editor = writing("x")
    words = {"PATH": str(tmp_path), "VISUAL": "", "EDITOR": ""}
    assert veille("comment", 1, terminal=True, **words).code == 0
    assert veille.launched[0][0] == "nano"


def test_whose_blurb_is_replaced_is_told(veille: Program) -> None:
    """U2: both texts stay in the history, the second author is told."""
    veille("--as", "noor", "comment", 1, "De Noor.", "--blurb")
    result = veille("comment", 1, "De Camille.", "--blurb")
    assert result.err == "it replaces the blurb of noor, which stays in the history\n"
    assert [each["text"] for each in item(veille, 1)["comments"]] == ["De Noor.", "De Camille."]


def test_a_blurb_written_meanwhile_is_told(veille: Program, tmp_path: Path) -> None:
    """U2: while the editor was open."""

    def edit(path: Path) -> None:
        assert veille("--as", "noor", "comment", 1, "Entre-temps.", "--blurb").code == 0
        path.write_text("Le mien.")

    veille.editor = edit
    result = veille("comment", 1, "--blurb", terminal=True, VISUAL=program(tmp_path, "e"))
    assert "the blurb of noor written meanwhile, which stays in the history" in result.err


# --- undo and log ---------------------------------------------------------------------------------


def test_undo_takes_back_a_bulk_action_as_a_whole(veille: Program) -> None:
    veille("keep", 4)
    veille("skip", "--where", "lang:fr")
    assert veille("undo").out == "undone: skip 1 2 3 5\n"
    assert listed(veille, "is:kept") == [4]
    assert listed(veille, "is:inbox") == [1, 2, 3, 5]


def test_undo_takes_back_the_last_n_newest_first(veille: Program) -> None:
    for words in (("keep", 1), ("tag", 1, "+nuit"), ("comment", 1, "Oui.")):
        assert veille(*words).code == 0
    undone = read(veille("undo", 2, "--json"))
    assert undone == [
        {"action": "comment", "items": [1], "terms": [], "left": []},
        {"action": "tag", "items": [1], "terms": [], "left": []},
    ]
    after = item(veille, 1)
    assert (after["state"], after["tags"], after["comments"]) == ("kept", [], [])
    veille("undo")
    assert item(veille, 1)["state"] == "inbox"
    result = veille("undo")
    assert result.code == 1
    assert "nothing to undo" in result.err


def test_undo_is_each_curator_s_own(veille: Program) -> None:
    veille("keep", 1)
    veille("--as", "noor", "skip", 2)
    assert veille("undo").out == "undone: keep 1\n"
    assert listed(veille, "is:skipped") == [2]


def test_undo_never_overwrites_a_colleague(veille: Program) -> None:
    """U3: what changed since is left alone, and said."""
    veille("keep", 1)
    veille("--as", "noor", "skip", 1)
    result = veille("undo")
    assert result.code == 1
    assert "changed since this keep" in result.err
    assert item(veille, 1)["state"] == "skipped"


@pytest.mark.parametrize("count", ["0", "-1", "x", "1001"])
def test_undo_takes_a_reasonable_number(veille: Program, count: str) -> None:
    assert veille("undo", "--", count).code == 2


def test_the_log_says_who_what_when_and_why(veille: Program) -> None:
    veille("keep", 1, "--note", "pour le comité")
    veille.clock = lambda: (
        __import__("tests.cli.conftest", fromlist=["NOW"]).NOW + timedelta(hours=1)
    )
    veille("--as", "noor", "tag", 2, "+nuit")
    assert veille("log").out == (
        "2026-11-03 11:30  noor (camille)  2  tag +nuit\n"
        "2026-11-03 10:30  camille         1  keep “pour le comité”\n"
    )
    assert veille("log", 1).out == "2026-11-03 10:30  camille  1  keep “pour le comité”\n"
    veille("undo")
    newest = read(veille("log", "--limit", 1, "--json"))[0]
    assert newest["action"] == "undo"
    assert newest["by"] == "camille"
    assert veille("log", 1).out.splitlines()[1].endswith("keep “pour le comité” (undone)")


def test_the_log_tells_of_tags_renamed(veille: Program) -> None:
    veille("tag", 1, "+iif")
    veille("tags", "rename", "iif", "iiif")
    assert veille("log", "--limit", 1).out.endswith("tag-rename iif → iiif\n")
