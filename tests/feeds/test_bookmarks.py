"""Bookmarks of browsers and services of read-later, in and out."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veille.errors import ParseError
from veille.feeds import bookmarks
from veille.model.item import Item
from veille.model.states import ItemState

SAMPLES = sorted((Path(__file__).parents[1] / "data/feeds/bookmarks").glob("*.html"))
NOW = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)


def plain(found: bookmarks.Bookmarks) -> dict[str, Any]:
    return {
        "links": [
            [
                link.url, link.title, link.added.isoformat() if link.added else None,
                list(link.tags), link.note, list(link.folders), link.private,
            ]
            for link in found.links
        ],
        "refused": [one.url for one in found.refused],
    }  # fmt: skip


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_samples_give_what_is_written_beside_them(sample: Path) -> None:
    """A sample without expectation fails."""
    expected = json.loads(sample.with_suffix(".json").read_text("utf-8"))
    assert plain(bookmarks.read(sample.read_bytes())) == expected


@pytest.mark.parametrize("data", [b"", b"{}", b"<html><body><p>No links</body></html>"])
def test_what_holds_no_bookmarks_is_refused(data: bytes) -> None:
    """With the way out."""
    with pytest.raises(ParseError, match="export them as HTML"):
        bookmarks.read(data)


def test_the_note_of_a_folder_is_no_bookmark_s() -> None:
    """Firefox writes what a folder is for; it told of the link before it."""
    lines = (
        '<DL><p><DT><A HREF="https://a.example/">a</A>',
        "<DT><H3>Comics</H3>",
        "<DD>Fun stuff!",
        '<DL><p><DT><A HREF="https://b.example/">b</A><DD>Of b</DL><p></DL>',
    )
    found = bookmarks.read("\n".join(lines).encode())
    assert [(link.note, link.folders) for link in found.links] == [("", ()), ("Of b", ("Comics",))]


@given(st.binary(max_size=300))
def test_any_bytes_give_bookmarks_or_a_refusal(data: bytes) -> None:
    """Never anything else."""
    try:
        bookmarks.read(b'<DT><A HREF="https://a.example/">a</A>' + data)
        bookmarks.read(data)
    except ParseError:
        pass


words = st.text(
    st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=1, max_size=20
)


@given(title=words, tags=st.lists(words.filter(lambda tag: "," not in tag), max_size=3), note=words)
def test_what_is_written_is_read_back(title: str, tags: list[str], note: str) -> None:
    """Markup in titles, tags and notes is text."""
    item = Item(
        id=1, url="https://a.example/?a=1&b=2", title=title, authors=(), published=NOW,
        updated=None, collected=NOW, sources=(), language=None, words=None, state=ItemState.INBOX,
        kept_by=(), tags=("a", *dict.fromkeys(tags)), comments=(), summary=note,
    )  # fmt: skip
    (link,) = bookmarks.read(bookmarks.write([item], title="<T>").encode()).links
    assert (link.url, link.title, link.added, link.note) == (item.url, title, NOW, note)
    if len(item.tags) > 1:
        assert link.tags == tuple(dict.fromkeys(item.tags))
