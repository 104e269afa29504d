"""Ids, streams, numbers and instants: whatever apps send, and back."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veille.model.reading import UNFILED, Stream, StreamKind
from veille.web.reader import shapes, streams
from veille.web.reader.answers import Declined
from veille.web.reader.streams import ENGLISH, MOST, NAMES

IDS = st.integers(1, MOST)
LABELS = st.text(min_size=1).filter(
    lambda name: streams.label(f"user/-/label/{name}") == name and "No folder" not in name
)


@given(IDS)
def test_each_form_of_an_id_names_the_item(number: int) -> None:
    """Decimal; sixteen hexadecimal digits; either behind any prefix (Google Reader's ItemId)."""
    forms = (
        str(number),
        f"{number:016x}",
        f"{number:016X}",
        streams.long_id(number),
        f"i/{number:x}",
    )
    assert {streams.item(form) for form in forms} == {number}


@given(st.one_of(st.text(), st.text("-0123456789abcdefABCDEF/ ", max_size=24)))
def test_no_text_breaks_the_reading_of_ids(text: str) -> None:
    """It is an item's, none of ours, or refused."""
    with suppress(Declined):
        number = streams.item(text)
        assert number is None or 0 < number <= MOST


@given(
    st.one_of(
        st.builds(Stream, st.sampled_from([StreamKind.ALL, StreamKind.READ, StreamKind.STARRED])),
        st.builds(Stream, st.just(StreamKind.SOURCE), st.integers(0, MOST).map(str)),
        st.builds(Stream, st.just(StreamKind.LABEL), LABELS),
        st.just(Stream(StreamKind.LABEL, UNFILED)),
    )
)
def test_a_stream_is_named_and_read_alike(stream: Stream) -> None:
    assert streams.stream(streams.named(stream, ENGLISH), ENGLISH) == stream


@given(st.text())
def test_no_text_breaks_the_reading_of_streams(text: str) -> None:
    for given_text in (text, f"user/-/{text}", f"feed/{text}", f"user/-/label/{text}"):
        with suppress(Declined):
            assert isinstance(streams.stream(given_text, NAMES["fr"]), Stream)


@given(st.integers(631_152_000, 4_102_444_800))
def test_an_instant_in_any_unit(seconds: int) -> None:
    """Seconds, milli-, micro- and nanoseconds of 1990 to 2100 cannot be mistaken for one another."""
    expected = datetime.fromtimestamp(seconds, UTC)
    for unit in (1, 10**3, 10**6, 10**9):
        assert streams.instant(seconds * unit) == expected


@given(st.integers(0, 10**18 - 1))
def test_every_number_is_an_instant(number: int) -> None:
    assert streams.instant(number).tzinfo is UTC


@given(st.datetimes(timezones=st.just(UTC)))
def test_seconds_fit_where_apps_keep_them(at: datetime) -> None:
    """newsboat has them in 32 bits, with a sign."""
    assert 0 <= streams.seconds(at) <= MOST


@given(st.text())
def test_a_title_says_the_same_as_text_and_as_html(text: str) -> None:
    """No app shows a part of it as markup or swallows it, whichever it takes it for."""
    from html import unescape

    title = shapes.title(text)
    assert unescape(title) == title or "&" in title
    assert not {"<", ">"} & set(title)


@pytest.mark.parametrize(
    ("text", "title"), [("R&D", "R&D"), ("a &amp; b", "a ＆amp; b"), ("<b>&#38;", "＜b＞＆#38;")]
)
def test_titles(text: str, title: str) -> None:
    assert shapes.title(text) == title
