"""The screen of triage, driven key by key as its user does, on the pool of five items."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from textual import events

from tests.cli.conftest import NOW, pool, url_of
from tests.program import veille
from tests.tui.picture import lines_of
from veille.curation.query import parse
from veille.errors import Busy, VeilleError
from veille.model.event import Actor
from veille.model.query import Is, Sort, Status
from veille.settings.keys import TriageKeys
from veille.store.database import Database
from veille.tui.triage import Triage
from veille.tui.triage.doors import Doors
from veille.workflows import lookup
from veille.workflows.acting import Act

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from datetime import datetime

    from textual.pilot import Pilot

__all__ = ["pool", "veille"]

INBOX = Is(Status.INBOX)
SECONDS = 20  # after which a test that waits has failed


class Stubborn:
    """A database that another process keeps from being written, as long as ``busy``."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.busy = False

    @contextmanager
    def write(self) -> Iterator[Any]:
        if self.busy:
            raise Busy("another process is writing: try later")
        with self.db.write() as connection:
            yield connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self.db, name)


@dataclass
class Sitting:
    """Somebody at the screen: ``press`` keys, ``see`` what is drawn, look into the database."""

    screen: Triage
    pilot: Pilot[Any]
    db: Database

    async def press(self, *keys: str) -> None:
        """Press keys, each taken before the next; a longer word is typed."""
        for key in keys:
            await self.pilot.press(*(key if len(key) > 1 and key not in NAMED else [key]))

    def burst(self, *keys: str) -> None:
        """Keys that come all at once, as over a slow line."""
        for key in keys:
            named = key in NAMED
            self.screen.post_message(events.Key(key, None if named else key))

    async def until(self, holds: Callable[[], Any], what: str = "") -> None:
        """Wait until something holds."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + SECONDS
        while loop.time() < deadline:
            if holds():
                return
            await asyncio.sleep(0.01)
        raise AssertionError(f"never: {what}\n" + "\n".join(self.lines))

    async def see(self, text: str) -> None:
        """Wait until a text is on the screen."""
        await self.until(lambda: text in self.text, f"'{text}' on the screen")

    async def settled(self) -> None:
        """Wait until all actions are stored, or failed."""
        await self.until(lambda: not self.screen._writing, "all is stored")
        await self.pilot.pause()

    @property
    def lines(self) -> list[str]:
        """What is drawn, line by line."""
        return lines_of(self.screen.export_screenshot())

    @property
    def text(self) -> str:
        """What is drawn."""
        return "\n".join(self.lines)

    def item(self, number: int) -> Any:
        """An item as it is in the database."""
        return lookup.show(self.db, number).item

    def log(self) -> list[str]:
        """The actions in the log, oldest first."""
        return [event.action.value for event in reversed(lookup.history(self.db))]


NAMED = {
    "enter", "escape", "tab", "space", "up", "down", "backspace", "home", "end", "pagedown",
    "pageup", "ctrl+c", "ctrl+j", "ctrl+o", "shift+tab", "f8",
}  # fmt: skip


@dataclass
class Desk:
    """Opens the screen; knobs replace the world around it."""

    folder: Path
    query: Any = INBOX
    sort: Sort = Sort.NEWEST
    keys: TriageKeys = field(default_factory=TriageKeys)
    size: tuple[int, int] = (80, 24)
    opened: list[str] = field(default_factory=list)
    browser: Callable[[str], None] | None = None
    editor: Callable[[str], str] = lambda text: text
    drafts: Path | None = None
    by: str = "camille"
    now: datetime = NOW

    def run(self, scene: Callable[[Sitting], Awaitable[None]]) -> Triage:
        """Play a scene at the screen; the screen as it was left."""
        db = Database.open(url_of(self.folder))
        screen = Triage(self._doors(Stubborn(db)))

        async def play() -> None:
            async with screen.run_test(size=self.size) as pilot:
                sitting = Sitting(screen, pilot, db)
                await sitting.until(lambda: screen._held is None, "the list is shown")
                await pilot.pause()
                await scene(sitting)

        try:
            asyncio.run(asyncio.wait_for(play(), 60))
        finally:
            db.close()
        return screen

    def act(self, by: str = "") -> Act:
        """Something this curator does now."""
        return Act(actor=Actor(handle=by or self.by, login=by or self.by), now=self.now)

    def _doors(self, db: Any) -> Doors:
        from zoneinfo import ZoneInfo

        zone = ZoneInfo("Europe/Paris")
        return Doors(
            db=db,
            act=self.act,
            zone=zone,
            query=self.query,
            sort=self.sort,
            title="inbox",
            nothing="The inbox is empty.",
            parse=lambda text: parse(text, now=self.now, tz=zone),
            browse=self.browser or self.opened.append,
            edit=lambda text: self.editor(text),
            keys=self.keys,
            keys_file=Path("/home/camille/.config/veille/config.toml"),
            drafts=self.drafts or self.folder / "state" / "drafts.json",
        )


@pytest.fixture
def desk(pool: Path) -> Desk:
    """A screen on the inbox, ids 1 (newest) to 5 (oldest)."""
    return Desk(pool)


@pytest.fixture
def failing() -> Callable[[str], None]:
    """A browser that is not there."""

    def browse(url: str) -> None:
        raise VeilleError("there is no browser to call (xdg-open): name one in $BROWSER")

    return browse
