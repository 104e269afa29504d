"""``veille stats`` and ``veille source yield``: what a person, a script and a spreadsheet get."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.program import Program


@pytest.fixture(autouse=True)
def worked(pool: Path, veille: Program) -> None:
    veille("keep", 1, 2)
    veille("tag", 1, "+=IIIF")
    veille("skip", 3)


def test_figures_in_the_terminal(veille: Program) -> None:
    shown = veille("stats").out
    assert shown.splitlines()[:3] == [
        "2026-10-04 11:30 to 2026-11-03 10:30",
        "- 5 items came in: too few to speak of rates.",
        "- Half of what is kept is kept within 0 hours of its arrival.",
    ]
    assert "camille" in shown
    assert "#=IIIF" in shown
    yields = veille("source", "yield").out
    assert "Too little came in to tell one source from another." in yields
    assert "Actualités" in yields


def test_figures_as_json(veille: Program) -> None:
    found = veille("stats", "--period", "2026", "--json").json
    assert found["flow"]["kept"] == 2
    assert found["period"]["name"] == "2026"
    assert found["interpretation"]
    assert found["curators"][0]["handle"] == "camille"
    (source,) = veille("source", "yield", "--period", "2026", "--json").json["sources"]
    assert (source["title"], source["advice"]) == ("Actualités", "few")


def test_no_cell_is_a_formula(veille: Program) -> None:
    """I8."""
    rows = list(csv.DictReader(io.StringIO(veille("stats", "--period", "2026", "--csv").out)))
    assert {row["table"] for row in rows} == {"period", "steps", "curators", "tags"}
    assert next(row["name"] for row in rows if row["table"] == "tags") == "'=IIIF"
    (row,) = csv.DictReader(io.StringIO(veille("source", "yield", "--period", "2026", "--csv").out))
    assert (row["source"], row["kept"], row["repeats"]) == ("Actualités", "2", "0")


def test_pages(veille: Program, tmp_path: Path) -> None:
    done = veille("stats", "--html", "s.html", "--locale", "fr")
    assert done.out == f"written: {tmp_path / 's.html'}\n"
    assert "La veille en chiffres" in (tmp_path / "s.html").read_text()
    assert veille("source", "yield", "--html", tmp_path / "y.html", "--locale", "en").code == 0
    assert "What each source gives" in (tmp_path / "y.html").read_text()


@pytest.mark.parametrize("words", [("stats",), ("source", "yield")])
def test_one_output_at_a_time(veille: Program, words: tuple[str, ...]) -> None:
    done = veille(*words, "--json", "--csv")
    assert (done.code, "three outputs: give one" in done.err) == (2, True)
    assert "is no period" in veille(*words, "--period", "hier").err
    assert veille(*words, "--html", "/nowhere/x.html").code == 1
