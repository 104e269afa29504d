"""Rules, and what they did something to."""

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

from veille.store.tables.metadata import Folded, metadata, reference
from veille.store.types import Instant, Json

rule = Table(
    "rule",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Folded, nullable=False),
    Column("name", Text, nullable=False),
    Column("query", Text, nullable=False),
    Column("tags", Json, nullable=False),
    Column("skip", Boolean, nullable=False),
    Column("review", Boolean, nullable=False),
    Column("paused", Boolean, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", Instant, nullable=False),
    UniqueConstraint("key"),
    CheckConstraint("NOT (skip AND review)", name="one_end"),
    sqlite_autoincrement=True,  # the log names rules that are gone
)

rule_hit = Table(
    "rule_hit",
    metadata,
    reference("rule", key=True),
    reference("item", key=True),
    Column("at", Instant, nullable=False),
    Column("batch", Text, nullable=False),
    Index(None, "item_id"),
    Index(None, "batch"),
    sqlite_with_rowid=False,
)

# Items that a rule keeps in the inbox until a person looks: few, so apart from the items.
item_review = Table("item_review", metadata, reference("item", key=True), sqlite_with_rowid=False)
