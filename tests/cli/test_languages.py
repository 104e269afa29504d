"""``language``: what an item is written in, said by a curator."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from tests.cli.conftest import url_of
from veille.store.database import Database

if TYPE_CHECKING:
    from pathlib import Path


def unknown(workspace: Path) -> None:
    """Of no item is known what it is written in."""
    db = Database.open(url_of(workspace))
    with db.write() as connection:
        connection.execute(text("UPDATE item SET language = NULL"))
    db.close()


def language(veille, item: int) -> str | None:
    return veille("show", item, "--json").json["language"]


def test_an_editor_mends_what_lint_found(veille, edited: str, tmp_path: Path) -> None:
    """The language of a link is not known; said once, every output of the edition tells it."""
    unknown(tmp_path / "watch")
    (finding,) = [
        one
        for one in veille("edition", "lint", edited, "--offline", "--json").json
        if one["rule"] == "language-mark" and one["position"] == 1
    ]
    assert finding["fix"] == "veille language 3 CODE (fr, en …)"
    done = veille("language", 3, "en", "--note", "vu sur la page")
    assert (done.code, done.out, done.err) == (0, "in en: 3\n", "")
    assert veille("edition", "show", edited, "--json").json["picks"][0]["language"] == "en"
    assert veille("language", 3, "EN").out == "already in en: 3\n"
    told = veille("edition", "lint", edited, "--offline", "--json").json
    assert ("language-mark", 1) not in [(one["rule"], one["position"]) for one in told]
    veille("edition", "preview", edited, "--out", tmp_path / "preview")
    assert "[EN]" in (tmp_path / "preview" / "body.txt").read_text(encoding="utf-8")
    for name in ("body.html", "page.html"):
        shown = (tmp_path / "preview" / name).read_text(encoding="utf-8")
        assert (shown.count('lang="en"'), shown.count('hreflang="en"')) == (2, 1)


def test_it_is_an_event_that_can_be_taken_back(veille, edited: str) -> None:
    """With who, when and why; an approval lapses with it, since readers see the difference."""
    veille("edition", "approve", edited)
    veille("language", 1, 2, "en")
    assert "changed after camille approved it" in veille("edition", "send", edited).err
    assert "camille  1  language en" in veille("log", 1).out
    veille("language", 1, "")
    assert "language as its source says" in veille("log", 1).out
    assert language(veille, 1) == "fr"
    assert veille("undo", 2).code == 0
    assert (language(veille, 1), language(veille, 2)) == ("fr", "fr")
    assert "undo language as its source says" in veille("log", 2).out


def test_many_items_at_once(veille, pool) -> None:
    """By ids, ranges, or a search; the search then finds them by it."""
    assert veille("language", "1-2", 4, "en-GB").out == "in en-GB: 1 2 4\n"
    assert [one["id"] for one in veille("list", "lang:en", "--json").json] == [1, 2, 4]
    assert [one["id"] for one in veille("list", "lang:fr", "--json").json] == [3, 5]
    changed = veille("language", "--where", "lang:en", "de", "--yes", "--json").json
    assert changed["changed"] == [1, 2, 4]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((1, "anglais"), 2, "'anglais' is no code of a language: write it as fr, en, de or pt-BR"),
        (("fr",), 2, "name the items by id or range"),
        ((99, "fr"), 1, "there is no item 99"),
        ((), 2, "Missing argument 'LANGUAGE'"),
    ],
)
def test_what_is_refused(veille, pool, words, code: int, said: str) -> None:
    refused = veille("language", *words)
    assert (refused.code, said in refused.err) == (code, True)
