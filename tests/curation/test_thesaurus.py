"""The thesaurus as a value, and its way out and in again as CSV and SKOS."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from veille.curation import skos, termlist
from veille.curation.skos import Syntax
from veille.curation.thesaurus import Thesaurus, added, edited, merged, removed, renamed
from veille.errors import NotFound, Refused, UsageError
from veille.model.text import tag_key
from veille.model.thesaurus import Term

INSTANCE = "0b0f9e0e-6c0c-4c0e-9b53-1f6a3a1c2d11"
TERMS = (
    Term(name="patrimoine", en="heritage", note="Ce qui se conserve"),
    Term(name="musée", synonyms=("museo", "MSM"), broader="patrimoine", en="museum"),
    Term(name="éco-musée", broader="MUSEE"),
    Term(name="IIIF"),
)
HOUSE = Thesaurus(TERMS)


def test_any_name_means_the_term() -> None:
    for name in ("musée", "MUSEE", "museo", "museum"):
        assert HOUSE.term(name).name == "musée"
    assert HOUSE.term("Heritage").name == "patrimoine"
    assert HOUSE.meant("nothing") is None
    with pytest.raises(NotFound, match="veille thesaurus"):
        HOUSE.term("nothing")


def test_the_tree_has_each_term_once_under_its_wider_one() -> None:
    assert [(depth, term.name) for depth, term in HOUSE.tree()] == [
        (0, "IIIF"),
        (0, "patrimoine"),
        (1, "musée"),
        (2, "éco-musée"),
    ]


@pytest.mark.parametrize(
    ("term", "said"),
    [
        (Term(name="Musee"), "there is a term 'musée' already"),
        (Term(name="Museo"), "'Museo' cannot mean 'Museo': it means 'musée' already"),
        (Term(name="x", synonyms=("IIIF",)), "'IIIF' cannot mean 'x': it is a term itself"),
        (
            Term(name="x", en="Heritage"),
            "'Heritage' cannot mean 'x': it means 'patrimoine' already",
        ),
        (Term(name="x", broader="nothing"), "put under 'nothing', which is no term"),
        (Term(name="x", broader="x"), "broader than itself: x → x"),
    ],
)
def test_what_contradicts_is_refused_with_the_reason(term: Term, said: str) -> None:
    with pytest.raises(Refused, match=said):
        added(HOUSE, term)


def test_circles_are_named() -> None:
    with pytest.raises(Refused, match="éco-musée → musée → patrimoine → éco-musée"):
        edited(HOUSE, "patrimoine", broader="éco-musée")
    with pytest.raises(UsageError, match="holds '/'"):
        added(HOUSE, Term(name="a/b"))


def test_what_is_under_a_term_follows_it() -> None:
    assert edited(HOUSE, "musée", name="musées").term("éco-musée").broader == "musées"
    assert removed(HOUSE, "museo").term("éco-musée").broader == "patrimoine"
    assert removed(HOUSE, "patrimoine").term("musée").broader is None


def test_a_tag_that_is_renamed_takes_its_term_along() -> None:
    assert renamed(HOUSE, "IIIF", "iiif 3").term("iiif-3").name == "iiif 3"
    swapped = renamed(HOUSE, "musée", "museo").term("musée")
    assert (swapped.name, swapped.synonyms) == ("museo", ("MSM", "musée"))
    assert renamed(HOUSE, "museo", "x") is HOUSE, "a synonym is no term"
    assert renamed(HOUSE, "nothing", "x") is HOUSE
    with pytest.raises(Refused, match="'museo' cannot mean 'musée': it is a term itself"):
        renamed(HOUSE, "IIIF", "museo")


def test_a_tag_that_is_merged_gives_its_words() -> None:
    one = merged(HOUSE, "IIIF", "musée")
    assert one.term("iiif").synonyms == ("museo", "MSM", "IIIF")
    up = merged(HOUSE, "musée", "éco-musée")
    assert up.term("museum").name == "éco-musée"
    assert up.term("éco-musée").broader == "patrimoine"
    assert merged(HOUSE, "patrimoine", "éco-musée").term("musée").broader == "éco-musée"
    assert merged(HOUSE, "musée", "nouveau").term("museo").name == "nouveau"
    assert merged(HOUSE, "museo", "IIIF") is HOUSE
    assert merged(HOUSE, "musée", "museo").term("musée").name == "museo"


def test_a_table_from_a_spreadsheet_is_read() -> None:
    """I8: BOM, semicolons, CRLF, French names of columns."""
    data = "\ufeffTerme;Synonymes;Générique;Note d\u2019application\r\nmusée;museo, museum;;Un lieu\r\n;;;\r\n"
    assert termlist.from_csv(data.encode()) == [
        Term(name="musée", synonyms=("museo", "museum"), note="Un lieu")
    ]
    assert termlist.from_csv("term\nété\n".encode("cp1252"))[0].name == "été"
    assert termlist.from_csv(b"term,synonyms\nx\n") == [Term(name="x")]


@pytest.mark.parametrize(
    ("data", "said"),
    [(b"", "is empty"), (b"a,b\n1,2\n", "no column 'term'"), (b'term\n"', "line 2")],
)
def test_a_table_that_is_none(data: bytes, said: str) -> None:
    if said == "line 2":
        assert termlist.from_csv(data) == []
        return
    with pytest.raises(UsageError, match=said):
        termlist.from_csv(data)


def test_no_cell_is_a_formula() -> None:
    """I8."""
    text = termlist.to_csv([Term(name="=1+1", synonyms=("@home", "a"), note="=HYPERLINK(1)")])
    assert text.splitlines()[1] == "'=1+1,\"'@home, a\",,'=HYPERLINK(1),,"


FOREIGN = """
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
<http://x.example/1> a skos:Concept ; skos:prefLabel "musée"@fr, "museum"@en, "Museum"@de ;
  skos:altLabel "museo"@it ; skos:hiddenLabel "musee des" ; skos:scopeNote "place"@en, "lieu"@fr .
