"""Figures: what a team did in a period, and what each source gives."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

DAY = 86_400  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From ``start`` up to, not including, ``end``; ``name`` is how it was asked for."""

    name: str
    start: datetime
    end: datetime

    @property
    def before(self) -> Period:
        """The period of the same length that ends where this one begins."""
        return Period(name="", start=self.start - (self.end - self.start), end=self.start)

    @property
    def days(self) -> float:
        """How long it is."""
        return (self.end - self.start).total_seconds() / DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """What went through in a period. ``delay`` is the median from collected to kept, in seconds;
    ``waiting`` is the inbox as it is now, None for a period that is over.
    """

    received: int
    kept: int
    skipped: int
    by_rules: int  # skipped by rules, and still so
    published: int
    waiting: int | None
    delay: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A day, a week or a month of a period, named by its first day."""

    first: date
    received: int
    kept: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CuratorFigures:
    """What one curator did: items kept, skipped, tagged and commented, and on how many days."""

    handle: str
    kept: int
    skipped: int
    tagged: int
    commented: int
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TagFigures:
    """How many items of a tag were kept, in the period and in the one ``before``."""

    name: str
    kept: int
    before: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionFigures:
    """An edition that came out: how many links it has, and how many mails were accepted."""

    ref: str
    title: str
    published_at: datetime
    links: int
    readers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """The figures of a period."""

    period: Period
    flow: Flow
    earlier: Flow  # of the period before
    steps: tuple[Step, ...]
    curators: tuple[CuratorFigures, ...]  # by handle: this is no ranking
    tags: tuple[TagFigures, ...]  # the most kept first
    editions: tuple[EditionFigures, ...]  # oldest first


class Advice(StrEnum):
    """What the figures of a source suggest; a person decides."""

    PROMOTE = "promote"  # kept surely more often than the team's average
    STEADY = "steady"
    REPEATS = "repeats"  # most of it others had shown first
    WEED = "weed"  # kept surely less than half as often as the average
    SILENT = "silent"  # it gave nothing
    FEW = "few"  # too few items to tell


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFigures:
    """What a source gave: items received, of these kept, published, and shown first by others.

    ``delay`` is the median from publication to collection in seconds, its first visit left out.
    """

    id: int
    name: str
    received: int
    kept: int
    published: int
    repeats: int
    delay: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Yield:
    """The figures of all sources over a period, the most kept first."""

    period: Period
    sources: tuple[SourceFigures, ...]
