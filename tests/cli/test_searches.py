"""``veille search``: what a person sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.program import Program

pytestmark = pytest.mark.usefixtures("pool")


def test_a_search_is_saved_and_used_everywhere(veille: Program) -> None:
    assert veille("search", "list").err.startswith("no saved search yet")
    saved = veille("search", "save", "nuit", "bibliothèque", "-IIIF")
    assert saved.out == "saved: 'veille list search:nuit' finds bibliothèque -IIIF\n"
    assert [each["id"] for each in veille("list", "search:nuit", "--json").json] == [1]
    assert veille("keep", "--where", "search:nuit").out == "kept: 1\n"
    assert veille("search", "save", "la nuit", "search:nuit is:kept").out.startswith(
        """saved: 'veille list search:"la nuit"'"""
    )
    assert veille("list", 'search:"LA NUIT"', "--json").json[0]["id"] == 1
    listed = veille("search", "list", "--json").json
    assert [(each["name"], each["query"], each["by"]) for each in listed] == [
        ("la nuit", "search:nuit is:kept", "camille"),
        ("nuit", "bibliothèque -IIIF", "camille"),
    ]
    assert "nuit     bibliothèque -IIIF" in veille("search", "list").out


def test_one_search_is_shown_renamed_and_removed(veille: Program) -> None:
    veille("search", "save", "fr", "lang:fr")
    veille("search", "save", "deux", "search:fr")
    shown = veille("search", "show", "FR").out
    assert shown.splitlines()[:3] == ["fr", "   lang:fr", "   4 items now"]
    assert "used in search:deux" in shown
    assert veille("search", "show", "fr", "--json").json["used_by"] == ["search:deux"]
    refused = veille("search", "remove", "fr")
    assert (refused.code, refused.err) == (
        1,
        "veille: search:fr is in search:deux: change that first\n",
    )
    assert veille("search", "rename", "fr", "français").out == (
        "renamed: fr → français, also in search:deux\n"
    )
    assert veille("search", "remove", "deux").out == "removed: deux (it was: search:français)\n"
    assert "search-remove search:deux" in veille("log").out


def test_mistakes_end_with_usage(veille: Program) -> None:
    """I10, I11."""
    for words, said in (
        (("search", "save", "x", "tag:"), "a tag after tag:"),
        (("search", "save", "x"), "Missing argument"),
        (("list", "search:nothing"), "'veille search list' shows them"),
    ):
        done = veille(*words)
        assert done.code == 2
        assert said in done.err
    assert veille("search", "show", "nothing").code == 1


def test_a_plain_search_opens_no_database_for_names(veille: Program, pool: Path) -> None:
    """A workspace whose database is gone still tells where a search is wrong."""
    (pool / "veille.db").unlink()
    assert "at character 1" in veille("list", '"').err