<http://x.example/2> a skos:Concept ; skos:prefLabel "musée d'art, moderne"@fr ;
  skos:broader <http://x.example/1>, <http://x.example/9> .
<http://x.example/3> a skos:Concept ; skos:prefLabel "ville"@fr ; skos:narrower <http://x.example/1> .
<http://x.example/4> a skos:Concept .
"""


def test_an_address_that_is_none_is_read_without_a_word(caplog: pytest.LogCaptureFixture) -> None:
    odd = FOREIGN.replace("example", "exam\\u003Cple")
    assert skos.from_skos(odd.encode(), Syntax.TURTLE, locale="fr")
    assert not caplog.records


def test_a_foreign_thesaurus_is_read() -> None:
    terms = skos.from_skos(FOREIGN.encode(), Syntax.TURTLE, locale="fr")
    assert terms == [
        Term(
            name="musée", synonyms=("Museum", "musee des", "museo"), broader="ville", note="lieu",
            fr="musée", en="museum",
        ),
        Term(name="musée d'art moderne", broader="musée", fr="musée d'art moderne"),
        Term(name="ville", fr="ville"),
    ]  # fmt: skip
    english = skos.from_skos(FOREIGN.encode(), Syntax.TURTLE, locale="en")
    assert [term.name for term in english] == ["musée d'art moderne", "museum", "ville"]
    Thesaurus(terms)


BOMB = """<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">&b;</rdf:RDF>"""


@pytest.mark.parametrize(
    ("data", "syntax", "said"),
    [
        (b"not turtle <", Syntax.TURTLE, "cannot be read as SKOS in turtle"),
        (b"<a>", Syntax.XML, "cannot be read as SKOS in xml"),
        (BOMB.encode(), Syntax.XML, "cannot be read as SKOS in xml: EntitiesForbidden"),
        (b"", Syntax.TURTLE, "no skos:Concept"),
    ],
)
def test_a_file_that_is_no_skos(data: bytes, syntax: Syntax, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        skos.from_skos(data, syntax, locale="fr")


def test_a_file_that_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(skos, "MAX_BYTES", 10)
    with pytest.raises(UsageError, match="take the part you need"):
        skos.from_skos(FOREIGN.encode(), Syntax.TURTLE, locale="fr")


LETTERS = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs"), exclude_characters=',/#"'),
    min_size=1,
    max_size=12,
)


@st.composite
def thesauri(draw: Any) -> Thesaurus:
    """Any thesaurus: what does not fit is left out."""
    there = Thesaurus()
    for name in draw(st.lists(LETTERS, max_size=6)):
        term = Term(
            name=name,
            synonyms=tuple(draw(st.lists(LETTERS, max_size=2))),
            broader=draw(st.sampled_from([None, *(one.name for one in there.terms)])),
            note=draw(st.none() | LETTERS),
            fr=draw(st.none() | LETTERS),
            en=draw(st.none() | LETTERS),
        )
        try:
            there = added(there, term)
        except (Refused, UsageError):
            continue
    return there


SOME = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def same(terms: list[Term]) -> dict[str, Any]:
    return {
        term.name: (set(map(tag_key, term.synonyms)), term.broader, term.note, term.fr, term.en)
        for term in Thesaurus(terms).terms
    }


@SOME
@given(thesauri())
@example(Thesaurus([Term(name="=x", synonyms=("'=y", "''q", "@z"), note="'=1")]))
def test_out_and_in_again_as_csv_is_the_identity(there: Thesaurus) -> None:
    assert Thesaurus(termlist.from_csv(termlist.to_csv(there.terms).encode())).terms == there.terms


@pytest.mark.parametrize("syntax", Syntax)
@SOME
@given(there=thesauri())
def test_out_and_in_again_as_skos_is_the_identity(syntax: Syntax, there: Thesaurus) -> None:
    """SKOS has no order among labels: synonyms come back as a set."""
    if not there.terms:
        return
    written = skos.to_skos(there.terms, syntax, instance=INSTANCE, title="La veille", locale="fr")
    assert same(skos.from_skos(written.encode(), syntax, locale="fr")) == same(list(there.terms))
