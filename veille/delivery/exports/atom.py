"""Items as an Atom feed (RFC 4287), for readers and other watches."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID, uuid5
from xml.etree import ElementTree as ET

from veille.model.text import clean

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from veille.model.item import Item

_ATOM = "http://www.w3.org/2005/Atom"


def atom(items: Sequence[Item], *, title: str, instance: str, now: datetime) -> str:
    """The items as they come, each with its blurb, or else its summary.

    ``instance`` names the workspace (a UUID): identifiers of entries are made from it, and never
    change (RFC 9562 section 5.5). ``now`` dates an empty feed.
    """
    feed = ET.Element("feed", xmlns=_ATOM)
    _text(feed, "id", UUID(instance).urn)
    _text(feed, "title", title)
    _text(feed, "updated", _instant(max((_changed(item) for item in items), default=now)))
    _text(_child(feed, "author"), "name", title)
    for item in items:
        _entry(feed, item, instance)
    ET.indent(feed)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(feed, "unicode") + "\n"


def _entry(feed: ET.Element, item: Item, instance: str) -> None:
    entry = _child(feed, "entry")
    _text(entry, "id", uuid5(UUID(instance), f"item {item.id}").urn)
    _text(entry, "title", item.title)
    if item.url:
        _child(entry, "link", rel="alternate", href=item.url)
    if item.published:
        _text(entry, "published", _instant(item.published))
    _text(entry, "updated", _instant(_changed(item)))
    for author in item.authors:
        _text(_child(entry, "author"), "name", author)
    for tag in item.tags:
        _child(entry, "category", term=tag)
    words = item.blurb.text if item.blurb else item.summary
    if words:
        _text(entry, "summary", words)


def _changed(item: Item) -> datetime:
    return item.updated or item.published or item.collected


def _instant(value: datetime) -> str:
    return value.isoformat(timespec="seconds")


def _child(parent: ET.Element, name: str, **attributes: str) -> ET.Element:
    cleaned = {key: clean(value) for key, value in attributes.items()}
    return ET.SubElement(parent, name, cleaned)


def _text(parent: ET.Element, name: str, text: str) -> None:
    _child(parent, name).text = clean(text)
