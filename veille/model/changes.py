"""What the merge decided: the difference between a feed as read and what is already known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from veille.model.identifier import Identifier
from veille.model.states import Identity, ItemState


def within(source: int | str, key: str) -> str:
    """The name of an entry by its key in a source, be that one named by its id or its address.

    The id outlives a change of address, the address a source that is removed and comes back.
    """
    return f"{source} {key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemDraft:
    """An item about to be stored.

    ``url`` is shown (canonical, tracking removed), ``raw_url`` is what the feed said, ``key`` the
    comparison form (None when the link is no identity). ``order`` is the instant it is sorted by;
    ``collected`` when somebody saved it, None for now.
    """

    url: str | None
    raw_url: str | None
    key: str | None
    title: str
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    updated: datetime | None = None
    order: datetime
    collected: datetime | None = None
    language: str | None = None
    words: int | None = None
    summary: str = ""
    content: str = ""
    text: str = ""
    state: ItemState = ItemState.INBOX
    identifiers: tuple[Identifier, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """What a known item may be met by: its identifiers before its address."""
        return (*(one.key for one in self.identifiers), *([self.key] if self.key else ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class SightingDraft:
    """That a source shows an item: ``key`` is the identity within the source."""

    key: str
    guid: str | None
    hash: str  # of title, link and content


class KnownSighting(NamedTuple):
    """A sighting already stored. ``primary`` when its source was the first to show the item: only that
    one may change it.

    A tuple, since they are made by thousands for each document: a dataclass takes four times as long.
    """

    item: int
    hash: str
    changes: int
    primary: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the store knows that a document may touch: this source's sightings by their keys, items by
    the comparison forms of their addresses and by their identifiers. ``removed`` are names of what
    left the pool for good: these two, and keys :func:`within` a source, which lived at ``former``
    addresses, or whom others joined that did.
    """

    sightings: Mapping[str, KnownSighting] = field(default_factory=dict)
    items: Mapping[str, int] = field(default_factory=dict)
    removed: frozenset[str] = frozenset()
    former: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewItem:
    """A story nobody showed before."""

    draft: ItemDraft
    sighting: SightingDraft


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenAgain:
    """A known item, shown under an identity that is new to this source, which may name its work."""

    item: int
    sighting: SightingDraft
    identifiers: tuple[Identifier, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A known sighting whose hash changed; ``draft`` is None when only the hash is to be noted."""

    item: int
    sighting: SightingDraft
    draft: ItemDraft | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """All that one document changes. ``identity`` is what the source is read by from now on."""

    identity: Identity
    new: tuple[NewItem, ...] = ()
    seen: tuple[SeenAgain, ...] = ()
    changed: tuple[Changed, ...] = ()
