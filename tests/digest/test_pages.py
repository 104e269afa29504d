"""The archive's pages and feeds: the checklist of a correct static archive."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

import html5lib
import pytest
from lxml import etree

from veille.digest.render import STYLESHEET, Renderer
from veille.digest.shelves import FEED_LENGTH
from veille.digest.slugs import slug
from veille.model.edition import Digest, Erratum, PublishedEdition
from veille.model.states import Every

ATOM = "{http://www.w3.org/2005/Atom}"
CSP = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'"
CANARY = "entre-nous-canari"
ATOM_GRAMMAR = Path(__file__).parents[1] / "data" / "digest" / "atom.rng"
PERMALINKS = Path(__file__).parents[1] / "data" / "digest" / "permalinks.txt"


def digest(slug: str, title: str, locale: str) -> Digest:
    return Digest(
        id=1, slug=slug, title=title, links=5, every=Every.MONTH, locale=locale, query=CANARY,
        created=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip


DIGESTS = [
    digest("cinq-liens", "Cinq liens", "fr"),
    digest("five-links", "Five links", "en"),
    digest("pas-encore", CANARY, "fr"),
]


@pytest.fixture
def editions(load) -> list[PublishedEdition]:
    french, english = load("fr"), load("en")
    contents = [
        replace(french, number=1, period="2026-09", title="Ce que l'été nous a laissé"),
        replace(french, number=2, period="2026-10"),
        french,
        english,
    ]
    days = [datetime(2026, month, 30, 23, 30, tzinfo=UTC) for month in (9, 10, 11)]
    return [
        PublishedEdition(content=content, published_at=day)
        for content, day in zip(contents, [*days, days[1]], strict=True)
    ]


@pytest.fixture
def files(renderer, editions) -> dict[str, bytes]:
    return renderer.site(editions, DIGESTS)


@pytest.fixture
def pages(files) -> dict[str, etree._Element]:
    """Every page, read by a parser that stops at the first error (A01)."""
    return {
        path: html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(content.decode())
        for path, content in files.items()
        if path.endswith(".html")
    }


def test_the_files_are_where_the_contract_says(files):
    """Contract: permalinks; A22: ASCII paths, unique without case, LF, no BOM, valid UTF-8."""
    issues = ["cinq-liens/1", "cinq-liens/2", "cinq-liens/3", "five-links/12"]
    digests = ["cinq-liens", "five-links"]
    expected = {f"{folder}/index.html" for folder in [*issues, *digests]} | {"index.html"}
    expected |= {f"{slug}/feed.{kind}" for slug in digests for kind in ("xml", "json")}
    ways = {"search.html", "search.js", "search-index.js", "tags.html", "sources.html"}
    pictures = {
        path.replace("index.html", "card.png") for path in expected if path.endswith("index.html")
    }
    ways |= pictures | {"sitemap.xml"}
    assert set(files) >= expected | ways
    rest = set(files) - expected - ways
    assert all(
        re.fullmatch(r"(tags|sources|years)/[a-z0-9-]+\.html|([^.]+/)?style\.css", path)
        for path in rest
    )
    assert len({path.casefold() for path in files}) == len(files)
    for path, content in files.items():
        assert path.isascii()
        if path in pictures:
            continue
        assert content.decode().endswith("\n")
        assert not content.startswith(b"\xef\xbb\xbf")
        assert b"\r" not in content


def test_every_link_leads_to_a_file_and_works_under_any_path(files, pages):
    """A05, A06: relative, explicit names, no base, nothing broken, fragments included."""
    for path, page in pages.items():
        assert page.find(".//base") is None
        for element in page.iter():
            target = element.get("href") or element.get("src")
            if target is None or re.match(r"https?:|mailto:", target):
                continue
            assert not target.startswith("/")
            there, _, fragment = target.partition("#")
            resolved = os.path.normpath(PurePosixPath(path).parent / there)
            assert resolved in files, (path, target)
            if fragment:
                assert pages[resolved].find(f".//*[@id='{fragment}']") is not None, (path, target)


def test_the_head_forbids_everything_that_is_not_needed(pages):
    """A07, A08, O8: the policy, no inline script, style or handler, no outer file; scripts on one page only."""
    for path, page in pages.items():
        metas = {meta.get("http-equiv"): meta.get("content") for meta in page.iter("meta")}
        scripts = [
            script.get("src")
            for script in page.iter("script")
            if script.get("type") != "application/ld+json"
        ]
        searches = path == "search.html"
        assert metas["Content-Security-Policy"] == (
            CSP.replace("style-src", "script-src 'self'; style-src", 1) if searches else CSP
        )
        assert scripts == (["search-index.js", "search.js"] if searches else [])
        assert page.find(".//style") is None
        assert not any(re.match("on|style$", name) for e in page.iter() for name in e.attrib)
        sheets = [link.get("href") for link in page.iter("link") if link.get("rel") == "stylesheet"]
        assert sheets == [STYLESHEET]


def test_the_style_sheet_asks_for_nothing(files):
    """A07, A24: no import, no font, no picture; one copy in each page's folder."""
    style = files[STYLESHEET].decode()
    assert not re.search(r"@import|@font-face|url\(", style)
    assert "prefers-color-scheme: dark" in style
    assert "@media print" in style
    assert len({content for path, content in files.items() if path.endswith(".css")}) == 1


