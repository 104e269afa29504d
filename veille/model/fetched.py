"""What comes back from the web: an answer's bytes, and the feed read from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from veille.model.identifier import Identifier
from veille.model.source import Validators


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One address to ask, with the validators that same address gave last time."""

    url: str
    validators: Validators = field(default_factory=Validators)
    accept: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """One complete answer.

    ``url`` is where the bytes came from after redirects; ``headers`` have lower-case names;
    ``body`` is decoded, and empty when ``not_modified``. ``permanent`` is the address that an
    unbroken chain of 301/308 leads to, None when there was no redirect or a temporary one.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    permanent: str | None = None

    @property
    def not_modified(self) -> bool:
        """Whether the server said that nothing changed (RFC 9110 section 15.4.5)."""
        return self.status == 304

    @property
    def validators(self) -> Validators:
        """What to send back next time, byte for byte."""
        return Validators(
            etag=self.headers.get("etag"),
            last_modified=self.headers.get("last-modified"),
            url=self.url,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a feed says of one story, cleaned.

    ``title`` and ``summary`` are plain text on one line (summary at most 500 characters), ``content``
    sanitised HTML with absolute links, ``link`` an absolute http(s) address, kept as given.

    ``mark`` tells whether a later document holds the same entry. One that is ``known`` was not read
    again: only what identifies it is here, and ``known`` is the hash its content had.
    """

    guid: str | None
    link: str | None
    title: str
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    updated: datetime | None = None
    summary: str = ""
    content: str = ""
    text: str = ""  # the content as plain text, paragraphs separated by blank lines
    language: str | None = None
    identifiers: tuple[Identifier, ...] = ()
    mark: str | None = None
    known: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """A feed that could be read. ``problem`` says in one line what was wrong with it, if anything.

    ``ttl`` is the shortest wait the feed itself asks for between visits, in seconds (RSS ``ttl``,
    ``sy:updatePeriod``), None when it says nothing.
    """

    title: str | None
    site: str | None
    language: str | None
    entries: tuple[Entry, ...]
    problem: str | None = None
    ttl: float | None = None
    skip_hours: frozenset[int] = frozenset()  # GMT
    skip_days: frozenset[int] = frozenset()  # Monday is 0
    cut: bool = False  # the end is missing: what was read is used, never remembered as whole
    parts: tuple[str, ...] = ()  # of an index of site maps: addresses to be read with it


# Said of a page that is to be read for its text alone: its authors and its date are known.
SIGNED = b"signed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """What a web page says of itself: for a link found elsewhere, and for full texts.

    ``doubt`` says why it surely is no article (a page to log in, "not found"), None when it may be.
    """

    url: str  # canonical link of the page, or the address it was read from
    title: str | None
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    language: str | None = None
    summary: str = ""
    text: str = ""
    doubt: str | None = None
    identifiers: tuple[Identifier, ...] = ()
