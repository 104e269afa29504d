"""Pages that are watched, and site maps: which links and pages they give."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime

import pytest

from veille.errors import FailureKind, ParseError, UsageError
from veille.feeds.reading import option, read, read_option
from veille.feeds.sitemap import MAX_PAGES, read_sitemap
from veille.feeds.slugs import title_of_address
from veille.feeds.watch import MAX_LINKS, read_page, selector_of
from veille.model.fetched import Fetched
from veille.model.states import SourceKind

PAGE = "https://musee.example/actus/"
LONG = "Une nouvelle salle ouvre"


def page(html: str | bytes, content_type: str = "text/html", url: str = PAGE) -> Fetched:
    body = html.encode() if isinstance(html, str) else html
    return Fetched(url=url, status=200, headers={"content-type": content_type}, body=body)


def links(html: str, selector: str = "") -> list[tuple[str, str]]:
    return [(str(one.link), one.title) for one in read_page(page(html), selector).entries]


@pytest.mark.parametrize(
    "html",
    [
        f"<nav><a href=/menu>Le plan du musée entier</a></nav><a href=/un>{LONG}</a>",
        f"<div class='main-nav'><a href=/x>Le plan du musée entier</a></div><a href=/un>{LONG}</a>",
        f"<div role=navigation><a href=/x>Un menu en trois mots</a></div><a href=/un>{LONG}</a>",
        f"<footer><a href=/x>Les mentions légales du site</a></footer><a href=/un>{LONG}</a>",
        f"<header><a href=/x>Le nom du musée</a></header><a href=/un>{LONG}</a>",
        f"<article><header><h2><a href=/un>{LONG}</a></h2></header></article>",
        f"<a href=/x>hors du contenu principal ici</a><main><a href=/un>{LONG}</a></main>",
        f"<a href=/un><img src=i.png></a><a href=/un>{LONG}</a><a href=/un>Lire la suite</a>",
        f"<a href='/un?utm_source=x'>{LONG}</a><a href='/un#suite'>La suite</a>",
        f"<a href='/un'><h3>{LONG}</h3><p>Un chapeau plus long que son titre, en dessous.</p></a>",
        f"<a href=/un>{LONG}</a><a href='/tag/salles'>Toutes les salles du musée</a>",
        f"<a href=/un>{LONG}</a><a href='/'>La page du musée entier</a>",
        f"<a href=/un>{LONG}</a><a href='{PAGE}#top'>Retour en haut de page</a>",
        f"<a href=/un>{LONG}</a><a href='javascript:alert(1)'>Un piège de trois mots</a>",
        f"<a href=/un>{LONG}</a><a href='mailto:a@b.example'>Écrire à toute l’équipe</a>",
        f"<a href=/un>{LONG}</a><a href='https://www.facebook.com/sharer'>Partager cela sur Facebook</a>",
        f"<base href='https://musee.example/'><a href=un>{LONG}</a>",
    ],
)
def test_the_links_of_the_content_are_watched(html: str) -> None:
    """F15: and no other scheme than http(s)."""
    found = links(f"<html><body>{html}</body></html>")
    assert [title for _, title in found] == [LONG]
    assert found[0][0].startswith("https://musee.example/un")


def test_a_heading_may_be_short() -> None:
    assert links("<h2><a href=/un>Fermé</a></h2><p><a href=/x>ici</a>") == [
        ("https://musee.example/un", "Fermé")
    ]


def test_a_selector_takes_what_it_finds() -> None:
    html = "<nav class=n><a href=/a>A</a><ul><li><a href=/b><img></a></ul></nav><a href=/c>C</a>"
    assert links(html, ".n") == [
        ("https://musee.example/a", "A"),
        ("https://musee.example/b", title_of_address("https://musee.example/b")),
    ]
    assert links(html, "body > a") == [("https://musee.example/c", "C")]


@pytest.mark.parametrize("selector", ["li[", "::", "a::before(", "$"])
def test_a_selector_that_is_none_is_refused(selector: str) -> None:
    with pytest.raises(UsageError):
        selector_of(selector)


@pytest.mark.parametrize(
    ("answer", "selector"),
    [
        (page("<p>Rien"), ""),
        (page(f"<a href=/un>{LONG}</a>"), "article a"),
        (page(""), ""),
        (page("%PDF-1.7", "application/pdf"), ""),
        (page(b"%PDF-1.7"), ""),
    ],
)
def test_a_page_without_links_is_a_failure(answer: Fetched, selector: str) -> None:
    """A7, H21."""
    with pytest.raises(ParseError):
        read_page(answer, selector)


def test_a_page_of_too_many_links_is_cut() -> None:
    """A5."""
    html = "".join(f"<a href=/{n}>{LONG} {n}</a>" for n in range(3_000))
    assert len(links(html)) == MAX_LINKS


def test_a_page_names_itself_and_its_language() -> None:
    read_ = read_page(page(f"<html lang=fr-FR><title> Actus </title><a href=/un>{LONG}</a>"))
    assert (read_.title, read_.language, read_.site) == ("Actus", "fr", PAGE)


def sitemap(rows: str, root: str = "urlset") -> str:
    names = (
        'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
        'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
    )
    return f"<?xml version='1.0'?><{root} {names}>{rows}</{root}>"


NEWS = """<url><loc>https://musee.example/n/1</loc><news:news><news:publication>
<news:name>Le musée</news:name><news:language>fr</news:language></news:publication>
<news:publication_date>2026-11-20T08:00:00+01:00</news:publication_date>
<news:title>Une salle &amp; ses tableaux</news:title></news:news></url>"""


def test_a_news_map_gives_titles_and_dates() -> None:
    (entry,) = read_sitemap(page(sitemap(NEWS), "application/xml")).entries
    assert (entry.title, entry.language) == ("Une salle & ses tableaux", "fr")
    assert entry.published == datetime(2026, 11, 20, 7, tzinfo=UTC)


def test_the_newest_come_first_each_once() -> None:
    rows = "".join(
        f"<url><loc>https://musee.example/{name}</loc><lastmod>{date}</lastmod></url>"
        for name, date in (
            ("vieille-page", "2020-01-01"),
            ("page-neuve", "2026-11-02T10:00:00Z"),
            ("vieille-page#a", "2020-01-01"),
            ("sans-date", "hier"),
        )
    )
    read_ = read_sitemap(page(sitemap(rows + "<url><loc>javascript:x</loc></url>")))
    assert [entry.title for entry in read_.entries] == ["Page neuve", "Vieille page", "Sans date"]
    assert read_.entries[0].updated == datetime(2026, 11, 2, 10, tzinfo=UTC)
    assert read_.entries[0].published is None


def test_compressed_and_plain_lists_are_read() -> None:
    text = b"https://musee.example/une-page\nhttps://musee.example/deux-pages\n"
    assert len(read_sitemap(page(text, "text/plain")).entries) == 2
    packed = gzip.compress(sitemap(NEWS).encode())
    assert len(read_sitemap(page(packed, "application/x-gzip")).entries) == 1


def test_an_index_names_its_newest_parts() -> None:
    rows = "".join(
        f"<sitemap><loc>https://musee.example/{n}.xml</loc><lastmod>2026-11-{n:02}</lastmod></sitemap>"
        for n in range(1, 9)
    )
    index = read_sitemap(page(sitemap(rows, "sitemapindex")))
    assert [part[-5] for part in index.parts] == ["8", "7", "6", "5", "4"]
    assert not index.cut
    undated = sitemap("<sitemap><loc>https://musee.example/a.xml</loc></sitemap>", "sitemapindex")
    assert read_sitemap(page(undated)).cut


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html></html>",
        b"<urlset><url>",
        b"\x1f\x8bdamaged",
        b'<!DOCTYPE x [<!ENTITY a "b">]><urlset><url><loc>&a;</loc></url></urlset>',
    ],
)
def test_what_is_no_map_is_a_failure(body: bytes) -> None:
    """F4: no entity is ever expanded."""
    with pytest.raises(ParseError):
        read_sitemap(page(body))


def test_a_map_that_unpacks_to_gigabytes_is_refused() -> None:
    """N8."""
    with pytest.raises(ParseError) as refused:
        read_sitemap(page(gzip.compress(b" " * 60_000_000, 1)))
    assert refused.value.kind is FailureKind.TOO_LARGE


def test_a_long_map_is_cut() -> None:
    body = "\n".join(f"https://musee.example/page-{n}" for n in range(MAX_PAGES + 10))
    assert len(read_sitemap(page(body)).entries) == MAX_PAGES


@pytest.mark.parametrize(
    ("url", "title"),
    [
        ("https://musee.example/2026/11/nos-nouvelles-salles/", "Nos nouvelles salles"),
        ("https://musee.example/a/12345-le-titre_long.html", "Le titre long"),
        ("https://musee.example/caf%C3%A9-litt%C3%A9raire", "Café littéraire"),
        ("https://musee.example/actus/1234", "Actus"),
        ("https://musee.example/", "https://musee.example/"),
        ("https://musee.example/1/2", "https://musee.example/1/2"),
    ],
)
def test_an_address_gives_a_title(url: str, title: str) -> None:
    assert title_of_address(url) == title


def test_each_kind_is_read_as_what_it_is() -> None:
    feed = page("<rss><channel><title>F</title><item><title>Un</title></item></channel></rss>")
    html = page(f"<a href=/un>{LONG}</a>")
    listed = page("https://musee.example/une-page")
    assert read(SourceKind.FEED, None, feed).title == "F"
    assert len(read_option(html, option(SourceKind.PAGE, "body > a")).entries) == 1
    assert len(read_option(html, option(SourceKind.PAGE)).entries) == 1
    assert len(read_option(listed, option(SourceKind.SITEMAP)).entries) == 1
