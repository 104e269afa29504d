"""What figures say: advice on sources, and sentences of interpretation that are honest about chance.

A rate of few items says little. It is therefore told with the interval of Wilson (1927, 95 %), and
advice is only given where even the doubtful end of that interval supports it.
"""

from __future__ import annotations

from datetime import timedelta
from math import sqrt
from typing import TYPE_CHECKING

from babel.dates import format_timedelta
from babel.lists import format_list
from babel.numbers import format_decimal, format_percent

from veille.digest.catalogue import catalogue
from veille.model.figures import Advice

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from veille.model.figures import Flow, SourceFigures, Stats, Yield

FEW = 20  # items: below, a rate is an anecdote
_Z = 1.96
_ALONE = 0.7  # of all decisions
_NAMED = 5
_SOME = 3  # items of a tag that make a subject, or of a source that are no accident


def plausible(hits: int, total: int) -> tuple[float, float]:
    """Between which two rates the true one lies, 19 times in 20 (Wilson's score interval).

    >>> [round(end, 2) for end in plausible(5, 50)]
    [0.04, 0.21]
    """
    if total <= 0:
        return 0.0, 1.0
    rate, square = hits / total, _Z * _Z
    middle = (rate + square / (2 * total)) / (1 + square / total)
    half = _Z * sqrt(rate * (1 - rate) / total + square / (4 * total * total))
    half /= 1 + square / total
    return max(0.0, middle - half), min(1.0, middle + half)


def average(sources: Sequence[SourceFigures]) -> float:
    """The rate at which the team keeps what it receives, over all sources."""
    received = sum(one.received for one in sources)
    return sum(one.kept for one in sources) / received if received else 0.0


def advise(source: SourceFigures, usual: float) -> Advice:
    """What the figures of a source suggest, against the ``usual`` rate of the team."""
    if source.received == 0:
        return Advice.SILENT
    if source.received < FEW:
        return Advice.FEW
    low, high = plausible(source.kept, source.received)
    if low > usual and source.kept >= _SOME:
        return Advice.PROMOTE
    if high < usual / 2:
        return Advice.WEED
    if source.repeats > source.received / 2:
        return Advice.REPEATS
    return Advice.STEADY


