"""Saved searches as the text of others names them: ``search:NAME``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from veille.curation.names import valid_name
from veille.curation.terms import SEARCH
from veille.curation.tokens import Kind, Token, tokenise
from veille.model.text import one_line, tag_key

if TYPE_CHECKING:
    from collections.abc import Iterator


_BARE = re.compile(r"[\w-]+")  # what surely needs no quotes


def valid_search_name(name: str) -> str:
    """The name as it will be shown; raises :class:`~veille.errors.UsageError` when it is none."""
    return valid_name(name, "name of a search")


def names(query: str, key: str, field: str = SEARCH) -> bool:
    """Whether a search that can be read has ``field:value``, by the key of the value."""
    return any(True for _ in _naming(query, key, field))


def renamed(query: str, key: str, new: str, field: str = SEARCH) -> str:
    """The same search with another value in place of the one of this key; all else letter by letter."""
    value = new if _BARE.fullmatch(new) else f'"{new}"'
    for token in reversed(list(_naming(query, key, field))):
        query = f"{query[: token.start]}{token.field}:{value}{query[token.end :]}"
    return query


def _naming(query: str, key: str, field: str) -> Iterator[Token]:
    for token in tokenise(query):
        is_field = token.kind is Kind.FIELD and token.field.casefold() == field
        if is_field and tag_key(one_line(token.text)) == key:
            yield token
