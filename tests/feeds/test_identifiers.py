"""DOI, arXiv, HAL, PubMed and ISBN, recognised where something says of itself what it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.feeds.test_parse import read, rss
from veille.feeds import identifiers
from veille.feeds.article import read_article
from veille.model.fetched import Fetched
from veille.model.identifier import Identifier, Scheme, is_identifier

TABLE = Path(__file__).parents[1] / "data/feeds/identifiers.tsv"
ROWS = [line.split("\t") for line in TABLE.read_text("utf-8").splitlines() if line[0] != "#"]
DOI = Identifier(Scheme.DOI, "10.4000/crcv.1")


@pytest.mark.parametrize(("text", "expected"), ROWS)
def test_an_identifier_in_any_usual_spelling(text: str, expected: str) -> None:
    """Versions, views and check digits; what only looks like one is none."""
    found = identifiers.of_text(text)
    assert (found.key if found else "-") == expected


@given(st.text() | st.sampled_from([row[0] for row in ROWS]).map(lambda text: text[::-1]))
def test_nothing_is_raised_and_the_usual_form_stays(text: str) -> None:
    """Whatever a field holds; recognising what was recognised changes nothing."""
    found = identifiers.of_text(text)
    identifiers.of_url(f"https://musee.example/{text}")
    if found is not None:
        assert is_identifier(found.key)
        assert Identifier.of_key(found.key) == found
        again = found.uri if found.scheme in (Scheme.HAL, Scheme.ISBN) else found.key
        assert identifiers.of_text(again) == found


def test_an_entry_names_its_work_in_its_fields_its_id_or_its_link() -> None:
    """PRISM and Dublin Core; the text, which cites other works, is not looked at."""
    head = '<?xml version="1.0"?>'
    document = f"""{head}<rss version="2.0" xmlns:prism="http://prismstandard.org/namespaces/basic/2.0/"
      xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>T</title>
      <item><title>A</title><link>https://revue.example/1</link><prism:doi>10.4000/crcv.1</prism:doi></item>
      <item><title>B</title><link>https://revue.example/2</link>
        <dc:identifier>doi:10.4000/crcv.2</dc:identifier><guid>pubmed:31452104</guid></item>
      <item><title>C</title><link>https://arxiv.org/abs/2101.00001v1</link></item>
      <item><title>D</title><link>https://revue.example/4</link>
        <description>As https://doi.org/10.4000/crcv.1 says</description></item>
      </channel></rss>"""
    named = [[one.key for one in entry.identifiers] for entry in read(document).entries]
    assert named == [
        ["doi:10.4000/crcv.1"],
        ["doi:10.4000/crcv.2", "pmid:31452104"],
        ["arxiv:2101.00001"],
        [],
    ]


def test_a_json_feed_names_works_too() -> None:
    """By its ids and addresses."""
    body = """{"version": "https://jsonfeed.org/version/1.1", "title": "T", "items": [
      {"id": "10.4000/crcv.1", "url": "https://revue.example/1", "content_text": "x"}]}"""
    (entry,) = read(body, "application/feed+json").entries
    assert entry.identifiers == (DOI,)


def test_an_ordinary_feed_names_none() -> None:
    """Numbers and addresses of blogs are no identifiers."""
    items = "<item><title>a</title><link>https://a.example/10/2026</link><guid>12</guid></item>"
    assert [entry.identifiers for entry in read(rss(items)).entries] == [()]


def test_a_page_names_its_work_in_its_metadata() -> None:
    """Highwire, Dublin Core, PRISM and OpenGraph; a bare value belongs to the field's scheme."""
    body = b"""<html><head><title>Article</title>
      <meta name="citation_doi" content="https://doi.org/10.4000/crcv.1">
      <meta name="citation_pmid" content="31452104"><meta name="DC.identifier" content="ISSN 1958-9271">
      <meta property="book:isbn" content="978-2-07-036822-8"><meta name="citation_arxiv_id" content="2101.00001">
      </head><body><p>Texte de l'article.</p></body></html>"""
    page = Fetched(
        url="https://revue.example/1", status=200, headers={"content-type": "text/html"}, body=body
    )
    assert [one.key for one in read_article(page).identifiers] == [
        "doi:10.4000/crcv.1",
        "arxiv:2101.00001",
        "pmid:31452104",
        "isbn:9782070368228",
    ]