def test_a_page_is_light(files):
    """A24: at most 100 kB with its style."""
    assert all(len(content) + len(files[STYLESHEET]) < 30_000 for content in files.values())


def test_pages_know_their_language_and_dates(pages):
    """A16: lang on html, foreign titles marked, <time datetime>."""
    assert pages["cinq-liens/3/index.html"].find(".").get("lang") == "fr"
    assert pages["five-links/12/index.html"].get("lang") == "en"
    time = pages["cinq-liens/3/index.html"].find(".//time")
    assert (time.get("datetime"), time.text) == ("2026-11", "novembre 2026")
    assert pages["five-links/12/index.html"].find(".//time") is None  # HTML knows no quarters
    published = pages["cinq-liens/index.html"].find(".//time")
    assert published.get("datetime") == "2026-11-30T23:30:00Z"
    assert published.text == "1er décembre 2026"


def test_pages_of_no_digest_speak_the_language_of_the_house(sender, editions):
    """A16: whatever the digest that came out last speaks."""
    for locale in ("fr", "en"):
        house = Renderer(overrides=None, sender=replace(sender, locale=locale))
        for last in range(len(editions)):
            files = house.site(editions[last:], DIGESTS)
            for name in ("index.html", "search.html", "tags.html", "sources.html"):
                assert f'<html lang="{locale}"'.encode() in files[name]


def test_each_shelf_speaks_its_own_language(pages):
    """A16: a French digest in an English index, and the reverse."""
    index = pages["index.html"]
    shelves = {shelf.get("lang"): "".join(shelf.itertext()) for shelf in index.iter("section")}
    assert "n°\u00a03" in shelves["fr"]
    assert "No. 12" in shelves["en"]


def test_open_graph_and_linked_data_match_the_page(pages, content):
    """A14: OpenGraph and JSON-LD say what the page says."""
    page = pages["cinq-liens/3/index.html"]
    graph = {meta.get("property"): meta.get("content") for meta in page.iter("meta")}
    assert graph["og:title"] == "Cinq liens n°\u00a03 · novembre 2026"
    assert graph["og:url"] == "https://veille.musee.example/archive/cinq-liens/3/index.html"
    assert graph["og:locale"] == "fr_FR"
    assert graph["og:description"].startswith("5 liens choisis et commentés")
    assert graph["og:image"] == graph["og:url"].replace("index.html", "card.png")
    assert (graph["og:image:width"], graph["og:image:height"]) == ("1200", "630")
    data = json.loads(page.find(".//script").text)
    assert data["@type"] == "PublicationIssue"
    assert data["url"] == graph["og:url"]
    assert data["temporalCoverage"] == "2026-11"
    quarter = json.loads(pages["five-links/12/index.html"].find(".//script").text)
    assert quarter["temporalCoverage"] == "2026-10/2026-12"
    assert [link["url"] for link in data["mainEntity"]["itemListElement"]] == [
        pick.url for pick in content.picks
    ]


