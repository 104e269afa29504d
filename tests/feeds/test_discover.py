"""What an address leads to: feeds that it tells, that a page announces, that a site always has."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veille.feeds import patterns, urls
from veille.feeds.discover import feeds_by_address, feeds_of_site, find_feeds, well_known
from veille.model.fetched import Fetched

CHANNEL = "UC" + "a1" * 11
VIDEOS = "https://www.youtube.com/feeds/videos.xml"


def page(html: str, url: str = "https://musee.example/blog/un") -> Fetched:
    return Fetched(url=url, status=200, headers={"content-type": "text/html"}, body=html.encode())


@pytest.mark.parametrize(
    ("url", "feeds"),
    [
        (f"https://www.youtube.com/channel/{CHANNEL}/videos", [f"{VIDEOS}?channel_id={CHANNEL}"]),
        ("https://youtube.com/playlist?list=PL9", [f"{VIDEOS}?playlist_id=PL9"]),
        ("https://youtube.com/playlist", []),
        ("https://www.youtube.com/@bnf", []),
        (
            "https://old.reddit.com/r/bibliotheques/",
            ["https://www.reddit.com/r/bibliotheques/.rss"],
        ),
        ("https://github.com/bnf", ["https://github.com/bnf.atom"]),
        (
            "https://github.com/bnf/gallica.git",
            [
                "https://github.com/bnf/gallica/releases.atom",
                "https://github.com/bnf/gallica/commits.atom",
                "https://github.com/bnf/gallica/tags.atom",
            ],
        ),
        ("https://github.com/bnf/gallica/releases.atom", []),
        (
            "https://gitlab.com/bnf/gallica",
            [
                "https://gitlab.com/bnf/gallica/-/tags?format=atom",
                "https://gitlab.com/bnf/gallica.atom",
            ],
        ),
        ("https://veille.substack.com/p/un-billet", ["https://veille.substack.com/feed"]),
        ("https://veille.substack.com/feed", []),
        (
            "https://musee.blogspot.com/2026/11/un.html",
            ["https://musee.blogspot.com/feeds/posts/default"],
        ),
        ("https://musee.tumblr.com/", ["https://musee.tumblr.com/rss"]),
        ("https://www.tumblr.com/musee", []),
        ("https://musee.wordpress.com/2026/11/un/", ["https://musee.wordpress.com/feed/"]),
        ("https://carnet.hypotheses.org/123", ["https://carnet.hypotheses.org/feed"]),
        (
            "https://journals.openedition.org/revue/4321",
            ["https://journals.openedition.org/revue/backend?format=rssdocuments"],
        ),
        ("https://medium.com/@camille/un-abc", ["https://medium.com/feed/@camille"]),
        ("https://camille.medium.com/un-abc", ["https://camille.medium.com/feed"]),
        ("https://musee.example/", []),
        ("https://notgithub.com/bnf/gallica", []),
        ("javascript:alert(1)", []),
    ],
)
def test_some_addresses_tell_their_feeds(url: str, feeds: list[str]) -> None:
    assert [feed.url for feed in feeds_by_address(url)] == feeds


@given(st.text(max_size=80))
def test_an_address_never_leads_elsewhere_than_the_web(tail: str) -> None:
    """F15."""
    for host in ("youtube.com", "github.com", "x.substack.com", "medium.com", "x.tumblr.com"):
        assert all(urls.is_http(url) for url, _ in patterns.of_address(f"https://{host}/{tail}"))


@pytest.mark.parametrize(
    ("url", "html", "feeds"),
    [
        (
            "https://www.youtube.com/@bnf",
            f'<script>var x = {{"externalId":"{CHANNEL}"}}</script>',
            [f"{VIDEOS}?channel_id={CHANNEL}"],
        ),
        ("https://www.youtube.com/@bnf", "<p>nothing</p>", []),
        (
            "https://social.example/@musee",
            '<div id="mastodon">',
            ["https://social.example/@musee.rss"],
        ),
        ("https://social.example/@musee", "<p>another program</p>", []),
        ("https://social.example/@musee/1234", '<div id="mastodon">', []),
        (
            "https://musee.example/actus",
            '<meta name="generator" content="WordPress 6.8">',
            ["https://musee.example/feed/"],
        ),
        ("https://musee.example/", "<p>rien", []),
    ],
)
def test_some_sites_always_have_a_feed(url: str, html: str, feeds: list[str]) -> None:
    assert [feed.url for feed in feeds_of_site(page(html, url))] == feeds


def test_feeds_of_comments_come_last() -> None:
    link = '<link rel=alternate type=application/rss+xml title="{}" href="/{}">'
    html = "".join(
        link.format(*each)
        for each in (
            ("Musée » Flux des commentaires", "a"),
            ("Musée", "comments/feed"),
            ("Musée", "feed"),
            ("Expositions", "expos"),
        )
    )
    assert [feed.url.rpartition("example/")[2] for feed in find_feeds(page(html))] == [
        "feed",
        "expos",
        "a",
        "comments/feed",
    ]


def test_well_known_places_are_few_and_on_the_same_site() -> None:
    places = well_known("https://musee.example/blog/un?x=1")
    assert len(places) <= 8
    assert {urls.host_of(place) for place in places} == {"musee.example"}
    assert places[0] == "https://musee.example/feed"
