"""A pool to fill: what the tests of the store need before they can ask anything."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from veille.model.changes import Changes, ItemDraft, NewItem, SightingDraft
from veille.model.event import Action, Actor, NewEvent
from veille.model.item import Endorsement, Marks
from veille.model.source import Source, SourceDraft
from veille.model.states import Identity, ItemState
from veille.store import curators, events, ingest, marks, sources

if TYPE_CHECKING:
    from collections.abc import Sequence

    from veille.store.database import Connection, Database

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


class Pool:
    """Adds to a database, one transaction a call; the later an item is added, the newer it is."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self._numbers = itertools.count(1)

    def source(self, name: str = "", **given: Any) -> Source:
        """A source, by default with a title and an address of its own."""
        number = next(self._numbers)
        draft = {
            "url": f"https://feed{number}.example/atom",
            "key": f"feed{number}.example/atom",
            "title": name or f"Source {number}",
        }
        with self.db.write() as conn:
            return sources.add(conn, SourceDraft(**draft | given), at=NOW)

    def draft(self, title: str = "", **given: Any) -> ItemDraft:
        """An item about to be stored."""
        number = next(self._numbers)
        values = {
            "url": f"https://site.example/{number}",
            "raw_url": f"https://site.example/{number}?utm_source=x",
            "key": f"site.example/{number}",
            "title": title or f"Item {number}",
            "order": NOW + timedelta(minutes=number),
        }
        return ItemDraft(**values | given)

    def new(self, draft: ItemDraft, key: str | None = None) -> NewItem:
        """A story nobody showed before."""
        guid = key or f"guid-{next(self._numbers)}"
        return NewItem(draft=draft, sighting=SightingDraft(key=guid, guid=guid, hash="h1"))

    def collect(self, source: Source, *drafts: ItemDraft) -> list[int]:
        """Items that a source showed; their ids."""
        with self.db.write() as conn:
            before = set(self._shown(conn, source))
            changes = Changes(identity=Identity.GUID, new=tuple(map(self.new, drafts)))
            ingest.apply(conn, source.id, changes, at=NOW, batch="collect")
            return [key for key in self._shown(conn, source) if key not in before]

    def item(self, title: str = "", **given: Any) -> int:
        """A link that somebody added."""
        with self.db.write() as conn:
            return ingest.add_link(conn, self.draft(title, **given), at=NOW)[0]

    def items(self, count: int) -> list[int]:
        """As many links."""
        return [self.item() for _ in range(count)]

    def mark(self, item: int, marks_: Marks) -> None:
        """Put marks on an item."""
        with self.db.write() as conn:
            marks.write(conn, item, marks.marks_of(conn, [item])[item], marks_, at=NOW)

    def keep(self, item: int, by: str = "camille", at: datetime = NOW) -> None:
        """Keep an item."""
        self.mark(
            item,
            Marks(state=ItemState.KEPT, kept=(Endorsement(by=by, at=at),), tags=self.tags(item)),
        )

    def tags(self, item: int) -> tuple[str, ...]:
        """The tags of an item."""
        with self.db.read() as conn:
            return marks.marks_of(conn, [item])[item].tags

    def tag(self, item: int, *names: str) -> None:
        """Put tags on an item, beside its marks."""
        with self.db.write() as conn:
            before = marks.marks_of(conn, [item])[item]
            after = Marks(
                state=before.state,
                kept=before.kept,
                tags=(*before.tags, *names),
                comments=before.comments,
            )
            marks.write(conn, item, before, after, at=NOW)

    def comment(self, item: int, text: str, *, by: str = "camille", blurb: bool = False) -> int:
        """Write about an item."""
        with self.db.write() as conn:
            curators.record(conn, Actor(handle=by, login=by), NOW)
            return marks.add_comment(conn, item, by=by, at=NOW, text=text, blurb=blurb)

    def event(self, action: Action = Action.KEEP, by: str | None = "camille", **given: Any) -> None:
        """Write a line of the log."""
        actor = Actor(handle=by, login=f"{by}-login") if by else None
        values: dict[str, Any] = {"at": NOW, "batch": f"batch-{next(self._numbers)}"}
        with self.db.write() as conn:
            if actor:
                curators.record(conn, actor, NOW)
            events.append(conn, [NewEvent(actor=actor, action=action, **values | given)])

    @staticmethod
    def _shown(conn: Connection, source: Source) -> Sequence[int]:
        known = ingest.known(conn, source.id, [])
        return sorted({sight.item for sight in known.sightings.values()})


@pytest.fixture
def pool(db: Database) -> Pool:
    """A database to fill."""
    return Pool(db)
