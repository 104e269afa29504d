"""Sightings: which source showed which item. What is repeated beside them is written here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, bindparam, select, update

from veille.model.states import ItemState
from veille.store.bulk import chunks
from veille.store.tables.pool import item, sighting

if TYPE_CHECKING:
    from collections.abc import Sequence

_kept = select(item.c.state == ItemState.KEPT).where(item.c.id == sighting.c.item_id)
_REPEAT = (
    update(sighting)
    .where(sighting.c.item_id.in_(bindparam("ids", expanding=True)))
    .values(kept=_kept.scalar_subquery())
)


def repeat_kept(conn: Connection, ids: Sequence[int]) -> None:
    """Say beside the sightings of these items whether they are kept, as they are now."""
    for part in chunks(ids):
        conn.execute(_REPEAT, {"ids": part})
