"""``veille export``: what other programs get."""

from __future__ import annotations

import csv
import io
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from tests.cli.conftest import url_of
from veille.delivery.exports import citations
from veille.store import items
from veille.store.database import Database

if TYPE_CHECKING:
    from veille.model.item import Item

ATOM = "{http://www.w3.org/2005/Atom}"
IMPORT = Path(__file__).parents[1] / "data/feeds/bookmarks/service.html"


@pytest.fixture
def scholarly(veille, pool):
    """The five items of the pool, and an article with a DOI, one author and a blurb."""
    veille(
        "add",
        "https://doi.org/10.4000/crcv.1",
        "--title",
        "Coût & délais : 50 %_de {plus}",
        "--tag",
        "coûts",
    )
    veille("keep", "6")
    veille("comment", "6", "=SOMME(A1) dit\ntout", "--blurb")
    return veille


def sixth(pool: Path) -> Item:
    """The article with a DOI."""
    db = Database.open(url_of(pool))
    with db.read() as connection:
        item = items.get(connection, 6)
    db.close()
    assert item is not None
    return item


def test_bibtex_is_what_bibtexparser_reads(scholarly) -> None:
    """What TeX would obey is escaped, in prose only; the key stays the same."""
    import bibtexparser

    text = scholarly("export", "bibtex", "is:kept").out
    (entry,) = bibtexparser.parse_string(text).entries
    assert entry.entry_type == "article"
    assert entry.key == "anon2026cout-6"
    assert entry["title"] == r"Coût \& délais : 50 \%\_de \{plus\}"
    assert entry["doi"] == "10.4000/crcv.1"
    assert entry["url"] == "https://doi.org/10.4000/crcv.1"
    assert entry["annotation"] == "=SOMME(A1) dit\ntout"


def test_an_odd_brace_swallows_no_other_reference(scholarly, pool) -> None:
    """BibTeX counts braces, escaped or not."""
    import bibtexparser

    titles = ["Un { de trop", "} puis {", "Trop } tard", "Une { paire }"]
    item = sixth(pool)
    text = citations.bibtex([replace(item, id=n, title=each) for n, each in enumerate(titles)])
    assert text.count("{") == text.count("}")
    library = bibtexparser.parse_string(text)
    assert library.failed_blocks == []
    assert [entry["title"] for entry in library.entries] == [
        r"Un \textbraceleft{} de trop",
        r"\textbraceright{} puis \textbraceleft{}",
        r"Trop \textbraceright{} tard",
        r"Une \{ paire \}",
    ]


def test_an_institution_is_one_author(scholarly, pool) -> None:
    """BibTeX parts authors at "and"."""
    authors = ("Durand, Zoé", "Victoria and Albert Museum")
    item = sixth(pool)
    written = citations.bibtex([replace(item, authors=authors)])
    assert "author = {Durand, Zoé and {Victoria and Albert Museum}}" in written


def test_ris_is_what_rispy_reads(scholarly) -> None:
    """One reference an item, a field on one line."""
    import rispy

    text = scholarly("export", "ris", "--sort", "oldest").out
    references = rispy.loads(text)
    assert len(references) == 6
    last = references[-1]
    assert (last["type_of_reference"], last["doi"]) == ("JOUR", "10.4000/crcv.1")
    assert (last["keywords"], last["notes"]) == (["coûts"], ["=SOMME(A1) dit tout"])
    assert references[0]["type_of_reference"] == "ELEC"
    assert (references[0]["year"], references[0]["secondary_title"]) == ("2026", "Actualités")


def test_csl_json_is_one_document(scholarly) -> None:
    """As citation processors want it."""
    (found,) = json.loads(scholarly("export", "csl-json", "is:kept").out)
    assert (found["type"], found["DOI"], found["keyword"]) == (
        "article-journal", "10.4000/crcv.1", "coûts",
    )  # fmt: skip
    assert found["accessed"] == {"date-parts": [[2026, 11, 3]]}


