"""One edition, all its outputs: the same links, in the same order, in the same words."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import UTC, datetime

import html5lib
import pytest
from lxml import etree

from veille.digest import paper
from veille.errors import UsageError
from veille.model.edition import PublishedEdition

WHEN = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)
SPACES = re.compile(r"[\s\u00a0\u202f]+")


def words(text: str) -> str:
    """What a reader reads, whatever the spaces: pages set U+202F where mails set U+00A0."""
    return SPACES.sub(" ", text).strip()


def of_html(html: str) -> tuple[str, list[str]]:
    """The text of a page or a part of one, and where its outgoing links lead, in order."""
    tree = html5lib.parse(html, namespaceHTMLElements=False)
    body = tree.find("body")
    for element in body.iter():
        for child in list(element):
            if child.tag in ("style", "script"):
                element.remove(child)
    links = [a.get("href") for a in body.iter("a") if a.get("href", "").startswith("http")]
    return words("".join(body.itertext())), links


def outputs(renderer, content) -> dict[str, tuple[str, list[str]]]:
    """Text and outgoing links of every output but the printed ones."""
    done = renderer.edition(content)
    files = renderer.site([PublishedEdition(content=content, published_at=WHEN)], [])
    atom = etree.fromstring(files[f"{content.digest}/feed.xml"])
    entry = atom.findtext(".//{http://www.w3.org/2005/Atom}content")
    item = json.loads(files[f"{content.digest}/feed.json"])["items"][0]["content_html"]
    text = done.text.replace("\n   ", " ")
    return {
        "text part": (words(text), re.findall(r"https?://[^\s)]+", text)),
        "HTML part": of_html(done.html),
        "page": of_html(files[f"{content.ref}/index.html"].decode()),
        "Atom": of_html(entry),
        "JSON Feed": of_html(item),
    }


@pytest.mark.parametrize("name", ["fr", "en"])
def test_every_output_says_the_same(load, renderer, name):
    """A19: each headline, source and comment in each output, in the order of the picks; each link too."""
    content = load(name)
    shown = renderer.edition(content)
    wanted = [pick.url for pick in content.picks if pick.url]
    page = html5lib.parse(shown.page, namespaceHTMLElements=False)
    told = [
        words("".join(element.itertext()))
        for pick in page.findall(".//ol[@class='picks']/li")
        for element in [*pick.findall("h2/*[1]"), *pick.findall("div/p")]
    ]
    assert len(told) >= 2 * len(content.picks)
    for output, (text, links) in outputs(renderer, content).items():
        assert [url for url in links if url in wanted] == wanted, output
        if output == "text part":  # links in a comment stand there as addresses
            text = re.sub(r" \(https?://[^)]+\)", "", text)
        at = 0
        for expected in told:
            at = text.find(expected, at)
            assert at >= 0, (output, expected)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["fr", "en"])
def test_paper_says_the_same(load, renderer, name, tmp_path):
    """A15, A19: the PDF has one A4 page, every title and link, no navigation, the same bytes twice."""
    content = load(name)
    page, style = renderer.edition(content).page, renderer.stylesheet()
    written = paper.pdf(page, style)
    assert written == paper.pdf(page, style)
    (tmp_path / "edition.pdf").write_bytes(written)

    def told(*words: object) -> str:
        return subprocess.run(words, capture_output=True, check=True, text=True).stdout

    about = told("pdfinfo", tmp_path / "edition.pdf")
    assert re.search(r"Pages: +1\n", about)
    assert "(A4)" in about
    text = told("pdftotext", "-layout", tmp_path / "edition.pdf", "-")
    joined = re.sub(r"[\s\u00a0\u202f\u2010-]+", "", text)
    places = [joined.find(re.sub(r"[\s-]+", "", pick.url)) for pick in content.picks]
    assert -1 not in places
    assert places == sorted(places)
    assert "Chercher" not in text
    assert "Search" not in text


def test_paper_without_its_library_says_what_to_do(monkeypatch):
    """The extra is named, in one line."""
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(UsageError, match=r"pip install 'veille\[pdf\]'"):
        paper.pdf("", b"")
