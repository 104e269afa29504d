"""The one row that says which workspace this database belongs to."""

from __future__ import annotations

from sqlalchemy import Column, LargeBinary, Table, Text

from veille.store.tables.metadata import metadata
from veille.store.types import Instant

instance = Table(
    "instance",
    metadata,
    Column("id", Text, primary_key=True),
    Column("secret", LargeBinary, nullable=False),
    Column("created", Instant, nullable=False),
)
