"""How well stories are found: in a corpus of real sites, and among planted copies.

``python -m benchmarks.stories CORPUS [--pairs N]``: CORPUS holds ``sites/*/site.json`` and the feeds
they name. All entries are stored as if their sites were collected today. Then copies of some of them
are planted under other addresses in sources of their own, changed as republished texts are, and so
are texts that only look alike. What is found is compared with what was planted; precision, recall and
every miss are printed, and the stories found among the real entries for somebody to judge.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

from veille.errors import ParseError
from veille.feeds import parse, urls
from veille.feeds.merge import keys_everywhere, merge
from veille.model.changes import Changes, ItemDraft, NewItem, SightingDraft
from veille.model.fetched import Fetched
from veille.model.query import EVERYTHING
from veille.model.source import SourceDraft
from veille.model.states import Identity
from veille.store import ingest, items, schema, sources
from veille.store.database import Database
from veille.workflows import stories
from veille.workflows.acting import Act

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
_ENOUGH = 60  # words of a text worth copying
_SENTENCE = re.compile(r"(?<=[.!?…])\s+")

Words = list[str]


def _sentences(text: str) -> Words:
    return _SENTENCE.split(text)


def _other_words(text: str, share: float, made: random.Random) -> str:
    words = text.split(" ")
    pool = [word for word in words if len(word) > 3] or words
    return " ".join(made.choice(pool) if made.random() < share else word for word in words)


def _dropped(text: str, share: float, made: random.Random) -> str:
    kept = [sentence for sentence in _sentences(text) if made.random() >= share]
    return " ".join(kept or _sentences(text))


def _reworded(title: str, made: random.Random) -> str:
    words = title.split()
    kept = words[:-1] if len(words) > 3 else words
    return f"{made.choice(('À lire :', 'Repéré :', 'Read:'))} {' '.join(kept)}"


def _typeset(text: str) -> str:
    return (
        text.replace("'", "’").replace(' "', " «\xa0").replace('"', "\xa0»").replace(" :", "\xa0:")
    )


def _first(text: str, share: float) -> str:
    words = text.split()
    return " ".join(words[: max(40, int(len(words) * share))]) + " […]"


_FOOTER = (
    " Cet article est republié à partir d’un autre site sous licence libre. Lire l’article original. "
    "Recevez chaque semaine notre lettre d’information, suivez-nous sur les réseaux, et dites-nous ce "
    "que vous pensez de cette page dans les commentaires."
)
_LEDE = "Un texte qui nous a paru utile aux collègues, que nous reprenons ici avec l’accord de son auteur. "

# How a text that is published again differs: a name, and what becomes of title and text.
COPIES: dict[str, Callable[[str, str, random.Random], tuple[str, str]]] = {
    "as it is": lambda title, text, _: (title, text),
    "another title": lambda title, text, made: (_reworded(title, made), text),
    "other quotes and spaces": lambda title, text, _: (_typeset(title), _typeset(text)),
    "a line before, a footer after": lambda title, text, _: (title, _LEDE + text + _FOOTER),
    "the same, another title": lambda title, text, made: (
        _reworded(title, made),
        _LEDE + text + _FOOTER,
    ),
    "one word in twenty": lambda title, text, made: (title, _other_words(text, 0.05, made)),
    "one word in ten, another title": lambda title, text, made: (
        _reworded(title, made),
        _other_words(text, 0.10, made),
    ),
    "a sentence in four left out": lambda title, text, made: (title, _dropped(text, 0.25, made)),
    "its beginning": lambda title, text, _: (title, _first(text, 0.15)),
    "its beginning, another title": lambda title, text, made: (
        _reworded(title, made),
        _first(text, 0.15),
    ),
}

_FRAME = (
    "La bibliothèque de {0} recrute une personne à temps plein pour son service des {1}. Sous la "
    "responsabilité de la direction, vous accueillez les publics, vous participez à la politique "
    "documentaire et vous contribuez aux projets numériques de l’établissement. Votre profil : vous "
    "connaissez {2}, vous aimez travailler en équipe et vous avez le sens du service public. Poste à "
    "pourvoir le {3}. Candidature à adresser à la direction des ressources humaines de {0}. Vous "
    "travaillerez surtout sur {4}, avec {5} et pour {6}, dans un bâtiment de {7} ouvert en {8}."
)
_WALL = (
    "Pour continuer votre lecture, acceptez les cookies ou abonnez-vous. Nous utilisons des traceurs pour "
    "mesurer l’audience, personnaliser les contenus et vous proposer des offres adaptées à vos centres "
    "d’intérêt. Vous pouvez changer d’avis à tout moment en cliquant sur le lien qui se trouve en bas de "
    "chaque page du site, ou consulter notre politique de confidentialité pour en savoir davantage. "
)
_SERIES = (
    "Chaque semaine, la bibliothèque vous propose une sélection de lectures, d’outils et de rendez-vous que ses "
    "équipes ont repérés pour vous. N’hésitez pas à nous signaler ce qui nous aurait échappé, ni à partager cette "
    "lettre autour de vous. Pour la recevoir, écrivez à la rédaction. Au sommaire : {}. Les archives de la lettre "
    "sont en ligne, avec les numéros que vous auriez manqués depuis sa création, classés par mois et par sujet."
)

_HARDEST = "its beginning, another title"


@dataclass
class Planted:
    """What was stored beside the corpus, and which pairs of it are stories."""

    pairs: dict[tuple[int, int], str] = field(default_factory=dict)  # ids, how the copy differs
    lures: dict[int, str] = field(default_factory=dict)  # ids that are no story with anything


class Planting:
    """Puts items into a database, each in the source asked."""

    def __init__(self, db: Database, made: random.Random) -> None:
        self._db = db
        self._made = made
        self._count = 0
        self.planted = Planted()

    def source(self) -> int:
        """A new source."""
        self._count += 1
        host = f"planted{self._count}.example"
        draft = SourceDraft(url=f"https://{host}/feed", key=f"{host}/feed", title=host)
        with self._db.write() as conn:
            return sources.add(conn, draft, at=NOW).id

    def put(self, source: int, title: str, text: str, order: datetime) -> int:
        """A new item of a source; its id."""
        self._count += 1
        url = f"https://planted{source}.example/{self._count}"
        draft = ItemDraft(
            url=url,
            raw_url=url,
            key=url.removeprefix("https://"),
            title=title,
            order=order,
            text=text,
        )
        new = NewItem(draft=draft, sighting=SightingDraft(key=url, guid=url, hash="0" * 64))
        with self._db.write() as conn:
            changes = Changes(identity=Identity.GUID, new=(new,))
            ingest.apply(conn, source, changes, at=NOW, batch="plant")
            there = items.by_key(conn, str(draft.key))
        assert there is not None
        return there

    def copies(self, originals: list[tuple[int, str, str, datetime]], count: int) -> None:
        """Republish some originals, each way of doing so in turn."""
        republishers = [self.source() for _ in range(20)]
        ways = list(COPIES.items())
        for number in range(count):
            original, title, text, order = originals[number % len(originals)]
            name, differ = ways[number % len(ways)]
            order += timedelta(hours=self._made.randint(1, 100))
            source = republishers[number % len(republishers)]
            copy = self.put(source, *differ(title, text, self._made), order)
            self.planted.pairs[min(original, copy), max(original, copy)] = name

    def lures(self, originals: list[tuple[int, str, str, datetime]], count: int) -> None:
        """Plant what only looks alike: forms, quotations, titles and walls."""
        vocabulary = sorted({word for _, _, text, _ in originals for word in text.split()})
        day = NOW - timedelta(days=3)
        for number in range(count):
            words = self._made.choices(vocabulary, k=9)
            title = f"Recrutement à la bibliothèque de {words[0]}"
            lure = self.put(self.source(), title, _FRAME.format(*words), day)
            self.planted.lures[lure] = "a form filled in otherwise"
            for issue in (2 * number, 2 * number + 1):
                title = f"La lettre de la bibliothèque, nº {issue}"
                lure = self.put(
                    self.source(), title, _SERIES.format(" ".join(words[issue % 2 :])), day
                )
                self.planted.lures[lure] = "the next of a series"
            _, title, text, order = originals[number % len(originals)]
            other = originals[(number * 7 + 1) % len(originals)][2]
            third = originals[(number * 11 + 2) % len(originals)][2]
            quoted = f"{other[:1500]} {_first(text, 0.2)} {third[:1500]}"
            lure = self.put(self.source(), f"Ce que nous pensons de : {title}", quoted, order)
            self.planted.lures[lure] = "an article that quotes it"
            lure = self.put(self.source(), "La revue de presse de la semaine", other, day)
            self.planted.lures[lure] = "the same title for something else"
            lure = self.put(self.source(), " ".join(words[:4]), _WALL * 2, day)
            self.planted.lures[lure] = "a wall of cookies"
            lure = self.put(self.source(), title, text, order + timedelta(days=40))
            self.planted.lures[lure] = "the same text forty days later"


def corpus(folder: Path) -> Iterator[tuple[str, Fetched]]:
    """The feeds of all sites, as they were served."""
    for path in sorted(folder.glob("sites/*/site.json")):
        for feed in json.loads(path.read_text(encoding="utf-8"))["feeds"]:
            body = (folder / feed["file"]).read_bytes()
            yield feed["url"], Fetched(url=feed["url"], status=200, headers={}, body=body)


def store(db: Database, folder: Path) -> None:
    """Collect the corpus."""
    for url, fetched in corpus(folder):
        try:
            parsed = parse.parse(fetched)
        except ParseError:
            continue
        with db.write() as conn:
            key = urls.key(urls.canonical(url) or url)
            if key in sources.keys(conn):
                continue
            source = sources.add(conn, SourceDraft(url=url, key=key, title=parsed.title), at=NOW)
            known = ingest.known(conn, source.id, keys_everywhere(source, parsed))
            changes = merge(source, parsed, known, now=NOW, first_fetch=50)
            ingest.apply(conn, source.id, changes, at=NOW, batch="corpus")


def originals(db: Database, made: random.Random) -> list[tuple[int, str, str, datetime]]:
    """Entries long enough to be worth publishing again: id, title, text, date."""
    found = []
    with db.read() as conn:
        for item in items.search(conn, EVERYTHING, now=NOW):
            text = items.content(conn, item.id).text
            if len(text.split()) >= _ENOUGH and len(item.title.split()) >= 3 and item.published:
                found.append((item.id, item.title, text, item.published))
    made.shuffle(found)
    return found


def found_pairs(db: Database) -> set[tuple[int, int]]:
    """All pairs of items in one story."""
    pairs: set[tuple[int, int]] = set()
    with db.read() as conn:
        for item in items.search(conn, EVERYTHING, now=NOW):
            whole = sorted((item.id, *(other.id for other in item.also)))
            pairs.update(combinations(whole, 2))
    return pairs


def report(db: Database, planted: Planted, found: set[tuple[int, int]], seconds: float) -> None:
    """Print the figures, the misses by kind, and what nobody planted."""
    with db.read() as conn:
        titles = {item.id: item.title for item in items.search(conn, EVERYTHING, now=NOW)}
    right = found & planted.pairs.keys()
    wrong = {two for two in found if not planted.lures.keys().isdisjoint(two)}
    others = found - right - wrong
    print(f"{len(titles):,} items looked at in {seconds:.1f} s ({len(titles) / seconds:,.0f}/s)")
    print(
        f"recall     {len(right)} of {len(planted.pairs)} planted pairs: {len(right) / len(planted.pairs):.3f}"
    )
    print(
        f"precision  {len(right)} of {len(right) + len(wrong)} pairs with what was planted: {len(right) / max(1, len(right) + len(wrong)):.3f}"
    )
    ways, missed = (
        Counter(planted.pairs.values()),
        Counter(way for two, way in planted.pairs.items() if two not in found),
    )
    for way, count in ways.items():
        print(f"  {way:34} {count - missed[way]:3} of {count:3}")
    lured = Counter(planted.lures[item] for two in wrong for item in two if item in planted.lures)
    for lure, count in Counter(planted.lures.values()).items():
        print(f"  {lure:34} {lured[lure]:3} of {count:3} taken for a story")
    print("missed, but for those whose title and length both changed:")
    for two, way in sorted(planted.pairs.items()):
        if two not in found and way != _HARDEST:
            print(f"  {way}: {titles[two[0]][:60]!r}")
    print(f"{len(others)} pairs that nobody planted:")
    for one, other in sorted(others):
        print(f"  {titles[one][:60]!r} = {titles[other][:60]!r}")


def main() -> None:
    """Store, plant, find, compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--pairs", type=int, default=300)
    parser.add_argument("--lures", type=int, default=40, help="of each kind")
    given = parser.parse_args()
    made = random.Random(4)
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'veille.db'}"
        schema.create(url, now=NOW)
        db = Database.open(url)
        store(db, given.corpus)
        pool = originals(db, made)
        planting = Planting(db, made)
        planting.copies(pool[: given.pairs], given.pairs)
        planting.lures(pool[given.pairs :], given.lures)
        began = time.perf_counter()
        stories.find(db, act=Act(actor=None, now=NOW), limit=None)
        seconds = time.perf_counter() - began
        report(db, planting.planted, found_pairs(db), seconds)
        db.close()


if __name__ == "__main__":
    main()
