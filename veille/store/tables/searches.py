"""What the team asks again and again: saved searches."""

from __future__ import annotations

from sqlalchemy import Column, Integer, Table, Text, UniqueConstraint

from veille.store.tables.metadata import Folded, metadata
from veille.store.types import Instant

saved_search = Table(
    "saved_search",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Folded, nullable=False),
    Column("name", Text, nullable=False),
    Column("query", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", Instant, nullable=False),
    UniqueConstraint("key"),
)
