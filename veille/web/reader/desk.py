"""One request of somebody who was let in, with all that answering it takes."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from veille.errors import VeilleError
from veille.web.reader import streams
from veille.workflows import tokens

if TYPE_CHECKING:
    from collections.abc import Callable

    from veille.app import App
    from veille.model.reading import AppToken, Stream
    from veille.store.database import Database
    from veille.web.reader.request import Request
    from veille.web.reader.streams import Names
    from veille.workflows.acting import Act


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """``reopen`` opens the workspace once more, for what takes long."""

    app: App
    asked: Request
    token: AppToken
    act: Act
    read_only: bool
    reopen: Callable[[], App]

    @property
    def db(self) -> Database:
        """The database."""
        return self.app.db

    @property
    def handle(self) -> str:
        """Whose view it is."""
        return self.token.handle

    @property
    def names(self) -> Names:
        """What has no name in the pool, in the language of the house."""
        return streams.NAMES.get(self.app.settings.veille.locale, streams.ENGLISH)

    def streams(self, name: str) -> tuple[Stream, ...]:
        """The streams that a parameter names, empty ones left out."""
        return tuple(streams.stream(one, self.names) for one in self.asked.every(name) if one)

    def note_use(self, *, listing: bool = False) -> None:
        """Note that the token was used; where nothing can be written now, nothing is."""
        with contextlib.suppress(VeilleError):
            tokens.used(self.db, self.token, listing=listing, act=self.act)
