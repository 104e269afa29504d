"""What a reader app asks for and shows: streams of items, and what one curator has read of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from veille.model.states import ItemState


class StreamKind(StrEnum):
    """What a stream of items is made of."""

    ALL = "all"
    READ = "read"
    UNREAD = "unread"
    STARRED = "starred"  # kept by this curator
    SOURCE = "source"  # shown by this source first
    LABEL = "label"  # of sources in this category; there being none, of items with this tag
    NOTHING = "nothing"  # a stream that other services have, and veille has not


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream; ``name`` is the number or the address of a source, or the label."""

    kind: StreamKind
    name: str = ""


NO_SOURCE = "0"  # the source of links that no source shows
UNFILED = ""  # the label of sources without a category


@dataclass(frozen=True, slots=True, kw_only=True)
class PageAsked:
    """A page of a stream, newest arrivals first unless told otherwise.

    What is in any of ``streams`` and in all of ``only``, and in none of ``without``; collected from
    ``since`` to ``until``. ``after`` is the last item of the page before.
    """

    streams: tuple[Stream, ...]
    only: tuple[Stream, ...] = ()
    without: tuple[Stream, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    oldest_first: bool = False
    after: int | None = None
    limit: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class PageOfIds:
    """The items of a page, and whether there is another page."""

    ids: tuple[int, ...]
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The source that an item is shown under: the first that brought it."""

    id: int
    title: str
    site: str | None
    categories: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """An item as one curator sees it in a reader app; ``content`` is sanitised HTML."""

    id: int
    url: str | None
    title: str
    authors: tuple[str, ...]
    published: datetime | None
    updated: datetime | None
    collected: datetime
    state: ItemState
    origin: Origin | None
    tags: tuple[str, ...]
    read: bool
    starred: bool
    content: str
    text: str
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """How many items of a stream are unread, and when the newest of them came."""

    stream: Stream
    count: int
    newest: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AppToken:
    """What lets a reader app in as a curator. The secret itself is kept nowhere.

    ``listed`` is the newest item there was when the app listed items last: what it cannot have
    shown is not marked as read.
    """

    id: int
    handle: str
    name: str
    key: str
    hash: str
    read_only: bool
    created: datetime
    used: datetime | None
    listed: int | None
