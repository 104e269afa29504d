"""A page of a stream as Atom (RFC 4287): what newsboat asks of FeedHQ, and nearly all of them once did.

States are categories whose ``scheme`` is Google Reader's. newsboat reads ``label``: ``read``, or
``fresh`` for what is unread, so that it follows what was read elsewhere both ways.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from veille.model.text import clean
from veille.web.reader import shapes, streams

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from veille.model.reading import Article
    from veille.web.reader.streams import Names

_ATOM = "http://www.w3.org/2005/Atom"
_GOOGLE = "http://www.google.com/schemas/reader/atom/"
_SCHEME = "http://www.google.com/reader/"
_STATES = frozenset({"read", "fresh", "kept-unread"})  # a tag of this name would be taken for one


def feed(
    items: Sequence[Article], *, stream: str, continuation: str | None, names: Names, now: datetime
) -> bytes:
    """The document; the next page is named by ``gr:continuation``."""
    root = ET.Element("feed", {"xmlns": _ATOM, "xmlns:gr": _GOOGLE})
    _text(root, "id", f"tag:google.com,2005:reader/{stream}")
    _text(root, "title", items[0].origin.title if items and items[0].origin else "veille")
    _text(root, "updated", _instant(now))
    if continuation is not None:
        _text(root, "gr:continuation", continuation)
    for item in items:
        _entry(root, item, names)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _entry(root: ET.Element, item: Article, names: Names) -> None:
    entry = ET.SubElement(root, "entry")
    _text(entry, "id", streams.long_id(item.id))
    for term in shapes.states(item, names):
        label = term.removeprefix(streams.STATES).removeprefix(streams.LABELS)
        if term.startswith(streams.STATES) or label not in _STATES:
            _category(entry, term, label)
    if not item.read:
        _category(entry, f"{streams.STATES}fresh", "fresh")
    _text(entry, "title", item.title)
    _text(entry, "published", _instant(item.published or item.collected))
    _text(entry, "updated", _instant(item.updated or item.published or item.collected))
    if item.url is not None:
        ET.SubElement(entry, "link", {"rel": "alternate", "href": item.url, "type": "text/html"})
    _text(entry, "summary", shapes.content(item), type="html")
    author = ET.SubElement(entry, "author")
    _text(author, "name", ", ".join(item.authors))


def _category(entry: ET.Element, term: str, label: str) -> None:
    term, label = clean(term), clean(label)
    ET.SubElement(entry, "category", {"term": term, "scheme": _SCHEME, "label": label})


def _instant(value: datetime) -> str:
    return value.isoformat(timespec="seconds")


def _text(parent: ET.Element, name: str, text: str, **attributes: str) -> None:
    ET.SubElement(parent, name, attributes).text = clean(text)
