"""``veille source add``: from the address somebody has to the source it leads to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.workflows.conftest import FakeWeb
from veille.errors import FailureKind, FetchError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.program import Program

FEED = """<rss version="2.0"><channel><title>Le musée</title><link>https://musee.example/</link>
<item><title>Un</title><link>https://musee.example/un</link></item></channel></rss>"""
LINK = '<link rel=alternate type=application/rss+xml title="{}" href="{}">'
HOME = "https://musee.example/"


@pytest.fixture
def web(veille: Program, workspace: Path) -> FakeWeb:
    """What the program reaches instead of the web."""
    fake = FakeWeb()
    veille.adapt = lambda app: setattr(app, "web", fake)
    return fake


def sources(veille: Program) -> list[dict[str, Any]]:
    return veille("source", "list", "--json").json


def test_several_feeds_are_a_list_and_first_takes_the_best(veille: Program, web: FakeWeb) -> None:
    links = LINK.format("Musée, commentaires", "/comments/feed") + LINK.format("Musée", "/feed")
    web.on(HOME, f"<head>{links}{LINK.format('Expositions', '/expos')}</head>")
    refused = veille("source", "add", HOME)
    assert refused.code == 2
    lines = refused.out.splitlines()
    assert lines[0] == "  1  Musée: https://musee.example/feed (the page names it)"
    assert lines[2].startswith("  3  Musée, commentaires")
    assert "3 feeds" in refused.err
    assert "--first" in refused.err
    asked = veille("source", "add", HOME, "--json")
    assert asked.code == 2
    assert [row["url"].rpartition("/")[2] for row in asked.json["candidates"]] == [
        "feed",
        "expos",
        "feed",
    ]
    assert sources(veille) == []
    assert veille("source", "add", HOME, "--first").code == 0
    assert [row["url"] for row in sources(veille)] == ["https://musee.example/feed"]


def test_an_address_that_tells_asks_nobody(veille: Program, web: FakeWeb) -> None:
    assert veille("source", "add", "https://veille.substack.com/p/un-billet").code == 0
    assert [row["url"] for row in sources(veille)] == ["https://veille.substack.com/feed"]
    assert web.asked == []


def test_well_known_places_are_asked_in_order_until_one_is_a_feed(
    veille: Program, web: FakeWeb
) -> None:
    web.on(HOME, "<p>Rien n’est annoncé.</p>")
    web.on("https://musee.example/feed.xml", "<p>Pas un flux</p>")
    web.on("https://musee.example/rss.xml", FEED, content_type="application/rss+xml")
    assert veille("source", "add", HOME).code == 0
    assert web.asked == [HOME, *(f"{HOME}{path}" for path in ("feed", "feed.xml", "rss.xml"))]
    assert sources(veille)[0]["title"] == "Le musée"


def test_a_page_without_feed_says_what_else_can_be_done(veille: Program, web: FakeWeb) -> None:
    web.on(HOME, "<p>Rien.</p>")
    refused = veille("source", "add", HOME)
    assert refused.code == 1
    assert "source add --page" in refused.err


@pytest.mark.parametrize(
    "again",
    ["http://musee.example/feed", "https://www.musee.example/feed", "https://m.example/short"],
)
def test_another_spelling_of_a_source_is_recognised(
    veille: Program, web: FakeWeb, again: str
) -> None:
    """F21 for sources: another scheme, www., and an address that redirects to it."""
    web.on("https://musee.example/feed", FEED)
    web.on("https://m.example/short", FEED, at="https://musee.example/feed")
    veille("source", "add", "https://musee.example/feed")
    second = veille("source", "add", again)
    assert second.code == 0
    assert second.out.startswith("already there: Le musée")
    assert len(sources(veille)) == 1


def test_a_page_is_watched(veille: Program, web: FakeWeb) -> None:
    web.on(
        HOME, "<title>Actus</title><ul id=x><li><a href=/un>Un</a><li><a href=/deux>Deux</a></ul>"
    )
    assert veille("source", "add", "--page", HOME).code == 1  # nothing says enough to be a title
    assert veille("source", "add", "--page", HOME, "--links", "li[").code == 2
    added = veille("source", "add", "--page", HOME, "--links", "#x a", "--json").json
    assert (added["kind"], added["links"], added["title"]) == ("page", "#x a", "Actus")
    veille.adapt = lambda app: setattr(app, "fetcher", lambda concurrency=None: web)
    assert veille("collect", "--json").json["new"] == 2
    assert {row["title"] for row in veille("list", "--json").json} == {"Un", "Deux"}
    exported = veille("source", "export")
    assert "musee.example" not in exported.out
    assert "1 left out" in exported.err


def test_a_site_map_is_subscribed_to(veille: Program, web: FakeWeb) -> None:
    url = "https://musee.example/sitemap.xml"
    web.on(url, "https://musee.example/une-page\nhttps://musee.example/une-autre\n")
    added = veille("source", "add", "--sitemap", url, "--json").json
    assert added["kind"] == "sitemap"
    web.on(HOME, "<p>pas un plan</p>")
    assert veille("source", "add", "--sitemap", HOME).code == 1
    silent = FetchError(FailureKind.TIMEOUT, "no answer")
    web.on("https://lent.example/sitemap.xml", silent)
    later = veille("source", "add", "--sitemap", "https://lent.example/sitemap.xml")
    assert (later.code, "tried again later" in later.err) == (0, True)


@pytest.mark.parametrize(
    "words", [("--links", "a"), ("--page", "--sitemap"), ("--sitemap", "--links", "a")]
)
def test_options_that_contradict_each_other_are_refused(
    veille: Program, web: FakeWeb, words: tuple[str, ...]
) -> None:
    assert veille("source", "add", HOME, *words).code == 2
    assert web.asked == []


def test_the_rule_for_full_texts_is_the_sources_own(veille: Program, web: FakeWeb) -> None:
    web.on("https://musee.example/feed", FEED)
    veille("source", "add", "https://musee.example/feed")
    for word, kept in (("always", "always"), ("never", "never"), ("default", None)):
        assert veille("source", "edit", 1, "--full-text", word).code == 0
        assert veille("source", "show", 1, "--json").json["full_text"] == kept
    assert veille("source", "edit", 1, "--full-text", "often").code == 2
