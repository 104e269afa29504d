"""Whether ranking by relevance helps: against the newest first, and against the yield of sources alone.

``python -m benchmarks.relevance [CORPUS] [--packages FILE]``. Decisions are made, since nobody's are public:

* made items: 40 sources on two to four of 15 subjects, titles and summaries drawn from the words of a
  subject and from those common to all; three subjects are kept often, two sometimes;
* with CORPUS, the real entries of its sites, by what their whole texts speak of, which the ranking does
  not read; with FILE, written by ``apt-cache dumpavail``, what Debian's packages are said to be, by the
  tags that people gave them (:mod:`benchmarks.tastes` says how).

Each batch is ranked by what was decided before it, then decided. Printed, as means over several teams with
their standard error: the chance that something kept stands before something skipped (AUC), by how much that
differs from the yield of sources, and how many of the first ten are kept. Chance and slips set a bound: the
last line ranks by how likely the team was to keep each item, which nobody could know.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import tastes
from benchmarks.tastes import SLIPS, Decided
from veille.curation.relevance import Candidate, Judgement, learn

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Score = Callable[[Decided], float]

BATCH = 100
BEFORE = 200  # decisions that the first batch is ranked by
LAST = 4_000
TEAMS = 24


def made(count: int, seed: int) -> list[Decided]:
    """Items that nobody wrote, in the order in which they come."""
    chance = random.Random(seed)
    common = [f"mot{_letters(number)}" for number in range(600)]
    subjects = [[f"s{_letters(s)}x{_letters(n)}" for n in range(60)] for s in range(15)]
    liking = dict(enumerate([0.75, 0.65, 0.6, 0.25, 0.2] + [0.04] * 10))
    writes = [chance.sample(range(15), chance.randint(2, 4)) for _ in range(40)]
    favour = [chance.uniform(0.4, 1.25) for _ in range(40)]
    found = []
    for number in range(count):
        source = min(int(chance.expovariate(0.1)), 39)
        subject = chance.choice(writes[source])
        spread = chance.choices((1, 2, 3, 5), (85, 9, 4, 2))[0]
        likely = min(0.95, liking[subject] * favour[source] * (1 + 0.15 * (spread - 1)))
        kept = (chance.random() < likely) != (chance.random() < SLIPS)
        candidate = Candidate(
            item=number,
            title=" ".join(chance.choices(subjects[subject], k=2) + chance.choices(common, k=6)),
            summary=" ".join(chance.choices(subjects[subject], k=6) + chance.choices(common, k=34)),
            sources={source: f"Source {source}"},
            tags=(),
            spread=spread,
            age=chance.expovariate(0.5),
        )
        found.append(Decided(candidate, kept, likely))
    return found


def _letters(number: int) -> str:
    return "".join(chr(97 + int(digit)) for digit in f"{number:03}")


def by_relevance(before: Sequence[Decided]) -> Score:
    """What the program does."""
    taste = learn(Judgement(one.candidate, one.kept) for one in before[-LAST:])
    return lambda one: taste.score(one.candidate).value


def by_age(before: Sequence[Decided]) -> Score:  # noqa: ARG001  nothing learnt
    """The newest first."""
    return lambda one: -one.candidate.age


def by_yield(before: Sequence[Decided]) -> Score:
    """The source of which most was kept first."""
    counts: dict[int, list[int]] = {}
    for one in before[-LAST:]:
        for source in one.candidate.sources:
            counts.setdefault(source, [1, 4])
            counts[source][0] += one.kept
            counts[source][1] += 1
    rates = {source: kept / judged for source, (kept, judged) in counts.items()}
    return lambda one: (
        max((rates.get(s, 0.25) for s in one.candidate.sources), default=0.25)
        - one.candidate.age / 1e4
    )


def by_what_nobody_knows(before: Sequence[Decided]) -> Score:  # noqa: ARG001  nothing learnt
    """What the team was likely to keep: the bound of what can be learnt."""
    return lambda one: one.likely


WAYS = {
    "newest first": by_age,
    "yield of sources": by_yield,
    "relevance": by_relevance,
    "if it were known": by_what_nobody_knows,
}


def auc(scored: Sequence[tuple[float, bool]]) -> float | None:
    """The chance that something kept scores higher than something skipped."""
    kept = [score for score, was in scored if was]
    skipped = [score for score, was in scored if not was]
    if not kept or not skipped:
        return None
    won = sum((one > other) + 0.5 * (one == other) for one in kept for other in skipped)
    return won / len(kept) / len(skipped)


def held_out(
    decided: Sequence[Decided], way: Callable[[Sequence[Decided]], Score]
) -> tuple[float, float]:
    """AUC, and how many of the first ten are kept, over batches that were not learnt from."""
    areas, tens = [], []
    for start in range(BEFORE, len(decided) - BATCH // 2, BATCH):
        score = way(decided[:start])
        batch = [(score(one), one.kept) for one in decided[start : start + BATCH]]
        area = auc(batch)
        if area is not None:
            areas.append(area)
            tens.append(sum(was for _, was in sorted(batch, key=lambda pair: -pair[0])[:10]))
    return statistics.mean(areas), statistics.mean(tens)


def evaluate(name: str, teams: Sequence[Sequence[Decided]]) -> None:
    """Print how each order does for several teams."""
    kept = statistics.mean(sum(one.kept for one in each) / len(each) for each in teams)
    print(f"{name}: {len(teams)} teams, {len(teams[0]):,} decisions each, {kept:.0%} kept")
    results = {way: [held_out(each, learning) for each in teams] for way, learning in WAYS.items()}
    for way, figures in results.items():
        areas = [area for area, _ in figures]
        against = [
            area - other
            for area, (other, _) in zip(areas, results["yield of sources"], strict=True)
        ]
        print(
            f"  {way:18} AUC {_spread(areas, '.3f')}   against yield {_spread(against, '+.3f')}   "
            f"{statistics.mean(ten for _, ten in figures):.1f} of the first ten kept"
        )


def _spread(figures: Sequence[float], form: str) -> str:
    error = statistics.stdev(figures) / len(figures) ** 0.5
    return f"{statistics.mean(figures):{form}} ± {error:.3f}"


def cold(decided: Sequence[Decided]) -> None:
    """Print how soon it helps."""
    for count in (50, 100, 200, 500, 1000):
        score = by_relevance(decided[:count])
        rest = [(score(one), one.kept) for one in decided[count : count + 600]]
        area = auc(rest)
        if area is not None:
            print(f"  after {count:5,} decisions   AUC {area:.3f}")


def swept(decided: Sequence[Decided], older: int) -> None:
    """Print what a sweep of old items at once does to what was learnt."""
    half = len(decided) // 2
    known = [Judgement(one.candidate, one.kept) for one in decided[:half]]
    liked = {2, 3, 5, 7}  # all of what some sources wrote long ago, be it good or not
    sweep = [one.candidate for one in decided[half:] if not liked.isdisjoint(one.candidate.sources)]
    sweep = (sweep * older)[:older]
    rest = decided[half:][-1_500:]
    for name, weight in (
        ("not at all", 0.0),
        ("as 20 judgements", 20 / older),
        ("as each its own", 1.0),
    ):
        extra = [Judgement(candidate, False, weight) for candidate in sweep] if weight else []
        taste = learn([*known, *extra])
        area = auc([(taste.score(one.candidate).value, one.kept) for one in rest])
        print(f"  a sweep of {older} counted {name:18} AUC {area:.3f}")


def speed(decided: Sequence[Decided]) -> None:
    """Print how long it takes to learn and to score."""
    judged = [Judgement(one.candidate, one.kept) for one in decided[:LAST]]
    began = time.process_time()
    taste = learn(judged)
    learnt = time.process_time()
    for one in decided[:2000]:
        taste.score(one.candidate)
    scored = time.process_time()
    print(
        f"  {len(judged) / (learnt - began):,.0f} learnt and {2000 / (scored - learnt):,.0f} scored a second of CPU"
    )


def main() -> None:
    """Make decisions, rank, compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path, nargs="?")
    parser.add_argument("--packages", type=Path, help="what apt-cache dumpavail prints")
    parser.add_argument("--teams", type=int, default=TEAMS)
    parser.add_argument("--first", type=int, default=0, help="seed of the first team")
    given = parser.parse_args()
    seeds = range(given.first, given.first + given.teams)
    evaluate("made items", [made(2_000, seed) for seed in seeds])
    decisions = made(6_000, 7)
    cold(decisions)
    swept(decisions, 1_500)
    speed(decisions)
    if given.corpus:
        told, pool = tastes.of_entries(given.corpus)
        evaluate("real entries", [tastes.decide(told, pool, seed) for seed in seeds])
    if given.packages:
        packages = [(tastes.of_packages(given.packages, seed), seed) for seed in seeds]
        evaluate("packages", [tastes.decide(*listed, seed) for listed, seed in packages])


if __name__ == "__main__":
    main()
