"""Web pages: the feeds they announce, the article they hold."""

from __future__ import annotations

import contextlib
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from veille.errors import FailureKind, ParseError
from veille.feeds.article import read_article
from veille.feeds.discover import WELL_KNOWN, Candidate, find_feeds
from veille.model.fetched import SIGNED, Fetched


def page(
    html: str | bytes, content_type: str = "text/html", url: str = "https://musee.example/blog/un"
) -> Fetched:
    body = html.encode() if isinstance(html, str) else html
    return Fetched(url=url, status=200, headers={"content-type": content_type}, body=body)


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (
            '<link rel="alternate" type="application/rss+xml" title="Le fil &amp; la suite" href="/feed">',
            [("https://musee.example/feed", "Le fil & la suite", "rss")],
        ),
        (
            "<LINK REL='ALTERNATE home' TYPE='Application/Atom+XML; charset=utf-8' HREF=//a.example/f>",
            [("https://a.example/f", None, "atom")],
        ),
        (
            (
                '<base href="https://b.example/x/"><base href="https://c.example/">'
                '<link rel=alternate type=application/feed+json href="f.json">'
            ),
            [("https://b.example/x/f.json", None, "json")],
        ),
        (
            (
                '<link rel=alternate type=application/rdf+xml href="feed://d.example/f">'
                '<link rel=alternate type=application/rss+xml href="http://d.example/f">'
            ),
            [("http://d.example/f", None, "rdf")],
        ),
        ('<link rel=alternate hreflang=en href="/en">', []),
        ('<link rel=stylesheet type=application/rss+xml href="/f">', []),
        ('<link rel=alternate type=application/json href="/wp-json/1">', []),
        ('<link rel=alternate type=application/rss+xml href="javascript:x">', []),
        ('<!-- <link rel=alternate type=application/rss+xml href="/f"> -->', []),
        ("<link rel=alternate type=application/rss+xml>", []),
    ],
)
def test_announced_feeds_are_found(head: str, found: list[tuple[str, str | None, str]]) -> None:
    expected = [Candidate(url=url, title=title, kind=kind) for url, title, kind in found]
    assert find_feeds(page(f"<html><head>{head}</head><body>x</body></html>")) == expected


def test_a_page_with_too_many_feeds_is_cut() -> None:
    links = "".join(
        f'<link rel=alternate type=application/rss+xml href="/{n}">' for n in range(5000)
    )
    before = time.process_time()
    assert len(find_feeds(page(links))) == 50
    assert time.process_time() - before < 2


def test_well_known_places_are_paths() -> None:
    assert all(path.startswith("/") for path in WELL_KNOWN)


PARAGRAPH = (
    "<p>La bibliothèque ouvre ses nouvelles salles au public, avec des collections sur les arts "
    "graphiques et une équipe qui accompagne les lecteurs dans leurs recherches.</p>"
)
ARTICLE = f"""<!DOCTYPE html><html lang="fr-FR"><head>
<title>Nouvelles salles | Musée</title><meta charset="utf-8">
<meta property="og:title" content="Nouvelles salles"><meta name="author" content="Camille Durand">
<meta name="description" content="Le musée s’agrandit."><meta property="article:published_time" content="2026-03-04T10:00:00+01:00">
<link rel="canonical" href="https://www.musee.example/blog/un?utm_source=x"></head>
<body><nav><a href="/">Accueil</a></nav><article><h1>Nouvelles salles</h1>{PARAGRAPH}{PARAGRAPH.replace("ouvre", "garde")}</article>
<footer>Mentions légales</footer></body></html>"""


def test_an_article_says_what_it_is() -> None:
    found = read_article(page(ARTICLE))
    assert found.url == "https://www.musee.example/blog/un"
    assert (found.title, found.authors, found.language) == (
        "Nouvelles salles",
        ("Camille Durand",),
        "fr",
    )
    assert found.published == datetime(2026, 3, 4, tzinfo=UTC)
    assert found.summary == "Le musée s’agrandit."
    assert "ouvre ses nouvelles salles" in found.text
    assert "Mentions" not in found.text


def test_nobody_looks_for_authors_and_date_that_are_known() -> None:
    """The text is the same, and so is what the head says; the body's by-line is not looked for."""
    found = read_article(page(ARTICLE))
    assert read_article(page(ARTICLE), SIGNED) == found
    line = '<p class="byline"><span class="author">Camille Durand</span></p>'
    signed_below = ARTICLE.replace('<meta name="author" content="Camille Durand">', "").replace(
        "</h1>", f"</h1>{line}"
    )
    assert read_article(page(signed_below)).authors == ("Camille Durand",)
    known = read_article(page(signed_below), SIGNED)
    assert (known.authors, known.text) == ((), read_article(page(signed_below)).text)


