"""All tables, for those who compare or make them: importing a module enters its tables."""

from __future__ import annotations

from veille.store.tables import (
    instance,
    marks,
    pool,
    publishing,
    readers,
    rules,
    searches,
    stories,
    thesaurus,
    watch,
)
from veille.store.tables.metadata import metadata

__all__ = [
    "instance",
    "marks",
    "metadata",
    "pool",
    "publishing",
    "readers",
    "rules",
    "searches",
    "stories",
    "thesaurus",
    "watch",
]
