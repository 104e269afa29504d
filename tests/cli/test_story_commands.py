"""A story on the command line: shown once, decided once, joined and split."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.conftest import NOW, url_of
from veille.model.changes import Changes, ItemDraft, NewItem, SightingDraft
from veille.model.source import SourceDraft
from veille.model.states import Identity
from veille.store import ingest, sources
from veille.store.database import Database

if TYPE_CHECKING:
    from pathlib import Path

    from tests.program import Program, Result

TITLE = "La bibliothèque du port rouvre"
TEXT = (
    "La bibliothèque du port rouvre samedi après deux ans de travaux. Les salles de lecture donnent "
    "désormais sur les quais, et le fonds maritime, longtemps gardé en réserve, est en libre accès. Une "
    "équipe de douze personnes accueille le public six jours sur sept. Le bâtiment, dessiné dans les "
    "années trente, garde ses boiseries et gagne un atelier de reliure que les enfants pourront essayer. "
)


@pytest.fixture
def port(pool: Path, veille: Program) -> tuple[int, ...]:
    """Beside the five items of the pool, a story that three sources tell: 6, 7 and 8."""
    db = Database.open(url_of(pool))
    for number, name in enumerate(("Le Port", "La Vigie", "Gazette des quais"), 6):
        with db.write() as conn:
            key = f"site{number}.example/feed"
            draft = SourceDraft(url=f"https://{key}", key=key, title=name)
            source = sources.add(conn, draft, at=NOW)
            published = NOW - timedelta(hours=number)
            item = ItemDraft(
                url=f"https://site{number}.example/port",
                raw_url=None,
                key=f"site{number}.example/port",
                title=TITLE,
                published=published,
                order=published,
                text=TEXT,
            )
            sighting = SightingDraft(key=name, guid=name, hash="h")
            new = (NewItem(draft=item, sighting=sighting),)
            changes = Changes(identity=Identity.GUID, new=new)
            ingest.apply(conn, source.id, changes, at=NOW, batch="0" * 16)
    db.close()
    found = read(veille("story", "find", "--json"))
    assert found == {"looked": 8, "told": 3, "due": 0}
    return 6, 7, 8


def read(result: Result) -> Any:
    assert result.code == 0, result.err
    return result.json


def test_a_list_shows_a_story_once(veille: Program, port: tuple[int, ...]) -> None:
    lines = veille("list", "--limit", 2).out.splitlines()
    assert lines == [
        "6  ○   6 h  La bibliothèque du port rouvre  Le Port",
        "    also in La Vigie (7) · Gazette des quais (8)",
        "1  ○  24 h  Une bibliothèque ouvre la nuit  Actualités",
    ]
    assert len(veille("inbox").out.splitlines()) == 7
    assert len(veille("list", "--items").out.splitlines()) == 8 + 3


def test_a_script_is_given_every_item_unless_it_asks(
    veille: Program, port: tuple[int, ...]
) -> None:
    listed = read(veille("list", "--json"))
    assert [item["id"] for item in listed] == [6, 7, 8, 1, 2, 3, 4, 5]
    assert [(item["story"], item["spread"]) for item in listed[:4]] == [([6, 7, 8], 3)] * 3 + [
        (None, 1)
    ]
    assert [item["id"] for item in read(veille("list", "--json", "--stories"))] == [
        6,
        1,
        2,
        3,
        4,
        5,
    ]


def test_the_line_below_fits_the_terminal(veille: Program, port: tuple[int, ...]) -> None:
    shown = veille("list", terminal=True, COLUMNS="40", NO_COLOR="1").out.splitlines()
    assert all(len(line) <= 40 for line in shown)
    assert shown[1].startswith("    also in La Vigie (7) · ")


def test_stories_are_searched_and_sorted_by_their_sources(
    veille: Program, port: tuple[int, ...]
) -> None:
    ids = [item["id"] for item in read(veille("list", "sources:>2", "--json"))]
    assert ids == [6, 7, 8]
    assert read(veille("list", "sources:4", "--json")) == []
    assert [i["id"] for i in read(veille("list", "story:7", "--json"))] == [6, 7, 8]
    assert [i["id"] for i in read(veille("list", "--sort", "sources", "--json", "--limit", 4))] == [
        6,
        7,
        8,
        1,
    ]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("sources:many", "a number of sources such as >2 or 3 after sources:"),
        ("sources:>", "a number of sources such as >2 or 3 after sources:"),
        ("story:x", "the id of an item after story:"),
    ],
)
def test_a_mistake_is_told_with_what_was_expected(
    veille: Program, pool: Path, query: str, expected: str
) -> None:
    result = veille("list", query)
    assert result.code == 2
    assert expected in result.err


def test_a_story_is_decided_once_and_taken_back_whole(
    veille: Program, port: tuple[int, ...]
) -> None:
    kept = veille("keep", 7)
    assert kept.out == "kept: 7 6 8\n"
    assert kept.err == "of the same story: 6 8\n"
    assert read(veille("keep", 7, "--json")) == {
        "changed": [],
        "unchanged": [7, 6, 8],
        "with_story": [6, 8],
    }
    assert veille("undo").out == "undone: keep 7 6 8\n"
    assert len(read(veille("inbox", "--json"))) == 8


def test_an_item_is_split_and_joined_by_hand(veille: Program, port: tuple[int, ...]) -> None:
    assert veille("story", "split", 6).out == "6 is another story than 7 8\n"
    assert read(veille("show", 6, "--json"))["story"] is None
    assert veille("story", "split", 6).code == 1
    assert veille("story", "join", 6, 7, "--note", "la même").out == "one story: 6 7 8\n"
    assert "story-join “la même”" in veille("show", 7).out
    assert veille("undo", 2).code == 0
    assert read(veille("show", 6, "--json"))["story"] == [6, 7, 8]
    assert read(veille("story", "split", 8, "--json")) == {"item": 8, "apart": [6, 7]}
    assert read(veille("story", "join", "6-8", "--json")) == {"story": [6, 7, 8]}


def test_two_items_are_needed_to_join(veille: Program, pool: Path) -> None:
    result = veille("story", "join", 3)
    assert result.code == 2
    assert "name two items" in result.err
    assert veille("story", "join", 3, 99).code == 1


def test_a_card_names_the_others(veille: Program, port: tuple[int, ...]) -> None:
    assert f"the same story: 7 La Vigie: {TITLE}" in veille("show", 6).out
    also = read(veille("show", 6, "--json"))["also"]
    assert [(other["id"], other["source"]) for other in also] == [
        (7, "La Vigie"),
        (8, "Gazette des quais"),
    ]


def test_a_draft_proposes_a_story_once_and_by_its_blurb(
    veille: Program, port: tuple[int, ...]
) -> None:
    veille("keep", 2)
    veille("keep", 6)
    veille("comment", 8, "Le plus complet des trois.", "--blurb")
    veille("digest", "create", "liens", "--title", "Liens")
    assert veille("edition", "draft", "liens", "--period", "2026-11").code == 0
    shown = read(veille("edition", "show", "liens/1", "--json"))
    assert sorted(pick["item"] for pick in shown["picks"]) == [2, 8]
    veille("edition", "draft", "liens", "--period", "2026-12")
    assert read(veille("edition", "show", "liens/2", "--json"))["picks"] == []


def test_what_is_found_is_said(veille: Program, port: tuple[int, ...]) -> None:
    assert veille("story", "find").out == "0 items looked at: 0 tell a shared story\n"
