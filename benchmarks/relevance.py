"""Whether ranking by relevance helps: against the newest first, and against the yield of sources alone.

``python -m benchmarks.relevance [CORPUS]``. Decisions are made, since nobody's are public. A team cares
for some subjects and has a few favourite sources; what it decides is a matter of chance, one decision in ten
is a slip, and the program is told of neither:

* made items: 40 sources on two to four of 15 subjects, titles and summaries drawn from the words of a
  subject and from those common to all; three subjects are kept often, two sometimes;
* with CORPUS, the real entries of its sites in the order of their dates: kept when the *whole text*
  speaks of the subjects, while the ranking reads titles and summaries only.

Each batch is ranked by what was decided before it, then decided. Printed: the chance that something kept
stands before something skipped (AUC), and how many of the first ten are kept.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.stories import NOW, store
from veille.curation.relevance import Candidate, Judgement, learn
from veille.model.query import EVERYTHING, Sort
from veille.store import items, schema
from veille.store.database import Database

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

BATCH = 150
LAST = 4_000
_SLIPS = 0.1
_SUBJECTS = (
    ("python", "javascript", "programme", "code", "logiciel"),
    ("musée", "museum", "histoire", "culture", "livre", "bibliothèque"),
    ("données", "data", "open", "libre", "recherche", "research"),
)


@dataclass(frozen=True)
class Decided:
    """An item and what the team makes of it."""

    candidate: Candidate
    kept: bool


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
        kept = (chance.random() < likely) != (chance.random() < _SLIPS / 2)
        candidate = Candidate(
            item=number,
            title=" ".join(chance.choices(subjects[subject], k=2) + chance.choices(common, k=6)),
            summary=" ".join(chance.choices(subjects[subject], k=6) + chance.choices(common, k=34)),
            sources={source: f"Source {source}"},
            tags=(),
            spread=spread,
            age=chance.expovariate(0.5),
        )
        found.append(Decided(candidate, kept))
    return found


def _letters(number: int) -> str:
    return "".join(chr(97 + int(digit)) for digit in f"{number:03}")


def real(folder: Path, seed: int) -> list[Decided]:
    """The entries of a corpus, the oldest first, and what a made-up team makes of them."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as place:
        url = f"sqlite:///{Path(place) / 'veille.db'}"
        schema.create(url, now=NOW)
        db = Database.open(url)
        store(db, folder)
        with db.read() as conn:
            found = items.search(conn, EVERYTHING, now=NOW, sort=Sort.OLDEST)
            texts = [items.content(conn, item.id).text for item in found]
        db.close()
    wanted = {word for subject in _SUBJECTS[1:] for word in subject}
    decided = []
    for item, text in zip(found, texts, strict=True):
        about = sum(word in wanted for word in text.lower().split())
        likely = 0.85 if about >= 4 else 0.35 if about >= 2 else 0.05
        candidate = Candidate(
            item=item.id,
            title=item.title,
            summary=item.summary,
            sources={source.id: source.title for source in item.sources},
            tags=(),
            spread=item.spread,
            age=chance.expovariate(0.5),
        )
        kept = (chance.random() < likely) != (chance.random() < _SLIPS / 2)
        decided.append(Decided(candidate, kept))
    chance.shuffle(decided)  # sites wrote in different years: a team reads them side by side
    return decided


def by_relevance(before: Sequence[Decided]) -> Callable[[Candidate], float]:
    """What the program does."""
    taste = learn(Judgement(one.candidate, one.kept) for one in before[-LAST:])
    return lambda candidate: taste.score(candidate).value


def by_age(before: Sequence[Decided]) -> Callable[[Candidate], float]:  # noqa: ARG001  nothing learnt
    """The newest first."""
    return lambda candidate: -candidate.age


def by_yield(before: Sequence[Decided]) -> Callable[[Candidate], float]:
    """The source of which most was kept first."""
    counts: dict[int, list[int]] = {}
    for one in before[-LAST:]:
        for source in one.candidate.sources:
            counts.setdefault(source, [1, 4])
            counts[source][0] += one.kept
            counts[source][1] += 1
    rates = {source: kept / judged for source, (kept, judged) in counts.items()}
    return lambda one: max((rates.get(s, 0.25) for s in one.sources), default=0.25) - one.age / 1e4


def auc(scored: Sequence[tuple[float, bool]]) -> float | None:
    """The chance that something kept scores higher than something skipped."""
    kept = [score for score, was in scored if was]
    skipped = [score for score, was in scored if not was]
    if not kept or not skipped:
        return None
    won = sum((one > other) + 0.5 * (one == other) for one in kept for other in skipped)
    return won / len(kept) / len(skipped)


def evaluate(name: str, decided: Sequence[Decided]) -> None:
    """Print how each order does on batches that were not learnt from."""
    kept = sum(one.kept for one in decided) / len(decided)
    print(f"{name}: {len(decided):,} decisions, {kept:.0%} kept; batches of {BATCH}")
    ways: dict[str, Callable[[Sequence[Decided]], Callable[[Candidate], float]]] = {
        "newest first": by_age,
        "yield of sources": by_yield,
        "relevance": by_relevance,
    }
    for way, learning in ways.items():
        areas, tens = [], []
        for start in range(2 * BATCH, len(decided) - BATCH + 1, BATCH):
            score = learning(decided[:start])
            batch = [(score(one.candidate), one.kept) for one in decided[start : start + BATCH]]
            area = auc(batch)
            areas += [area] if area is not None else []
            best = sorted(batch, key=lambda pair: -pair[0])[:10]
            tens.append(sum(was for _, was in best))
        print(
            f"  {way:18} AUC {statistics.mean(areas):.3f}   {statistics.mean(tens):.1f} of the first ten kept"
        )


def cold(decided: Sequence[Decided]) -> None:
    """Print how soon it helps."""
    for count in (50, 100, 200, 500, 1000):
        score = by_relevance(decided[:count])
        rest = [(score(one.candidate), one.kept) for one in decided[count : count + 600]]
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
    given = parser.parse_args()
    decisions = made(6_000, 7)
    evaluate("made items", decisions)
    cold(decisions)
    swept(decisions, 1_500)
    speed(decisions)
    if given.corpus:
        evaluate("real entries", real(given.corpus, 7))


if __name__ == "__main__":
    main()
