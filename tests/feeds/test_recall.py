"""Entries that are known are not read again, and nothing comes out differently for it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.feeds.conftest import NOW
from veille.feeds import recall
from veille.feeds.identity import identify
from veille.feeds.merge import is_enough, remembered
from veille.feeds.parse import parse
from veille.model.changes import Known, KnownSighting
from veille.model.fetched import Fetched, Parsed
from veille.model.source import Source, Validators
from veille.model.states import Identity, SourceState

URL = "https://feed.example/dossier/feed"
SOURCE = Source(
    id=1, url=URL, key="feed.example/dossier/feed", title=None, titled=False, site=None, categories=(),
    tags=(), state=SourceState.ACTIVE, identity=Identity.GUID, added=NOW, validators=Validators(),
    body_hash=None, last_fetch=None, last_success=None, next_fetch=None, errors=0, last_error=None,
)  # fmt: skip
SAMPLES = sorted(
    path
    for path in (Path(__file__).parents[1] / "data/feeds/parse").iterdir()
    if path.suffix != ".json"
)
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://a.example/"><title>T</title>
<entry><id>1</id><title>Un</title><link href="un"/><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">
<a href="x">un</a></div></content></entry>
<entry><id>2</id><title>Deux</title><link href="deux"/><content>deux &lt;/entry></content></entry>
</feed>"""


def read(body: str | bytes, memory: bytes = b"", url: str = URL) -> Parsed:
    data = body.encode() if isinstance(body, str) else body
    return parse(Fetched(url=url, status=200, headers={}, body=data), memory)


def known(parsed: Parsed) -> list[bool]:
    return [entry.known is not None for entry in parsed.entries]


def decided_by(parsed: Parsed) -> list[object]:
    """All that a merge looks at, but for what is to be stored."""
    identity, entries = identify(SOURCE, parsed)
    read_as = [one.entry for one in entries]
    told = [(one.url, one.url_key, one.keys, one.shared, one.hash) for one in entries]
    dated = [(one.title, one.guid, one.link, one.published, one.updated) for one in read_as]
    return [identity, told, dated]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_samples_are_the_same_from_memory(sample: Path) -> None:
    body = sample.read_bytes()
    whole = read(body)
    again = read(body, remembered(SOURCE, whole))
    assert replace(again, entries=()) == replace(whole, entries=())
    assert decided_by(again) == decided_by(whole)


def test_only_what_is_new_is_read() -> None:
    first = read(ATOM)
    assert known(first) == [False, False]
    more = ATOM.replace("<entry><id>2", "<entry><id>3</id><title>Trois</title></entry><entry><id>2")
    again = read(more, remembered(SOURCE, first))
    assert known(again) == [True, False, True]
    assert [entry.title for entry in again.entries] == ["Un", "Trois", "Deux"]
    assert again.entries[0].content == ""
    assert again.entries[1] == read(more).entries[1]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("un</a>", "une</a>", [False, True]),
        ("<title>T<", "<title>U<", [True, True]),
        ("a.example", "b.example", [False, False]),  # links of entries lead elsewhere
        ("<entry><id>1", '<entry xml:lang="fr"><id>1', [False, True]),
    ],
)
def test_an_entry_is_known_by_all_that_its_reading_depends_on(
    old: str, new: str, expected: list[bool]
) -> None:
    memory = remembered(SOURCE, read(ATOM))
    assert known(read(ATOM.replace(old, new), memory)) == expected


def test_the_same_bytes_at_another_address_are_read_again() -> None:
    memory = remembered(SOURCE, read(ATOM))
    assert known(read(ATOM, memory, url="https://other.example/feed")) == [False, False]


@pytest.mark.parametrize(
    "unusual",
    [
        "<!DOCTYPE feed>" + ATOM,
        ATOM.replace("</feed>", ""),
        ATOM.replace("<title>Un<", "<title>Un &eacute;<"),
        ATOM.replace("<title>Un<", "<x:title>Un</x:title><title><"),
        ATOM.replace("<title>Un<", "<entry><id>4</id></entry><title>Un<"),
        re.sub("(</?)entry", r"\1Entry", ATOM),
        ATOM.replace("<entry><id>1", "<x><entry><id>5</id></entry></x><entry><id>1"),
    ],
)
def test_unusual_documents_are_read_whole(unusual: str) -> None:
    assert remembered(SOURCE, read(unusual)) == b""
    assert read(unusual, remembered(SOURCE, read(ATOM))) == read(unusual)


def test_empty_entries_stay_where_they_are() -> None:
    feed = '<rss><channel><item/><item><title>a > b</title></item><item a=">"/></channel></rss>'
    again = read(feed, remembered(SOURCE, read(feed)))
    assert [entry.title for entry in again.entries] == ["…", "a > b", "…"]


@pytest.mark.parametrize("memory", [b"nonsense", b"\x92\xa5other\x90", b"\x01"])
def test_what_another_version_remembered_says_nothing(memory: bytes) -> None:
    assert recall.recall(memory) == {}
    assert read(ATOM, memory) == read(ATOM)


def test_what_is_known_must_be_stored() -> None:
    """An item may have left the store since its entry was read."""
    again = read(ATOM, remembered(SOURCE, read(ATOM)))
    stored = {
        one.keys[0]: KnownSighting(item=number, hash=one.hash, changes=0, primary=True)
        for number, one in enumerate(identify(SOURCE, again)[1])
    }
    assert is_enough(SOURCE, again, Known(sightings=stored))
    first = next(iter(stored))
    assert not is_enough(SOURCE, again, Known(sightings={first: stored[first]}))
    changed = {key: sighting._replace(hash="other") for key, sighting in stored.items()}
    assert not is_enough(SOURCE, again, Known(sightings=changed))
    assert is_enough(SOURCE, again, Known(items={"a.example/un": 1, "a.example/deux": 2}))
