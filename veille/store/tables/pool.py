"""Sources, and the pool of items they showed."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)

from veille.model.states import Identity, ItemState, SourceState
from veille.store.tables.metadata import Folded, metadata, one_of, reference
from veille.store.types import Instant, Json

source = Table(
    "source",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("url", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("title", Text),
    Column("titled", Boolean, nullable=False),
    Column("name_key", Folded, nullable=False),  # the title, or the address, folded
    Column("site", Text),
    Column("state", Text, nullable=False),
    Column("identity", Text, nullable=False),
    Column("added", Instant, nullable=False),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("body_hash", Text),
    Column("last_fetch", Instant),
    Column("last_success", Instant),
    Column("next_fetch", Instant),
    Column("errors", Integer, nullable=False),
    Column("error_kind", Text),
    Column("error_message", Text),
    Column("error_at", Instant),
    # Counted as sightings come: counting a million of them for a list takes over a second.
    Column("items", Integer, nullable=False, server_default="0"),
    UniqueConstraint("key"),
    Index(None, "state", "next_fetch"),
    one_of("state", SourceState),
    one_of("identity", Identity),
    sqlite_autoincrement=True,
)

source_label = Table(
    "source_label",
    metadata,
    reference("source", key=True),
    Column("kind", Text, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("key", Folded, nullable=False),
    CheckConstraint("kind IN ('category', 'tag')", name="kind"),
    sqlite_with_rowid=False,
)

item = Table(
    "item",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("url", Text),
    Column("raw_url", Text),
    Column("key", Text),
    Column("title", Text, nullable=False),
    Column("title_key", Folded, nullable=False),
    Column("authors", Json, nullable=False),
    Column("authors_key", Text, nullable=False),
    Column("published", Instant),
    Column("updated", Instant),
    Column("collected", Instant, nullable=False),
    Column("ordered", Instant, nullable=False),  # the instant items are sorted by
    Column("language", Text),
    Column("words", Integer),
    Column("summary", Text, nullable=False),
    Column("state", Text, nullable=False),
    UniqueConstraint("key"),
    Index(None, "ordered", "id"),
    Index(None, "state", "ordered", "id"),
    Index(None, "collected", "id"),
    one_of("state", ItemState),
    sqlite_autoincrement=True,  # an id is never used twice: people write them down
)

# Long text lies apart, so that lists read short rows.
item_text = Table(
    "item_text",
    metadata,
    reference("item", key=True),
    Column("content", Text, nullable=False),
    Column("text", Text, nullable=False),
)

sighting = Table(
    "sighting",
    metadata,
    reference("source", key=True),
    Column("key", Text, primary_key=True),
    reference("item"),
    Column("guid", Text),
    Column("hash", Text, nullable=False),
    Column("changes", Integer, nullable=False),
    Column("primary", Boolean, nullable=False),  # the first one: it alone may change the item
    Column("seen", Instant, nullable=False),
    Index(None, "item_id"),
    sqlite_with_rowid=False,
)
