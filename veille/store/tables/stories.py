"""How stories are found: sketches of texts, and what was found alike."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, Index, Integer, Table

from veille.store.tables.metadata import metadata, reference

# Items whose story is to be looked for, or looked at again.
story_due = Table("story_due", metadata, reference("item", key=True))

# The numbers that lead from one text to those like it. The day is the item's, repeated, so that a
# phrase that a site prints under all it writes does not lead through years.
sketch = Table(
    "sketch",
    metadata,
    Column("number", BigInteger, primary_key=True),
    Column("day", Integer, primary_key=True),
    reference("item", key=True),
    Index(None, "item_id"),
    sqlite_with_rowid=False,
)

# Two items whose texts tell the same.
resemblance = Table(
    "resemblance",
    metadata,
    reference("first", key=True, to="item"),
    reference("second", key=True, to="item"),
    Column("likeness", Float, nullable=False),
    Index(None, "second_id"),
    sqlite_with_rowid=False,
)
