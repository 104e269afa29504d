"""The full-text index: outside the metadata, since each database has its own kind.

The migrations make them; here are only the names that statements need.
"""

from __future__ import annotations

from sqlalchemy import Integer as Int
from sqlalchemy import Text, column, table

# SQLite, FTS5. The column named like the table takes the MATCH operator and the commands.
item_fts = table("item_fts", column("rowid", Int), column("item_fts", Text))
note_fts = table("note_fts", column("rowid", Int), column("note_fts", Text))

# PostgreSQL: one row an item, two tsvector columns.
item_search = table(
    "item_search", column("item_id", Int), column("document", Text), column("notes", Text)
)
