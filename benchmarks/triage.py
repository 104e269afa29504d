"""A film of a triage: items gone through by keys in a real terminal, each key press timed.

    python -m benchmarks.triage [--feeds FOLDER] [--items 300] [--pool 200000] [--within DIR]
        [--film FILE]

The items are those of the feed documents below FOLDER (the bundled sample, unless told otherwise),
at the head of an inbox of ``--pool`` made-up ones. Most are put aside; some are kept, some tagged
and commented, some taken back. Afterwards every decision is looked up in the log. Time runs from
the key sent to tmux until tmux has the next item drawn; a program that only echoes is timed in the
same run, the same way, and the ratio is what travels. ``--film`` writes what was drawn as an
asciicast, which ``asciinema play`` shows.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import chain, islice, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.store import fill
from benchmarks.terminal import Terminal
from veille.errors import ParseError
from veille.feeds.merge import merge
from veille.feeds.parse import parse
from veille.model.changes import Changes
from veille.model.event import Action
from veille.model.fetched import Fetched
from veille.model.query import EVERYTHING, Is, Status
from veille.model.source import SourceDraft
from veille.model.states import Identity, ItemState
from veille.store import ingest, items, schema, sources
from veille.store.database import Database
from veille.workflows import lookup

if TYPE_CHECKING:
    from collections.abc import Iterator

    from veille.model.changes import NewItem
    from veille.store.database import Connection

SAMPLE = Path(__file__).parents[1] / "veille" / "cli" / "demo" / "sample"
SIZE = 80, 24
WHO = "film"


class Scene(NamedTuple):
    """What is done to one item: the keys, and the events it leaves in the log, oldest first."""

    name: str
    events: tuple[Action, ...]
    state: ItemState


SKIP = Scene("skip", (Action.SKIP,), ItemState.SKIPPED)
KEEP = Scene("keep", (Action.KEEP,), ItemState.KEPT)
DOUBT = Scene("doubt", (Action.SKIP, Action.UNDO, Action.KEEP), ItemState.KEPT)
STORY = Scene("story", (Action.TAG, Action.COMMENT, Action.KEEP), ItemState.KEPT)


@dataclass(frozen=True, slots=True)
class Take:
    """The film: what was planned for which item, and the milliseconds of each key press."""

    planned: dict[int, Scene]
    times: list[float]
    seconds: float


def main(arguments: list[str]) -> int:
    """Play, measure, compare with the log; 1 when a decision is not there."""
    given = _arguments().parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="film") as name:
        folder = given.within or Path(name)
        wanted = prepare(folder, given.feeds, given.items, given.pool, now=datetime.now(UTC))
        floor = _echo(folder, min(100, len(wanted)))
        terminal = _open(folder)
        try:
            take = _play(terminal, wanted, given.pace)
        finally:
            terminal.close()
        if given.film:
            _write(given.film, terminal)
        missing = _compare(folder, take)
    _report(take, floor, given.pool)
    for line in missing:
        print(f"NOT IN THE LOG: {line}", file=sys.stderr)
    return 1 if missing else 0


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--feeds", type=Path, default=SAMPLE, help="a folder of feed documents")
    parser.add_argument("--items", type=int, default=300, help="how many to go through")
    parser.add_argument("--pool", type=int, default=200_000, help="made-up items behind them")
    parser.add_argument("--within", type=Path, help="a folder to work in, kept with its pool")
    parser.add_argument("--pace", type=float, default=0.1, help="seconds between two keys")
    parser.add_argument("--film", type=Path, help="write an asciicast here")
    return parser


def prepare(folder: Path, feeds: Path, count: int, pool: int, *, now: datetime) -> list[int]:
    """A workspace with the items at the head of its inbox; their ids, from the top."""
    folder.mkdir(exist_ok=True)
    (folder / "veille.toml").write_text("[veille]\n", encoding="utf-8")
    url = f"sqlite:///{folder / 'veille.db'}"
    if not (folder / "veille.db").exists():
        schema.create(url, now=now)
    db = Database.open(url)
    with db.read() as connection:
        there = items.count(connection, EVERYTHING, now)
    fill(db, max(0, pool - there))
    _store(db, feeds, count, now)
    with db.read() as connection:
        found = items.ids(connection, Is(Status.INBOX), now=now, limit=count)
    db.close()
    return found


def _store(db: Database, feeds: Path, count: int, now: datetime) -> None:
    """The entries of feed documents, one of each in turn, each link once."""
    with db.write() as connection:
        documents = [_entries(connection, path, now) for path in sorted(feeds.rglob("*.xml"))]
        rounds = filter(None, chain.from_iterable(zip_longest(*documents)))
        each = {new.draft.key: (source, new) for source, new in rounds}
        for place, (source, new) in enumerate(islice(each.values(), count)):
            draft = replace(new.draft, order=now - timedelta(seconds=place))
            changes = Changes(identity=Identity.GUID, new=(replace(new, draft=draft),))
            ingest.apply(connection, source, changes, at=now, batch="film")


def _entries(connection: Connection, path: Path, now: datetime) -> list[tuple[int, NewItem]]:
    url = f"https://film.example/{path.as_posix()}"
    answer = Fetched(url=url, status=200, headers={}, body=path.read_bytes())
    try:
        parsed = parse(answer)
    except ParseError:
        return []  # a folder holds other documents too
    draft = SourceDraft(url=url, key=url, title=parsed.title)
    source = sources.by_key(connection, url) or sources.add(connection, draft, at=now)
    known = ingest.known(connection, source.id, [])
    changes = merge(source, parsed, known, now=now, first_fetch=10_000)
    return [(source.id, new) for new in changes.new]


def _open(folder: Path) -> Terminal:
    """The screen, its list read."""
    command = f"{sys.executable} -m veille -w {folder} --as {WHO} triage; echo $? > {folder}/code"
    terminal = Terminal(command, folder, {**os.environ, "TERM": "screen-256color"}, SIZE)
    terminal.until("1 of ", 0, seconds=120)
    return terminal


def _play(terminal: Terminal, wanted: list[int], pace: float) -> Take:
    """Go through the items; leave when all is done."""
    planned: dict[int, Scene] = {}
    times: list[float] = []
    began = time.perf_counter()
    for place, item in enumerate(wanted, 1):
        scene = _scene(place)
        planned[item] = scene
        done = "skipped: " if scene is SKIP else "kept: "
        times += _perform(terminal, scene, f"{place + 1} of" if place < len(wanted) else done, pace)
    seconds = time.perf_counter() - began
    terminal.press("q")
    terminal.wait()
    return Take(planned, times, seconds)


def _scene(place: int) -> Scene:
    """Three of a hundred with a tag and a comment, one taken back; a few more kept."""
    if place % 33 == 1:
        return STORY
    if place % 50 == 2:
        return DOUBT
    return KEEP if place % 10 == 5 else SKIP


def _perform(terminal: Terminal, scene: Scene, next_place: str, pace: float) -> Iterator[float]:
    """The keys of a scene; how many milliseconds the next item took to be there."""
    here = terminal.drawn[-1].at
    if scene is STORY:
        for keys, text, said in (("t", "film", "tagged"), ("c", "À relire", "commented")):
            sent = terminal.press(keys)
            terminal.until("tags:" if keys == "t" else "Enter stores", sent)
            terminal.type(text)
            terminal.until(said, terminal.press("Enter"))
    if scene is DOUBT:
        terminal.until(next_place, terminal.press("d"))
        terminal.until("no longer skipped", terminal.press("u"))
    sent = terminal.press("d" if scene is SKIP else "y")
    yield (terminal.until(next_place, max(sent, here)) - sent) * 1000
    time.sleep(pace)


def _echo(folder: Path, times: int) -> list[float]:
    """The floor: what a key takes in a program that only echoes."""
    terminal = Terminal("stty -echo -icanon; printf ready; exec cat", folder, os.environ, SIZE)
    try:
        terminal.until("ready", 0)
        taken = []
        for _ in range(times):
            sent = terminal.press("d")
            taken.append((terminal.until("d", sent) - sent) * 1000)
            time.sleep(0.02)
        return taken
    finally:
        terminal.close()


def _compare(folder: Path, take: Take) -> list[str]:
    """What is not in the database as it was decided; nothing, when all is well."""
    db = Database.open(f"sqlite:///{folder / 'veille.db'}")
    wrong = []
    for item, scene in take.planned.items():
        dossier = lookup.show(db, item)
        found = tuple(event.action for event in dossier.history if event.by == WHO)
        if found != scene.events or dossier.item.state is not scene.state:
            wrong.append(f"item {item}: {scene.name} left {found}, {dossier.item.state}")
    db.close()
    code = (folder / "code").read_text().strip()
    return wrong + [f"the exit code is {code}"] * (code != "0")


def _write(path: Path, terminal: Terminal) -> None:
    """An asciicast, version 2 (https://docs.asciinema.org/manual/asciicast/v2/)."""
    start = terminal.drawn[0].at
    lines = [json.dumps({"version": 2, "width": SIZE[0], "height": SIZE[1]})]
    lines += [
        json.dumps([round(at - start, 4), "o", data.decode("utf-8", "replace")])
        for at, data in terminal.drawn
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _report(take: Take, floor: list[float], pool: int) -> None:
    count, events = len(take.planned), sum(len(each.events) for each in take.planned.values())
    print(
        f"{count} items, {events} events, before {pool:,} more: {take.seconds:.0f} s at this pace"
    )
    for name, times in (("key to next item", take.times), ("key to echo (floor)", floor)):
        p95 = statistics.quantiles(times, n=20)[-1]
        print(
            f"  {name:20} median {statistics.median(times):6.1f} ms"
            f"   p95 {p95:6.1f} ms   max {max(times):6.1f} ms"
        )
    ratio = statistics.median(take.times) / statistics.median(floor)
    print(f"  ratio of medians {ratio:.1f}; load of the machine {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
