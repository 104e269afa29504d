"""What the keys of triage do. Each acts at once, and is one event in the log."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from textual import events

from veille.errors import QueryError, VeilleError
from veille.terminal.safe import safe_line
from veille.terminal.wording import what_happened
from veille.tui.triage import completion
from veille.tui.triage.deciding import Deciding
from veille.tui.triage.doors import pressed
from veille.tui.triage.help import Help
from veille.tui.triage.listing import Listing
from veille.tui.triage.prompts import FilterPrompt, Prompt, TagPrompt, TextPrompt
from veille.workflows import curate, tagging, thesaurus, triage

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from textual.timer import Timer

    from veille.model.item import Item
    from veille.tui.triage.doors import Doors

_POLL = 3.0  # seconds between two looks at what colleagues do
_ENDING = ("enter", "escape", "ctrl+c")  # keys that may end a prompt
_TYPING = 0.12  # seconds without a key before a filter is tried


class Triage(Deciding):
    """The screen with its keys."""

    def __init__(self, doors: Doors) -> None:
        super().__init__(doors)
        self._bound = doors.bound()
        self._leaving = False
        self._heard = 0  # the last line of the log that colleagues wrote and we know of
        self._back: tuple[Listing, int] | None = None  # where a filter came from
        self._typing: Timer | None = None
        # Keys that wait: for the list at first, then for a prompt's answer.
        self._held: list[events.Key] | None = []

    async def on_mount(self) -> None:
        """Look now and then at what colleagues do."""
        self.set_interval(_POLL, lambda: self.begin(self._listen()))

    # Keys

    async def on_event(self, event: events.Event) -> None:
        """Take keys as they come, before any widget does: none is lost while a prompt opens or
        closes, however fast they come (over a slow line they come in bursts).
        """
        if not isinstance(event, events.Key) or event.is_forwarded or len(self.screen_stack) > 1:
            await super().on_event(event)
        elif self._held is not None:
            self._held.append(event)
        elif self.prompt is None:
            await self._press(event)
        else:
            if event.key in _ENDING:
                self._held = []  # what follows is for whatever comes after the prompt's answer
            await super().on_event(event)

    async def _press(self, event: events.Key) -> None:
        if event.key == "ctrl+c":
            self.interrupt()
        elif event.key == "escape":
            self.escape()
        elif not self._leaving:
            command = self._bound.get(pressed(event))
            if command is None and event.key == "ctrl+z":
                self.action_suspend_process()
            elif command is not None:
                doing = getattr(self, f"do_{command}")()
                if doing is not None:
                    await doing

    async def release(self) -> None:
        """Take the keys that waited, in order."""
        held, self._held = self._held or [], None
        for event in held:
            await self.on_event(event)

    def escape(self) -> None:
        """Back by one step: a message read, the list beside the text, the list before a filter."""
        if self._trouble:
            self.read_trouble()
        elif self.screen.has_class("-whole"):
            self.do_whole()
        elif self._back is not None:
            self._unfilter()

    # Texts and tags

    async def do_comment(self) -> None:
        """Say something to colleagues."""
        await self._write_text("comment", "comment")

    async def do_blurb(self) -> None:
        """Write what readers will see."""
        await self._write_text("blurb", "what readers see")

    async def _write_text(self, kind: str, label: str) -> None:
        item = self.item
        if item is None:
            return
        start = item.blurb.text if kind == "blurb" and item.blurb else ""
        begun = self.drafts.get(item.id, kind) or start
        await self.ask(
            TextPrompt(label, begun),
            partial(self._text_given, item, kind, start),
            partial(self._text_left, item, kind, start),
        )

    def _text_given(self, item: Item, kind: str, start: str, text: str) -> None:
        if not text.strip() or text.strip() == start.strip():
            what = "unchanged" if text.strip() else "empty"
            self.drafts.drop(item.id, kind)
            self.tell((f"the {kind} is {what}: nothing was stored", "quiet"))
            return
        blurb = kind == "blurb"
        self.act(
            "blurbed" if blurb else "commented",
            item,
            lambda db, item, act: curate.comment(db, item, text, blurb=blurb, act=act),
            draft=(kind, text),
        )

    def _text_left(self, item: Item, kind: str, start: str, text: str) -> None:
        if not text.strip() or text.strip() == start.strip():
            self.drafts.drop(item.id, kind)
        else:
            self.drafts.keep(item.id, kind, text)
            self.tell(("not stored; what you wrote waits there", "quiet"))

    async def do_tag(self) -> None:
        """Put tags on, or take them off."""
        item = self.item
        if item is None:
            return
        prompt = TagPrompt(completion.Words(item.tags))
        await self.ask(prompt, partial(self._tags_given, item))
        self.begin(self._offer(prompt, item))

    async def _offer(self, prompt: TagPrompt, item: Item) -> None:
        usual = await self.desk.ask("texts", triage.usual_tags, item)
        used = sorted(await self.desk.ask("texts", tagging.tags), key=lambda tag: -tag.items)
        terms = (await self.desk.ask("texts", thesaurus.load)).terms
        names = [tag.name for tag in used]
        prompt.offer(completion.vocabulary(item.tags, usual, names, terms))

    def _tags_given(self, item: Item, typed: str) -> None:
        asked = completion.changes(typed)
        if asked.add or asked.remove:
            self.act("tagged", item, lambda db, item, act: curate.tag(db, [item], asked, act=act))

    # Prompts

    async def ask(
        self,
        prompt: Prompt,
        given: Callable[[str], Awaitable[None] | None],
        left: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Ask something at the foot of the screen; the next key is the prompt's, and the list stays
        at the item it is about.
        """
        self.prompt, self._given, self._left = prompt, given, left
        self.rows.still = True
        self.screen.add_class("-asking")
        await self.screen.query_one("#foot").mount(prompt)
        self.screen.set_focus(prompt.field)

    async def _answered(self) -> None:
        if self.prompt is not None:
            prompt, self.prompt = self.prompt, None
            self.rows.still = False
            self.screen.set_focus(None)
            self.screen.remove_class("-asking")
            await prompt.remove()

    async def on_prompt_given(self, message: Prompt.Given) -> None:
        """An answer."""
        if message.prompt is self.prompt:
            await self._answered()
            answered = self._given(message.text)
            if answered is not None:
                await answered
        await self.release()

    async def on_prompt_left(self, message: Prompt.Left) -> None:
        """No answer; a text begun is kept for the next time."""
        if message.prompt is self.prompt:
            await self._answered()
            self._left(message.text)
        await self.release()

    async def on_prompt_refused(self) -> None:
        """An answer that will not do: the prompt is still open."""
        await self.release()

    def on_text_prompt_editor(self, message: TextPrompt.Editor) -> None:
        """Write the text in the user's own editor."""
        try:
            text = self.aside(partial(self.doors.edit, message.text))
        except VeilleError as error:
            self.trouble(str(error))
        else:
            message.prompt.fill(text)

    # Filter

    async def do_filter(self) -> None:
        """Show what matches, as one types."""
        if self._back is None:
            self._back = (self.listing, self.rows.cursor)
        prompt = FilterPrompt(self.listing.typed, self.doors.parse)
        await self.ask(prompt, self._filter_given, lambda _: self._unfilter())

    def on_filter_prompt_typed(self, message: FilterPrompt.Typed) -> None:
        """Try what is typed, once no key came for a moment."""
        self._quiet()
        self._typing = self.set_timer(
            _TYPING, lambda: self.begin(self._filter(message.text)), name="filter"
        )

    def _quiet(self) -> None:
        """What was typed so far need not be tried."""
        if self._typing is not None:
            self._typing.stop()

    async def _filter(self, typed: str) -> None:
        if typed.strip() == self.listing.typed:
            return
        if not typed.strip():
            self.show_list(*self._origin())
            return
        try:
            query = self.doors.parse(typed)
        except QueryError as error:
            if isinstance(self.prompt, FilterPrompt):
                self.prompt.say(str(error), "wrong")
            return
        listing = Listing(self.narrowed(query), typed.strip(), self.listing.items)
        await self.loader.first(listing)
        self.show_list(listing, 0)
        if isinstance(self.prompt, FilterPrompt):
            found = f"{len(listing)}{'' if listing.complete else ' and more'} of these match"
            self.prompt.say(found)
        self.begin(self.loader.rest(listing))

    async def _filter_given(self, typed: str) -> None:
        self._quiet()
        await self._guarded(self._filter(typed))
        if not typed.strip():
            self._unfilter()

    async def do_story(self) -> None:
        """All items that tell the same."""
        item = self.item
        if item is None or not item.also:
            self.tell(("no other source tells this", "quiet"))
            return
        self._back = self._back or (self.listing, self.rows.cursor)
        typed = f"story:{item.id}"
        listing = Listing(self.doors.parse(typed), typed, self.listing.items, every=True)
        await self._guarded(self.open(listing))

    def _origin(self) -> tuple[Listing, int]:
        return self._back or (self.asked, 0)

    def _unfilter(self) -> None:
        self._quiet()
        listing, cursor = self._origin()
        self._back = None
        if listing is not self.listing:
            self.show_list(listing, cursor)
            self.begin(self.loader.rest(listing))

    # The rest

    def do_reload(self) -> None:
        """Search again."""
        self._back = None
        self.asked = Listing(self.doors.query)
        self.begin(self.open(self.asked))

    def do_help(self) -> None:
        """All keys."""
        self.push_screen(Help(self.doors))

    async def _listen(self) -> None:
        """Show what colleagues did to the items we look at."""
        loaded = set(self.listing.items)
        since = self._heard or min((self.listing.items.seen(key) for key in loaded), default=0)
        news = await self.desk.ask("lists", triage.meanwhile, since, act=self.doors.act())
        self._heard = max((event.id for event in news), default=since)
        touched = {event.item for event in news if event.item in loaded}
        if touched:
            seen = await self.desk.ask("lists", triage.look, sorted(touched))
            self.listing.items.put(seen.items, seen.newest)
            self._came()
        here = [event for event in news if self.item and event.item == self.item.id]
        if here:
            self.tell((safe_line(f"just now, {here[-1].by}: {what_happened(here[-1])}"), "shown"))

    def do_quit(self) -> None:
        """Leave, once all is stored."""
        self._leave(interrupted=False)

    def interrupt(self) -> None:
        """Ctrl-C: leave once all is stored; a second time, without waiting."""
        if self._leaving:
            self.work.failed += [f"{len(self._writing)} more, not waited for"]
            self._end(interrupted=True)
        self._leave(interrupted=True)

    def _leave(self, *, interrupted: bool) -> None:
        if not self._leaving:
            self._leaving = True
            if self.prompt is not None:
                self._left(self.prompt.text)  # a text begun outlives its terminal
            self.begin(self._settle(interrupted=interrupted))

    async def _settle(self, *, interrupted: bool) -> None:
        if self._writing:
            self.tell((f"storing the last {len(self._writing)}…", ""))
            await asyncio.gather(*self._writing)
        self._end(interrupted=interrupted)

    def _end(self, *, interrupted: bool) -> None:
        for item in self.drafts.unsaved:
            self.work.failed += [f"NOT kept: what you wrote on item {item}: {self.drafts.why}"]
        self.exit(self.work.ended(interrupted=interrupted, waiting=self.drafts.waiting))
