"""From an answer to a feed: find out what it is, then hand over."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from veille.errors import ParseError
from veille.feeds import json_feed, xml_feed
from veille.feeds.encoding import decode
from veille.model.text import one_line

if TYPE_CHECKING:
    from veille.model.fetched import Fetched, Parsed

_JSON = re.compile(r"\s*[\[{]")
# Comments, declarations and processing instructions come before the root element.
_ROOT = re.compile(r"<(?![?!])\s*(?:[\w.-]+:)?([A-Za-z][\w.-]*)")
_FEED_ELEMENT = re.compile(
    r"<(?:[\w.-]+:)?(?:rss|rdf|feed|channel|item|entry)(?=[\s/>])", re.IGNORECASE
)
_NO_FEEDS = {
    "html": "it is a web page",
    "opml": "it is a subscription list: 'veille source import' reads those",
    "urlset": "it is a site map",
    "sitemapindex": "it is a site map",
    "svg": "it is an image",
}


def parse(fetched: Fetched, memory: bytes = b"") -> Parsed:
    """The feed in an answer: RSS 0.9x to 2.0, RDF, Atom 0.3 and 1.0, JSON Feed 1.0 and 1.1.

    Of entries that are in ``memory`` (:mod:`veille.feeds.recall`) only what identifies them is given.
    Decoded and cleaned; ill-formed XML gives what it can and says so in ``problem``. Raises
    ParseError, with the kind ``not-a-feed``, for a web page, JSON of another sort, an empty body.
    """
    try:
        text = decode(fetched.body, fetched.headers.get("content-type", ""))
        return _read(text, fetched.url, memory)
    except (ParseError, MemoryError):
        raise
    except Exception as error:  # one strange feed is one failure, never the end of a sweep
        raise ParseError(
            f"the feed could not be read: {one_line(f'{type(error).__name__}: {error}', 200)}"
        ) from error


def _read(text: str, url: str, memory: bytes) -> Parsed:
    text = text.lstrip("\ufeff \t\r\n\0")
    if not text:
        raise ParseError("the answer is empty: it was expected to be a feed")
    if _JSON.match(text):
        return json_feed.read(text, url)
    root = _root(text)
    if root in _NO_FEEDS:
        raise ParseError(f"the answer is no feed: {_NO_FEEDS[root]}")
    if _FEED_ELEMENT.search(text) is None:
        raise ParseError("the answer is no feed: it has none of the elements of RSS, RDF or Atom")
    return xml_feed.read(text, url, memory)


def _root(text: str) -> str:
    """The name of the first element, in lower case, comments not counted."""
    head = re.sub(r"<!--.*?-->", "", text[:20_000], flags=re.DOTALL)
    found = _ROOT.search(head)
    return found.group(1).lower() if found else ""
