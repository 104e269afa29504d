"""What a team judged, and what is known of items when they are judged."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, select

from veille.model.event import Action
from veille.store.bulk import chunks
from veille.store.events import undone
from veille.store.tables.marks import event, item_tag, tag
from veille.store.tables.pool import item, sighting, source, source_label

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

_LINES = 20_000  # of the log that are looked at: what a team thought long ago matters less


class Decision(NamedTuple):
    """The last word on an item, and how many items were decided by the same action."""

    item: int
    kept: bool
    at: datetime
    line: int
    together: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What speaks for an item or against it, but for its age."""

    title: str
    summary: str
    ordered: datetime
    spread: int
    story: int | None
    sources: dict[int, str]
    labels: tuple[str, ...]  # tags and categories of its sources


def decisions(conn: Connection) -> list[Decision]:
    """What people decided last on items and did not take back, the newest first.

    What a rule did, or what followed a story, is nobody's judgement.
    """
    rows = conn.execute(
        select(event.c.id, event.c.item_id, event.c.action, event.c.batch, event.c.at)
        .where(
            event.c.action.in_((Action.KEEP, Action.SKIP, Action.RESET)),
            event.c.by.is_not(None),
            event.c.item_id.is_not(None),
            ~undone,
        )
        .order_by(event.c.id.desc())
        .limit(_LINES)
    ).all()
    together = Counter(row.batch for row in rows)
    last: dict[int, Any] = {}
    for row in rows:
        last.setdefault(row.item_id, row)
    return [
        Decision(row.item_id, row.action == Action.KEEP, row.at, row.id, together[row.batch])
        for row in last.values()
        if row.action != Action.RESET
    ]


def traits(conn: Connection, ids: Sequence[int]) -> dict[int, Traits]:
    """What is known of these items."""
    sources, labels = _sources(conn, ids), _labels(conn)
    found: dict[int, Traits] = {}
    columns = (item.c.id, item.c.title, item.c.summary, item.c.ordered, item.c.spread, item.c.story)
    for part in chunks(ids):
        for key, title, summary, ordered, spread, story in conn.execute(
            select(*columns).where(item.c.id.in_(part))
        ):
            shown = sources[key]
            found[key] = Traits(
                title=title,
                summary=summary,
                ordered=ordered,
                spread=spread,
                story=story,
                sources=shown,
                labels=tuple(dict.fromkeys(name for each in shown for name in labels[each])),
            )
    return found


def tags_now(conn: Connection, ids: Sequence[int]) -> defaultdict[int, list[str]]:
    """The tags that items carry."""
    found: defaultdict[int, list[str]] = defaultdict(list)
    for part in chunks(ids):
        for key, name in conn.execute(
            select(item_tag.c.item_id, tag.c.name)
            .join(tag)
            .where(item_tag.c.item_id.in_(part))
            .order_by(item_tag.c.position)
        ):
            found[key].append(name)
    return found


def tags_then(conn: Connection, lines: dict[int, int]) -> defaultdict[int, list[str]]:
    """The tags that items carried before a line of the log: those put on with hindsight teach nothing."""
    found: defaultdict[int, list[str]] = defaultdict(list)
    for part in chunks(list(lines)):
        for key, line, after in conn.execute(
            select(event.c.item_id, event.c.id, event.c.after)
            .where(event.c.item_id.in_(part), event.c.action == Action.TAG)
            .order_by(event.c.id)
        ):
            if line < lines[key]:
                found[key] = list(after.get("tags", ()))
    return found


def _sources(conn: Connection, ids: Sequence[int]) -> defaultdict[int, dict[int, str]]:
    found: defaultdict[int, dict[int, str]] = defaultdict(dict)
    names = {
        key: title or url
        for key, title, url in conn.execute(select(source.c.id, source.c.title, source.c.url))
    }
    for part in chunks(ids):
        for key, number in conn.execute(
            select(sighting.c.item_id, sighting.c.source_id).where(sighting.c.item_id.in_(part))
        ):
            found[key][number] = names[number]
    return found


def _labels(conn: Connection) -> defaultdict[int, list[str]]:
    found: defaultdict[int, list[str]] = defaultdict(list)
    for number, name in conn.execute(
        select(source_label.c.source_id, source_label.c.name).order_by(source_label.c.position)
    ):
        found[number].append(name)
    return found
