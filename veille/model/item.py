"""Items: the team's pool of links, and what curators put on them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from veille.model.identifier import Identifier
from veille.model.states import ItemState


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenIn:
    """A source that showed the item, and under which guid."""

    id: int
    title: str
    url: str
    guid: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """What a curator wrote (Markdown). The newest one that is a blurb is what readers see."""

    id: int
    by: str
    at: datetime
    text: str
    blurb: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """Another item that tells the same story."""

    id: int
    title: str
    url: str | None
    source: str | None  # the first that showed it; None for a link somebody added


class Sameness(StrEnum):
    """In which way what came out is the same as an item."""

    LINK = "link"  # the item itself
    WORK = "work"  # another item with the same DOI, or another identifier of the work
    STORY = "story"  # another item that tells the same


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """That colleagues saw it: a public edition, and ``item``, which is in it and is the same."""

    edition: str
    how: Sameness
    item: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One link in the team's pool. ``shown`` is where it came out, or what is the same as it.

    ``also`` are the other items of its story, and ``spread`` is how many independent sources tell
    it.
    """

    id: int
    url: str | None
    title: str
    authors: tuple[str, ...]
    published: datetime | None
    updated: datetime | None
    collected: datetime
    sources: tuple[SeenIn, ...]
    language: str | None
    words: int | None
    state: ItemState
    kept_by: tuple[str, ...]
    tags: tuple[str, ...]
    comments: tuple[Comment, ...]  # oldest first, withdrawn ones left out
    summary: str
    review: bool = False  # a rule wants a person to look
    also: tuple[Telling, ...] = ()
    spread: int = 1
    identifiers: tuple[Identifier, ...] = ()
    shown: tuple[Shown, ...] = ()

    @property
    def editions(self) -> tuple[str, ...]:
        """The references of the editions it came out in itself."""
        return tuple(each.edition for each in self.shown if each.how is Sameness.LINK)

    @property
    def blurb(self) -> Comment | None:
        """The text readers see: the newest blurb."""
        return next((comment for comment in reversed(self.comments) if comment.blurb), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageReading:
    """What came of reading an item's own page, the last time it was asked.

    ``taken`` says that the item's text is the page's; ``problem`` why not. ``canonical`` is the
    address the page gives itself, noted only. ``next_try`` is None when it is not asked again.
    """

    at: datetime
    taken: bool
    problem: str | None = None
    canonical: str | None = None
    media_type: str | None = None
    attempts: int = 1
    next_try: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemContent:
    """The long part of an item: sanitised HTML, and plain text with blank lines between paragraphs.

    ``content`` always is the feed's; ``text`` is the page's when ``page`` says that it was taken.
    """

    content: str
    text: str
    page: PageReading | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Endorsement:
    """That a curator keeps an item, since when."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """Everything curators may change on an item: what an event keeps before and after.

    ``kept`` is ordered by time, ``tags`` as first put, ``comments`` are the ids of those not
    withdrawn; ``review`` says that a rule wants a person to look; ``together`` and ``apart`` are the
    items that somebody said are the same story, and are not; ``language`` is what somebody said it
    is written in, None where nobody did. Undo is writing earlier marks back.
    """

    state: ItemState = ItemState.INBOX
    kept: tuple[Endorsement, ...] = ()
    tags: tuple[str, ...] = ()
    comments: tuple[int, ...] = ()
    review: bool = False
    together: tuple[int, ...] = ()
    apart: tuple[int, ...] = ()
    language: str | None = None

    def with_state(self, state: ItemState, kept: tuple[Endorsement, ...] = ()) -> Marks:
        """The same marks in another state; somebody looked, so there is nothing left to review."""
        return replace(self, state=state, kept=kept, review=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TagCount:
    """A tag as first spelled, and how many items carry it."""

    name: str
    items: int
