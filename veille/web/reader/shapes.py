"""The JSON of the API: what newsboat, NetNewsWire and Read You cannot do without is always there."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any

from veille.model.text import masked
from veille.web.reader import streams

if TYPE_CHECKING:
    from veille.model.reading import Article, Unread
    from veille.model.source import Source
    from veille.web.reader.streams import Names

# Characters of one content: the databases of apps on Android read no row of over two megabytes.
MOST_CONTENT = 500_000
# Apps show a title as it is, or read it as HTML, and nothing tells them which it is.
_ENTITY = re.compile(r"&(?=#?\w+;)")
_MARKUP = re.compile("[&<>]")
_LOOKALIKES = str.maketrans({"<": "＜", ">": "＞"})
_PARAGRAPHS = re.compile(r"\n\s*\n")


def subscription(source: Source, names: Names) -> dict[str, Any]:
    """A source. Read You fails on one without a folder."""
    return {
        "id": f"feed/{source.id}",
        "title": title(source.name),
        "categories": _folders(source.categories, names),
        "url": masked(source.url),
        "htmlUrl": source.site or "",
        "iconUrl": "",
    }


def found_elsewhere(names: Names) -> dict[str, Any]:
    """The source of links that no source shows: apps keep only items of subscriptions they know."""
    return {
        "id": streams.no_source(),
        "title": names.no_source,
        "categories": _folders((), names),
        "url": "https://links.invalid/",  # RFC 2606: no app will find anything there
        "htmlUrl": "",
        "iconUrl": "",
    }


def _folders(categories: tuple[str, ...], names: Names) -> list[dict[str, str]]:
    labels = categories or (names.unfiled,)
    return [{"id": streams.LABELS + label, "label": label} for label in labels]


def unread(count: Unread, names: Names) -> dict[str, Any]:
    """What is unread of a stream."""
    return {
        "id": streams.named(count.stream, names),
        "count": count.count,
        "newestItemTimestampUsec": str(streams.microseconds(count.newest)),
    }


def nothing_unread(stream: str) -> dict[str, Any]:
    """A stream of which all is read."""
    return {"id": stream, "count": 0, "newestItemTimestampUsec": "0"}


def article(item: Article, names: Names) -> dict[str, Any]:
    """An item with its content."""
    came, address = streams.microseconds(item.collected), item.url or ""
    document = {
        "id": streams.long_id(item.id),
        "crawlTimeMsec": str(came // 1000),
        "timestampUsec": str(came),
        "published": streams.seconds(item.published or item.collected),
        "title": title(item.title),
        # Always both: some apps look at the first of either without a look at how many there are.
        "canonical": [{"href": address}],
        "alternate": [{"href": address, "type": "text/html"}],
        "categories": states(item, names),
        "origin": _origin(item, names),
        "summary": {"content": content(item)},
    }
    if item.updated is not None:
        document["updated"] = streams.seconds(item.updated)
    if item.authors:
        document["author"] = title(", ".join(item.authors))
    return document


def states(item: Article, names: Names) -> list[str]:
    """The ids of what an item is in: everything, read, starred, the folders of its source, its tags."""
    folders = item.origin.categories if item.origin else ()
    labels = dict.fromkeys((*(folders or (names.unfiled,)), *item.tags))
    ids = [f"{streams.STATES}reading-list"]
    ids += [f"{streams.STATES}read"] if item.read else []
    ids += [f"{streams.STATES}starred"] if item.starred else []
    return ids + [streams.LABELS + label for label in labels]


def _origin(item: Article, names: Names) -> dict[str, str]:
    if item.origin is None:
        return {"streamId": streams.no_source(), "title": names.no_source, "htmlUrl": ""}
    return {
        "streamId": f"feed/{item.origin.id}",
        "title": title(item.origin.title),
        "htmlUrl": item.origin.site or "",
    }


def content(item: Article) -> str:
    """What the feed said, as sanitised HTML; where that is nothing, or too much, the text."""
    if 0 < len(item.content) <= MOST_CONTENT:
        return item.content
    paragraphs = _PARAGRAPHS.split((item.text or item.summary)[:MOST_CONTENT].strip())
    return "".join(f"<p>{html.escape(one, quote=False)}</p>" for one in paragraphs if one)


def title(text: str) -> str:
    """Text that is the same for those who read it as HTML: ``a < b`` becomes ``a ＜ b``."""
    if _MARKUP.search(text) is None:  # what nearly all of them are
        return text
    return _ENTITY.sub("＆", text).translate(_LOOKALIKES)
