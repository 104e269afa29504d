"""Audiences: each reader's part of an approved pool, by the interest they have in it.

A profile is a search in the one grammar. Readers are many, profiles fewer, and distinct selections
fewer still: each profile is asked once, each selection made into text once.
"""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from veille.digest import selection
from veille.errors import QueryError
from veille.store import deliveries, reasons
from veille.workflows import queries
from veille.workflows.readers import address, audience

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from veille.model.delivery import Delivery, Subscriber
    from veille.model.edition import Edition, EditionContent, Rendered
    from veille.store.database import Connection, Database
    from veille.workflows.compose import Table


class Writer(Protocol):
    """Turns content into the text of a mail; :class:`veille.digest.render.Renderer` in the program."""

    def mail(self, content: EditionContent) -> Rendered:
        """Subject and texts; raises :class:`~veille.errors.TemplateError`."""


_KEPT = 64  # tables: more than lines to a server


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A selection, and how many readers get it."""

    selection: str | None
    readers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A reader's selection; ``filled`` of its links come from the common order, ``problem`` says why
    their profile could not be used."""

    selection: str | None = None
    filled: int = 0
    problem: str | None = None


class Tables:
    """The table of each distinct selection, made when its first mail is written; for any thread.

    The last few are kept: mails of one selection follow one another.
    """

    def __init__(self, table: Table, renderer: Writer) -> None:
        self._table = table
        self._renderer = renderer
        self._made: dict[str | None, Table] = {}
        self._lock = threading.Lock()

    @property
    def edition(self) -> Edition:
        """The edition that all of them are of."""
        return self._table.edition

    def of(self, row: Delivery) -> Table:
        """What the mail of a delivery is made from. Raises :class:`~veille.errors.TemplateError`."""
        if row.selection is None:
            return self._table
        with self._lock:
            if row.selection not in self._made:
                while len(self._made) >= _KEPT:
                    del self._made[next(iter(self._made))]
                self._made[row.selection] = part(self._table, row.selection, self._renderer)
            return self._made[row.selection]


def part(table: Table, chosen: str | None, renderer: Writer) -> Table:
    """The table of a selection; its page and its hash stay those of all that was approved."""
    content = selection.part(table.content, chosen)
    rendered = replace(
        renderer.mail(content), page=table.rendered.page, sha256=table.rendered.sha256
    )
    return replace(table, content=content, rendered=rendered)


def choices(
    connection: Connection,
    content: EditionContent,
    readers: Sequence[Subscriber],
    *,
    now: datetime,
    zone: ZoneInfo,
) -> dict[str, Choice]:
    """What each reader gets of a content, by key."""
    asked: dict[str | None, Choice] = {None: Choice()}
    pool = reasons.Pool(connection, [pick.item for pick in content.pool], now=now)
    found = {}
    for reader in readers:
        profile = reader.profiles.get(content.digest) if content.pool else None
        if profile not in asked:
            try:
                query = queries.read(connection, profile or "", now=now, zone=zone)
            except QueryError as error:  # a reader still gets a mail: the common selection
                asked[profile] = Choice(problem=str(error))
            else:
                asked[profile] = _choice(content, pool.matching(query))
        found[reader.key] = asked[profile]
    return found


def _choice(content: EditionContent, wanted: Collection[int]) -> Choice:
    chosen = selection.choose(content, wanted)
    return Choice(selection=chosen, filled=selection.filled(content, chosen, wanted))


def shares(
    db: Database, table: Table, *, now: datetime, zone: ZoneInfo
) -> tuple[list[Share], Mapping[str, Choice]]:
    """How the readers of an edition divide among its selections, the largest first; as planned once
    its audience is fixed, as it would be now until then."""
    with db.read() as connection:
        rows = deliveries.of_edition(connection, table.edition.id)
        chosen = {row.recipient: Choice(selection=row.selection) for row in rows}
        if not rows:
            readers = audience(connection, table.edition.digest.slug)
            chosen = choices(connection, table.content, readers, now=now, zone=zone)
    counted = Counter(choice.selection for choice in chosen.values())
    ordered = sorted(counted.items(), key=lambda share: (-share[1], share[0] or ""))
    return [Share(selection=key, readers=count) for key, count in ordered], chosen


def of_reader(
    db: Database, table: Table, email: str, renderer: Writer, *, now: datetime, zone: ZoneInfo
) -> tuple[Table, Choice]:
    """An edition as one reader gets it (``edition preview --for``); who is no reader gets the common
    one."""
    _, key = address(email)
    _, chosen = shares(db, table, now=now, zone=zone)
    choice = chosen.get(key, Choice())
    return part(table, choice.selection, renderer), choice
