"""The store: rows a second against raw sqlite3, and first pages against the bare query.

``python -m benchmarks.store [--items N]`` measures both in one run; only the ratios travel to another
machine. ``--database PATH`` reads the pages from a database that is there already.
``python -m benchmarks.store --fill PATH N`` fills the workspace database at PATH (made when it is not
there) with N items, for other measurements.
"""

from __future__ import annotations

import argparse
import random
import sqlite3
import statistics
import tempfile
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from veille.model.changes import Changes, ItemDraft, NewItem, SightingDraft
from veille.model.item import Endorsement, Marks
from veille.model.query import EVERYTHING, And, Field, Is, Match, Query, Status, Words
from veille.model.source import SourceDraft
from veille.model.states import Identity, ItemState
from veille.store import fulltext, ingest, items, marks, schema, sources
from veille.store.database import Connection, Database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
SOURCES = 200
ENTRIES = 50  # of one document
A_TRANSACTION = 20  # sources
WORDS = 400  # of one item: 2.8 kB of text
_VOWELS, _CONSONANTS = "aaaeeeeeeiiioooué", "bcdfglmnprstv"


class Synthetic:
    """Items that look like ours: 2.8 kB of French-like words, some common, most rare."""

    def __init__(self, seed: int = 1) -> None:
        self._random = random.Random(seed)
        self.words = sorted({self._word() for _ in range(30_000)})
        self._random.shuffle(self.words)
        self._weights = [1 / (rank + 3) for rank in range(len(self.words))]
        self._text = self._random.choices(self.words, self._weights, k=400_000)

    def _word(self) -> str:
        pick = self._random.choice
        return "".join(pick(_CONSONANTS) + pick(_VOWELS) for _ in range(self._random.randint(2, 5)))

    def drafts(self, first: int = 0) -> Iterator[ItemDraft]:
        """Items without end, each later than the one before."""
        number = first
        while True:
            start = self._random.randrange(len(self._text) - WORDS - 12)
            title = " ".join(self._text[start : start + 12]).capitalize()
            text = " ".join(self._text[start + 12 : start + 12 + WORDS])
            yield ItemDraft(
                url=f"https://site{number % SOURCES}.example/{number}",
                raw_url=f"https://site{number % SOURCES}.example/{number}?utm_source=rss",
                key=f"site{number % SOURCES}.example/{number}",
                title=title,
                authors=("Zoé Ünal",),
                published=NOW - timedelta(days=400) + timedelta(seconds=number),
                order=NOW - timedelta(days=400) + timedelta(seconds=number),
                language="fr",
                words=WORDS,
                summary=text[:300],
                text=text,
            )
            number += 1


def documents(drafts: Iterator[ItemDraft], count: int) -> list[Changes]:
    """As many documents of new entries as it takes for ``count`` items."""
    found = []
    while count > 0:
        part = list(islice(drafts, min(ENTRIES, count)))
        count -= len(part)
        new = tuple(
            NewItem(
                draft=draft,
                sighting=SightingDraft(key=str(draft.key), guid=draft.url, hash="0" * 64),
            )
            for draft in part
        )
        found.append(Changes(identity=Identity.GUID, new=new))
    return found


