"""Subscribers, and the ledger of what was sent to them."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text, UniqueConstraint

from veille.model.letter import LetterKind, Outcome
from veille.model.states import DeliveryState, NoticeKind
from veille.store.tables.metadata import Folded, metadata, one_of, reference
from veille.store.types import Instant

subscriber = Table(
    "subscriber",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("email", Text, nullable=False),
    Column("key", Folded, nullable=False),
    Column("name", Text),
    Column("since", Instant, nullable=False),
    UniqueConstraint("key"),
)

subscription = Table(
    "subscription",
    metadata,
    reference("subscriber", key=True),
    reference("digest", key=True),
    Index(None, "digest_id"),
    sqlite_with_rowid=False,
)

# What interests a reader of a digest: a search; apart from what they receive, which may be all.
interest = Table(
    "interest",
    metadata,
    reference("subscriber", key=True),
    reference("digest", key=True),
    Column("query", Text, nullable=False),
    Index(None, "digest_id"),
    sqlite_with_rowid=False,
)

# Who asked to be left alone: asked again at every claim, so that nobody gets one mail more.
suppression = Table(
    "suppression",
    metadata,
    Column("key", Folded, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("at", Instant, nullable=False),
)

# Who left one digest: asked with the suppression, for its mails alone.
departure = Table(
    "departure",
    metadata,
    Column("key", Folded, primary_key=True),
    reference("digest", key=True),
    Column("at", Instant, nullable=False),
    sqlite_with_rowid=False,
)

delivery = Table(
    "delivery",
    metadata,
    Column("id", Integer, primary_key=True),
    reference("edition", on_delete="RESTRICT"),
    Column("revision", Text, nullable=False),
    Column("recipient", Folded, nullable=False),
    Column("address", Text, nullable=False),
    Column("name", Text),
    Column("message_id", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("run", Text),  # the run that moved it last
    Column("planned_at", Instant, nullable=False),
    Column("code", Integer),
    Column("reply", Text),
    Column("next_try", Instant),  # of a deferred mail
    Column("at", Instant, nullable=False),
    Column("selection", Text),  # which links of the pool; none: the common ones
    UniqueConstraint("edition_id", "recipient"),
    UniqueConstraint("message_id"),
    Index(None, "edition_id", "state"),
    Index(None, "recipient"),
    one_of("state", DeliveryState),
)

delivery_event = Table(
    "delivery_event",
    metadata,
    Column("id", Integer, primary_key=True),
    reference("delivery", on_delete="RESTRICT"),
    Column("at", Instant, nullable=False),
    Column("run", Text),
    Column("phase", Text, nullable=False),
    Column("before", Text),
    Column("after", Text, nullable=False),
    Column("code", Integer),
    Column("reply", Text),
    Index(None, "delivery_id"),
    sqlite_autoincrement=True,
)

# One sender an edition, whatever the machine: the row goes with its run, or grows old.
sending = Table(
    "sending",
    metadata,
    reference("edition", key=True),
    Column("run", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("heartbeat", Instant, nullable=False),
    sqlite_with_rowid=False,
)

# Where mails leave from: a copy of the database elsewhere does not send until it is told to.
sending_place = Table(
    "sending_place",
    metadata,
    Column("host", Text, primary_key=True),
    Column("path", Text, primary_key=True),
    Column("since", Instant, nullable=False),
    sqlite_with_rowid=False,
)

# A mail to one of us about an edition, at most once each: thanks, a reminder.
notice = Table(
    "notice",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    reference("edition", on_delete="RESTRICT"),
    Column("recipient", Folded, nullable=False),
    Column("address", Text, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("planned_at", Instant, nullable=False),
    Column("at", Instant, nullable=False),
    Column("code", Integer),
    Column("reply", Text),
    UniqueConstraint("kind", "edition_id", "recipient"),
    UniqueConstraint("message_id"),
    Index(None, "edition_id"),
    one_of("kind", NoticeKind),
    one_of("state", DeliveryState),
)

# Each letter of a mailbox is judged once; what it was about is in the log and in the ledger.
letter = Table(
    "letter",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("mailbox", Text, nullable=False),
    Column("place", Text, nullable=False),  # of the letter in its mailbox
    Column("identity", Text, nullable=False),  # its Message-ID, or a hash of its bytes
    Column("kind", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("at", Instant, nullable=False),
    UniqueConstraint("mailbox", "place"),
    Index(None, "identity"),
    one_of("kind", LetterKind),
    one_of("outcome", Outcome),
)

# What readers suggested, so that they can be thanked when it is published.
suggestion = Table(
    "suggestion",
    metadata,
    reference("item", key=True),
    Column("reader", Folded, primary_key=True),
    Column("address", Text, nullable=False),
    Column("name", Text),
    Column("at", Instant, nullable=False),
    Index(None, "reader"),
    sqlite_with_rowid=False,
)
