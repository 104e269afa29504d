"""The sample of ``veille demo``: well-formed, complete, in right French.

E53: what readers see is typeset as French typography wants it, from the sources to the blurbs.
"""

from __future__ import annotations

import csv
import re
import tomllib
import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

SAMPLE = Path(__file__).parents[1] / "veille" / "cli" / "demo" / "sample"
BASE = "http://"
ATOM = "{http://www.w3.org/2005/Atom}"
FEEDS = {
    "mediatheque.example/feed.xml": 6,
    "musee.example/atom.xml": 6,
    "open-shelves.example/atom.xml": 5,
}
PAGES = sorted(str(page.relative_to(SAMPLE)) for page in SAMPLE.glob("*/*.html"))
ARTICLES = [page for page in PAGES if not page.endswith("/index.html")]

# One rule a line: what must not be found in a French text.
FAULTS = {
    "a plain space before : ; ! ? »": re.compile(" [:;!?»]"),
    "no space before ; ! ? »": re.compile(r"[^\s\u00a0\u202f?!][;!?»]"),
    "no space before :": re.compile(r"[^\s\u00a0\u202f\d]:"),
    "no no-break space after «": re.compile("«[^\u00a0\u202f]"),
    "a straight apostrophe": re.compile("'"),
    "straight quotation marks": re.compile('"'),
    "three dots for an ellipsis": re.compile(r"\.\.\."),
    "oe for œ": re.compile("[Oo]eu|[Oo]eil|[Nn]oeud"),
    "a plain space between thousands": re.compile(r"\d \d{3}\b"),
    "a plain space before % or €": re.compile(r"\d [%€]"),
}


def faults(text: str) -> list[str]:
    """What is wrong with a French text, in words."""
    return [fault for fault, pattern in FAULTS.items() if pattern.search(text)]


@dataclass
class Page(HTMLParser):
    """What a page states about itself, and its text by language."""

    lang: str = ""
    meta: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    hrefs: list[str] = field(default_factory=list)
    texts: dict[str, list[str]] = field(default_factory=dict)  # by element
    open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.lang = given.get("lang", self.lang)
        if tag == "meta":
            self.meta[given.get("name", given.get("property", "charset"))] = given.get(
                "content", ""
            )
            return
        if "href" in given:
            self.hrefs.append(given["href"])
        if tag == "link":
            self.links[given["rel"]] = given["href"]
            return
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        if data.strip() and self.open:
            self.texts.setdefault(self.open[-1], []).append(data)


def read_page(path: str) -> Page:
    """The page at ``path``, parsed."""
    page = Page()
    page.feed((SAMPLE / path).read_text("utf-8"))
    page.close()
    assert page.open == []
    return page


@dataclass(frozen=True)
class Entry:
    """What the tests need of an entry."""

    id: str
    path: str
    title: str
    published: date
    texts: tuple[str, ...]


def entries(feed: str) -> list[Entry]:
    """The entries of a feed of the sample, RSS or Atom."""
    root = ET.fromstring((SAMPLE / feed).read_bytes())
    if root.tag == "rss":
        return [_rss_entry(item) for item in root.iter("item")]
    return [_atom_entry(entry) for entry in root.iter(f"{ATOM}entry")]


def _rss_entry(item: ET.Element) -> Entry:
    title, summary = item.findtext("title", ""), item.findtext("description", "")
    categories = [category.text or "" for category in item.iter("category")]
    return Entry(
        id=item.findtext("guid", ""),
        path=item.findtext("link", "").removeprefix(BASE),
        title=title,
        published=parsedate_to_datetime(item.findtext("pubDate", "")).date(),
        texts=(title, summary, *categories),
    )


def _atom_entry(entry: ET.Element) -> Entry:
    title, summary = entry.findtext(f"{ATOM}title", ""), entry.findtext(f"{ATOM}summary", "")
    content = re.sub("<[^>]+>", "\n", entry.findtext(f"{ATOM}content", ""))
    link = entry.find(f"{ATOM}link")
    assert link is not None
    return Entry(
        id=entry.findtext(f"{ATOM}id", ""),
        path=link.get("href", "").removeprefix(BASE),
        title=title,
        published=datetime.fromisoformat(entry.findtext(f"{ATOM}published", "")).date(),
        texts=(title, summary, content),
    )


def curation() -> dict[str, object]:
    """What the curators of the demonstration do."""
    return tomllib.loads((SAMPLE / "curation.toml").read_text("utf-8"))


def picks() -> list[dict[str, str]]:
    """The five picks."""
    found = curation()["pick"]
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize(("feed", "count"), FEEDS.items())
def test_feeds_are_well_formed_and_complete(feed: str, count: int) -> None:
    """Each has its entries, newest first, each with its own identifier, in autumn 2026."""
    found = entries(feed)
    assert len(found) == count
    assert len({entry.id for entry in found}) == count
    assert [entry.published for entry in found] == sorted(
        (entry.published for entry in found), reverse=True
    )
    for entry in found:
        assert entry.id.startswith("tag:")
        assert "example.org" in entry.id
        assert date(2026, 10, 1) <= entry.published <= date(2026, 11, 20)


def test_one_article_is_seen_in_two_sources() -> None:
    """And under the same title, so that the first source to answer does not decide it."""
    titles: dict[str, list[str]] = {}
    for feed in FEEDS:
        for entry in entries(feed):
            titles.setdefault(entry.path, []).append(entry.title)
    twice = {path: shown for path, shown in titles.items() if len(shown) > 1}
    assert list(twice) == ["musee.example/douze-mille-images.html"]
    assert len(set(twice["musee.example/douze-mille-images.html"])) == 1


