"""Which of some items match a search, and by which of its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select

from veille.model.query import (
    Age,
    And,
    Field,
    InStory,
    Is,
    Match,
    Not,
    Or,
    Query,
    Spread,
    Within,
    Words,
)
from veille.model.rule import Hit, Reason
from veille.store.bulk import chunks
from veille.store.conditions import Context, Span, compiled
from veille.store.tables.pool import item

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import datetime

_MOST = 50  # parts told; no database has columns for all that a search may hold
# Reading one id off the index costs a thirtieth of looking one item up.
_SPREAD = 30

Part = Words | Match | Is | Within | Age | Spread | InStory


def hits(conn: Connection, query: Query, among: Sequence[int], *, now: datetime) -> list[Hit]:
    """Those of some items that match, by id: one statement, whatever their number, up to 10 000.

    Each part of the search is a column, true or false; what a search excludes is no reason.
    """
    asked = [pair for part in _parts(query) for pair in _asked(part)][:_MOST]
    found: list[Hit] = []
    for some in chunks(sorted(among)):
        span = Span(some[0], some[-1])
        crowded = span.last - span.first < _SPREAD * len(some)
        sqlite = conn.dialect.name == "sqlite"
        context = Context(now, sqlite, probe=True, span=span if crowded else None)
        columns = [compiled(part, context).label(f"r{at}") for at, (part, _) in enumerate(asked)]
        matching = select(item.c.id, *columns).where(compiled(query, context)).order_by(item.c.id)
        rows = conn.execute(matching.where(item.c.id.in_(some)))
        found += [Hit(row[0], _told(asked, row[1:])) for row in rows]
    return found


class Pool:
    """Some items of which many searches are asked: each part of these is looked up once."""

    def __init__(self, conn: Connection, among: Collection[int], *, now: datetime) -> None:
        self._conn = conn
        self._among = frozenset(among)
        self._context = Context(now, conn.dialect.name == "sqlite", probe=True)
        self._known: dict[Part, frozenset[int]] = {}

    def matching(self, query: Query) -> frozenset[int]:
        """Those that match. A condition is true or false, never NULL: sets do what SQL would."""
        match query:
            case And(parts):
                return self._among.intersection(*map(self.matching, parts))
            case Or(parts):
                return frozenset().union(*map(self.matching, parts))
            case Not(part):
                return self._among - self.matching(part)
        if query not in self._known:
            condition = compiled(query, self._context)
            found = select(item.c.id).where(condition, item.c.id.in_(sorted(self._among)))
            self._known[query] = frozenset(self._conn.scalars(found))
        return self._known[query]


def _parts(query: Query) -> Iterator[Part]:
    match query:
        case Words() | Match() | Is() | Within() | Age() | Spread() | InStory():
            yield query
        case And(parts) | Or(parts):
            for part in parts:
                yield from _parts(part)


def _asked(part: Part) -> Iterator[tuple[Part, Reason]]:
    """What to ask about a part, the most telling first, and what a yes means."""
    match part:
        case Words(words):
            value = " ".join(words)
            yield Match(Field.TITLE, value), Reason("title", value)
            yield part, Reason("text", value)
        case Match(field, value):
            yield part, Reason(field, value)
        case Is(status):
            yield part, Reason("is", status)
        case Within(field, start, end):
            yield part, Reason(field, f"{_day(start)}/{_day(end)}")
        case Age(_, younger):
            yield part, Reason("age", "younger" if younger else "older")
        case Spread(comparison, sources):
            yield part, Reason("sources", f"{comparison}{sources}")
        case InStory(key):
            yield part, Reason("story", str(key))


def _day(instant: datetime | None) -> str:
    return ".." if instant is None else f"{instant:%Y-%m-%d}"


def _told(asked: Sequence[tuple[Part, Reason]], answers: Sequence[Any]) -> tuple[Reason, ...]:
    """The reasons that hold, of title and text the first."""
    told: dict[str, Reason] = {}
    for (_, reason), holds in zip(asked, answers, strict=True):
        if holds:
            words = reason.value if reason.field in ("title", "text") else str(reason)
            told.setdefault(words, reason)
    return tuple(told.values())
