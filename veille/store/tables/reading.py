"""Reader apps: who may come in, and what each curator read there."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, Table, Text, UniqueConstraint

from veille.store.tables.metadata import metadata, reference
from veille.store.types import Instant

app_token = Table(
    "app_token",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("handle", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("key", Text, nullable=False),  # the half that finds the row, and opens nothing
    Column("hash", Text, nullable=False),  # SHA-256 of the other half
    Column("read_only", Boolean, nullable=False),
    Column("created", Instant, nullable=False),
    Column("used", Instant),
    Column("listed", Integer),  # an item's id, which may be gone
    UniqueConstraint("key"),
    UniqueConstraint("handle", "name"),
    sqlite_autoincrement=True,
)

# One line where somebody read, or wants to read again. Without it the item's state decides:
# what is in the inbox is unread, what was decided is read.
reading = Table(
    "reading",
    metadata,
    Column("handle", Text, primary_key=True),
    reference("item", key=True),
    Column("read", Boolean, nullable=False),
    Column("batch", Text),  # of those marked all at once
    Index(None, "item_id"),
    Index(None, "batch"),
    sqlite_with_rowid=False,
)
