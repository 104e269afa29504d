"""The keyboard screen of triage: a list, the text of the item one is at, and a key for each verb."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from textual.containers import Container, Vertical

from veille.errors import VeilleError
from veille.model.query import And, Query
from veille.terminal.safe import safe_line
from veille.tui.line import Line, Resumable
from veille.tui.triage import page
from veille.tui.triage.desk import Desk
from veille.tui.triage.foot import Bar, Divider, Keys, Status
from veille.tui.triage.listing import Listing
from veille.tui.triage.loading import Loader
from veille.tui.triage.reader import Reader
from veille.tui.triage.rows import Rows
from veille.tui.triage.work import Ended, Work

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

    from textual.app import ComposeResult

    from veille.model.item import Item
    from veille.tui.drawing import Piece
    from veille.tui.triage.doors import Doors
    from veille.tui.triage.prompts import Prompt

_CSS = """
Screen { layout: vertical; background: ansi_default; color: ansi_default; }
#title, #status, #keys { height: 1; }
#foot { height: auto; }
#body { height: 1fr; layout: vertical; }
#rows { height: 36%; min-height: 4; }
#divider { height: 1; }
#reader { height: 1fr; }
.-wide #body { layout: horizontal; }
.-wide #rows { width: 50%; height: 100%; }
.-wide #divider { width: 1; height: 100%; }
.-wide #reader { width: 1fr; height: 100%; }
.-whole #rows, .-whole #divider { display: none; }
Prompt { height: auto; }
Hint { height: 1; }
LinePrompt Horizontal { height: 1; }
LinePrompt Label { width: auto; text-style: bold; }
LinePrompt Input { width: 1fr; background: ansi_default; color: ansi_default; }
TextPrompt TextArea { height: 5; background: ansi_default; color: ansi_default; padding: 0 1; }
.-asking #status, .-asking #keys { display: none; }
.-asking #status.-alarm { display: block; }
Help { background: ansi_default; layout: vertical; }
"""


class Base(Resumable[Ended], inherit_bindings=False):
    """What is on the screen, and how it is kept up to date."""

    CSS = _CSS
    ENABLE_COMMAND_PALETTE = False
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012  Textual's declaration
        (0, "-narrow"),
        (132, "-wide"),
    ]

    def __init__(self, doors: Doors) -> None:
        super().__init__(driver_class=Line, ansi_color=True)
        self.doors = doors
        self.theme = "ansi-dark"  # the terminal's own colours, be it light or dark
        self.work = Work()
        self.desk = Desk(doors.db)
        self.loader = Loader(self.desk, doors.sort, doors.act, self._came)
        self.asked = Listing(doors.query)
        self.rows = Rows(self.asked, self.work.is_pending, doors.act().now, self._moved)
        self.reader = Reader(self._moved)
        self.prompt: Prompt | None = None
        self.broken: Exception | None = None
        self._title = Bar(id="title", over="here")
        self._divider = Divider()
        self._status = Status()
        self._tasks: set[asyncio.Task[None]] = set()
        self._trouble = ""
        self._shown: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        yield self._title
        with Container(id="body"):
            yield self.rows
            yield self._divider
            yield self.reader
        with Vertical(id="foot"):
            yield self._status
            yield Keys(*self.doors.bar())

    @property
    def listing(self) -> Listing:
        """The list that is shown."""
        return self.rows.listing

    @property
    def item(self) -> Item | None:
        """The item one is at."""
        return self.listing.item_at(self.rows.cursor)

    async def on_mount(self) -> None:
        """Read the list."""
        loop = asyncio.get_running_loop()
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with contextlib.suppress(RuntimeError, ValueError):  # not in the main thread
                loop.add_signal_handler(name, self.interrupt)
        self._say_title()
        self.begin(self.open(self.asked))

    def on_unmount(self) -> None:
        """Let go of the threads."""
        self.desk.close()

    def begin(self, doing: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Do something beside the screen; what goes wrong is told."""
        task = asyncio.create_task(self._guarded(doing))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _guarded(self, doing: Coroutine[Any, Any, None]) -> None:
        try:
            await doing
        except VeilleError as error:
            self.trouble(str(error))
        except Exception as error:
            self._handle_exception(error)

    def _handle_exception(self, error: Exception) -> None:
        """A defect of ours: the command tells it on one line, where Textual prints a traceback."""
        if self.is_headless:
            super()._handle_exception(error)
        self.broken = self.broken or error
        self.exit()

    async def open(self, listing: Listing, cursor: int = 0) -> None:
        """Show a list, from its first page on."""
        try:
            await self.loader.first(listing)
            self.show_list(listing, cursor)
        finally:
            await self.release()
        await self.loader.rest(listing)

    def show_list(self, listing: Listing, cursor: int) -> None:
        """Show a list that was begun."""
        self.rows.show(listing, cursor)

    def narrowed(self, query: Query) -> Query:
        """A search within the list that was asked for."""
        return And((self.doors.query, query))

    def _moved(self) -> None:
        self.loader.near(self.listing, self.rows.cursor, self._cells)
        self.show_item()
        self.begin(self.loader.rows())
        self.begin(self.loader.texts())

    @property
    def _cells(self) -> int:
        return self.reader.size.width or self.size.width

    def _came(self) -> None:
        """Something that was being loaded is here."""
        for index in self.rows.in_sight():
            if (key := self.listing.id_at(index)) is not None:
                self.rows.refresh_item(key)
        self.show_item()

    def show_item(self) -> None:
        """Draw the page of the item one is at, and the lines around."""
        item, cells = self.item, self._cells
        text = None if item is None else self.loader.text(item.id, cells)
        score = None if item is None else self.listing.scores.get(item.id)
        made = (item, cells, text is None, score)
        if made != self._shown:
            again = bool(self._shown) and item is not None and self._same(item, cells)
            self._shown = made
            self.reader.show(self._page(item, text, cells), again=again)
        self.say_around()

    def _same(self, item: Item, cells: int) -> bool:
        before, wide, *_ = self._shown
        return before is not None and before.id == item.id and wide == cells  # type: ignore[attr-defined]

    def _page(self, item: Item | None, text: Sequence[Any] | None, cells: int) -> list[Any]:
        if item is None:
            return [] if len(self.listing) or not self.listing.complete else self._nothing()
        score = self.listing.scores.get(item.id)
        head = page.head(item, cells=cells, zone=self.doors.zone, score=score)
        if text is None or (not text and item.summary):
            return [*head, *page.body(item.summary, cells=cells)]
        return [*head, *(text or page.missing(self.doors.key("open"), cells=cells))]

    def _nothing(self) -> list[list[Piece]]:
        what = "Nothing matches." if self.listing.typed else self.doors.nothing
        return [[], [(f" {what}", "quiet")]]

    def say_around(self) -> None:
        """The lines around list and text."""
        self._say_title()
        rest = self.reader.rest
        self._divider.say(f"{rest} more · {self.doors.key('read_on')}" if rest else "")

    def _say_title(self) -> None:
        listing, counts = self.listing, self.work.counts
        left: list[Piece] = [(self.doors.title, "strong")]
        if listing.typed:
            left.append((f" / {listing.typed}", ""))
        place = f"{min(self.rows.cursor + 1, len(listing))} of {_grouped(len(listing))}"
        done = [f"{count} {said}" for said, count in counts.items() if count > 0]
        failed = [f"{len(self.work.failed)} NOT STORED"] if self.work.failed else []
        right = "   ".join([*failed, " · ".join(done), place + ("" if listing.complete else "…")])
        self._title.say(left, [(right.strip(), "")])

    def tell(self, *line: Piece) -> None:
        """Say what was done. What went wrong stays in sight until it is read."""
        if not self._trouble:
            self._status.say(line)

    def trouble(self, text: str) -> None:
        """Say what went wrong, until Escape."""
        self._trouble = safe_line(text)
        self.bell()
        self._status.alarm(self._trouble)
        self._say_title()

    def read_trouble(self) -> None:
        """It was read."""
        self._trouble = ""
        self._status.say(())
        self._status.alarm("")

    @abstractmethod
    async def release(self) -> None:
        """Take the keys that waited."""

    @abstractmethod
    def interrupt(self) -> None:
        """Ctrl-C, or a signal: leave; what was asked for is stored first."""


def _grouped(number: int) -> str:
    """A number whose thousands can be told apart."""
    return f"{number:,}".replace(",", "\u202f")