def test_csv_never_is_a_formula(scholarly) -> None:
    """I8."""
    rows = list(csv.DictReader(io.StringIO(scholarly("export", "csv", "is:kept").out)))
    assert [row["blurb"] for row in rows] == ["'=SOMME(A1) dit\ntout"]
    assert (rows[0]["identifiers"], rows[0]["kept by"]) == ("doi:10.4000/crcv.1", "camille")


def test_atom_is_well_formed_and_stable(scholarly) -> None:
    """RFC 4287: an id, a title and a date each; twice the same bytes."""
    text = scholarly("export", "atom").out
    feed = ET.fromstring(text)
    entries = feed.findall(f"{ATOM}entry")
    assert len(entries) == 6
    assert len({entry.findtext(f"{ATOM}id") for entry in entries}) == 6
    assert all(
        entry.findtext(f"{ATOM}title") and entry.findtext(f"{ATOM}updated") for entry in entries
    )
    assert scholarly("export", "atom").out == text
    assert ET.fromstring(scholarly("export", "atom", "rien").out).find(f"{ATOM}entry") is None


def test_bookmarks_come_back(scholarly, tmp_path) -> None:
    """What is exported is imported without a change."""
    file = tmp_path / "liens.html"
    assert "6 items written" in scholarly("export", "bookmarks", "--out", file).out
    again = scholarly("import", file, "--json").json
    assert (again["added"], again["known"], again["refused"]) == (0, 6, [])


def test_opml_lists_the_sources_of_the_items(scholarly) -> None:
    """Those only that showed one of them."""
    outlines = ET.fromstring(scholarly("export", "opml").out).findall(".//outline")
    assert [outline.get("xmlUrl") for outline in outlines] == ["https://example.org/feed"]
    assert ET.fromstring(scholarly("export", "opml", "is:kept").out).find(".//outline") is None


def test_a_limit_an_order_and_an_unknown_format(scholarly) -> None:
    """A mistake is told with the choices."""
    rows = scholarly("export", "csv", "--limit", "2", "--sort", "oldest").out.splitlines()
    assert len(rows) == 3
    wrong = scholarly("export", "word")
    assert wrong.code == 2
    assert "bibtex" in wrong.err


@pytest.mark.parametrize(
    ("form", "module"), [("ris", "rispy"), ("bibtex", "bibtexparser.entrypoint")]
)
def test_without_the_extra_it_is_named(scholarly, monkeypatch, form: str, module: str) -> None:
    """Exit 2, and how to get it."""
    monkeypatch.setitem(sys.modules, module, None)
    refused = scholarly("export", form)
    assert refused.code == 2
    assert "pip install 'veille[citations]'" in refused.err


def test_an_identifier_joins_what_comes_from_elsewhere(scholarly) -> None:
    """The article at another address, named by its DOI, is the same item; show says its name."""
    again = scholarly("add", "http://dx.doi.org/10.4000/CRCV.1", "--json").json
    assert (again["id"], again["created"]) == (6, False)
    assert again["identifiers"] == {"doi": ["10.4000/crcv.1"]}
    assert "DOI 10.4000/crcv.1" in scholarly("show", "6").out


def test_a_table_in_a_file_is_read_by_excel(scholarly, tmp_path: Path) -> None:
    """Its mark says UTF-8; what goes to a pipe has none."""
    path = tmp_path / "liens.csv"
    said = scholarly("export", "csv", "is:kept", "--out", str(path))
    assert said.out == f"1 item written to {path}\n"
    assert path.read_bytes().startswith(b"\xef\xbb\xbfid,title,")
    assert scholarly("export", "csv", "is:kept").out.startswith("id,title,")


def test_an_export_of_nothing_says_so(scholarly, tmp_path: Path) -> None:
    path = tmp_path / "x.opml"
    said = scholarly("export", "opml", "zzz", "--out", str(path))
    assert said.out == f"the sources of 0 items written to {path}\n"
    assert said.err == "nothing matches: there was nothing to hand over\n"
