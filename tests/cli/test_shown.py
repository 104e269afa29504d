"""What colleagues saw already: told wherever somebody could choose it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import url_of
from veille.model.identifier import Identifier, Scheme
from veille.store import identifiers
from veille.store.database import Database

if TYPE_CHECKING:
    from pathlib import Path

    from tests.program import Program


@pytest.fixture
def told(veille: Program, published: int) -> int:
    """Item 1, which tells the story of the published one, in two sources of its own."""
    assert veille("story", "join", 1, 3).code == 0
    return 1


def test_lists_and_cards_say_in_which_edition(veille: Program, told: int) -> None:
    """The link itself has a star, what tells the same an open one and the edition's name."""
    assert veille("list", "--items").out.splitlines()[0].startswith("1  ☆")
    assert "    the same story came out in five-links/1 (3)" in veille("list", "--items").out
    assert "the same story came out in five-links/1 (3)" in veille("show", 1).out
    assert "published in five-links/1" in veille("show", 3).out
    assert "came out" not in veille("show", 3).out
    assert "came out" not in veille("show", 2).out


def test_scripts_are_told_in_which_way(veille: Program, told: int) -> None:
    shown = {
        item["id"]: (item["editions"], item["shown"]) for item in veille("list", "--json").json
    }
    assert shown[3] == (
        ["five-links/1"],
        [{"edition": "five-links/1", "as": "link", "item": 3}],
    )
    assert shown[1] == ([], [{"edition": "five-links/1", "as": "story", "item": 3}])
    assert shown[2] == ([], [])


def test_a_draft_proposes_nothing_of_it(veille: Program, told: int, pool: Path) -> None:
    """Neither the link nor another one that tells its story."""
    assert veille("keep", 2, 4).code == 0
    assert veille("edition", "draft", "five-links", "--now").code == 0
    picks = veille("edition", "show", "five-links/2", "--json").json["picks"]
    assert [pick["item"] for pick in picks] in ([2], [4])


def test_lint_names_the_edition(veille: Program, told: int) -> None:
    """The link again is an error, its story by another link for people to judge."""
    veille("edition", "draft", "five-links", "--now")
    for item in (1, 3):
        assert veille("edition", "add", "five-links/2", item).code == 0
    findings = veille("edition", "lint", "five-links/2", "--offline", "--json").json
    told_of = {finding["rule"]: finding["message"] for finding in findings}
    assert "came out in five-links/1" in told_of["already-published"]
    assert "came out in five-links/1 (item 3)" in told_of["story-published"]


def test_a_work_is_known_by_its_identifier(veille: Program, published: int, pool: Path) -> None:
    """Another address with the same DOI: told, linted as the same link, proposed by no draft."""
    db = Database.open(url_of(pool))
    with db.write() as connection:
        doi = Identifier(Scheme.DOI, "10.5281/zenodo.1")
        identifiers.add(connection, [(3, [doi]), (2, [doi])])
    db.close()
    assert "the same work came out in five-links/1 (3)" in veille("show", 2).out
    assert veille("keep", 2).code == 0
    veille("edition", "draft", "five-links", "--now")
    assert veille("edition", "show", "five-links/2", "--json").json["picks"] == []
    assert veille("edition", "add", "five-links/2", 2).code == 0
    findings = veille("edition", "lint", "five-links/2", "--offline", "--json").json
    assert "already-published" in {finding["rule"] for finding in findings}