def test_the_newest_come_first(pages):
    """Contract: all digests, newest editions first."""
    index = [a.get("href") for a in pages["index.html"].iter("a")]
    assert index[3:] == [
        "cinq-liens/index.html",
        *[f"cinq-liens/{number}/index.html" for number in (3, 2, 1)],
        "five-links/index.html",
        "five-links/12/index.html",
    ]
    shelf = [a.get("href") for a in pages["cinq-liens/index.html"].iter("a")]
    assert shelf[2:5] == ["3/index.html", "2/index.html", "1/index.html"]


def test_a_published_page_never_changes_with_its_neighbours(renderer, editions, files):
    """A10: a page is a function of its content; the preview is the page."""
    alone = renderer.site(editions[2:3], DIGESTS)
    assert alone["cinq-liens/3/index.html"] == files["cinq-liens/3/index.html"]
    assert renderer.edition(editions[2].content).page.encode() == files["cinq-liens/3/index.html"]


def test_nothing_private_is_published(files):
    """A17, O13: neither unpublished digests nor the searches behind them."""
    assert not any(CANARY.encode() in content for content in files.values())


def test_print_shows_addresses_and_no_navigation(pages, files, content):
    """A15: each link's address is in the page for paper only."""
    page = pages["cinq-liens/3/index.html"]
    where = [p.text for p in page.iter("p") if p.get("class") == "where"]
    assert where == [pick.url for pick in content.picks]
    paper = files[STYLESHEET].decode().partition("@media print")[2]
    assert re.search(r"\.where \{\s+display: block", paper)
    assert re.search(r"\.masthead,\s+\.ways,\s+\.tags,\s+main > nav \{\s+display: none", paper)


def test_what_is_under_a_heading_is_what_was_published(pages, editions):
    """A18: pages by tag, source and year hold each link once, and say how many there are."""
    picks = [pick for edition in editions for pick in edition.content.picks]
    tags = Counter(tag for pick in picks for tag in pick.tags)
    sources = Counter(pick.source for pick in picks)
    for kind, counts in (("tags", tags), ("sources", sources)):
        listed = pages[f"{kind}.html"].findall(".//ul[@class='columns']/li")
        assert {li.find("a").text: int(li.find("span").text) for li in listed} == counts
        for li in listed:
            under = pages[li.find("a").get("href")]
            assert len(under.findall(".//ul[@class='found']/li")) == int(li.find("span").text)
            number = under.find(".//p[@class='dateline']").text
            assert number.split("\u00a0")[0].split()[0] == li.find("span").text
    years = pages["search.html"].find(".//section[@class='way']//ul").findall("li")
    assert [(li.find("a").text, int(li.find("span").text)) for li in years] == [
        ("2026", len(picks))
    ]
    listed = pages["years/2026.html"].findall(".//ul[@class='contents']/li")
    assert len(listed) == len(picks)


def test_tags_of_a_page_lead_to_their_pages(pages, content):
    """A18: from a link to all others of its kind; a tag is one page whatever its spelling."""
    page = pages["cinq-liens/3/index.html"]
    found = [a.get("href") for a in page.iter("a") if a.get("rel") == "tag"]
    assert found == [f"../../tags/{slug(tag)}.html" for pick in content.picks for tag in pick.tags]


def test_the_search_knows_every_link_and_nothing_else(files, editions):
    """A12: the index is a classic script that assigns plain data, newest first."""
    script = files["search-index.js"].decode()
    found = re.fullmatch(r"window\.veilleIndex = (\{.*\});\n", script)
    index = json.loads(found[1])
    newest = sorted(editions, key=lambda e: (e.published_at, e.content.ref), reverse=True)
    assert [issue[0] for issue in index["issues"]] == [
        f"{e.content.ref}/index.html" for e in newest
    ]
    links = [(index["issues"][link[0]][0], link[1], link[3]) for link in index["links"] if link[1]]
    assert links == [
        (f"{e.content.ref}/index.html", pick.position, pick.url)
        for e in newest
        for pick in e.content.picks
    ]


def feed(files, slug="cinq-liens"):
    return etree.fromstring(files[f"{slug}/feed.xml"])


