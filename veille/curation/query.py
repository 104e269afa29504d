"""The one search grammar, of lists, bulk actions, saved searches and digests.

::

    search      =  [ either ]
    either      =  all { "OR" all }
    all         =  term { [ "AND" ] term }
    term        =  ( "-" | "NOT" ) term  |  "(" either ")"  |  field ":" value  |  word  |  phrase

A search is first cut in tokens (:mod:`veille.curation.tokens`), then read by recursive descent, so
that every mistake has a position and a word on what would fit there. ``search:NAME`` stands for the
saved search of that name, in parentheses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from veille.curation.terms import SEARCH, TermReader
from veille.curation.tokens import Kind, Token, tokenise
from veille.errors import QueryError
from veille.model.query import EVERYTHING, And, Not, Or, Query, Words
from veille.model.text import fold, one_line, tag_key

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from zoneinfo import ZoneInfo

MAX_DEPTH = 50  # parentheses and negations inside one another
MAX_TERMS = 300  # what every database can still plan; no person writes that many

_WORD = re.compile(r"[^\W_]+")
_TERM = "a word, a phrase, a field such as tag:x, or ("
_LETTER = "a letter or a digit"
_SAVED = "the name of a saved search after search: ('veille search list' shows them)"

Term = TypeVar("Term")


def nothing_saved(key: str) -> str | None:  # noqa: ARG001  the least a team may have
    """There is no saved search."""
    return None


def parse(
    text: str,
    *,
    now: datetime,
    tz: ZoneInfo,
    saved: Callable[[str], str | None] = nothing_saved,
    naming: str | None = None,
) -> Query:
    """The tree of a search; an empty one is :data:`~veille.model.query.EVERYTHING`.

    ``now`` and ``tz`` give ``today`` its meaning and days their midnight; ``saved`` gives the text
    of a saved search by its key, ``naming`` is the key under which this one will be saved. Raises
    :class:`~veille.errors.QueryError` with the position and what was expected there.
    """
    whole = _Whole(now, tz, saved)
    return _Parser(text, whole, () if naming is None else (naming,)).search()


@dataclass(slots=True)
class _Whole:
    """What a search and the saved ones in it share: together they have one limit of terms."""

    now: datetime
    zone: ZoneInfo
    saved: Callable[[str], str | None]
    terms: int = 0


class _Parser:
    """One pass over the tokens of one search, found through the saved ones of ``trail``."""

    def __init__(self, query: str, whole: _Whole, trail: tuple[str, ...], depth: int = 0) -> None:
        self._query = query
        self._whole = whole
        self._trail = trail
        self._reader = TermReader(query, whole.now, whole.zone)
        self._tokens = tokenise(query)
        self._at = 0
        self._depth = depth

    @property
    def _token(self) -> Token:
        return self._tokens[self._at]

    def search(self) -> Query:
        if self._token.kind is Kind.END:
            return EVERYTHING
        tree = self._either()
        if self._token.kind is Kind.CLOSE:
            raise self._unexpected(f"{_TERM}; no ( is open for this )")
        return tree

    def _either(self) -> Query:
        parts = [self._all()]
        while self._token.kind is Kind.OR:
            self._at += 1
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _all(self) -> Query:
        parts = [self._term()]
        while self._token.kind not in (Kind.OR, Kind.CLOSE, Kind.END):
            if self._token.kind is Kind.AND:
                self._at += 1
            parts.append(self._term())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _term(self) -> Query:
        token = self._token
        self._at += 1
        match token.kind:
            case Kind.MINUS | Kind.NOT:
                return Not(self._inside(token, self._term))
            case Kind.OPEN:
                return self._inside(token, lambda: self._parenthesis(token))
            case Kind.WORD | Kind.PHRASE:
                return self._counted(token, self._words(token))
            case Kind.FIELD if token.field.casefold() == SEARCH:
                return self._inside(token, lambda: self._named(self._counted(token, token)))
            case Kind.FIELD:
                return self._counted(token, self._reader.read(token))
        self._at -= 1
        raise self._unexpected(_TERM)

    def _inside(self, token: Token, read: Callable[[], Query]) -> Query:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise QueryError(
                self._query, token.start, f"at most {MAX_DEPTH} levels of parentheses and negations"
            )
        tree = read()
        self._depth -= 1
        return tree

    def _parenthesis(self, opening: Token) -> Query:
        tree = self._either()
        if self._token.kind is not Kind.CLOSE:
            raise self._unexpected(f"a ) for the ( at character {opening.start + 1}")
        self._at += 1
        return tree

    def _words(self, token: Token) -> Words:
        words = tuple(_WORD.findall(fold(token.text)))
        if not words:
            raise QueryError(self._query, token.position, _LETTER)
        return Words(words)

    def _named(self, token: Token) -> Query:
        """The saved search that is meant, read in its place."""
        key = tag_key(one_line(token.text))
        trail = (*self._trail, key)
        if key in self._trail:
            circle = " → ".join(trail[trail.index(key) :])
            expected = f"a search that does not lead back to itself ({circle})"
            raise QueryError(self._query, token.position, expected)
        text = self._whole.saved(key) if key else None
        if text is None:
            raise QueryError(self._query, token.position, _SAVED)
        try:
            return _Parser(text, self._whole, trail, self._depth).search()
        except QueryError as error:
            where = f"in search:{key}, at character {error.position + 1}"
            raise QueryError(self._query, token.position, f"{error.expected} ({where})") from error

    def _counted(self, token: Token, term: Term) -> Term:
        self._whole.terms += 1
        if self._whole.terms > MAX_TERMS:
            raise QueryError(self._query, token.start, f"at most {MAX_TERMS} terms")
        return term

    def _unexpected(self, expected: str) -> QueryError:
        return QueryError(self._query, self._token.start, expected)
