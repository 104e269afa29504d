"""What this team keeps, learnt from what it kept: a score for an item, and the reasons for it.

Naive Bayes in its additive form. A feature (a source, a word, a tag, an age …) weighs as much as items
that have it are kept more often than others are:

    weight = logit(kept with it) - logit(kept at all)

with the first drawn towards the second, the more so the fewer were judged. Words of one text repeat one
another, so theirs are divided by the root of their number. The score is the sum, and the weights are
the reasons. It orders, and never hides.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from math import log, sqrt
from typing import TYPE_CHECKING, NamedTuple

from veille.model.text import fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ENOUGH = 10  # of items kept, and of items skipped: with fewer, nobody could say anything
TOGETHER = 20  # items decided at once beyond which each counts for less
REASONS = 3

_DRAWN = 4.0  # judgements that a rate begins with
_SAYS_SOMETHING = 0.1
_WORD = re.compile(r"[^\W\d_]{3,}")
_AGES = ((1, "under a day"), (3, "under three days"), (7, "under a week"), (30, "under a month"))
_OLDER = "over a month"


class Kind(StrEnum):
    """What a feature is."""

    SOURCE = "source"
    WORD = "word"
    TAG = "tag"
    SPREAD = "spread"
    AGE = "age"


class Feature(NamedTuple):
    """One thing that may make an item worth keeping: ``key`` names it, whatever its spelling."""

    kind: Kind
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What is known of an item when it is judged. ``sources`` are names by id, ``age`` is in days."""

    item: int
    title: str
    summary: str
    sources: Mapping[int, str]
    tags: Sequence[str]
    spread: int
    age: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """What somebody decided of an item; decided with many others at once, it weighs less."""

    candidate: Candidate
    kept: bool
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Score:
    """How likely this team is to keep an item, compared with others; and why."""

    value: float
    because: tuple[str, ...]


def weight_of(together: int) -> float:
    """How much each of so many decisions taken at once counts: a sweep judges no item in particular.

    >>> weight_of(1), weight_of(20), weight_of(2000)
    (1.0, 1.0, 0.01)
    """
    return min(1.0, TOGETHER / max(together, 1))


@dataclass
class _Tally:
    kept: float = 0.0
    judged: float = 0.0

    def add(self, judgement: Judgement) -> None:
        self.judged += judgement.weight
        self.kept += judgement.weight if judgement.kept else 0.0


@dataclass(frozen=True)
class Taste:
    """What was learnt."""

    _all: _Tally
    _of: Mapping[Feature, _Tally]

    @property
    def kept(self) -> int:
        """How many items it was learnt from that were kept."""
        return round(self._all.kept)

    @property
    def skipped(self) -> int:
        """How many that were not."""
        return round(self._all.judged - self._all.kept)

    @property
    def is_formed(self) -> bool:
        """Whether enough was judged to say anything."""
        return min(self.kept, self.skipped) >= ENOUGH

    def score(self, candidate: Candidate) -> Score:
        """What the features of an item amount to; zero, and no reason, as long as it is not formed."""
        if not self.is_formed:
            return Score(0.0, ())
        known = {
            feature: shown for feature, shown in _features(candidate).items() if feature in self._of
        }
        words = sum(feature.kind is Kind.WORD for feature in known)
        weights = [
            (self._weight(feature, words), feature, shown) for feature, shown in known.items()
        ]
        told = [each for each in weights if abs(each[0]) >= _SAYS_SOMETHING]
        strongest = sorted(told, key=lambda each: -abs(each[0]))[:REASONS]
        reasons = tuple(self._reason(*each) for each in sorted(strongest, reverse=True))
        return Score(sum(weight for weight, _, _ in weights), reasons)

    def _weight(self, feature: Feature, words: int) -> float:
        tally, base = self._of[feature], self._base
        rate = (tally.kept + _DRAWN * base) / (tally.judged + _DRAWN)
        weight = _logit(rate) - _logit(base)
        return weight / sqrt(words) if feature.kind is Kind.WORD else weight

    @property
    def _base(self) -> float:
        return (self._all.kept + 1) / (self._all.judged + 2)

    def _reason(self, weight: float, feature: Feature, shown: str) -> str:
        tally = self._of[feature]
        match feature.kind:
            case Kind.SOURCE:
                often = _in_ten(tally.kept / tally.judged)
                return f"source {shown} is kept {often}"
            case Kind.WORD:
                return f"“{shown}” {weight:+.1f}"
            case Kind.TAG:
                return f"#{shown} {weight:+.1f}"
            case Kind.SPREAD | Kind.AGE:
                return f"{shown} {weight:+.1f}"


def learn(judgements: Iterable[Judgement]) -> Taste:
    """What a team keeps, from what it judged."""
    whole, of = _Tally(), defaultdict[Feature, _Tally](_Tally)
    for judgement in judgements:
        whole.add(judgement)
        for feature in _features(judgement.candidate):
            of[feature].add(judgement)
    return Taste(whole, of)


def _features(candidate: Candidate) -> dict[Feature, str]:
    """The features of an item, each with the words that name it to a person."""
    found: dict[Feature, str] = {}
    for key, name in candidate.sources.items():
        found[Feature(Kind.SOURCE, str(key))] = name
    for word in _WORD.findall(f"{candidate.title} {candidate.summary}"):
        found.setdefault(Feature(Kind.WORD, _key(word)), word.lower())
    for tag in candidate.tags:
        found.setdefault(Feature(Kind.TAG, fold(tag)), tag)
    found[Feature(Kind.SPREAD, str(min(candidate.spread, 3)))] = _seen_in(candidate.spread)
    age = next((name for days, name in _AGES if candidate.age < days), _OLDER)
    found[Feature(Kind.AGE, age)] = f"{age} old"
    return found


@lru_cache(maxsize=65_536)
def _key(word: str) -> str:
    return fold(word)


def _seen_in(spread: int) -> str:
    return "seen in one source" if spread == 1 else f"seen in {spread} sources"


def _in_ten(rate: float) -> str:
    often = round(rate * 10)
    if often in (0, 10):
        return "hardly ever" if often == 0 else "nearly always"
    return f"{often} times in 10" if often > 1 else "once in 10"


def _logit(rate: float) -> float:
    return log(rate / (1 - rate))
