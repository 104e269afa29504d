"""What colleagues saw already: the public editions that hold an item, or what is the same as it.

The one place that knows: lists, the screen of triage, proposals and lint ask here.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from sqlalchemy import Connection, select

from veille.model.item import Sameness, Shown
from veille.store.bulk import chunks
from veille.store.tables.pool import item, item_identifier
from veille.store.tables.publishing import PUBLIC, digest, edition, pick

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_other = item.alias("other")
_mine, _theirs = item_identifier.alias("mine"), item_identifier.alias("theirs")


def shown(conn: Connection, ids: Sequence[int]) -> dict[int, tuple[Shown, ...]]:
    """For each of the items, where it came out: itself first, then its work, then its story.

    An item that came out nowhere is left out; so are editions that are not public. Each edition is
    told once, in the nearest way.
    """
    found: dict[int, tuple[Shown, ...]] = {}
    for part in chunks(ids):
        found.update(_of(conn, part))
    return found


def _of(conn: Connection, ids: Sequence[int]) -> dict[int, tuple[Shown, ...]]:
    same = dict(_same(conn, ids))
    places = _places(conn, {other for kin in same.values() for other in kin})
    found: dict[int, tuple[Shown, ...]] = {}
    for key, kin in same.items():
        nearest: dict[str, Shown] = {}
        for other, how in kin.items():
            for ref in places.get(other, ()):
                nearest.setdefault(ref, Shown(edition=ref, how=how, item=other))
        if nearest:
            found[key] = tuple(nearest.values())
    return found


def _same(conn: Connection, ids: Sequence[int]) -> Iterator[tuple[int, dict[int, Sameness]]]:
    """For each item those that are the same, the nearest first: itself, its work's, its story's."""
    kin: defaultdict[int, dict[int, Sameness]] = defaultdict(dict)
    works = (
        select(_mine.c.item_id, _theirs.c.item_id)
        .join_from(_mine, _theirs, _mine.c.key == _theirs.c.key)
        .where(_mine.c.item_id.in_(ids), _mine.c.own, _theirs.c.own)
        .order_by(_theirs.c.item_id)
    )
    for key, other in conn.execute(works):
        kin[key][other] = Sameness.WORK
    rows = conn.execute(
        select(item.c.id, _other.c.id)
        .join_from(item, _other, item.c.story == _other.c.story)
        .where(item.c.id.in_(ids), item.c.id != _other.c.id)
        .order_by(_other.c.id)
    )
    for key, other in rows:
        kin[key].setdefault(other, Sameness.STORY)
    for key in ids:
        kin[key].pop(key, None)
        yield key, {key: Sameness.LINK} | kin[key]


def _places(conn: Connection, ids: set[int]) -> dict[int, list[str]]:
    """The references of the public editions that hold these items."""
    found: defaultdict[int, list[str]] = defaultdict(list)
    query = (
        select(pick.c.item_id, digest.c.slug, edition.c.number)
        .join_from(pick, edition)
        .join(digest)
        .where(edition.c.state.in_(PUBLIC))
        .order_by(digest.c.slug, edition.c.number)
    )
    for part in chunks(sorted(ids)):
        for key, slug, number in conn.execute(query.where(pick.c.item_id.in_(part))):
            found[key].append(f"{slug}/{number}")
    return found
