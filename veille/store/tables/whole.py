"""All tables, for those who compare or make them: importing a module enters its tables."""

from __future__ import annotations

from sqlalchemy import Index, text

from veille.store.tables import (
    instance,
    marks,
    pool,
    publishing,
    readers,
    reading,
    rules,
    searches,
    stories,
    thesaurus,
    watch,
)
from veille.store.tables.metadata import metadata

# Here, and not beside their tables: the dialect of PostgreSQL would be imported by every command.
_told = pool.item.c.story.is_not(None)
Index("ix_item_story", pool.item.c.story, sqlite_where=_told, postgresql_where=_told)
Index(
    "ix_sighting_kept",
    pool.sighting.c.source_id,
    pool.sighting.c.item_id,
    pool.sighting.c.kept,  # else SQLite looks up each row to see that it is
    sqlite_where=text("kept = 1"),
    postgresql_where=text("kept"),
)

__all__ = [
    "instance",
    "marks",
    "metadata",
    "pool",
    "publishing",
    "readers",
    "reading",
    "rules",
    "searches",
    "stories",
    "thesaurus",
    "watch",
]
