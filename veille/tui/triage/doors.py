"""What the screen is given by whoever opens it: the database, the clock, a browser, an editor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from veille.settings.keys import commands

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo
    from pathlib import Path

    from textual import events

    from veille.model.query import Query, Sort
    from veille.settings.keys import TriageKeys
    from veille.store.database import Database
    from veille.workflows.acting import Act

# On the bar at the foot, the most wanted first; the help has all of them.
_BAR = ("keep", "skip", "tag", "comment", "blurb", "open", "undo", "filter")
_ALWAYS = ("help", "quit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """The world around the screen."""

    db: Database
    act: Callable[[], Act]  # an action of this curator, now
    zone: tzinfo
    query: Query
    sort: Sort
    title: str  # the list, in the words of the command line
    nothing: str  # what an empty list means
    parse: Callable[[str], Query]  # raises QueryError
    browse: Callable[[str], None]  # raises VeilleError
    edit: Callable[[str], str]  # in the user's own editor; raises VeilleError
    keys: TriageKeys
    keys_file: Path  # where they can be changed
    drafts: Path  # where texts wait that were begun

    def bound(self) -> dict[str, str]:
        """The command of each key."""
        return {key: name for name, _ in commands("triage") for key in getattr(self.keys, name)}

    def key(self, command: str) -> str:
        """The first key of a command, as it is shown."""
        return next(iter(getattr(self.keys, command)), "")

    def bar(self) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
        """The keys and labels of the bar: those that may be left out, and those that may not."""
        shown = [(self.key(name), name) for name in (*_BAR, *_ALWAYS) if self.key(name)]
        return [each for each in shown if each[1] in _BAR], [
            each for each in shown if each[1] in _ALWAYS
        ]

    def help(self) -> list[tuple[str, str]]:
        """All commands with their keys, also those that were left without one."""
        return [
            (" ".join(getattr(self.keys, name)) or "–", meaning)
            for name, meaning in commands("triage")
        ]


def pressed(event: events.Key) -> str:
    """A key as the user's own file calls it: the character it writes, or its name."""
    printed = event.character if event.is_printable and event.character != " " else None
    return printed or event.key
