"""Pictures of figures as values: where each bar stands, for templates to draw as SVG."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from babel.dates import format_date

from veille.digest import dates
from veille.digest.figures import Teller, advise, average

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from veille.model.figures import Advice, SourceFigures, Stats, Yield

WIDTH, HEIGHT = 640, 180
_LABELS = 8  # under the columns, at most
_ROW, _NAMES = 26, 230
SHOWN = 15  # sources in the picture; the table has them all


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar: ``x`` and ``y`` of its corner, and what its part is of another bar behind it."""

    x: float
    y: float
    width: float
    height: float
    part: float  # of the height of a column, or of the width of a row, that is filled
    label: str
    total: str
    filled: str
    tick: bool = True  # whether its label is written


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Bars in a field of ``width`` by ``height``; ``most`` is what the largest stands for."""

    width: int
    height: int
    most: str
    bars: tuple[Bar, ...]


def columns(stats: Stats, teller: Teller) -> Chart:
    """Received, and of the same height scale kept, step by step."""
    most = max((max(step.received, step.kept) for step in stats.steps), default=0) or 1
    pitch = WIDTH / max(len(stats.steps), 1)
    every = -(-len(stats.steps) // _LABELS)
    bars = [
        Bar(
            x=round(place * pitch + pitch * 0.12, 2),
            y=round(HEIGHT - HEIGHT * step.received / most, 2),
            width=round(pitch * 0.76, 2),
            height=round(HEIGHT * step.received / most, 2),
            part=round(HEIGHT * step.kept / most, 2),
            label=_named(step.first, stats.steps[-1].first, teller.locale),
            total=teller.number(step.received),
            filled=teller.number(step.kept),
            tick=place % every == 0,
        )
        for place, step in enumerate(stats.steps)
    ]
    return Chart(width=WIDTH, height=HEIGHT, most=teller.number(most), bars=tuple(bars))


def _named(day: date, last: date, locale: str) -> str:
    far = (last - day).days > 300
    words = format_date(day, "MMM y" if far else "d MMM", locale=locale)
    return dates.ordinal(words, locale)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLine:
    """A source as a line of the table."""

    name: str
    received: str
    kept: str
    rate: str
    published: str
    repeats: str
    delay: str
    advice: str
    kind: str


def lines(found: Yield, teller: Teller) -> list[SourceLine]:
    """All sources, in their order, in words."""
    usual = average(found.sources)
    return [_line(one, advise(one, usual), teller) for one in found.sources]


def _line(source: SourceFigures, advice: Advice, teller: Teller) -> SourceLine:
    def share(count: int) -> str:
        return teller.rate(count / source.received) if source.received else "–"

    return SourceLine(
        name=source.name,
        received=teller.number(source.received),
        kept=teller.number(source.kept),
        rate=share(source.kept),
        published=teller.number(source.published),
        repeats=share(source.repeats),
        delay=teller.span(source.delay),
        advice=teller.advice(advice),
        kind=advice.value,
    )


def rows(sources: Sequence[SourceFigures], teller: Teller) -> Chart:
    """The sources that gave most, and the part of it that was kept."""
    chosen = sorted((one for one in sources if one.received), key=lambda one: -one.received)[:SHOWN]
    most = max((one.received for one in chosen), default=1)
    room = WIDTH - _NAMES - 90
    bars = [
        Bar(
            x=_NAMES,
            y=place * _ROW + 5,
            width=round(max(room * one.received / most, 1), 2),
            height=_ROW - 10,
            part=round(room * one.kept / most, 2),
            label=one.name,
            total=teller.number(one.received),
            filled=teller.number(one.kept),
        )
        for place, one in enumerate(chosen)
    ]
    return Chart(
        width=WIDTH, height=max(len(bars), 1) * _ROW, most=teller.number(most), bars=tuple(bars)
    )
