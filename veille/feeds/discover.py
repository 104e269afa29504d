"""Which feeds a web page leads to: those it announces, those its site always has."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from veille.feeds import patterns, urls
from veille.feeds.encoding import decode
from veille.model.text import one_line

if TYPE_CHECKING:
    from veille.model.fetched import Fetched

# Where feeds usually are when a page announces none, the most likely first.
WELL_KNOWN = (
    "/feed",
    "/feed.xml",
    "/rss.xml",
    "/atom.xml",
    "/index.xml",
    "/rss",
    "/feed.json",
    "/feeds/posts/default",
)
_KINDS = {
    "application/rss+xml": "rss",
    "application/atom+xml": "atom",
    "application/rdf+xml": "rdf",
    "application/feed+json": "json",
}
_COMMENTS = re.compile(r"comment|kommentar|r[ée]ponses|replies", re.IGNORECASE)
_MAX_PAGE = 2_000_000  # characters: announcements are in the head
_MAX_FOUND = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A feed that a page leads to. ``kind`` is rss, atom, rdf or json, as the page says, or empty.

    ``reason`` says why it is offered.
    """

    url: str
    title: str | None
    kind: str
    reason: str = "the page names it"


def find_feeds(page: Fetched) -> list[Candidate]:
    """The feeds announced with ``<link rel="alternate">``, in the page's order, each once.

    Feeds of comments come last.

    Addresses are absolute, resolved against ``<base>`` or the page's own.
    """
    links = _Links()
    links.feed(decode(page.body, page.headers.get("content-type", ""))[:_MAX_PAGE])
    base = urljoin(page.url, links.base) if links.base else page.url
    found: dict[str, Candidate] = {}
    for link in links.found:
        kind = _KINDS.get(link.get("type", "").partition(";")[0].strip().lower())
        url = urls.resolve(base, urls.as_http(link.get("href", "")))
        if kind and url and len(found) < _MAX_FOUND:
            title = one_line(link.get("title", ""), 500) or None
            found.setdefault(url, Candidate(url=url, title=title, kind=kind))
    return sorted(found.values(), key=_is_of_comments)


def feeds_by_address(url: str) -> list[Candidate]:
    """The feeds that the address of a page tells, without asking anybody; best first."""
    return _told(patterns.of_address(url), "its address tells it")


def feeds_of_site(page: Fetched) -> list[Candidate]:
    """The feeds that sites like the page's always have, though it announces none."""
    text = decode(page.body, page.headers.get("content-type", ""))[:_MAX_PAGE]
    return _told(patterns.of_page(page.url, text), "such sites have it")


def well_known(url: str) -> list[str]:
    """Where to look for feeds that nothing tells, the likeliest first: few, as each is asked."""
    root = urljoin(url, "/")
    return [urljoin(root, path) for path in WELL_KNOWN]


def _told(found: list[patterns.Found], reason: str) -> list[Candidate]:
    return [Candidate(url=url, title=what, kind="", reason=reason) for url, what in found]


def _is_of_comments(feed: Candidate) -> bool:
    return bool(_COMMENTS.search(f"{feed.title or ''} {feed.url}"))


class _Links(HTMLParser):
    """Collects ``<link>`` elements whose ``rel`` has ``alternate``, and the first ``<base>``."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.base: str | None = None
        self.found: list[dict[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "base" and self.base is None and values.get("href"):
            self.base = values["href"]
        elif tag == "link" and "alternate" in values.get("rel", "").lower().split():
            self.found.append(values)
