"""The states things can be in, and the other fixed choices: small, and needed by everybody."""

from __future__ import annotations

from enum import StrEnum


class SourceState(StrEnum):
    """Whether a source is visited."""

    ACTIVE = "active"
    PAUSED = "paused"  # by a curator
    GONE = "gone"  # the server answered 410


class SourceKind(StrEnum):
    """What is read at a source's address."""

    FEED = "feed"
    PAGE = "page"  # watched for new links
    SITEMAP = "sitemap"


class FullText(StrEnum):
    """When the pages of items are read for their whole text."""

    ON_KEEP = "on-keep"
    ALWAYS = "always"
    NEVER = "never"


class AddressChange(StrEnum):
    """Why a source no longer lives at an address."""

    EDITED = "edited"  # by a curator
    MOVED = "moved"  # its server redirected for good, long enough to be believed
    MERGED = "merged"  # it moved to where another source lived already


class Identity(StrEnum):
    """What tells the entries of one source apart; remembered once a feed proved unreliable."""

    GUID = "guid"
    LINK = "link"
    LINK_TITLE = "link+title"


class ItemState(StrEnum):
    """Triage."""

    INBOX = "inbox"
    KEPT = "kept"
    SKIPPED = "skipped"


class Every(StrEnum):
    """Rhythm of a digest."""

    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


class EditionState(StrEnum):
    """Where an edition stands."""

    DRAFT = "draft"
    APPROVED = "approved"
    PUBLISHED = "published"  # in the archive, mails not asked for yet
    SENDING = "sending"
    INCOMPLETE = "incomplete"  # sending ended with open or doubtful mails
    SENT = "sent"

    @property
    def is_public(self) -> bool:
        """Whether the page is in the archive and its content can no longer change."""
        return self not in (EditionState.DRAFT, EditionState.APPROVED)


class Visibility(StrEnum):
    """Who finds a published edition in the archive."""

    PUBLIC = "public"
    INTERNAL = "internal"  # those who received it; its page says no more than that
    WITHDRAWN = "withdrawn"  # nobody: its page says that it was, and why


class DeliveryState(StrEnum):
    """The states of one mail (its transitions are in docs/design.md)."""

    PLANNED = "planned"
    CLAIMED = "claimed"
    COMMITTING = "committing"
    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    REJECTED = "rejected"
    UNCERTAIN = "uncertain"
    SKIPPED = "skipped"
    BOUNCED = "bounced"

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen to this mail by itself."""
        return self in _FINAL


_FINAL = frozenset(
    {
        DeliveryState.ACCEPTED,
        DeliveryState.REJECTED,
        DeliveryState.SKIPPED,
        DeliveryState.BOUNCED,
    }
)


class NoticeKind(StrEnum):
    """Why one of us gets a mail of their own."""

    THANKS = "thanks"
    REMINDER = "reminder"
