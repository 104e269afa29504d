"""Sources: the subscribed feeds, and what their last visit left behind."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from veille.errors import FailureKind
from veille.model.states import AddressChange, FullText, Identity, SourceKind, SourceState
from veille.model.text import masked


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """ETag and Last-Modified exactly as the server wrote them (RFC 9110 section 8.8).

    They are sent back to ``url`` only, the address that gave them; None means the one asked for.
    """

    etag: str | None = None
    last_modified: str | None = None
    url: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceDraft:
    """A source somebody asks to subscribe to.

    ``key`` is the comparison form of ``url``; ``title`` is None until a person or the feed names it.
    ``selector`` is the CSS selector of the links to watch on a page, None for those of its content.
    """

    url: str
    key: str
    title: str | None = None
    site: str | None = None
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    kind: SourceKind = SourceKind.FEED
    selector: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """The last thing that went wrong with a source."""

    kind: FailureKind
    message: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A permanent redirect met on ``visits`` visits in a row, the first ``since``.

    ``known`` says that the feed there showed items we knew before it began: it is the same feed.
    """

    to: str
    since: datetime
    visits: int
    known: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerAddress:
    """Where a source lived ``until`` an instant, and why it no longer does."""

    url: str
    until: datetime
    why: AddressChange


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A subscribed feed, page or site map.

    ``items`` counts what it showed, ``kept`` what curators kept of that. ``full_text`` is None when
    the workspace's setting holds.
    """

    id: int
    url: str
    key: str
    title: str | None
    titled: bool  # a person chose the title: the feed's own no longer replaces it
    site: str | None
    categories: tuple[str, ...]
    tags: tuple[str, ...]
    state: SourceState
    identity: Identity
    added: datetime
    validators: Validators
    body_hash: str | None
    last_fetch: datetime | None
    last_success: datetime | None
    next_fetch: datetime | None
    errors: int
    last_error: Failure | None
    items: int = 0
    kept: int = 0
    kind: SourceKind = SourceKind.FEED
    selector: str | None = None
    full_text: FullText | None = None
    moved: Move | None = None

    @property
    def name(self) -> str:
        """The title, or the address (without its password) while there is none."""
        return self.title or masked(self.url)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What a visit leaves in the source's row: saved in the transaction that saves its entries.

    ``title`` and ``site`` are what the feed says, None when it was not read. ``validators`` and
    ``body_hash`` are what to remember from now on (the old ones after an error). ``as_before`` says
    that only the times are new, as after most visits.
    """

    at: datetime
    next_fetch: datetime
    validators: Validators
    body_hash: str | None
    identity: Identity
    success: bool
    state: SourceState = SourceState.ACTIVE
    title: str | None = None
    site: str | None = None
    errors: int = 0
    error: Failure | None = None
    moved: Move | None = None
    as_before: bool = False
