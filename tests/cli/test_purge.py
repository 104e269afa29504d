"""``veille purge``, and the loop that does it by itself once somebody said so."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import NOW, url_of
from tests.store.conftest import Pool
from veille.store import sources
from veille.store.database import Database

if TYPE_CHECKING:
    from pathlib import Path

    from tests.program import Program

YEARS = timedelta(days=3 * 365)


@pytest.fixture
def old(veille: Program, pool: Path) -> Path:
    """Twenty items of one source, seen three years later; the second of them was kept, the first one tagged now."""
    db = Database.open(url_of(pool))
    more = Pool(db)
    with db.read() as connection:
        (source,) = sources.everything(connection)
    more.collect(source, *(more.draft() for _ in range(15)))
    db.close()
    veille("keep", "2")
    veille("source", "pause", "1")
    veille.clock = lambda: NOW + YEARS
    veille("tag", "1", "+année")
    return pool


def count(veille: Program) -> int:
    return len(veille("list", "--json").json)


def test_nothing_goes_unless_somebody_says_how_old(veille: Program, old: Path) -> None:
    refused = veille("purge")
    assert refused.code == 2
    assert "retention.untouched" in refused.err
    for age in ("89 days", "soon", "2 lustra", "900 years"):
        refused = veille("purge", "--older-than", age)
        assert refused.code == 2
        assert "90 days at least" in refused.err
        assert veille("list", VEILLE_RETENTION_UNTOUCHED=age).code == 2
    veille("run", "--once")
    assert count(veille) == 20


def test_a_clock_that_leapt_ahead_removes_nothing(veille: Program, old: Path) -> None:
    """T4: everything would be old."""
    veille.clock = lambda: NOW + 2 * YEARS
    refused = veille("purge", "--older-than", "2y")
    assert refused.code == 1
    assert "ahead of what was noted" in refused.err
    assert count(veille) == 20


def test_tried_first_then_done(veille: Program, old: Path) -> None:
    tried = veille("purge", "--older-than", "2 years", "--dry-run")
    assert tried.code == 0
    assert tried.out.splitlines()[0] == (
        "9 items collected before 2027-11-03 that nobody touched would go"
    )
    assert "Actualités" in tried.out
    document = veille("purge", "--older-than", "2y", "--dry-run", "--json").json
    shown = [{"id": 1, "title": "Actualités", "items": 9}]
    assert document == {
        "before": "2027-11-03T09:30:00+00:00", "items": 9, "removed": False, "sources": shown,
    }  # fmt: skip
    asked = veille("purge", "--older-than", "24 months", stdin="n\n", terminal=True)
    assert asked.code == 1
    assert "for good?" in asked.err
    assert count(veille) == 20
    done = veille("purge", "--json", VEILLE_RETENTION_UNTOUCHED="2 years")
    assert done.json == document | {"removed": True}
    assert veille("purge", "--older-than", "2 years", "--yes", terminal=True).out == (
        "0 items collected before 2027-11-03 that nobody touched removed\n"
    )
    assert count(veille) == 11
    assert veille("show", "2", "--json").json["state"] == "kept"
    assert "purge 9 collected before 2027-11-03" in veille("log").out
    assert veille("undo").code == 0
    assert count(veille) == 11, "undo takes back what people did to items; what is gone is gone"


def test_the_loop_does_it_once_a_day(veille: Program, old: Path) -> None:
    told = veille("run", "--once", VEILLE_RETENTION_UNTOUCHED="18 months")
    assert "purge: 9 items that nobody touched removed" in told.err
    assert count(veille) == 11
    assert "purge" not in veille("run", "--once", VEILLE_RETENTION_UNTOUCHED="18 months").err
