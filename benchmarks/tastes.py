"""What a made-up team keeps of real texts, by what the ranking is not shown.

Nobody's decisions are public, so a team is made, from a seed: it cares for four subjects, more for some than
for others, likes some sources better, decides by chance around that, and slips once in twenty. A subject is
never a word of the title or the summary that the ranking reads:

* :func:`of_entries`: the entries of a corpus, by what their *whole texts* speak of. A subject is a word and
  the eight that keep it company;
* :func:`of_packages`: packages of Debian (what ``apt-cache dumpavail`` prints), by the tags that people gave
  them from a vocabulary. All that the ranking reads is one line of description, and the section.

Sites wrote in different years; a team reads them side by side, each in the order of its dates.
"""

from __future__ import annotations

import random
import re
import tempfile
from collections import Counter, defaultdict
from dataclasses import dataclass
from math import log
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.stories import NOW, store
from veille.curation.relevance import Candidate
from veille.model.query import EVERYTHING, Sort
from veille.model.text import fold
from veille.store import items, schema
from veille.store.database import Database

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

SLIPS = 0.05
_LIKING = (0.9, 0.8, 0.7, 0.5)  # of the four subjects
_OTHERS = 0.03
_KEPT = 0.08, 0.35  # of all: what teams keep; another taste is made when it falls outside
_WORD = re.compile(r"[^\W\d_]{4,}")
_COMPANY = 8  # words beside the first of a subject
_SPEAKS = 3  # of the nine, for a text to speak of it
_PACKAGES = 2_500
_FACETS = {"field", "use", "works-with", "game", "network", "science", "biology", "admin", "sound"}


@dataclass(frozen=True)
class Decided:
    """An item, what the team makes of it, and how likely that was."""

    candidate: Candidate
    kept: bool
    likely: float


@dataclass(frozen=True)
class Told:
    """An item and the subjects that it is about."""

    candidate: Candidate
    subjects: frozenset[str]


def decide(told: Sequence[Told], pool: Sequence[str], seed: int) -> list[Decided]:
    """What a team keeps that cares for four subjects of the pool."""
    chance = random.Random(seed)
    while True:
        liking = dict(zip(chance.sample(pool, len(_LIKING)), _LIKING, strict=True))
        favour: defaultdict[int, float] = defaultdict(lambda: chance.uniform(0.5, 1.2))
        decided = []
        for one in _side_by_side(told, chance):
            liked = max((liking.get(each, 0.0) for each in one.subjects), default=0.0)
            favoured = max(favour[source] for source in one.candidate.sources)
            likely = min(0.95, max(liked, _OTHERS) * favoured)
            kept = (chance.random() < likely) != (chance.random() < SLIPS)
            decided.append(Decided(one.candidate, kept, likely))
        share = sum(one.kept for one in decided) / len(decided)
        if _KEPT[0] < share < _KEPT[1]:
            return decided


def _side_by_side(told: Sequence[Told], chance: random.Random) -> list[Told]:
    by_source: defaultdict[int, list[Told]] = defaultdict(list)
    for one in told:
        by_source[min(one.candidate.sources)].append(one)
    placed = [
        ((place + chance.random()) / len(of_one), one)
        for of_one in by_source.values()
        for place, one in enumerate(of_one)
    ]
    return [one for _, one in sorted(placed, key=lambda pair: pair[0])]


def of_entries(folder: Path) -> tuple[list[Told], list[str]]:
    """The entries of a corpus, the oldest first, and the subjects that a team may care for."""
    with tempfile.TemporaryDirectory() as place:
        url = f"sqlite:///{Path(place) / 'veille.db'}"
        schema.create(url, now=NOW)
        db = Database.open(url)
        store(db, folder)
        with db.read() as conn:
            found = items.search(conn, EVERYTHING, now=NOW, sort=Sort.OLDEST)
            texts = [items.content(conn, item.id).text for item in found]
        db.close()
    spoken = [frozenset(map(fold, _WORD.findall(text))) for text in texts]
    company = _subjects(spoken)
    told = [
        Told(
            Candidate(
                item=item.id,
                title=item.title,
                summary=item.summary,
                sources={source.id: source.title for source in item.sources},
                tags=(),
                spread=item.spread,
                age=0.5,
            ),
            frozenset(name for name, words in company.items() if len(words & words_of) >= _SPEAKS),
        )
        for item, words_of in zip(found, spoken, strict=True)
    ]
    return told, sorted(company)


def _subjects(spoken: Sequence[frozenset[str]]) -> dict[str, frozenset[str]]:
    """Words that some texts have, neither few nor many, each with those that keep it company."""
    often = Counter(word for words in spoken for word in words)
    few, many = len(spoken) // 60, len(spoken) // 12
    known = {word for word, count in often.items() if few <= count <= many}
    together: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for words in spoken:
        for word in words & known:
            together[word].update(words & known)
    return {
        word: frozenset([word, *_company(word, beside, often, len(spoken))])
        for word, beside in together.items()
    }


def _company(
    word: str, beside: Mapping[str, int], often: Mapping[str, int], texts: int
) -> Iterable[str]:
    def bound(other: str) -> float:
        return beside[other] * log(beside[other] * texts / often[word] / often[other])

    return sorted(beside.keys() - {word}, key=lambda other: (-bound(other), other))[:_COMPANY]


def of_packages(listed: Path, seed: int) -> tuple[list[Told], list[str]]:
    """Some packages of a distribution, and the tags that a team may care for."""
    found = list(_packages(listed.read_text(encoding="utf-8")))
    told = random.Random(seed).sample(found, min(_PACKAGES, len(found)))
    often = Counter(tag for one in told for tag in one.subjects)
    return told, sorted(tag for tag, count in often.items() if count >= len(told) / 80)


def _packages(listed: str) -> Iterator[Told]:
    """One package of each source package: those that share one have the same description."""
    sections: dict[str, int] = {}
    seen: set[str] = set()
    for record in listed.split("\n\n"):
        fields = dict(re.findall(r"^([A-Za-z]+): ?(.*(?:\n[ \t].*)*)", record, re.MULTILINE))
        if not {"Package", "Tag", "Description", "Section"} <= fields.keys():
            continue
        subjects = frozenset(
            tag for tag in re.split(r",\s*", fields["Tag"]) if tag.split("::")[0] in _FACETS
        )
        origin = (fields.get("Source") or fields["Package"]).split()[0]
        if not subjects or origin in seen:
            continue
        seen.add(origin)
        section = fields["Section"]
        candidate = Candidate(
            item=len(seen),
            title=fields["Description"].splitlines()[0],
            summary="",
            sources={sections.setdefault(section, len(sections)): section},
            tags=(),
            spread=1,
            age=0.5,
        )
        yield Told(candidate, subjects)
