"""The keys of triage that decide. Each acts at once, is stored in its turn, and is told when it is."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from veille.errors import Refused, VeilleError
from veille.terminal.safe import safe_line
from veille.terminal.wording import what_happened
from veille.tui.triage.desk import Deed
from veille.tui.triage.drafts import Drafts
from veille.tui.triage.moving import Moving
from veille.workflows import curate, triage, undoing

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from veille.model.item import Item
    from veille.tui.triage.desk import Stored, Verb
    from veille.tui.triage.doors import Doors


class Deciding(Moving):
    """The screen as one decides on what it shows."""

    def __init__(self, doors: Doors) -> None:
        super().__init__(doors)
        self.drafts = Drafts(doors.drafts, doors.act().by)  # texts begun and left, or not stored
        self._writing: set[asyncio.Task[None]] = set()

    def do_keep(self) -> None:
        """Keep, and go on."""
        self.decide("kept", lambda db, item, act: curate.keep(db, [item], act=act))

    def do_skip(self) -> None:
        """Put aside, and go on."""
        self.decide("skipped", lambda db, item, act: curate.skip(db, [item], act=act))

    def do_reset(self) -> None:
        """Back in the inbox."""
        if self.item is not None:
            verb: Verb = lambda db, item, act: curate.reset(db, [item], act=act)  # noqa: E731
            self.act("back in the inbox", self.item, verb)

    def decide(self, said: str, verb: Verb) -> None:
        """Act on the item one is at, and go on."""
        if self.item is not None:
            self.act(said, self.item, verb)
            self.move(1)

    def act(self, said: str, item: Item, verb: Verb, draft: tuple[str, str] | None = None) -> None:
        """Do something to an item. It is told once it is in the database, and if it is not."""
        deed = Deed(
            said=said,
            item=item.id,
            verb=verb,
            act=self.doors.act(),
            since=self.listing.items.seen(item.id),
        )
        self.work.done.append(deed)
        stored = partial(self._stored, deed, item, draft)
        self._write(deed, item, stored, lost=partial(self._lost, deed, item, draft))

    def _write(
        self,
        deed: Deed,
        item: Item,
        stored: Callable[[Stored], None],
        lost: Callable[[VeilleError], None],
    ) -> None:
        self.work.begin(deed)
        self.rows.refresh_item(item.id)
        task = self.begin(self._carry_out(deed, item, stored, lost))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def _carry_out(
        self,
        deed: Deed,
        item: Item,
        stored: Callable[[Stored], None],
        lost: Callable[[VeilleError], None],
    ) -> None:
        try:
            done = await self.desk.do(deed)
        except VeilleError as error:
            self.work.end(deed)
            lost(error)
            self._failed(deed, item, error)
        else:
            self.work.end(deed)
            if done.seen is not None:
                self.listing.items.put(done.seen.items, done.seen.newest)
            stored(done)
        finally:
            self.rows.refresh_item(item.id)
            self.show_item()

    def _failed(self, deed: Deed, item: Item, error: VeilleError) -> None:
        if isinstance(error, Refused):  # a rule said no: nothing is missing from the database
            self.trouble(str(error))
        else:
            self.work.failed.append(f"NOT {deed.said}: “{safe_line(item.title)}”: {error}")
            self.trouble(self.work.failed[-1])

    def _lost(self, deed: Deed, item: Item, draft: tuple[str, str] | None, _: VeilleError) -> None:
        self.work.forget(deed)
        if draft is not None:
            self.drafts.keep(item.id, *draft)

    def _stored(self, deed: Deed, item: Item, draft: tuple[str, str] | None, done: Stored) -> None:
        if draft is not None:
            self.drafts.drop(item.id, draft[0])
        if not done.changed:
            self.work.forget(deed)
            self.tell((f"{deed.said} already: {safe_line(item.title)}", "quiet"))
            return
        self.work.counts[deed.said] += 1
        more = f", with {done.with_story} more that tell it" if done.with_story else ""
        self._tell_done(f"{deed.said}{more}", item, done)

    def _tell_done(self, said: str, item: Item, done: Stored) -> None:
        what = safe_line(item.title)
        if not done.meanwhile:
            self.tell((f"{said}: ", ""), (what, "quiet"))
            return
        last = done.meanwhile[-1]
        news = safe_line(f"{last.by} meanwhile: {what_happened(last)}")
        self.tell((f"{said}; {news}: ", "shown"), (what, "quiet"))

    def do_undo(self) -> None:
        """Take back what was done last here, and go to it."""
        deed = self.work.undoable()
        if deed is None:
            self.tell(("nothing to take back here; 'veille undo' goes further back", "quiet"))
            return
        item = self.listing.items.get(deed.item)
        with_place = deed.item in self.listing.ids
        if with_place:
            self.rows.move_to(self.listing.ids.index(deed.item))
        if item is None:
            item = triage.look(self.doors.db, [deed.item]).items[deed.item]
        batch = deed.act.batch
        undo = Deed(
            said=f"{deed.said} taken back",
            item=deed.item,
            verb=lambda db, _, act: undoing.of_batch(db, batch, act=act),
            act=self.doors.act(),
            since=self.listing.items.seen(deed.item),
        )
        taken_back, lost = partial(self._taken_back, deed, item), partial(self._not_undone, deed)
        self._write(undo, item, taken_back, lost)

    def _not_undone(self, deed: Deed, error: VeilleError) -> None:
        if not isinstance(error, Refused):  # the same key takes it back once that is possible
            self.work.done.append(deed)

    def _taken_back(self, deed: Deed, item: Item, done: Stored) -> None:
        self.work.counts[deed.said] -= 1
        self._tell_done(f"no longer {deed.said}", item, done)

    def do_open(self) -> None:
        """Open the link in the browser, which gets the terminal for as long as it wants it."""
        item = self.item
        if item is None:
            return
        if item.url is None:
            self.tell(("it has no link to open", "quiet"))
            return
        try:
            self.aside(partial(self.doors.browse, item.url))
        except VeilleError as error:
            self.trouble(str(error))
        else:
            self.tell(("opened: ", ""), (safe_line(item.url), "quiet"))
