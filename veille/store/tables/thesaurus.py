"""The thesaurus: few rows, written as a whole."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from veille.store.tables.metadata import Folded, metadata, reference
from veille.store.types import Json

term = Table(
    "term",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Folded, nullable=False),
    Column("name", Text, nullable=False),
    Column("synonyms", Json, nullable=False),
    Column("broader_id", Integer, ForeignKey("term.id", ondelete="SET NULL")),
    Column("note", Text),
    Column("fr", Text),
    Column("en", Text),
    UniqueConstraint("key"),
    Index(None, "broader_id"),
)

# Every spelling that means a term: its name, labels and synonyms.
term_name = Table(
    "term_name",
    metadata,
    Column("key", Folded, primary_key=True),
    reference("term"),
    Index(None, "term_id"),
    sqlite_with_rowid=False,
)
