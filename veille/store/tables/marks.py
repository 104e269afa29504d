"""What curators put on items, and the log of it."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)

from veille.store.tables.metadata import Folded, metadata, reference
from veille.store.types import Instant, Json

curator = Table(
    "curator",
    metadata,
    Column("handle", Text, primary_key=True),
    Column("key", Folded, nullable=False),
    Column("login", Text, nullable=False),
    Column("since", Instant, nullable=False),
    Index(None, "key"),
)

endorsement = Table(
    "endorsement",
    metadata,
    reference("item", key=True),
    Column("by", Text, primary_key=True),
    Column("at", Instant, nullable=False),
    Index(None, "by"),
    sqlite_with_rowid=False,
)

tag = Table(
    "tag",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Folded, nullable=False),
    Column("name", Text, nullable=False),  # as first spelled
    UniqueConstraint("key"),
)

item_tag = Table(
    "item_tag",
    metadata,
    reference("item", key=True),
    reference("tag", key=True),
    Column("position", Integer, nullable=False),
    # The item's own, repeated: the newest items of a tag are read off the index.
    Column("ordered", Instant, nullable=False),
    Index(None, "tag_id", "ordered", "item_id"),
    sqlite_with_rowid=False,
)

comment = Table(
    "comment",
    metadata,
    Column("id", Integer, primary_key=True),
    reference("item"),
    Column("by", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("text", Text, nullable=False),
    Column("blurb", Boolean, nullable=False),
    Column("withdrawn", Instant),  # by an undo; it stays in the history
    Index(None, "item_id"),
    Index(None, "by"),
    sqlite_autoincrement=True,
)

# Two items of which a curator said that they are one story, or two.
ruling = Table(
    "ruling",
    metadata,
    reference("first", to="item", key=True),
    reference("second", to="item", key=True),
    Column("together", Boolean, nullable=False),
    Index(None, "second_id"),
    sqlite_with_rowid=False,
)

event = Table(
    "event",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("by", Text),
    Column("login", Text),
    Column("action", Text, nullable=False),
    Column("batch", Text, nullable=False),
    # A line of the log outlives its item.
    Column("item_id", Integer, ForeignKey("item.id", ondelete="SET NULL")),
    Column("subject", Text),
    Column("before", Json, nullable=False),
    Column("after", Json, nullable=False),
    Column("note", Text),
    Column("undoes", Text),
    Index(None, "item_id", "id"),
    Index(None, "by", "id"),
    Index(None, "batch"),
    Index(None, "undoes"),
    sqlite_autoincrement=True,
)
