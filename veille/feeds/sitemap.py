"""A site map (https://www.sitemaps.org/protocol.html) read as a feed, the newest pages first.

Plain, compressed, as a list of addresses, or an index of other site maps; with the titles and dates
of news site maps.
"""

from __future__ import annotations

import re
import zlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple
from xml.etree.ElementTree import ParseError as XmlError

from defusedxml import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.ElementTree import fromstring  # type: ignore[import-untyped]

from veille.errors import FailureKind, ParseError
from veille.feeds import dates, language, urls
from veille.feeds.encoding import decode, repair
from veille.feeds.slugs import title_of_address
from veille.model.fetched import Entry, Parsed
from veille.model.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

    from veille.model.fetched import Fetched

MAX_PAGES = 10_000  # the newest: what was never seen among older ones is no news
MAX_PARTS = 5  # of an index, the newest
WAIT = 4 * 3600.0
_MAX_BODY = 50_000_000  # bytes: what the protocol allows
_MAX_TITLE = 500
_GZIP = b"\x1f\x8b"
_OLDEST = datetime.min.replace(tzinfo=UTC)
_ROOT = re.compile(r"<(?:\w+:)?(urlset|sitemapindex)[\s>]")


class _Listed(NamedTuple):
    url: str
    modified: datetime | None
    title: str
    published: datetime | None
    language: str | None


def read_sitemap(fetched: Fetched) -> Parsed:
    """The pages of a site map as entries; of an index, ``parts`` are the maps to be read with it.

    Raises ParseError when it is none.
    """
    text = repair(decode(_plain(fetched.body), fetched.headers.get("content-type", "")))
    text = text.lstrip("\ufeff \t\r\n")
    if text.startswith(("http://", "https://")):
        return _parsed(fetched, [_Listed(url, None, "", None, None) for url in text.split()])
    root = _ROOT.search(text[:5_000])
    if root is None:
        raise ParseError("this is no site map: it has neither <urlset> nor <sitemapindex>")
    try:
        tree = fromstring(text.encode())
    except (XmlError, DefusedXmlException, ValueError) as error:
        raise ParseError(
            f"this site map is not well-formed: {one_line(str(error), 200)}"
        ) from error
    listed = sorted(_listed(tree, fetched.url), key=_age, reverse=True)
    if root[1] == "urlset":
        return _parsed(fetched, listed)
    # An index that does not say when its maps changed never changes itself: never take it as whole.
    undated = any(part.modified is None for part in listed)
    parts = tuple(part.url for part in listed[:MAX_PARTS])
    return Parsed(title=None, site=None, language=None, entries=(), parts=parts, cut=undated)


def _plain(body: bytes) -> bytes:
    if not body.startswith(_GZIP):
        return body
    unpack = zlib.decompressobj(wbits=31)
    try:
        data = unpack.decompress(body, _MAX_BODY)
    except zlib.error as error:
        raise ParseError("this site map is compressed, and damaged") from error
    if unpack.unconsumed_tail:
        raise ParseError("this site map is larger than 50 MB", FailureKind.TOO_LARGE)
    return data


def _parsed(fetched: Fetched, listed: list[_Listed]) -> Parsed:
    found = {urls.key(urls.canonical(page.url) or page.url): page for page in reversed(listed)}
    newest = list(reversed(found.values()))[:MAX_PAGES]
    return Parsed(
        title=f"{urls.host_of(fetched.url)} (site map)",
        site=None,
        language=None,
        entries=tuple(
            Entry(
                guid=None,
                link=page.url,
                title=page.title or title_of_address(page.url),
                published=page.published,
                updated=page.modified,
                language=page.language,
            )
            for page in newest
        ),
        ttl=WAIT,
    )


def _listed(tree: Element, base: str) -> Iterator[_Listed]:
    for row in tree:
        said = {_name(element): (element.text or "").strip() for element in row.iter()}
        url = urls.resolve(base, said.get("loc", ""))
        if url is not None:
            yield _Listed(
                url,
                _instant(said.get("lastmod", "")),
                one_line(said.get("title", ""), _MAX_TITLE),
                _instant(said.get("publication_date", "")),
                language.tag(said.get("language")),
            )


def _name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2].lower()


def _instant(text: str) -> datetime | None:
    """A date of W3C form (ISO 8601); anything else is none."""
    return dates.iso(text) if text else None


def _age(page: _Listed) -> datetime:
    return page.published or page.modified or _OLDEST
