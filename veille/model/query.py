"""A search as a tree: written by :mod:`veille.curation.query`, read by :mod:`veille.store`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Field(StrEnum):
    """Fields whose value is a word or a phrase, compared folded."""

    TAG = "tag"
    SOURCE = "source"  # id, address, or part of the title
    CATEGORY = "category"
    BY = "by"  # a curator who touched the item
    AUTHOR = "author"
    LANG = "lang"
    TITLE = "title"  # full-text, in titles only
    URL = "url"  # part of the address
    EDITION = "edition"  # DIGEST/NUMBER, or DIGEST for any of its numbers
    RULE = "rule"  # that did something to the item
    SEEN = "seen"  # a curator who read the item in a reader app


class Status(StrEnum):
    """Values of ``is:``."""

    INBOX = "inbox"
    KEPT = "kept"
    SKIPPED = "skipped"
    PUBLISHED = "published"
    BLURBED = "blurbed"
    COMMENTED = "commented"
    REVIEW = "review"  # in the inbox, where a rule keeps it until somebody looks


class Instant(StrEnum):
    """Fields that are instants."""

    PUBLISHED = "published"
    COLLECTED = "collected"


@dataclass(frozen=True, slots=True)
class Words:
    """A word, or the words of a phrase in order; searched in title, text, comments and tags."""

    words: tuple[str, ...]  # folded, letters and digits only, never empty


@dataclass(frozen=True, slots=True)
class Match:
    """``field:value``."""

    field: Field
    value: str


@dataclass(frozen=True, slots=True)
class Is:
    """``is:status``."""

    status: Status


@dataclass(frozen=True, slots=True)
class Within:
    """``published:`` or ``collected:``: ``start`` ≤ instant < ``end``, either may be open."""

    field: Instant
    start: datetime | None
    end: datetime | None


@dataclass(frozen=True, slots=True)
class Age:
    """``age:<7d``: younger than ``limit`` (or older), counted on the instant items are sorted by."""

    limit: timedelta
    younger: bool


class Comparison(StrEnum):
    """How a number is compared."""

    IS = "="
    OVER = ">"
    UNDER = "<"
    AT_LEAST = ">="
    AT_MOST = "<="


@dataclass(frozen=True, slots=True)
class Spread:
    """``sources:>2``: how many independent sources tell the story."""

    comparison: Comparison
    sources: int


@dataclass(frozen=True, slots=True)
class InStory:
    """``story:12``: all items of the story that an item is in."""

    item: int


@dataclass(frozen=True, slots=True)
class Not:
    """What does not match ``part``."""

    part: Query


@dataclass(frozen=True, slots=True)
class And:
    """What matches all ``parts``; no part at all matches everything."""

    parts: tuple[Query, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """What matches any of ``parts``."""

    parts: tuple[Query, ...]


Query = Words | Match | Is | Within | Age | Spread | InStory | Not | And | Or

EVERYTHING = And(())


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedSearch:
    """A search with a name, as typed. ``by`` and ``at`` tell who saved it last, and when."""

    id: int
    name: str
    query: str
    by: str
    at: datetime


class Sort(StrEnum):
    """Orders of a list."""

    NEWEST = "newest"
    OLDEST = "oldest"
    COLLECTED = "collected"
    TITLE = "title"
    SOURCE = "source"
    SOURCES = "sources"  # of how many tell the story
    RELEVANCE = "relevance"  # what this team keeps; the store itself knows its age only
