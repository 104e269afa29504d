"""``veille undo`` when others were there too (U3): one's own part, and only that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def acting(veille, pool: Path):
    """A command by a curator."""

    def act(handle: str, *words: object) -> Any:
        return veille("--as", handle, *words)

    return act


def item(acting, number: int) -> Any:
    """An item as JSON."""
    return acting("noor", "show", number, "--json").json


def test_ones_own_endorsement_is_withdrawn(acting) -> None:
    """A colleague keeps the same item: it stays kept, by the colleague."""
    acting("ana", "keep", 1)
    acting("bo", "keep", 1)
    assert acting("ana", "undo").code == 0
    assert (item(acting, 1)["state"], item(acting, 1)["kept_by"]) == ("kept", ["bo"])
    assert acting("bo", "undo").code == 0
    assert (item(acting, 1)["state"], item(acting, 1)["kept_by"]) == ("inbox", [])


def test_a_bulk_action_is_taken_back_but_for_what_changed_since(acting) -> None:
    """The items a colleague decided on since are named and stay as they are; exit 3."""
    acting("ana", "skip", "1-5")
    acting("bo", "keep", 3)
    undone = acting("ana", "undo", "--json")
    assert undone.code == 3
    assert undone.json == [{"action": "skip", "items": [1, 2, 4, 5], "terms": [], "left": [3]}]
    assert [item(acting, number)["state"] for number in range(1, 6)] == [
        "inbox", "inbox", "kept", "inbox", "inbox",
    ]  # fmt: skip


def test_what_changed_altogether_is_refused_and_can_be_passed(acting) -> None:
    """Exit 1 and nothing done; with a count, older actions are within reach."""
    acting("ana", "keep", 1)
    acting("ana", "keep", 2)
    acting("bo", "skip", 2)
    refused = acting("ana", "undo")
    assert refused.code == 1
    assert "changed since" in refused.err
    assert "undo 2" in refused.err
    passed = acting("ana", "undo", 2)
    assert passed.code == 3
    assert "undone: keep 1" in passed.out
    assert "2" in passed.err
    assert [item(acting, number)["state"] for number in (1, 2)] == ["inbox", "skipped"]


@pytest.mark.parametrize("verb", ["rename", "merge"])
def test_renaming_and_merging_tags_are_taken_back(acting, verb: str) -> None:
    """And what was done before them is within reach again."""
    acting("ana", "tag", 1, "+alpha", "+gamma")
    acting("ana", "tag", 2, "+alpha", "+beta")
    if verb == "rename":
        acting("ana", "tag", 2, "-beta")
    before = [item(acting, number)["tags"] for number in (1, 2)]
    assert acting("ana", "tags", verb, "alpha", "beta").code == 0
    assert set(item(acting, 1)["tags"]) == {"beta", "gamma"}
    assert "→" in acting("ana", "log", 1).out
    assert acting("ana", "undo").code == 0
    assert [item(acting, number)["tags"] for number in (1, 2)] == before
    assert acting("ana", "undo", 3 if verb == "rename" else 2).code == 0
    assert item(acting, 1)["tags"] == []


def test_another_spelling_of_a_tag_is_no_action_to_undo(acting) -> None:
    """It changes how the tag is shown, on no item in particular."""
    acting("ana", "tag", 1, "+iiif")
    assert acting("ana", "tags", "rename", "iiif", "IIIF").code == 0
    assert item(acting, 1)["tags"] == ["IIIF"]
    assert acting("ana", "undo").code == 0
    assert item(acting, 1)["tags"] == []
