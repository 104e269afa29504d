"""A list of items however long: their ids in order, and of the items only those looked at lately."""

from __future__ import annotations

from array import array
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from veille.curation.relevance import Score
    from veille.model.item import Item
    from veille.model.query import Query

FIRST_PAGE = 200  # ids; a screenful and the next, at once
LAST_PAGE = 50_000  # ids; a longer read would hold up who writes
AROUND = 60  # items loaded before and behind the one looked at
_KEPT = 2_000  # items in memory


class Items:
    """The items looked at lately, each as it was at a line of the log."""

    def __init__(self) -> None:
        self._items: OrderedDict[int, Item] = OrderedDict()
        self._seen: dict[int, int] = {}

    def __iter__(self) -> Iterator[int]:
        return iter(list(self._items))

    def __contains__(self, key: int) -> bool:
        return key in self._items

    def get(self, key: int) -> Item | None:
        """An item that was loaded."""
        return self._items.get(key)

    def seen(self, key: int) -> int:
        """The last line of the log when an item was loaded: what came later is news."""
        return self._seen.get(key, 0)

    def put(self, items: Mapping[int, Item], newest: int) -> None:
        """Remember items as they were at a line of the log; the ones longest unused are forgotten."""
        for key, item in items.items():
            if self._seen.get(key, 0) <= newest:
                self._items[key] = item
                self._items.move_to_end(key)
                self._seen[key] = newest
        while len(self._items) > _KEPT:
            key, _ = self._items.popitem(last=False)
            self._seen.pop(key, None)


class Listing:
    """What a search found: ids as far as they were read, ``items`` as far as they were looked at.

    A list within another one shares its items: what is done in one shows in both.
    """

    def __init__(
        self, query: Query, typed: str = "", items: Items | None = None, *, every: bool = False
    ) -> None:
        self.every = every  # also items that tell a story which is in the list already
        self.query = query
        self.typed = typed  # as a filter; empty for the list asked on the command line
        self.ids = array("q")
        self.items = Items() if items is None else items
        self.complete = False
        self.last: int | None = None  # the id that what comes next stands behind
        self._told: set[int] = set()  # stories that are in the list
        self.scores: Mapping[int, Score] = {}  # why items stand where they do, in some orders

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def page(self) -> int:
        """How many ids to read next: ever more, so that a long list comes in a few reads."""
        return min(LAST_PAGE, max(FIRST_PAGE, 9 * len(self.ids)))

    def extend(self, ids: Sequence[int], stories: Mapping[int, int], *, complete: bool) -> None:
        """Add the next ids, each story once: by the first of its items."""
        for key in ids:
            story = stories.get(key)
            if story is None or story not in self._told or self.every:
                self.ids.append(key)
            if story is not None:
                self._told.add(story)
        self.last = ids[-1] if ids else self.last
        self.complete = complete

    def id_at(self, index: int) -> int | None:
        """The id in this place; None beyond the end."""
        return self.ids[index] if 0 <= index < len(self.ids) else None

    def item_at(self, index: int) -> Item | None:
        """The item in this place; None when it is not there, or was not loaded yet."""
        key = self.id_at(index)
        return None if key is None else self.items.get(key)

    def missing(self, around: int) -> list[int]:
        """The ids near a place whose items are to be loaded; none while half of them are there."""
        near = self.ids[max(0, around - AROUND // 2) : around + AROUND // 2]
        if all(key in self.items for key in near):
            return []
        wide = self.ids[max(0, around - AROUND) : around + 2 * AROUND]
        return [key for key in wide if key not in self.items]
