"""The lexical half of the search grammar: from a line of text to tokens with their positions."""

from __future__ import annotations

import re
from enum import Enum, auto
from itertools import count
from typing import NamedTuple

from veille.errors import QueryError

# Each opening quote with its closing one: the typewriter's, the typographer's, the French.
QUOTES = {'"': '"', "“": "”", "«": "»"}

_SPACE = re.compile(r"\s+")
_FIELD = re.compile(r"([^\W\d_]+):(?!//)")
_BARE = re.compile(r'[^\s()"“«]+')
_URL = re.compile(r"https?://", re.IGNORECASE)


class Kind(Enum):
    """What a token is."""

    WORD = auto()
    PHRASE = auto()
    FIELD = auto()
    OPEN = auto()
    CLOSE = auto()
    MINUS = auto()
    AND = auto()
    OR = auto()
    NOT = auto()
    END = auto()


_SIGNS = {"(": Kind.OPEN, ")": Kind.CLOSE}
# In capitals only: "or" is a metal in French, and "and" and "not" are words to search for.
_KEYWORDS = {"AND": Kind.AND, "OR": Kind.OR, "NOT": Kind.NOT}


class Token(NamedTuple):
    """One token: ``text`` begins at ``position``; of a field it is the value, without quotes."""

    kind: Kind
    position: int
    text: str
    field: str = ""
    start: int = 0  # of the whole token: of a field, where its name begins
    end: int = 0  # of the whole token, its closing quote included


def tokenise(query: str) -> list[Token]:
    """The tokens of a search, the last one being ``END``.

    Raises :class:`~veille.errors.QueryError` for a quote that is not closed.
    """
    tokens: list[Token] = []
    position = _skip_space(query, 0)
    while position < len(query):
        token, position = _token(query, position)
        tokens.append(token)
        position = _skip_space(query, position)
    tokens.append(Token(Kind.END, len(query), "", "", len(query), len(query)))
    return tokens


def _skip_space(query: str, position: int) -> int:
    space = _SPACE.match(query, position)
    return space.end() if space else position


def _token(query: str, position: int) -> tuple[Token, int]:
    char = query[position]
    if char in _SIGNS:
        return Token(_SIGNS[char], position, char, "", position, position + 1), position + 1
    if char == "-" and _negates(query, position):
        return Token(Kind.MINUS, position, char, "", position, position + 1), position + 1
    if char in QUOTES:
        text, end = _quoted(query, position)
        return Token(Kind.PHRASE, position, text, "", position, end), end
    field = _FIELD.match(query, position)
    if field:
        return _field(query, position, field)
    return _word(query, position)


def _negates(query: str, position: int) -> bool:
    following = query[position + 1 : position + 2]
    return bool(following) and not following.isspace() and following != ")"


def _quoted(query: str, position: int) -> tuple[str, int]:
    closing = QUOTES[query[position]]
    end = query.find(closing, position + 1)
    if end < 0:
        raise QueryError(query, position, f"a closing {closing} for the quote opened here")
    return query[position + 1 : end], end + 1


def _field(query: str, position: int, match: re.Match[str]) -> tuple[Token, int]:
    name, value = match[1], match.end()
    if query[value : value + 1] in QUOTES:
        text, end = _quoted(query, value)
    else:
        end = _end_of_value(query, value, parentheses=name.casefold() == "url")
        text = query[value:end]
    return Token(Kind.FIELD, value, text, name, position, end), end


def _word(query: str, position: int) -> tuple[Token, int]:
    url = _URL.match(query, position) is not None
    end = _end_of_value(query, position, parentheses=url)
    text = query[position:end]
    if url:
        return Token(Kind.FIELD, position, text, "url", position, end), end
    return Token(_KEYWORDS.get(text, Kind.WORD), position, text, "", position, end), end


def _end_of_value(query: str, position: int, *, parentheses: bool) -> int:
    """Where an unquoted value ends; addresses may hold parentheses, as long as they balance."""
    if not parentheses:
        bare = _BARE.match(query, position)
        return bare.end() if bare else position
    unclosed: list[int] = []
    for end in count(position):
        char = query[end : end + 1]
        if char == "(":
            unclosed.append(end)
        elif char == ")" and unclosed:
            unclosed.pop()
        elif char == ")" or not char or char.isspace() or char in QUOTES:
            break
    return unclosed[0] if unclosed else end
