"""Sources, and the pool of items they showed."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from veille.model.states import (
    AddressChange,
    FullText,
    Identity,
    ItemState,
    SourceKind,
    SourceState,
)
from veille.store.tables.metadata import Folded, metadata, one_of, reference
from veille.store.types import Instant, Json

source = Table(
    "source",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("url", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("kind", Text, nullable=False, server_default=SourceKind.FEED),
    Column("selector", Text),  # of the links to watch on a page
    Column("full_text", Text),  # null: as the workspace's setting says
    Column("title", Text),
    Column("titled", Boolean, nullable=False),
    Column("name_key", Folded, nullable=False),  # the title, or the address, folded
    Column("site", Text),
    Column("state", Text, nullable=False),
    Column("identity", Text, nullable=False),
    Column("added", Instant, nullable=False),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("validated", Text),  # the address that gave the two
    # A permanent redirect, until there is evidence enough to believe it.
    Column("moved_to", Text),
    Column("moved_since", Instant),
    Column("moved_visits", Integer),
    Column("moved_known", Boolean),
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
    one_of("kind", SourceKind),
    one_of("full_text", FullText),
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

# What was read of a source's entries last time. Only those who wrote it can read it.
source_memory = Table(
    "source_memory",
    metadata,
    reference("source", key=True),
    Column("entries", LargeBinary, nullable=False),
)

source_address = Table(
    "source_address",
    metadata,
    Column("id", Integer, primary_key=True),
    reference("source"),
    Column("url", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("until", Instant, nullable=False),
    Column("why", Text, nullable=False),
    Index(None, "source_id"),
    Index(None, "key"),
    one_of("why", AddressChange),
)

# The last failures of each source, so that somebody can see a pattern.
source_failure = Table(
    "source_failure",
    metadata,
    Column("id", Integer, primary_key=True),
    reference("source"),
    Column("at", Instant, nullable=False),
    Column("kind", Text, nullable=False),
    Column("message", Text, nullable=False),
    Index(None, "source_id", "id"),
)

# Hosts that asked to be left alone, and until when.
host_wait = Table(
    "host_wait",
    metadata,
    Column("host", Text, primary_key=True),
    Column("until", Instant, nullable=False),
    sqlite_with_rowid=False,
)

# Times when nothing at all could be reached: our own fault, and no source's.
outage = Table(
    "outage",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("began", Instant, nullable=False),
    Column("retry", Instant, nullable=False),
    Column("ended", Instant),
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
    # What a curator said it is written in, whatever sources say; null while nobody did.
    Column("said_language", Text),
    Column("words", Integer),
    Column("summary", Text, nullable=False),
    Column("state", Text, nullable=False),
    # Its story, named by the first of its items; null for an item that is alone in its own.
    Column("story", Integer),
    # How many independent sources tell the story.
    Column("spread", Integer, nullable=False, server_default="1"),
    UniqueConstraint("key"),
    Index(None, "ordered", "id"),
    Index(None, "spread", "ordered", "id"),
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

# What names the work behind an item, in any source; other works that it only shows are not its own.
item_identifier = Table(
    "item_identifier",
    metadata,
    reference("item", key=True),
    Column("key", Text, primary_key=True),
    Column("own", Boolean, nullable=False),
    Index(None, "key"),
    sqlite_with_rowid=False,
)

# What came of reading an item's own page; items whose page was never asked have no row.
item_page = Table(
    "item_page",
    metadata,
    reference("item", key=True),
    Column("at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("taken", Boolean, nullable=False),  # the item's text is the page's
    Column("problem", Text),
    Column("canonical", Text),
    Column("media_type", Text),
    Column("next_try", Instant),
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
    # That the item is kept, repeated: to count what sources are good for, among a million items,
    # takes two milliseconds and not fifty.
    Column("kept", Boolean, nullable=False, server_default=false()),
    Index(None, "item_id"),
    sqlite_with_rowid=False,
)

# What was removed and must not come back: numbers made of names (store/tombstones.py).
tombstone = Table(
    "tombstone",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)
