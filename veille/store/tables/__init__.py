"""The tables, private to the store; a module for each part of the river.

Everything is bound to the one ``metadata``; a test proves that the migrations build the same.
"""

from __future__ import annotations

from veille.store.tables.instance import instance
from veille.store.tables.marks import comment, curator, endorsement, event, item_tag, tag
from veille.store.tables.metadata import metadata
from veille.store.tables.pool import item, item_text, sighting, source, source_label
from veille.store.tables.publishing import PUBLIC, digest, edition, pick
from veille.store.tables.readers import (
    delivery,
    delivery_event,
    subscriber,
    subscription,
    suppression,
)
from veille.store.tables.search import item_fts, item_search, note_fts

__all__ = [
    "PUBLIC",
    "comment",
    "curator",
    "delivery",
    "delivery_event",
    "digest",
    "edition",
    "endorsement",
    "event",
    "instance",
    "item",
    "item_fts",
    "item_search",
    "item_tag",
    "item_text",
    "metadata",
    "note_fts",
    "pick",
    "sighting",
    "source",
    "source_label",
    "subscriber",
    "subscription",
    "suppression",
    "tag",
]
