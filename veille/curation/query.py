"""The one search grammar, of lists, bulk actions, saved searches and digests.

::

    search      =  [ either ]
    either      =  all { "OR" all }
    all         =  term { [ "AND" ] term }
    term        =  ( "-" | "NOT" ) term  |  "(" either ")"  |  field ":" value  |  word  |  phrase

A search is first cut in tokens (:mod:`veille.curation.tokens`), then read by recursive descent, so
that every mistake has a position and a word on what would fit there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from veille.curation.terms import TermReader
from veille.curation.tokens import Kind, Token, tokenise
from veille.errors import QueryError
from veille.model.query import EVERYTHING, And, Not, Or, Query, Words
from veille.model.text import fold

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from zoneinfo import ZoneInfo

MAX_DEPTH = 50  # parentheses and negations inside one another
MAX_TERMS = 300  # what every database can still plan; no person writes that many

_WORD = re.compile(r"[^\W_]+")
_TERM = "a word, a phrase, a field such as tag:x, or ("
_LETTER = "a letter or a digit"


def parse(text: str, *, now: datetime, tz: ZoneInfo) -> Query:
    """The tree of a search; an empty one is :data:`~veille.model.query.EVERYTHING`.

    ``now`` and ``tz`` give ``today`` its meaning and days their midnight. Raises
    :class:`~veille.errors.QueryError` with the position and what was expected there.
    """
    parser = _Parser(text, TermReader(text, now, tz))
    return parser.search()


class _Parser:
    """One pass over the tokens of one search."""

    def __init__(self, query: str, reader: TermReader) -> None:
        self._query = query
        self._reader = reader
        self._tokens = tokenise(query)
        self._at = 0
        self._depth = 0
        self._terms = 0

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

    def _counted(self, token: Token, term: Query) -> Query:
        self._terms += 1
        if self._terms > MAX_TERMS:
            raise QueryError(self._query, token.start, f"at most {MAX_TERMS} terms")
        return term

    def _unexpected(self, expected: str) -> QueryError:
        return QueryError(self._query, self._token.start, expected)
