"""What a feed said before is not read again: known entries are emptied before the parser gets them.

Most feeds that changed show one entry more among fifty, and reading one takes a hundred times as long
as seeing that its bytes are those of last time. So each entry gets a mark, a hash of its bytes and
of all that its reading depends on: the address of the feed and the tags around it (``xml:base``,
``xml:lang``). Of an entry whose mark is remembered only the tags are left, so that the parser counts
it, in its place; what identifies it (:class:`~veille.model.fetched.Entry` with ``known``) comes from
memory.

Where expat finds the least fault in a document, or it declares a type, nothing is marked, and it is
read whole: quirks are the parser's business.
"""

from __future__ import annotations

import re
from datetime import datetime  # noqa: TC003  msgspec reads the annotations
from hashlib import blake2b
from importlib.metadata import version
from typing import TYPE_CHECKING, NamedTuple
from xml.parsers import expat

import msgspec

from veille.model.fetched import Entry
from veille.model.identifier import Identifier  # noqa: TC001  here too

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

_NAMESPACES = (
    "",
    "http://www.w3.org/2005/Atom ",
    "http://purl.org/atom/ns# ",
    "http://purl.org/rss/1.0/ ",
    "http://my.netscape.com/rdf/simple/0.9/ ",
)
_ENTRIES = frozenset(space + name for space in _NAMESPACES for name in ("item", "entry"))
_AROUND = frozenset({("rss", "channel"), ("feed",), ("RDF",)})
_TAG = re.compile(rb"""<(?:[^>"']|"[^"]*"|'[^']*')*>""")
# Another version may read the same bytes differently: it remembers nothing of what this one read.
_READER = f"2 {version('veille')} {version('feedparser')}"


class Span(NamedTuple):
    """An entry of a document: its mark, and where what is between its tags begins and ends."""

    mark: str
    start: int
    end: int


class _Remembered(msgspec.Struct, frozen=True, array_like=True, gc=False):
    mark: str
    hash: str
    guid: str | None
    link: str | None
    title: str
    published: datetime | None
    updated: datetime | None
    identifiers: tuple[Identifier, ...]


class _Memory(msgspec.Struct, frozen=True, array_like=True):
    reader: str
    entries: list[_Remembered]


def remember(entries: Iterable[tuple[Entry, str]]) -> bytes:
    """What to keep of marked entries, each with the hash by which the merge notices changes."""
    remembered = [
        _Remembered(
            mark=entry.mark,
            hash=hashed,
            guid=entry.guid,
            link=entry.link,
            title=entry.title,
            published=entry.published,
            updated=entry.updated,
            identifiers=entry.identifiers,
        )
        for entry, hashed in entries
        if entry.mark is not None
    ]
    return msgspec.msgpack.encode(_Memory(_READER, remembered)) if remembered else b""


def recall(memory: bytes) -> dict[str, Entry]:
    """Entries by mark, as :func:`remember` kept them; none when another version did."""
    if not memory:
        return {}
    try:
        kept = msgspec.msgpack.decode(memory, type=_Memory)
    except msgspec.MsgspecError:  # of another version
        return {}
    if kept.reader != _READER:
        return {}
    return {
        one.mark: Entry(
            guid=one.guid,
            link=one.link,
            title=one.title,
            published=one.published,
            updated=one.updated,
            identifiers=one.identifiers,
            mark=one.mark,
            known=one.hash,
        )
        for one in kept.entries
    }


def spans(document: bytes, base: str) -> list[Span]:
    """The entries of a feed in UTF-8 that was had from ``base``; none where anything is unusual."""
    try:
        return _Finder(document, base).find()
    except (expat.ExpatError, _Unusual):
        return []


def emptied(document: bytes, found: Sequence[Span], known: Container[str]) -> bytes:
    """The document without what is between the tags of known entries."""
    parts, place = [], 0
    for span in found:
        if span.mark in known:
            parts.append(document[place : span.start])
            place = span.end
    return b"".join([*parts, document[place:]]) if parts else document


class _Unusual(Exception):  # noqa: N818  a decision, not an error
    """Something a parser may have its own ideas of."""


class _Finder:
    """One pass of expat over a document."""

    def __init__(self, document: bytes, base: str) -> None:
        self._document = document
        self._base = base.encode("utf-8", "replace")
        self._names: list[str] = []  # of the elements around
        self._tags: list[bytes] = []
        self._inside = 0  # how deep within an entry
        self._start = 0
        self._found: list[Span] = []
        self._parser = expat.ParserCreate("utf-8", " ")
        self._parser.StartElementHandler = self._open
        self._parser.EndElementHandler = self._close
        self._parser.StartDoctypeDeclHandler = self._doctype

    def find(self) -> list[Span]:
        self._parser.Parse(self._document, True)
        return self._found

    def _open(self, name: str, _: dict[str, str]) -> None:
        is_entry = name in _ENTRIES
        if self._inside:
            if is_entry:
                raise _Unusual
            self._inside += 1
            return
        tag = _TAG.match(self._document, self._parser.CurrentByteIndex)
        if tag is None or (is_entry and tuple(self._names) not in _AROUND):
            raise _Unusual
        self._tags.append(tag.group())
        if is_entry:
            self._inside, self._start = 1, tag.end()
        else:
            self._names.append(name.rpartition(" ")[2])

    def _close(self, _: str) -> None:
        if not self._inside:
            self._names.pop()
            self._tags.pop()
            return
        self._inside -= 1
        if not self._inside:
            end = max(self._start, self._parser.CurrentByteIndex)
            text = self._document[self._start : end]
            mark = blake2b(b"\0".join([self._base, *self._tags, text]), digest_size=12)
            self._found.append(Span(mark.hexdigest(), self._start, end))
            self._tags.pop()

    def _doctype(self, *_: object) -> None:
        raise _Unusual
