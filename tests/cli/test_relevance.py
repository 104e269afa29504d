"""``--sort relevance`` as curators see it: what the team keeps first, and why."""

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


def read(result: Result) -> Any:
    assert result.code == 0, result.err
    return result.json


@pytest.fixture
def judged(pool: Path, veille: Program) -> None:
    """A source that this team keeps: all of its dozen; and all but the first of twelve more skipped."""
    db = Database.open(url_of(pool))
    for name in ("Le Port", "La Vigie"):
        drafts = [
            ItemDraft(
                url=f"https://{name[3:].lower()}.example/{number}",
                raw_url=None,
                key=f"{name[3:].lower()}.example/{number}",
                title=f"Numéro {number} de {name}",
                published=NOW - timedelta(hours=number),
                order=NOW - timedelta(hours=number),
            )
            for number in range(1, 14)
        ]
        new = tuple(
            NewItem(
                draft=draft, sighting=SightingDraft(key=draft.title, guid=draft.title, hash="h")
            )
            for draft in drafts
        )
        key = f"{name[3:].lower()}.example/feed"
        with db.write() as conn:
            source = sources.add(
                conn, SourceDraft(url=f"https://{key}", key=key, title=name), at=NOW
            )
            changes = Changes(identity=Identity.GUID, new=new)
            ingest.apply(conn, source.id, changes, at=NOW, batch="0" * 16)
    db.close()
    veille("keep", "6-17")  # 18 waits
    veille("skip", "20-31")  # 19 waits


def test_what_is_kept_comes_first_with_its_reasons(veille: Program, judged: None) -> None:
    ranked = read(veille("inbox", "--sort", "relevance", "--json"))
    ids = [item["id"] for item in ranked]
    assert ids[0] == 18
    assert ids[-1] == 19
    assert sorted(ids) == [1, 2, 3, 4, 5, 18, 19]
    assert ranked[0]["because"][0] == "source Le Port is kept nearly always"
    assert ranked[0]["score"] > 0 > ranked[-1]["score"]
    first, why, *_ = veille("inbox", "--sort", "relevance").out.splitlines()
    assert first.startswith("18  ○")
    assert why.startswith("    because source Le Port is kept nearly always · ")


def test_a_card_says_what_speaks_for_an_item_nobody_judged(veille: Program, judged: None) -> None:
    assert "because source Le Port is kept nearly always" in veille("show", 18).out
    assert read(veille("show", 19, "--json"))["because"][-1] == (
        "source La Vigie is kept hardly ever"
    )
    assert "because source" not in veille("show", 6).out
    assert "because" not in read(veille("show", 6, "--json"))


def test_as_long_as_too_little_was_judged_it_is_said(veille: Program, pool: Path) -> None:
    veille("keep", 4)
    result = veille("inbox", "--sort", "relevance")
    assert [line.split()[0] for line in result.out.splitlines()] == ["1", "2", "3", "5"]
    assert result.err == (
        "too little was judged to learn from (1 kept and 0 skipped, 10 of each are needed): the newest first\n"
    )
    assert read(veille("list", "--sort", "relevance", "--json"))[0]["because"] == []


def test_without_ranking_there_are_no_reasons(veille: Program, judged: None) -> None:
    assert "because" not in read(veille("inbox", "--json"))[0]
    assert "because" not in veille("inbox").out
