"""What is due: items whose stories are to be looked for, once they are new or changed.

Apart from :mod:`veille.store.stories`, so that those who only say so do not load its tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

_STORY = "INSERT INTO story_due (item_id) VALUES ({}) ON CONFLICT DO NOTHING"


def mark(conn: Connection, ids: Iterable[int]) -> None:
    """The stories of these items are to be looked for: their words or their sources changed."""
    rows = [(key,) for key in ids]
    if rows:
        value = "?" if conn.dialect.name == "sqlite" else "%s"
        conn.exec_driver_sql(_STORY.format(value), rows)
