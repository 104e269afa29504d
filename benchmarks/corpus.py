"""Reads a corpus of real documents and compares what we find with what its manifests state.

    python benchmarks/corpus.py FOLDER

Feeds (``feeds/manifest.json`` and the feeds of ``sites/``), histories and subscription lists. Each
document is read in a worker process and within a time bound, so that none can stop the run. Every
difference is a line; those of :data:`EXPLAINED` are known, and why. Exit code 1 when others remain.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures import TimeoutError as Late
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from veille.errors import OpmlError, ParseError
from veille.feeds import clean, opml, recall
from veille.feeds import merge as merging
from veille.feeds.identity import identify
from veille.feeds.merge import is_enough, keys_everywhere, merge
from veille.feeds.parse import parse
from veille.model.changes import Changes, Known, KnownSighting
from veille.model.fetched import Fetched, Parsed
from veille.model.source import Source, Validators
from veille.model.states import Identity, SourceState
from veille.model.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

BOUND = 20.0  # seconds a document

# Part of a document's file name, and why we differ from the manifest.
EXPLAINED = {
    "feed-rs/atom/atom_entry_1.xml": "a lone <entry> is read as a feed of one entry",
    "illegally-nested.xml": "items inside items are items to feedparser, and lose nothing",
    "rss_incomplete_cdata.xml": "cut in its only entry: only whole entries are kept",
    "truncated-in-character.xml": "cut in an entry: only whole entries are kept",
    "feed-utf16be.xml": "UTF-16 without a mark is read; the manifest's count could not",
    "feed-utf16le.xml": "UTF-16 without a mark is read; the manifest's count could not",
    "utf-8-declared-as-iso-8859-1-http-utf-8.xml": "valid UTF-8 is read as such; the manifest is mojibake",
    "piped.opml": "one address is a shell command: refused",
    "feedbase_hotlist.opml.xml": "ten feeds are listed with http and with https: one source each",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """Where we and a manifest disagree."""

    file: str
    what: str

    @property
    def reason(self) -> str | None:
        """Why, when it is known."""
        return next((why for part, why in EXPLAINED.items() if part in self.file), None)


def main(arguments: list[str]) -> int:
    """Run over a folder; print the differences and a summary."""
    if len(arguments) != 1:
        print("usage: python benchmarks/corpus.py FOLDER", file=sys.stderr)
        return 2
    folder = Path(arguments[0])
    counted: Counter[str] = Counter()
    started = time.monotonic()
    differences = [
        *_feeds(folder, counted),
        *_histories(folder, counted),
        *_lists(folder, counted),
    ]
    for one in differences:
        print(
            f"{'explained' if one.reason else 'DIFFERENT'}  {one.file}: {one.what}"
            + (f"  ({one.reason})" if one.reason else "")
        )
    unexplained = sum(one.reason is None for one in differences)
    counts = ", ".join(f"{number} {name}" for name, number in counted.items())
    print(
        f"{counts} in {time.monotonic() - started:.1f} s: "
        f"{len(differences)} differences, {unexplained} unexplained"
    )
    return 1 if unexplained else 0


def _documents(folder: Path) -> Iterator[dict[str, Any]]:
    yield from _json(folder / "feeds/manifest.json").get("documents", [])
    for site in _json(folder / "sites/manifest.json").get("sites", []):
        yield from _json(folder / site["manifest"])["feeds"]


def _feeds(folder: Path, counted: Counter[str]) -> Iterator[Difference]:
    documents = list(_documents(folder))
    with ProcessPoolExecutor(max_workers=2) as workers:
        waiting = [(one, workers.submit(_check_feed, folder, one)) for one in documents]
        for document, future in waiting:
            counted["feeds"] += 1
            try:
                yield from future.result(timeout=BOUND)
            except Late:
                yield Difference(document["file"], f"not read within {BOUND:.0f} s")
            except Exception as error:  # a traceback of ours is a difference too
                yield Difference(document["file"], f"raised {type(error).__name__}: {error}")


def _check_feed(folder: Path, document: dict[str, Any]) -> list[Difference]:
    file, facts = document["file"], document["facts"]
    expected = _expected_entries(facts)
    try:
        found = _read(folder, document)
        differences = _check_memory(folder, document, found)
    except ParseError as error:
        # A document that holds no entry and no title may rightly be no feed.
        is_feed = expected or facts.get("feed_title")
        return [Difference(file, f"refused: {error}")] if is_feed else []
    if expected is not None and len(found.entries) != expected:
        return [Difference(file, f"{len(found.entries)} entries, the manifest says {expected}")]
    return differences + _check_titles(file, document, found)


def _expected_entries(facts: dict[str, Any]) -> int | None:
    if facts.get("wellformed") is False:
        return sum(int(number) for number in facts["regex_count"].values())
    return None if facts.get("entry_count") is None else int(facts["entry_count"])


def _check_titles(file: str, document: dict[str, Any], found: Parsed) -> list[Difference]:
    """The first title of any feed, and all those of the feeds of sites, character for character."""
    first = document["facts"].get("first_entry") or {}
    stated = [entry.get("title") for entry in document.get("entries", [first])]
    differences = []
    for number, (title, entry) in enumerate(zip(stated, found.entries, strict=False)):
        if title and not _same_title(str(title), entry.title):
            differences.append(Difference(file, f"title {number}: {entry.title!r}, not {title!r}"))
    return differences


def _same_title(stated: str, found: str) -> bool:
    """The manifest states a title decoded once as XML: HTML in it is for us to read."""
    spaced = one_line(stated, 500)
    # The manifest has no-break spaces folded, which we keep.
    ours = {found, " ".join(found.split())}
    return bool(ours & {spaced, clean.plain(stated, 500)}) or not clean.plain(stated)


def _check_memory(folder: Path, document: dict[str, Any], whole: Parsed) -> list[Difference]:
    """Read again with all its entries in memory, then every second one: the same must come out."""
    source, file = _source(document["url"]), document["file"]
    hashes = {one.entry: one.hash for one in identify(source, whole)[1]}
    differences = []
    for step in (1, 2):
        kept = [entry for entry in whole.entries[::step] if entry in hashes]
        memory = recall.remember((entry, hashes[entry]) for entry in kept)
        again = _read(folder, document, memory)
        if replace(again, entries=()) != replace(whole, entries=()):
            differences.append(Difference(file, "the feed itself is read differently from memory"))
        if identify(source, whole)[0] != identify(source, again)[0]:
            differences.append(Difference(file, "entries are told apart differently from memory"))
        for one, other in zip(_identities(source, whole), _identities(source, again), strict=True):
            if one != other:
                differences.append(Difference(file, f"from memory {other}, not {one}"))
        fresh = [entry for entry in again.entries if entry.known is None]
        differences += [
            Difference(file, f"{entry.title!r} is read differently beside emptied entries")
            for entry in fresh
            if entry not in whole.entries
        ]
    return differences


def _identities(source: Source, parsed: Parsed) -> list[tuple[Any, ...]]:
    """All that the merge decides by."""
    return [
        (
            *(one.url, one.url_key, one.keys, one.shared, one.hash, one.entry.title),
            *(one.entry.guid, one.entry.published, one.entry.updated),
        )
        for one in identify(source, parsed)[1]
    ]


def _read(folder: Path, document: dict[str, Any], memory: bytes = b"") -> Parsed:
    serve = document["serve"]
    headers = {name.lower(): value for name, value in (serve.get("headers") or {}).items()}
    headers["content-type"] = serve.get("content_type") or ""
    body = (folder / document["file"]).read_bytes()
    return parse(Fetched(url=document["url"], status=200, headers=headers, body=body), memory)


class _Memory:
    """The least of a store: what one source showed."""

    def __init__(self) -> None:
        self.sightings: dict[str, KnownSighting] = {}
        self.urls: dict[str, int] = {}

    def known(self, keys: Iterable[str]) -> Known:
        urls = {key: self.urls[key] for key in keys if key in self.urls}
        return Known(sightings=dict(self.sightings), items=urls)

    def obey(self, changes: Changes) -> None:
        for new in changes.new:
            item = len(self.sightings) + 1
            self._see(new.sighting.key, item, new.sighting.hash, primary=True)
            if new.draft.key:
                self.urls[new.draft.key] = item
        for seen in changes.seen:
            self._see(seen.sighting.key, seen.item, seen.sighting.hash, primary=False)
        for changed in changes.changed:
            before = self.sightings[changed.sighting.key]
            self.sightings[changed.sighting.key] = before._replace(
                hash=changed.sighting.hash, changes=before.changes + 1
            )

    def _see(self, key: str, item: int, hashed: str, *, primary: bool) -> None:
        self.sightings[key] = KnownSighting(item=item, hash=hashed, changes=0, primary=primary)


def _histories(folder: Path, counted: Counter[str]) -> Iterator[Difference]:
    for listed in _json(folder / "histories/manifest.json").get("histories", []):
        history = _json(folder / listed["manifest"])
        memory, source, remembered = _Memory(), _source(history["url"]), b""
        for step in history["steps"]:
            counted["states of feeds"] += 1
            served = {"content_type": history["content_type"]}
            document = {"file": step["file"], "url": history["url"], "serve": served}
            found = _read(folder, document, remembered)
            counted["entries of them"] += len(found.entries)
            counted["of these from memory"] += sum(one.known is not None for one in found.entries)
            now = datetime.fromisoformat(step["fetched_at"])
            known = memory.known(keys_everywhere(source, found))
            if not is_enough(source, found, known):
                yield Difference(step["file"], "an entry that is not stored came from memory")
            changes = merge(source, found, known, now=now, first_fetch=50)
            remembered = merging.remembered(source, found)
            memory.obey(changes)
            source = replace(source, identity=changes.identity, last_success=now)
            yield from _check_step(step, changes)


def _check_step(step: dict[str, Any], changes: Changes) -> Iterator[Difference]:
    """Dates alone are no change to us."""
    edited = [one for one in step["changed"] if set(one["fields"]) - {"updated"}]
    counts = (len(changes.new), len(changes.changed), len(changes.seen))
    expected = (len(step["new_ids"]), len(edited), 0)
    if counts != expected:
        yield Difference(step["file"], f"new, changed, seen again {counts}, not {expected}")


def _source(url: str) -> Source:
    return Source(
        id=1, url=url, key=url, title=None, titled=False, site=None, categories=(), tags=(),
        state=SourceState.ACTIVE, identity=Identity.GUID, added=datetime.now(UTC),
        validators=Validators(), body_hash=None, last_fetch=None, last_success=None,
        next_fetch=None, errors=0, last_error=None,
    )  # fmt: skip


def _lists(folder: Path, counted: Counter[str]) -> Iterator[Difference]:
    for document in _json(folder / "opml/manifest.json").get("documents", []):
        counted["lists"] += 1
        file, facts = document["file"], document["facts"]
        try:
            found = opml.read((folder / file).read_bytes())
        except OpmlError as error:
            if facts["wellformed"] or "\n" in str(error):
                yield Difference(file, f"refused: {error}")
            continue
        if not facts["wellformed"]:
            yield Difference(file, f"read, though it is not well-formed: {facts['xml_error']}")
        elif len(found.drafts) != facts["distinct_feed_urls"]:
            yield Difference(file, f"{len(found.drafts)} feeds, not {facts['distinct_feed_urls']}")


def _json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
