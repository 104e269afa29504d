"""Visits of sources: how each ended, and what all of a run came to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from veille.model.rule import Tally

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from veille.errors import FetchError, ParseError
    from veille.model.fetched import Fetched, Parsed
    from veille.model.source import Failure, Source
    from veille.model.states import Identity
    from veille.store.reach import Outage


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedSource:
    """A source that could not be collected, and when it is tried again."""

    source: Source
    failure: Failure
    next_try: datetime | None


@dataclass(slots=True, kw_only=True)
class Report:
    """What a run did. ``seen`` counts known items that a source now shows too.

    ``outage`` is the one that goes on: nothing could be reached, and that is no source's error.
    ``answered`` says that somebody could.
    """

    sources: int
    skipped: int = 0
    fetched: int = 0
    not_modified: int = 0
    new: int = 0
    updated: int = 0
    seen: int = 0
    failures: list[FailedSource] = field(default_factory=list)
    problems: list[tuple[Source, str]] = field(default_factory=list)  # read, but ill-formed
    outage: Outage | None = None
    answered: bool = False
    rules: Tally = field(default_factory=Tally)


class Due(NamedTuple):
    """The sources to visit now, of how many, and the outage that goes on, if any."""

    sources: list[Source]
    pool: Sequence[Source]
    outage: Outage | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Visited:
    """A source with its answer, read as far as it could be."""

    source: Source
    outcome: Fetched | FetchError | ParseError
    parsed: Parsed | None = None


class Merged(NamedTuple):
    """What a document came to: new items, what its source is read by, whether it shows known ones,
    and what to remember of its entries.
    """

    new: Sequence[int] = ()
    identity: Identity | None = None
    shows_known: bool = True
    memory: bytes | None = None
