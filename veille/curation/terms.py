"""``field:value``: what each field of a search may hold, and the part of the tree it becomes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from veille.curation import dates
from veille.errors import QueryError
from veille.model.query import (
    Age,
    Comparison,
    Field,
    Instant,
    InStory,
    Is,
    Match,
    Query,
    Spread,
    Status,
    Within,
)
from veille.model.text import fold, one_line, tag_key

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from veille.curation.tokens import Token

_ALPHANUMERIC = re.compile(r"[^\W_]")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_EDITION = re.compile(r"[^\s/]+(/[1-9][0-9]{0,8})?")

_SPREAD = re.compile(r"(|[<>]=?)([0-9]{1,4})")
_ITEM = re.compile(r"[0-9]{1,9}")

SEARCH = "search"  # a saved one; never in the tree, which holds what it stands for
_IS, _AGE, _SOURCES, _STORY = "is", "age", "sources", "story"
FIELDS = (*Field, *Instant, _IS, _AGE, _SOURCES, _STORY, SEARCH)


def _has_alphanumeric(value: str) -> bool:
    return _ALPHANUMERIC.search(fold(value)) is not None


# For each field: whether a value fits, and how to say what does.
_EXPECTED: dict[Field, tuple[Callable[[str], object], str]] = {
    Field.TAG: (tag_key, "a tag after tag:"),
    Field.SOURCE: (str.strip, "the id, address or part of the title of a source after source:"),
    Field.CATEGORY: (str.strip, "a category after category:"),
    Field.BY: (str.strip, "a curator after by:"),
    Field.AUTHOR: (str.strip, "an author after author:"),
    Field.LANG: (_LANGUAGE.fullmatch, "a language such as fr after lang:"),
    Field.TITLE: (_has_alphanumeric, "a word or a phrase after title:"),
    Field.URL: (str.strip, "an address or part of it after url:"),
    Field.EDITION: (_EDITION.fullmatch, "an edition such as five-links/3 after edition:"),
    Field.RULE: (tag_key, "the name of a rule after rule:"),
    Field.SEEN: (str.strip, "a curator after seen:"),
}
_DATE = "a date such as 2026, 2026-11, 2026-11-03, 2026-W45 or 2026-10-01/2026-10-31"


@dataclass(frozen=True, slots=True)
class TermReader:
    """Reads the fields of one search, at one instant, in one time zone."""

    query: str
    now: datetime
    zone: ZoneInfo

    def read(self, token: Token) -> Query:
        """The part of the tree a field stands for; raises :class:`~veille.errors.QueryError`."""
        name, value = token.field.casefold(), one_line(token.text)
        if name == _IS:
            return self._status(token, value)
        if name == _AGE:
            return self._age(token, value)
        if name == _SOURCES:
            return self._spread(token, value)
        if name == _STORY:
            return self._story(token, value)
        if name in tuple(Instant):
            return self._within(token, Instant(name), value)
        if name in tuple(Field):
            return self._match(token, Field(name), value)
        raise QueryError(self.query, token.start, self._known_fields(name))

    def _match(self, token: Token, field: Field, value: str) -> Match:
        fits, expected = _EXPECTED[field]
        if not fits(value):
            raise QueryError(self.query, token.position, expected)
        return Match(field, value)

    def _status(self, token: Token, value: str) -> Is:
        try:
            return Is(Status(value.casefold()))
        except ValueError as error:
            expected = f"one of {', '.join(Status)} after is:"
            raise QueryError(self.query, token.position, expected) from error

    def _within(self, token: Token, field: Instant, value: str) -> Within:
        try:
            start, end = dates.interval(value, now=self.now, zone=self.zone)
        except ValueError as error:
            raise QueryError(self.query, token.position, f"{_DATE} after {field}:") from error
        return Within(field, start, end)

    def _age(self, token: Token, value: str) -> Age:
        try:
            return Age(*dates.age(value))
        except ValueError as error:
            expected = "an age such as <7d or >1y (h d w m y) after age:"
            raise QueryError(self.query, token.position, expected) from error

    def _spread(self, token: Token, value: str) -> Spread:
        written = _SPREAD.fullmatch(value)
        if written is None:
            expected = "a number of sources such as >2 or 3 after sources:"
            raise QueryError(self.query, token.position, expected)
        return Spread(Comparison(written[1] or "="), int(written[2]))

    def _story(self, token: Token, value: str) -> InStory:
        if _ITEM.fullmatch(value) is None:
            raise QueryError(self.query, token.position, "the id of an item after story:")
        return InStory(int(value))

    def _known_fields(self, name: str) -> str:
        from difflib import get_close_matches  # only for a mistake

        nearest = get_close_matches(name, FIELDS, n=1)
        meant = f"did you mean {nearest[0]}:? " if nearest else ""
        known = ", ".join(sorted(FIELDS))
        return (
            f"another field than '{one_line(name, 40)}' ({meant}there are {known}; "
            "words that hold a colon go in quotes)"
        )