@pytest.mark.parametrize("option", [b"", SIGNED])
def test_a_text_that_says_the_same_again_stays_whole(option: bytes) -> None:
    """F18: the quick way drops what it met before, as in a litany, and finds a few words only."""
    body = f"<html><body><p>Répons</p>{PARAGRAPH * 6}</body></html>"
    assert read_article(page(body), option).text.count("nouvelles salles au public") == 6


def test_a_menu_is_no_article() -> None:
    """The quick way takes a page without any paragraph as a whole."""
    menu = "".join(f"<li><a href='/{n}'>Rubrique {n}</a></li>" for n in range(150))
    hours = "du mardi au samedi, de dix heures à dix-huit heures, sauf les jours fériés"
    told = f"{PARAGRAPH[3:-4]}<br>Elles sont ouvertes {hours} et la dernière semaine de l’année."
    text = read_article(page(f"<html><body><ul>{menu}</ul><div>{told}</div></body></html>")).text
    assert "Rubrique" not in text
    assert text.endswith("de l’année.")


def test_a_list_of_short_lines_is_read_all_the_same() -> None:
    names = "".join(f"<p>Bibliothèque {n}</p>" for n in range(150))
    text = read_article(page(f"<html><body><article>{names}</article></body></html>")).text
    assert "Bibliothèque 149" in text


def test_line_breaks_of_the_source_are_no_paragraphs() -> None:
    wrapped = PARAGRAPH.replace(" avec", "\n      avec")
    code = "<pre>un\n  deux</pre>"
    text = read_article(page(f"<html><body><p>Répons</p>{wrapped * 6}{code}</body></html>")).text
    assert "au public, avec des collections" in text
    assert "un\n" in text


@pytest.mark.parametrize("hidden", ["hidden", 'style="display: none"', "style='VISIBILITY:HIDDEN'"])
def test_what_a_page_hides_is_not_read(hidden: str) -> None:
    secret = f"<div {hidden}><p>Texte pour le script du site, que personne ne voit.</p></div>"
    html = f"<html><body><article><h1>Titre</h1>{PARAGRAPH}{secret}</article></body></html>"
    assert "personne ne voit" not in read_article(page(html)).text


def test_a_page_that_is_hidden_until_a_script_has_run_is_read() -> None:
    html = f"<html><body><div style='visibility: hidden'>{PARAGRAPH}</div></body></html>"
    assert "ouvre ses nouvelles salles" in read_article(page(html)).text


def test_a_bad_character_does_not_lose_the_article() -> None:
    """A4, E16."""
    assert "ouvre" in read_article(page(ARTICLE.replace("avec des", "avec&#27;\x1b des"))).text


def test_what_follows_a_comment_is_not_lost() -> None:
    linked = 'avec <!-- note --><a href="mailto:a@musee.example">toutes</a> des'
    text = read_article(page(ARTICLE.replace("avec des", linked))).text
    assert "toutes" in text
    assert "note" not in text


def test_no_date_is_guessed_from_years_in_a_text() -> None:
    text = "<p>La collection est née en 1998, le catalogue en 2003, et tout reste à lire.</p>" * 5
    assert read_article(page(f"<title>Accueil</title><article>{text}</article>")).published is None


def test_the_charset_of_the_page_counts() -> None:
    """A8."""
    body = (
        ARTICLE.replace("’", "'")
        .replace('charset="utf-8"', 'charset="iso-8859-1"')
        .encode("latin-1")
    )
    assert "bibliothèque" in read_article(page(body, "text/html; charset=utf-8")).text


def test_a_canonical_link_to_another_site_is_not_believed() -> None:
    html = ARTICLE.replace(
        "https://www.musee.example/blog/un?utm_source=x", "https://evil.example/"
    )
    assert read_article(page(html)).url == "https://musee.example/blog/un"


def test_a_page_with_little_on_it_still_has_a_title() -> None:
    found = read_article(page("<title> Une\n page </title>"))
    assert (found.title, found.text, found.language) == ("Une page", "", None)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [("%PDF-1.7", "application/pdf"), ("x", "image/png"), ("", "text/html"), ("  ", "text/html"), ("<p></p>", "text/html"),
     ("<!-- -->", "text/html")],
)  # fmt: skip
def test_what_is_no_article_is_refused(body: str, content_type: str) -> None:
    """A7."""
    with pytest.raises(ParseError) as refusal:
        read_article(page(body, content_type))
    assert refusal.value.kind is FailureKind.NOT_A_FEED


@pytest.mark.parametrize(
    "body",
    ["<div>" * 50_000, "<a href=/x>x</a> " * 100_000, "<p>mot " * 300_000],
    ids=["deep", "links", "long"],
)
def test_bombs_are_bounded(body: str, request: Any) -> None:
    """A5, E16."""
    before = time.process_time()
    with contextlib.suppress(ParseError):
        read_article(page("<title>t</title>" + body))
    assert time.process_time() - before < 10
