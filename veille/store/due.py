"""What is due: items whose stories are to be looked for, once they are new or changed.

Apart from :mod:`veille.store.stories`, so that those who only say so do not load its tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

if TYPE_CHECKING:
    from collections.abc import Iterable

_STORY = text("INSERT INTO story_due (item_id) VALUES (:item) ON CONFLICT DO NOTHING")


def mark(conn: Connection, ids: Iterable[int]) -> None:
    """The stories of these items are to be looked for: their words or their sources changed."""
    rows = [{"item": key} for key in ids]
    if rows:
        conn.execute(_STORY, rows)
