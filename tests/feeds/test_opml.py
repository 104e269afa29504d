"""Subscription lists as real readers write them, and back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.effort import calls
from veille.errors import OpmlError
from veille.feeds import opml, urls
from veille.model.source import Source, SourceDraft

if TYPE_CHECKING:
    from collections.abc import Callable


def listed(body: str, *, head: str = '<?xml version="1.0"?>') -> bytes:
    return f'{head}<opml version="1.1"><head/><body>{body}</body></opml>'.encode()


def draft(url: str, **changes: object) -> SourceDraft:
    return replace(SourceDraft(url=url, key=urls.key(url)), **changes)


def test_folders_are_categories_and_titles_come_from_what_there_is() -> None:
    found = opml.read(
        listed(
            """<outline text="Musées">
              <outline title="Peinture / dessin">
                <outline text="Le Louvre" xmlUrl="https://louvre.example/rss" htmlUrl="https://louvre.example/"/>
              </outline>
              <outline XMLURL="https://orsay.example/rss" TITLE=" Orsay &#160;! " text="autre" type="rss"/>
            </outline>
            <outline text="https://bnf.example/rss" xmlUrl="https://bnf.example/rss" htmlUrl="/accueil"/>"""
        )
    )
    assert found.drafts == (
        draft(
            "https://louvre.example/rss",
            title="Le Louvre",
            site="https://louvre.example/",
            categories=("Musées/Peinture/dessin",),
        ),
        draft("https://orsay.example/rss", title="Orsay \u00a0!", categories=("Musées",)),
        draft("https://bnf.example/rss"),
    )
    assert found.problem is None


def test_one_feed_in_several_folders_is_one_source() -> None:
    found = opml.read(
        listed(
            """<outline text="A"><outline xmlUrl="http://www.x.example/f" category="lu"/></outline>
            <outline text="B"><outline xmlUrl="https://x.example/f" text="X" category="lu,/C/D,#vu"/></outline>"""
        )
    )
    assert found.drafts == (
        draft("http://www.x.example/f", title="X", categories=("A", "B", "C/D"), tags=("lu", "vu")),
    )
    assert found.variants == 1


def test_addresses_that_cannot_be_collected_are_named_with_the_reason() -> None:
    """I6, I7."""
    found = opml.read(
        listed(
            """<outline xmlUrl="file:///etc/passwd"/><outline xmlUrl="javascript:alert(1)"/>
            <outline xmlUrl="nothing"/><outline xmlUrl="feed://y.example/f"/>"""
        )
    )
    assert [(one.url, one.reason) for one in found.refused] == [
        ("file:///etc/passwd", "only http and https addresses can be collected, not file:"),
        ("javascript:alert(1)", "only http and https addresses can be collected, not javascript:"),
        ("nothing", "this is not a complete web address"),
    ]
    assert [one.url for one in found.drafts] == ["http://y.example/f"]


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1", "windows-1252", "gb18030", "shift_jis"],
)
def test_lists_in_odd_encodings_are_read(encoding: str) -> None:
    """I7."""
    name = "図書館" if encoding in ("gb18030", "shift_jis") else "Musée d’été"
    name = "Musée" if encoding == "iso-8859-1" else name
    label = encoding.removesuffix("-sig")
    text = f'<?xml version="1.0" encoding="{label}"?><opml><body><outline text="{name}" xmlUrl="http://x.example/f"/></body></opml>'
    assert opml.read(text.encode(encoding)).drafts[0].title == name


def test_entities_are_refused_even_leniently() -> None:
    """I7, F4."""
    data = b'<!DOCTYPE opml [<!ENTITY x SYSTEM "file:///etc/passwd">]><opml><body><outline text="&x;"/></body></opml>'
    for lenient in (False, True):
        with pytest.raises(OpmlError, match="declares entities"):
            opml.read(data, lenient=lenient)


def test_a_broken_list_is_refused_with_the_place_or_read_as_far_as_possible() -> None:
    data = listed('<outline text="Arts & métiers" xmlUrl="http://x.example/f"/>')
    with pytest.raises(OpmlError, match=r"line 1, column \d+.*--lenient") as refusal:
        opml.read(data)
    assert "\n" not in str(refusal.value)
    found = opml.read(data, lenient=True)
    assert [(one.url, one.title) for one in found.drafts] == [
        ("http://x.example/f", "Arts & métiers")
    ]
    assert found.problem is not None


@pytest.mark.parametrize("data", [b"", b" \n"])
def test_an_empty_list_is_refused(data: bytes) -> None:
    with pytest.raises(OpmlError, match="empty"):
        opml.read(data)


def test_nothing_is_read_from_what_is_nothing() -> None:
    with pytest.raises(OpmlError, match="no feed could be read"):
        opml.read(b"<opml><body>", lenient=True)
    with pytest.raises(OpmlError):
        opml.read(b'<?xml version="1.0" encoding="no-such-encoding"?><opml/>')


def test_another_kind_of_document_is_named() -> None:
    """F7."""
    assert opml.read(b"<rss><channel/></rss>").problem == (
        "this is no OPML list: its root element is <rss>"
    )


def many(lines: int) -> bytes:
    return listed(
        "".join(f'<outline text="{n}" xmlUrl="http://h{n}.example/"/>' for n in range(lines))
    )


def deep(folders: int) -> bytes:
    inside = '<outline xmlUrl="http://x.example/"/>'
    return listed('<outline text="d">' * folders + inside + "</outline>" * folders)


def test_large_and_deep_lists_are_read_whole() -> None:
    """I7."""
    assert len(opml.read(many(50_000)).drafts) == 50_000
    (one,) = opml.read(deep(10_000)).drafts
    assert one.categories == ("/".join("d" * 20),)


@pytest.mark.parametrize("made", [many, deep])
def test_ten_times_as_long_a_list_costs_ten_times_the_work(made: Callable[[int], bytes]) -> None:
    """I7: whatever the machine."""
    small, large = made(500), made(5_000)
    assert calls(lambda: opml.read(large)) < 11 * calls(lambda: opml.read(small))


NAMES = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Cn", "Co", "Zs", "Zl", "Zp", "Cf"), exclude_characters="/#"),
    min_size=1, max_size=8,
)  # fmt: skip
TITLES = st.one_of(st.none(), NAMES, st.just("Guillemets « U+00A0 » & <b>"))
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)


@st.composite
def lists(draw: st.DrawFn) -> list[tuple[str | None, str | None, tuple[str, ...], tuple[str, ...]]]:
    one = st.tuples(
        TITLES,
        st.one_of(st.none(), st.just("https://site.example/é?a=1&b=2")),
        st.lists(PATHS, unique=True, max_size=3).map(tuple),
        st.lists(NAMES.filter(lambda name: "," not in name), unique=True, max_size=3).map(tuple),
    )
    return draw(st.lists(one, max_size=4))


@given(rows=lists())
def test_export_then_import_is_the_identity(
    rows: list[tuple[str | None, str | None, tuple[str, ...], tuple[str, ...]]],
) -> None:
    sources = [
        Source(
            id=number, url=f"https://u:p@h{number}.example/f?a=1&b=%22", key=f"h{number}.example/f?a=1&b=%22",
            title=title, titled=True, site=site, categories=categories, tags=tags,
            **UNUSED,
        )
        for number, (title, site, categories, tags) in enumerate(rows)
    ]  # fmt: skip
    written = opml.write(sources, title="Ma liste & cie", created=datetime(2026, 1, 1, tzinfo=UTC))
    found = opml.read(written)
    assert {
        (one.url, one.key, one.title, one.site, one.categories, one.tags) for one in found.drafts
    } == {(one.url, one.key, one.title, one.site, one.categories, one.tags) for one in sources}
    assert not found.refused


UNUSED: dict = dict.fromkeys(("state", "identity", "added", "validators", "body_hash", "last_fetch", "last_success", "next_fetch", "errors", "last_error"))  # fmt: skip


def test_what_no_xml_may_hold_is_left_out() -> None:
    """O15."""
    source = Source(
        id=1, url="https://x.example/f", key="x.example/f", title="a\x00b\ufffe\u202ec", titled=True,
        site=None, categories=(), tags=(), **UNUSED,
    )  # fmt: skip
    assert opml.read(opml.write([source], title="\x0b")).drafts[0].title == "abc"
