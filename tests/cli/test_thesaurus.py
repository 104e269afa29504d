"""``veille thesaurus``: what a person sees."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.program import Program


@pytest.fixture(autouse=True)
def house(pool: Path, veille: Program) -> None:
    assert veille("thesaurus").err.startswith("no term yet")
    veille("thesaurus", "add", "patrimoine", "--fr", "Patrimoine", "--en", "heritage")
    added = veille("thesaurus", "add", "musée", "--broader", "Heritage", "--synonym", "museo")
    assert added.out == "added: musée = museo < patrimoine\n"


def test_the_thesaurus_is_a_tree(veille: Program) -> None:
    assert veille("thesaurus").out.splitlines() == [
        "patrimoine           fr Patrimoine, en heritage",
        "\u00a0\u00a0musée     = museo",
    ]
    assert [each["term"] for each in veille("thesaurus", "list", "--json").json] == [
        "musée",
        "patrimoine",
    ]
    shown = veille("thesaurus", "show", "HERITAGE").out
    assert shown.splitlines() == [
        "patrimoine",
        "   narrower: musée",
        "   fr: Patrimoine",
        "   en: heritage",
    ]
    assert veille("thesaurus", "show", "museo", "--json").json["broader"] == "patrimoine"


def test_tags_are_stored_as_preferred_and_new_ones_are_told(veille: Program) -> None:
    done = veille("tag", 1, "+Museo", "+musee d art", "+muse")
    assert done.out == "tagged: 1\n"
    assert done.err.splitlines() == [
        "new tag: musee d art",
        "new tag: muse: did you mean musée?",
    ]
    assert veille("list", "tag:heritage", "--json").json[0]["tags"][0] == "musée"
    assert [line.split() for line in veille("tags").out.splitlines()] == [
        ["muse", "1", "new"],
        ["musée", "1"],
        ["musee", "d", "art", "1", "new"],
    ]
    assert [each["term"] for each in veille("tags", "list", "--json").json] == [None, "musée", None]
    assert "veille thesaurus add muse" in veille("thesaurus", "check").out
    veille("tag", 1, "-muse", "-musee d art")
    assert [each["rule"] for each in veille("thesaurus", "check", "--json").json] == []
    assert "every tag is a term" in veille("thesaurus", "check").err


def test_terms_are_changed_and_taken_out(veille: Program) -> None:
    assert veille("thesaurus", "edit", "museo", "--synonym", "museum", "--broader", "").out == (
        "changed: musée = museo = museum\n"
    )
    assert veille(
        "thesaurus", "edit", "musée", "--no-synonym", "MUSEO", "--name", "musées"
    ).out == ("changed: musées = museum\n")
    assert veille("thesaurus", "edit", "musées").code == 2
    assert veille("thesaurus", "remove", "museum").out == "removed: musées = museum\n"
    assert veille("undo").out == "undone: thesaurus musées\n"
    refused = veille("thesaurus", "add", "Heritage")
    assert (refused.code, "it means 'patrimoine' already" in refused.err) == (1, True)
    assert "thesaurus musées" in veille("log").out


@pytest.mark.parametrize("name", ["t.csv", "t.ttl", "t.rdf"])
def test_out_and_in_again(veille: Program, tmp_path: Path, name: str) -> None:
    there = veille("thesaurus", "list", "--json").json
    path = tmp_path / name
    assert veille("thesaurus", "export", path).out == f"2 terms written to {path}\n"
    assert veille("thesaurus", "import", path).out == (
        "0 terms added, 0 changed, 2 the same, 0 refused\n"
    )
    veille("thesaurus", "remove", "musée")
    veille("thesaurus", "edit", "patrimoine", "--note", "x")
    assert veille("thesaurus", "import", path, "--json").json == {
        "added": ["musée"],
        "changed": ["patrimoine"],
        "same": [],
        "refused": [],
    }
    assert veille("thesaurus", "list", "--json").json == there


def test_an_import_names_what_it_refuses(veille: Program, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("term,broader\na,nothing\nb,\n")
    done = veille("thesaurus", "import", tmp_path / "t.csv")
    assert done.code == 3
    assert "a: 'a' is put under 'nothing', which is no term: add it first" in done.err
    (tmp_path / "t.xyz").write_text("?")
    assert "give --format" in veille("thesaurus", "import", tmp_path / "t.xyz").err
    assert veille("thesaurus", "import", tmp_path / "none.csv").code == 2
    assert veille("thesaurus", "export").out.startswith("term,synonyms,broader,note,fr,en\n")
    assert "skos:Concept" in veille("thesaurus", "export", "--format", "turtle").out


def test_skos_without_its_library_says_what_to_install(
    veille: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "rdflib", None)
    done = veille("thesaurus", "export", tmp_path / "t.ttl")
    assert (done.code, "pip install 'veille[thesaurus]'" in done.err) == (2, True)