class Teller:
    """Tells figures in the words and the numbers of one language."""

    def __init__(self, locale: str) -> None:
        self.locale = locale
        self._words = catalogue(locale)

    def number(self, value: float) -> str:
        """A number: ``1 234``."""
        return format_decimal(round(value), locale=self.locale)

    def rate(self, value: float) -> str:
        """A rate: ``12 %``, with a decimal where it is small."""
        pattern = "#,##0.0 %" if self.locale.startswith("fr") else "#,##0.0%"
        if value == 0 or value >= 0.1:
            return format_percent(value, locale=self.locale)
        return format_percent(value, pattern.replace(" ", "\u00a0"), locale=self.locale)

    def span(self, seconds: float | None) -> str:
        """How long: ``3 hours``."""
        if seconds is None:
            return "–"
        return format_timedelta(
            timedelta(seconds=seconds), granularity="hour", threshold=1.5, locale=self.locale
        )

    def listed(self, names: Sequence[str]) -> str:
        """Names in a sentence, the first few."""
        if len(names) > _NAMED:
            return ", ".join([*names[:_NAMED], "…"])
        return format_list(list(names), locale=self.locale)

    def of_stats(self, stats: Stats) -> list[str]:
        """What the figures of a period say."""
        told = [*self._rate_of(stats.flow), *self._inbox(stats), *self._out(stats)]
        return [*told, *self._people(stats), *self._subjects(stats)]

    def _rate_of(self, flow: Flow) -> Iterator[str]:
        _, ngettext = self._words.gettext, self._words.ngettext
        if flow.received < FEW:
            yield ngettext(
                "%(num)s item came in: too few to speak of rates.",
                "%(num)s items came in: too few to speak of rates.",
                flow.received,
            ) % {"num": self.number(flow.received)}
        elif flow.kept <= flow.received:
            low, high = plausible(flow.kept, flow.received)
            yield _(
                "%(kept)s kept for %(received)s received: %(rate)s, between %(low)s and %(high)s "
                "allowing for chance."
            ) % {
                "kept": self.number(flow.kept),
                "received": self.number(flow.received),
                "rate": self.rate(flow.kept / flow.received),
                "low": self.rate(low),
                "high": self.rate(high),
            }
        if flow.delay is not None:
            yield _("Half of what is kept is kept within %(span)s of its arrival.") % {
                "span": self.span(flow.delay)
            }

    def _inbox(self, stats: Stats) -> Iterator[str]:
        _, ngettext = self._words.gettext, self._words.ngettext
        flow = stats.flow
        decided = flow.kept + flow.skipped + flow.by_rules
        if flow.waiting == 0:
            yield _("The inbox is empty.")
        elif flow.waiting is not None and decided < FEW:
            yield ngettext(
                "%(num)s item waits in the inbox.",
                "%(num)s items wait in the inbox.",
                flow.waiting,
            ) % {"num": self.number(flow.waiting)}
        elif flow.waiting is not None:
            days = max(1, round(flow.waiting * stats.period.days / decided))
            yield ngettext(
                "%(num)s items wait in the inbox: %(days)s day of work at this pace.",
                "%(num)s items wait in the inbox: %(days)s days of work at this pace.",
                days,
            ) % {"num": self.number(flow.waiting), "days": self.number(days)}
        if decided >= FEW and flow.received > 1.25 * decided:
            yield _("More comes in than is decided: weed sources, or let rules do the plain cases.")

    def _out(self, stats: Stats) -> Iterator[str]:
        _, ngettext = self._words.gettext, self._words.ngettext
        if stats.flow.published:
            yield ngettext(
                "%(num)s link reached readers.",
                "%(num)s links reached readers.",
                stats.flow.published,
            ) % {"num": self.number(stats.flow.published)}
        elif stats.flow.kept:
            yield _("Nothing reached readers in this period, though something was kept.")

    def _people(self, stats: Stats) -> Iterator[str]:
        """Whether the watch hangs on one person; who does how much is nobody's ranking."""
        _ = self._words.gettext
        decisions = [one.kept + one.skipped for one in stats.curators]
        total = sum(decisions)
        if total >= FEW and max(decisions) > _ALONE * total:
            yield _(
                "One person takes %(rate)s of the decisions: the watch pauses when they are away."
            ) % {"rate": self.rate(max(decisions) / total)}

    def _subjects(self, stats: Stats) -> Iterator[str]:
        _ = self._words.gettext
        names = [tag.name for tag in stats.tags if tag.kept >= _SOME]
        if names:
            yield _("What is kept is mostly about %(tags)s.") % {"tags": self.listed(names[:3])}
        new = [tag.name for tag in stats.tags if tag.kept >= _SOME and not tag.before]
        if new:
            yield _("New since the period before: %(tags)s.") % {"tags": self.listed(new)}

    def of_yield(self, found: Yield) -> list[str]:
        """What the figures of all sources say."""
        _ = self._words.gettext
        usual = average(found.sources)
        received = sum(one.received for one in found.sources)
        if received < FEW:
            return [_("Too little came in to tell one source from another.")]
        advice: dict[Advice, list[str]] = {}
        for one in found.sources:
            advice.setdefault(advise(one, usual), []).append(one.name)
        told = [
            _("Over all sources, %(rate)s of what comes in is kept.") % {"rate": self.rate(usual)}
        ]
        for kind, sentence in self._sentences().items():
            if kind in advice:
                names, number = self.listed(advice[kind]), self.number(len(advice[kind]))
                said = sentence % {"names": names, "number": number}
                told.append(said.replace("….", "…"))
        return told

    def _sentences(self) -> dict[Advice, str]:
        _ = self._words.gettext
        return {
            Advice.PROMOTE: _("To promote, kept surely more often than the average: %(names)s."),
            Advice.WEED: _("To weed, kept surely less than half as often: %(names)s."),
            Advice.REPEATS: _("Mostly what others had shown first: %(names)s."),
            Advice.SILENT: _(
                "Silent (%(number)s): %(names)s; “veille doctor” tells whether they are broken."
            ),
            Advice.FEW: _("Too few items to tell (%(number)s): %(names)s."),
        }

    def advice(self, advice: Advice) -> str:
        """One word for a table."""
        _ = self._words.gettext
        return {
            Advice.PROMOTE: _("promote"),
            Advice.STEADY: _("steady"),
            Advice.REPEATS: _("repeats others"),
            Advice.WEED: _("weed"),
            Advice.SILENT: _("silent"),
            Advice.FEW: _("too few"),
        }[advice]
