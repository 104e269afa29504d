"""``veille import``: bookmarks join the pool, once."""

from __future__ import annotations

from pathlib import Path

import pytest

DATA = Path(__file__).parents[1] / "data/feeds/bookmarks"
SERVICE, BROWSER = DATA / "service.html", DATA / "browser.html"


def listed(veille) -> list[dict]:
    return veille("list", "--json", "--sort", "oldest").json


def test_links_dates_tags_and_notes_come_along(veille, workspace) -> None:
    """A note is a comment of who brought it; a tag that cannot be one here is written otherwise."""
    done = veille("import", SERVICE)
    assert done.code == 3
    assert "2 added, 0 already there, 2 refused" in done.out
    assert "javascript:alert(1): no address of the web" in done.err
    first, second = listed(veille)
    assert first["url"] == "https://musee.example/plaques"
    assert (first["published"], first["collected"][:10]) == (None, "2016-02-25")
    assert first["tags"] == ["photographie", "fonds d'images", "a b"]
    (note,) = first["comments"]
    assert (note["by"], note["blurb"], note["text"][:10]) == ("camille", False, "À relire :")
    assert (second["title"], second["state"]) == ("Un règlement en <FALC>", "inbox")
    history = veille("show", first["id"], "--json").json["history"]
    assert [line["action"] for line in history] == ["add", "tag", "comment"]
    assert history[0]["after"]["saved"] == "2016-02-25T20:55:41+00:00"


def test_a_second_import_changes_nothing(veille, workspace) -> None:
    """Nor does it say that it did."""
    veille("import", SERVICE, "--into", "kept")
    before = listed(veille), veille("log", "--json").json
    again = veille("import", SERVICE, "--into", "kept", "--json")
    assert {**again.json, "refused": len(again.json["refused"])} == {
        "added": 0, "known": 2, "changed": 0, "left_out": 0, "refused": 2,
    }  # fmt: skip
    assert (listed(veille), veille("log", "--json").json) == before


def test_a_known_link_gets_what_it_lacks(veille, workspace) -> None:
    """Its state, title and tags stay; one undo takes the import's marks back, and no item."""
    veille("add", "https://musee.example/plaques", "--title", "Mon titre", "--tag", "verre")
    veille("skip", "1")
    veille("import", SERVICE, "--no-private")
    (item,) = listed(veille)
    assert (item["title"], item["state"]) == ("Mon titre", "skipped")
    assert item["tags"] == ["verre", "photographie", "fonds d'images", "a b"]
    veille("undo")
    (item,) = listed(veille)
    assert (item["tags"], item["comments"], item["state"]) == (["verre"], [], "skipped")


@pytest.mark.parametrize(
    ("into", "states"),
    [("kept", ["kept"] * 3), ("skipped", ["skipped"] * 3), ("inbox", ["inbox"] * 3)],
)
def test_where_they_go(veille, workspace, into: str, states: list[str]) -> None:
    """Kept is an endorsement; skipped is in the pool, for searches, and in nobody's way."""
    assert veille("import", BROWSER, "--into", into).code == 3
    items = listed(veille)
    assert [item["state"] for item in items] == states
    assert all(item["kept_by"] == (["camille"] if into == "kept" else []) for item in items)


def test_folders_become_tags_when_asked(veille, workspace) -> None:
    """Browsers know no tags."""
    veille("import", BROWSER, "--folders")
    tags = {item["url"]: item["tags"] for item in listed(veille)}
    assert tags["https://iiif.example/"] == ["Musées", "Images & IIIF"]


def test_private_links_are_told_and_may_be_left_out(veille, workspace, on_terminal) -> None:
    """The pool is the team's: somebody who is there is asked."""
    assert "1 of them were marked private" in veille("import", SERVICE).err
    left = veille("import", SERVICE, "--no-private")
    assert "1 private left out" in left.out
    assert "marked private" not in veille("import", SERVICE, "--private").err


@pytest.mark.parametrize(("answer", "count"), [("yes\n", 2), ("no\n", 1)])
def test_private_links_are_asked_about_on_a_terminal(
    on_terminal, veille, workspace, answer: str, count: int
) -> None:
    """No is no for these alone."""
    asked = on_terminal("import", SERVICE, stdin=answer)
    assert "let colleagues see them here?" in asked.err
    assert len(listed(veille)) == count


def test_what_is_no_file_of_bookmarks(veille, workspace, tmp_path) -> None:
    """One line, and what to do; a name that is not there is wrong usage."""
    (tmp_path / "page.html").write_text("<html><p>rien</p></html>")
    refused = veille("import", tmp_path / "page.html")
    assert (refused.code, refused.err.count("\n")) == (1, 1)
    assert "export them as HTML" in refused.err
    assert veille("import", tmp_path / "none.html").code == 2
    assert listed(veille) == []


def test_from_standard_input(veille, workspace) -> None:
    """For a pipe."""
    done = veille("import", "-", "--json", stdin=BROWSER.read_text("utf-8"))
    assert (done.code, done.json["added"]) == (3, 3)