def test_entries_and_pages_are_the_same_set() -> None:
    """No dead link in a feed, no page that nothing announces."""
    assert {entry.path for feed in FEEDS for entry in entries(feed)} == set(ARTICLES)


@pytest.mark.parametrize("path", [*FEEDS, *PAGES, "sources.opml"])
def test_links_lead_to_files_of_the_sample(path: str) -> None:
    """Every address is one of the three hosts', and there is a file behind it."""
    text = (SAMPLE / path).read_text("utf-8")
    addresses = set(re.findall(r"https?://[^\s\"<]+", text))
    inside = {address for address in addresses if ".example/" in address}
    assert inside
    for address in inside:
        assert (SAMPLE / address.removeprefix(BASE)).is_file(), address
    outside = addresses - inside
    assert outside <= {"http://www.w3.org/2005/Atom", "http://purl.org/dc/elements/1.1/"}


@pytest.mark.parametrize("path", ARTICLES)
def test_pages_say_what_they_are(path: str) -> None:
    """Language, author, date and canonical link, those that their feed gives; real prose."""
    page = read_page(path)
    entry = next(entry for feed in FEEDS for entry in entries(feed) if entry.path == path)
    assert page.lang == ("en" if path.startswith("open-shelves.example/") else "fr")
    assert page.links["canonical"] == BASE + path
    assert page.meta["author"]
    assert datetime.fromisoformat(page.meta["date"]).date() == entry.published
    assert page.texts["h1"] == page.texts["title"] == [entry.title]
    assert 120 <= sum(len(text.split()) for text in page.texts["p"]) <= 260


@pytest.mark.parametrize("path", [page for page in PAGES if page not in ARTICLES])
def test_home_pages_declare_their_feed(path: str) -> None:
    """So that a page's address is enough to subscribe."""
    assert read_page(path).links["alternate"].removeprefix(BASE) in FEEDS


def test_sources_have_categories_and_tags() -> None:
    """The list names the three feeds, each in a folder, with tags."""
    root = ET.fromstring((SAMPLE / "sources.opml").read_bytes())
    found = {}
    for folder in root.iterfind("body/outline"):
        for outline in folder.iterfind("outline"):
            assert outline.get("category")
            found[outline.get("xmlUrl", "").removeprefix(BASE)] = folder.get("text")
    assert set(found) == set(FEEDS)
    assert set(found.values()) == {"Bibliothèques", "Musées"}


def test_curation_refers_to_what_the_sources_show() -> None:
    """Five picks from the three sources: pages that exist, under their titles, each once."""
    titles = {entry.path: entry.title for feed in FEEDS for entry in entries(feed)}
    chosen = [pick["path"] for pick in picks()]
    assert len(chosen) == len(set(chosen)) == 5
    assert {path.split("/")[0] for path in chosen} == {
        "mediatheque.example",
        "musee.example",
        "open-shelves.example",
    }
    assert all(titles[pick["path"]] == pick["title"] for pick in picks())
    assert all(pick["by"] and pick["tags"] for pick in picks())


def test_blurbs_are_short() -> None:
    """Two or three sentences: a reason to read, not a summary."""
    for pick in picks():
        sentences = re.findall(r"[.!?…](?=\s|$)", pick["blurb"])
        assert 2 <= len(sentences) <= 3, pick["blurb"]
        assert len(pick["blurb"]) <= 400


def test_readers_are_nobody() -> None:
    """Three different addresses of the domain that is reserved for examples (RFC 2606)."""
    with (SAMPLE / "subscribers.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["name"] for row in rows if row["name"]]
    addresses = Counter(row["email"] for row in rows)
    assert len(addresses) == 3
    assert all(address.endswith("@example.org") for address in addresses)


def french_texts() -> list[tuple[str, str]]:
    """Every French text of the sample, with where it is."""
    found = [
        (feed, text)
        for feed in FEEDS
        if "open" not in feed
        for e in entries(feed)
        for text in e.texts
    ]
    for path in PAGES:
        page = read_page(path)
        if page.lang == "fr":
            found += [(path, text) for texts in page.texts.values() for text in texts]
            found += [(path, page.meta["description"])]
    edition = curation()["edition"]
    assert isinstance(edition, dict)
    found += [("curation.toml", edition[key]) for key in ("title", "intro")]
    found += [("curation.toml", pick["blurb"]) for pick in picks()]
    return found


def test_french_is_typeset_as_french() -> None:
    """E53: no-break spaces, ’, œ, « », … in every French text of the sample."""
    texts = french_texts()
    assert len(texts) > 100
    assert [(path, text, faults(text)) for path, text in texts if faults(text)] == []


@pytest.mark.parametrize(
    "text",
    [
        "Deux points : mal",
        "Quoi ?",
        "Quoi?",
        "Non; oui",
        "Titre: sous-titre",
        "« mal »",
        "l'eau",
        'un "mot"',
        "Attendre...",
        "une oeuvre",
        "12 000 images",
        "34 % des lecteurs",
    ],
)
def test_the_check_of_french_sees_faults(text: str) -> None:
    """E53: each rule above finds what it is for."""
    assert faults(text)


def test_the_check_of_french_accepts_right_french() -> None:
    """E53: and leaves right French alone."""
    right = "«\u00a0Œuvre\u00a0» à 14:30\u00a0: 12\u202f000 lecteurs, l’été\u202f?"
    assert faults(right) == []