def fill(db: Database, count: int, synthetic: Synthetic | None = None) -> float:
    """Store ``count`` items as a sweep does, twenty documents a transaction; the seconds it took."""
    synthetic = synthetic or Synthetic()
    with db.write() as conn:
        there = items.count(conn, EVERYTHING, NOW)
        ids = _subscribe(conn)
    drafts = synthetic.drafts(there)
    seconds = 0.0
    for start in range(0, count, ENTRIES * A_TRANSACTION):
        work = documents(drafts, min(ENTRIES * A_TRANSACTION, count - start))
        began = time.perf_counter()
        with db.write() as conn:
            for number, changes in enumerate(work):
                source = ids[(start // ENTRIES + number) % len(ids)]
                ingest.apply(conn, source, changes, at=NOW, batch="fill")
        seconds += time.perf_counter() - began
    return seconds


def _subscribe(conn: Connection) -> list[int]:
    known = sources.keys(conn)
    for number in range(len(known), SOURCES):
        url = f"https://site{number}.example/feed"
        draft = SourceDraft(url=url, key=f"site{number}.example/feed", title=f"Site {number}")
        sources.add(conn, draft, at=NOW)
    return sorted(sources.keys(conn).values())


def curate(db: Database) -> None:
    """Keep one item in a hundred, tag one in a hundred and one in ten."""
    with db.write() as conn:
        ids = items.ids(conn, EVERYTHING, now=NOW)
        changes = []
        for number, key in enumerate(ids):
            kept = number % 100 == 7
            names = ("rare",) * (number % 100 == 3) + ("common",) * (number % 10 == 3)
            if kept or names:
                after = Marks(
                    state=ItemState.KEPT if kept else ItemState.INBOX,
                    kept=(Endorsement(by="zoé", at=NOW),) * kept,
                    tags=names,
                )
                changes.append((key, Marks(), after))
        marks.write_many(conn, changes, at=NOW)


class Indexed(StrEnum):
    """When raw sqlite3 fills the full-text index."""

    ALONG = "indexed in each transaction"
    AFTER = "indexed once, after the batch"
    NEVER = "not indexed"


def raw(path: Path, count: int, indexed: Indexed) -> float:
    """The floor: the same rows into the same tables by sqlite3 alone; the seconds it took."""
    schema.create(f"sqlite:///{path}", now=NOW)
    drafts = list(islice(Synthetic().drafts(), count))
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA synchronous = EXTRA")
    db.execute("PRAGMA cache_size = -32000")
    db.execute(
        "INSERT INTO source (id, url, key, titled, name_key, state, identity, added, errors) "
        "VALUES (1, '', '', 0, '', 'active', 'guid', 0, 0)"
    )
    size = ENTRIES * A_TRANSACTION
    began = time.perf_counter()
    for start in range(0, count, size):
        with _transaction(db):
            part = list(enumerate(drafts[start : start + size], start + 1))
            _insert(db, part)
            if indexed is Indexed.ALONG:
                _index(db, part)
    if indexed is Indexed.AFTER:
        with _transaction(db):
            _index(db, list(enumerate(drafts, 1)))
    seconds = time.perf_counter() - began
    db.close()
    return seconds


@contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    yield
    db.execute("COMMIT")


def _insert(db: sqlite3.Connection, numbered: list[tuple[int, ItemDraft]]) -> None:
    db.executemany(
        "INSERT INTO item (id, url, raw_url, key, title, title_key, authors, authors_key, published, "
        "collected, ordered, language, words, summary, state) "
        "VALUES (?, ?, ?, ?, ?, ?, '[]', '', ?, 0, ?, 'fr', 400, ?, 'inbox')",
        [
            (key, one.url, one.raw_url, one.key, one.title, one.title, key, key, one.summary)
            for key, one in numbered
        ],
    )
    db.executemany(
        "INSERT INTO item_text VALUES (?, '', ?)", [(k, one.text) for k, one in numbered]
    )
    db.executemany(
        'INSERT INTO sighting (source_id, key, item_id, guid, hash, changes, "primary", seen) '
        "VALUES (1, ?, ?, ?, ?, 0, 1, 0)",
        [(one.key, key, one.url, "0" * 64) for key, one in numbered],
    )


def _index(db: sqlite3.Connection, numbered: list[tuple[int, ItemDraft]]) -> None:
    db.executemany(
        "INSERT INTO item_fts(rowid, title, text) VALUES (?, ?, ?)",
        [(key, one.title, one.text) for key, one in numbered],
    )


def median(job: Callable[[], object], times: int = 7) -> float:
    """The median of several runs, in milliseconds."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        job()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


def queries(db: Database, synthetic: Synthetic) -> Iterator[tuple[str, float]]:
    """The first pages that people ask for, by name, in milliseconds."""
    common, middle, rare = (
        Words(tuple(fulltext.words(synthetic.words[rank]))) for rank in (0, 60, 20_000)
    )
    asked: dict[str, Query] = {
        "list": EVERYTHING,
        "inbox": Is(Status.INBOX),
        "kept": Is(Status.KEPT),
        "tag, 1 %": Match(Field.TAG, "rare"),
        "tag, 10 %": Match(Field.TAG, "common"),
        "tag and kept": And((Match(Field.TAG, "common"), Is(Status.INBOX))),
        "one source": Match(Field.SOURCE, "1"),
        "common word": common,
        "middling word": middle,
        "rare word": rare,
        "common and kept": And((common, Is(Status.KEPT))),
    }
    with db.read() as conn:
        for name, query in asked.items():

            def page(query: Query = query) -> object:
                return items.ids(conn, query, now=NOW, limit=50)

            found = items.count(conn, query, NOW)
            yield f"{name} ({found:,} found)", median(page)
        yield (
            "list, 50 items whole",
            median(lambda: items.search(conn, EVERYTHING, now=NOW, limit=50)),
        )
        yield (
            "page at depth",
            median(lambda: items.ids(conn, EVERYTHING, now=NOW, limit=50, after=99)),
        )
        yield "sources with counts", median(lambda: sources.everything(conn))
        yield "known of one source", median(lambda: ingest.known(conn, 1, []))


# What the database alone takes for some of these, asked as barely as can be.
_BARE = {
    "list": "SELECT id FROM item ORDER BY ordered DESC, id DESC LIMIT 50",
    "tag, 10 %": (
        "SELECT item_id FROM item_tag WHERE tag_id = 2 ORDER BY ordered DESC, item_id DESC LIMIT 50"
    ),
    "sources with counts": (
        "SELECT source_id, count(DISTINCT item_id) FROM sighting WHERE kept = 1 GROUP BY source_id"
    ),
}


def floors(path: Path) -> dict[str, float]:
    """The milliseconds of sqlite3 alone, by name."""
    bare = sqlite3.connect(path)
    bare.execute("PRAGMA cache_size = -32000")
    taken = {}
    for name, sql in _BARE.items():

        def ask(sql: str = sql) -> object:
            return bare.execute(sql).fetchall()

        taken[name] = median(ask)
    bare.close()
    return taken


def main() -> None:
    """Measure, or fill."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fill", nargs=2, metavar=("PATH", "N"), help="fill a database and end")
    parser.add_argument("--items", type=int, default=100_000, help="how many items to measure with")
    parser.add_argument("--database", type=Path, help="read the pages from this one")
    given = parser.parse_args()
    if given.fill:
        _fill(Path(given.fill[0]), int(given.fill[1]))
        return
    with tempfile.TemporaryDirectory() as folder:
        _measure_inserts(Path(folder), min(given.items, 20_000))
        path = given.database or Path(folder) / "veille.db"
        if given.database is None:
            _fill(path, given.items)
        _measure_pages(path)


def _fill(path: Path, count: int) -> None:
    url = f"sqlite:///{path.absolute()}"
    if not path.exists():
        schema.create(url, now=NOW)
    db = Database.open(url)
    seconds = fill(db, count)
    curate(db)
    db.close()
    print(f"{count:,} items in {seconds:.1f} s: {path}")


def _measure_inserts(folder: Path, count: int, rounds: int = 3) -> None:
    """Each floor and ours in turn, several times over; the median of each."""
    taken: dict[str, list[float]] = {}
    for number in range(rounds):
        for when in Indexed:
            rate = count / raw(folder / f"{number}{when.name}.db", count, when)
            taken.setdefault(f"raw sqlite3, {when}", []).append(rate)
        url = f"sqlite:///{folder / f'{number}ours.db'}"
        schema.create(url, now=NOW)
        db = Database.open(url)
        taken.setdefault("veille", []).append(count / fill(db, count))
        db.close()
    ours = statistics.median(taken["veille"])
    print(f"insert {count:,} items with all indexes, rows/s (median of {rounds}), and ours to it")
    for name, rates in taken.items():
        rate = statistics.median(rates)
        print(f"  {name:44} {rate:8,.0f}   {ours / rate:.2f}")


def _measure_pages(path: Path) -> None:
    db = Database.open(f"sqlite:///{path.absolute()}")
    with db.read() as conn:
        count = items.count(conn, EVERYTHING, NOW)
    bare = floors(path)
    print(f"first pages of 50 among {count:,} items (median of 7), and sqlite3 alone")
    for name, milliseconds in queries(db, Synthetic()):
        floor = bare.get(name.partition(" (")[0])
        print(f"  {name:34} {milliseconds:8.2f} ms" + (f"   {floor:.2f} ms" if floor else ""))
    db.close()


if __name__ == "__main__":
    main()