def test_the_atom_feed_has_what_rfc_4287_asks_for(files):
    """A03: one id, title, updated for feed and entry, an author, self link, stable ids."""
    root = feed(files)
    for element in [root, *root.iter(f"{ATOM}entry")]:
        for tag in ("id", "title", "updated"):
            assert len(element.findall(f"{ATOM}{tag}")) == 1
    assert root.find(f"{ATOM}author/{ATOM}name").text.startswith("Musée")
    ids = [element.text for element in root.iter(f"{ATOM}id")]
    assert len(set(ids)) == len(ids) == 4
    assert all(re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", identifier) for identifier in ids)
    links = {link.get("rel"): link.get("href") for link in root.findall(f"{ATOM}link")}
    assert links["self"] == "https://veille.musee.example/archive/cinq-liens/feed.xml"
    assert root.find(f"{ATOM}updated").text == "2026-11-30T23:30:00Z"
    assert "Numériser" in root.find(f"{ATOM}entry/{ATOM}content").text


@pytest.mark.parametrize("name", ["as-published", "corrected"])
def test_the_atom_feed_is_valid(renderer, editions, files, name):
    """A03: by the RELAX NG grammar of RFC 4287, appendix B, with and without errata."""
    if name == "corrected":
        notice = Erratum(
            id=1,
            at=editions[2].published_at,
            by="c",
            item=None,
            text="Une *date*.",
            withdraws=False,
        )
        editions[2] = replace(editions[2], errata=(notice,))
        files = renderer.site(editions, DIGESTS)
    grammar = etree.RelaxNG(etree.parse(ATOM_GRAMMAR))
    for shelf in ("cinq-liens", "five-links"):
        grammar.assertValid(feed(files, shelf))
    broken = feed(files)
    broken.remove(broken.find(f"{ATOM}id"))
    assert not grammar.validate(broken)


def test_the_map_of_the_site_names_every_page_to_keep(files, renderer, sender, editions):
    """A14: whole addresses of pages that are there, with the day they last changed."""
    root = etree.fromstring(files["sitemap.xml"])
    space = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    places = {url.find(f"{space}loc").text: url.find(f"{space}lastmod") for url in root}
    base = "https://veille.musee.example/archive/"
    assert {place.removeprefix(base) for place in places} <= set(files)
    assert places[f"{base}cinq-liens/3/index.html"].text == "2026-11-30T23:30:00Z"
    offline = type(renderer)(overrides=None, sender=replace(sender, base_url=None))
    assert not {"sitemap.xml", "card.png"} & set(offline.site(editions, DIGESTS))


def test_both_feeds_say_the_same(files):
    """A04: the same ids, order, dates and texts; JSON Feed 1.1."""
    root, other = feed(files), json.loads(files["cinq-liens/feed.json"])
    assert other["version"] == "https://jsonfeed.org/version/1.1"
    atom = [
        (
            entry.find(f"{ATOM}id").text,
            entry.find(f"{ATOM}link").get("href"),
            entry.find(f"{ATOM}title").text,
            entry.find(f"{ATOM}updated").text,
            entry.find(f"{ATOM}content").text.strip(),
        )
        for entry in root.iter(f"{ATOM}entry")
    ]
    keys = ("id", "url", "title", "date_modified", "content_html")
    assert atom == [tuple(item[key] for key in keys) for item in other["items"]]
    assert atom[0][1] == "https://veille.musee.example/archive/cinq-liens/3/index.html"


def test_ids_outlive_a_change_of_address(renderer, sender, editions, files):
    """A11: the address may change, the ids may not; another house has others."""
    moved = type(renderer)(overrides=None, sender=replace(sender, base_url="https://new.example"))
    other = type(renderer)(overrides=None, sender=replace(sender, instance="another"))
    ids = [e.text for e in feed(files).iter(f"{ATOM}id")]
    assert [e.text for e in feed(moved.site(editions, DIGESTS)).iter(f"{ATOM}id")] == ids
    assert not {e.text for e in feed(other.site(editions, DIGESTS)).iter(f"{ATOM}id")} & set(ids)


def test_permalinks_are_there_for_ever(files):
    """A11: a list that only grows; what was once in it resolves in every later version of veille."""
    assert set(PERMALINKS.read_text().split()) <= set(files)


def test_an_archive_without_an_address_is_relative(renderer, sender, editions):
    """A05: no base_url, no absolute address of ours."""
    offline = type(renderer)(overrides=None, sender=replace(sender, base_url=None))
    files = offline.site(editions, DIGESTS)
    assert not any(b"veille.musee.example" in content for content in files.values())
    root = feed(files)
    assert [link.get("href") for link in root.findall(f"{ATOM}link")] == ["feed.xml", "index.html"]
    assert root.find(f"{ATOM}entry/{ATOM}link").get("href") == "3/index.html"
    assert "feed_url" not in json.loads(files["cinq-liens/feed.json"])


def test_feeds_survive_any_character(renderer, content):
    """O15: control characters, U+FFFE and lone surrogates never reach a file."""
    bad = "a\x00\x0b\x1b\ufffe\uffff\ud800]]>&<b"
    pick = replace(content.picks[0], headline=bad, blurb=bad, source=bad)
    hostile = replace(content, title=bad, intro=bad, picks=(pick,))
    published = PublishedEdition(content=hostile, published_at=datetime(2026, 11, 30, tzinfo=UTC))
    files = renderer.site([published], DIGESTS)
    assert feed(files) is not None
    assert json.loads(files["cinq-liens/feed.json"])["items"]


def test_an_empty_archive_says_so(renderer):
    files = renderer.site([], DIGESTS)
    assert set(files) == {"index.html", "card.png", STYLESHEET}
    assert "Rien n’est encore paru." in files["index.html"].decode()
    assert "Nothing has come out yet." in renderer.site([], [])["index.html"].decode()


def test_a_digest_that_is_no_longer_there_keeps_its_shelf(renderer, editions, files):
    """A11: permalinks stay when a digest is removed."""
    assert set(renderer.site(editions, [])) == set(files)


def test_a_long_run_fits_feed_and_first_page(renderer, content):
    many = [
        PublishedEdition(
            content=replace(content, number=number), published_at=datetime(2026, 1, 1, tzinfo=UTC)
        )
        for number in range(1, FEED_LENGTH + 10)
    ]
    files = renderer.site(many, DIGESTS)
    assert len(list(feed(files).iter(f"{ATOM}entry"))) == FEED_LENGTH
    assert files["index.html"].decode().count("<h3>") == 12
    assert "Tous les numéros" in files["index.html"].decode()
    assert files["cinq-liens/index.html"].decode().count("<h2>") == FEED_LENGTH + 9


BUILD = """
import hashlib, sys, msgspec
from datetime import UTC, datetime
from pathlib import Path
from veille.digest.render import Renderer
from veille.model.edition import EditionContent, PublishedEdition, Sender
content = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=EditionContent)
sender = Sender(name="M", address="a@b.example", reply_to=None, base_url=None, instance="i", timezone="Europe/Paris")
renderer = Renderer(overrides=None, sender=sender)
files = renderer.site([PublishedEdition(content=content, published_at=datetime(2026, 11, 30, 23, tzinfo=UTC))], [])
parts = [renderer.edition(content).sha256, *(f"{path}{content!r}" for path, content in files.items())]
print(hashlib.sha256("".join(parts).encode()).hexdigest())
"""


def test_two_builds_are_equal_wherever_and_whenever(tmp_path):
    """A09, O11: other zone, locale, hash seed and folder: the same bytes, in the same order."""
    sample = Path(__file__).parents[1] / "data" / "digest" / "fr.json"
    places = [
        {"TZ": "Asia/Tokyo", "LC_ALL": "C", "LANGUAGE": "de", "PYTHONHASHSEED": "1"},
        {"TZ": "America/Lima", "LC_ALL": "C.UTF-8", "LANG": "fr_FR.UTF-8", "PYTHONHASHSEED": "2"},
    ]
    root = Path(__file__).parents[2]
    found = {
        subprocess.run(
            [sys.executable, "-c", BUILD, str(sample)],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(root), **place},
            cwd=folder,
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for place, folder in zip(places, [root, tmp_path], strict=True)
    }
    assert len(found) == 1
    assert re.fullmatch(r"[0-9a-f]{64}\n", found.pop())
