"""What a screen needs next, fetched before it is asked for: the rest of the list, rows, texts."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from veille.tui.triage.page import body
from veille.workflows import triage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from veille.model.query import Sort
    from veille.store.database import Database
    from veille.tui.drawing import Line
    from veille.tui.triage.desk import Desk
    from veille.tui.triage.listing import Listing
    from veille.workflows.acting import Act

_TEXTS = 60  # in memory
_AHEAD = (0, 1, -1, 2, 3)  # where texts are wanted, from the place one is at


class Loader:
    """Fetches what is near the place one is at, the nearest first, one thing at a time.

    ``ready`` is called when something came that is in sight: the text of the item one is at, items
    of the list. A key held down leaves no queue behind: what is no longer near is never asked for.
    """

    def __init__(self, desk: Desk, sort: Sort, act: Callable[[], Act], ready: Callable[[], None]):
        self._desk = desk
        self._sort = sort
        self._act = act
        self._ready = ready
        self._texts: OrderedDict[tuple[int, int], list[Line]] = OrderedDict()
        self._listing: Listing | None = None
        self._cursor = 0
        self._cells = 80
        self._busy: set[str] = set()

    def near(self, listing: Listing, cursor: int, cells: int) -> None:
        """The place one is at now, and how wide texts are."""
        self._listing, self._cursor, self._cells = listing, cursor, cells

    def text(self, item: int, cells: int) -> Sequence[Line] | None:
        """The lines of an item's text; None when they are not here yet."""
        return self._texts.get((item, cells))

    def forget(self, item: int) -> None:
        """Its text may have changed."""
        for key in [key for key in self._texts if key[0] == item]:
            del self._texts[key]

    async def first(self, listing: Listing) -> None:
        """Read the first page of a list, and its first items."""
        await self._more(listing)
        await self._load(listing, listing.missing(0))

    async def rest(self, listing: Listing) -> None:
        """Read the rest of a list, as long as it is the one shown."""
        while not listing.complete and listing is self._listing:
            await self._more(listing)
            self._ready()

    async def rows(self) -> None:
        """Load the items near; at once when this is going on already."""
        if "rows" in self._busy or self._listing is None:
            return
        self._busy.add("rows")
        try:
            while missing := self._listing.missing(self._cursor):
                listing = self._listing
                await self._load(listing, missing)
                if any(key not in listing.items for key in missing):
                    break  # they are gone from the database
                self._ready()
        finally:
            self._busy.discard("rows")

    async def texts(self) -> None:
        """Load the texts near; at once when this is going on already."""
        if "texts" in self._busy:
            return
        self._busy.add("texts")
        try:
            while (wanted := self._wanted()) is not None:
                item, cells = wanted
                self._texts[wanted] = await self._desk.ask("texts", _laid_out, item, cells)
                while len(self._texts) > _TEXTS:
                    self._texts.popitem(last=False)
                if self._listing and item == self._listing.id_at(self._cursor):
                    self._ready()
        finally:
            self._busy.discard("texts")

    def _wanted(self) -> tuple[int, int] | None:
        for step in _AHEAD if self._listing is not None else ():
            key = self._listing.id_at(self._cursor + step) if self._listing else None
            if key is not None and (key, self._cells) not in self._texts:
                return key, self._cells
        return None

    async def _more(self, listing: Listing) -> None:
        asked = listing.page
        page = await self._desk.ask(
            "lists",
            triage.page,
            listing.query,
            act=self._act(),
            sort=self._sort,
            limit=asked,
            after=listing.last,
        )
        listing.scores = page.scores or listing.scores
        whole = not triage.is_paged(self._sort)
        listing.extend(page.ids, page.stories, complete=whole or len(page.ids) < asked)

    async def _load(self, listing: Listing, ids: Sequence[int]) -> None:
        if ids:
            seen = await self._desk.ask("texts", triage.look, ids)
            listing.items.put(seen.items, seen.newest)


def _laid_out(db: Database, item: int, cells: int) -> list[Line]:
    text = triage.text(db, item).text
    return body(text, cells=cells) if text.strip() else []
