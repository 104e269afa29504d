"""How items are named on the command line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veille.curation.references import MAX_ID, parse_items
from veille.errors import NotFound, UsageError


def test_ids_and_ranges_in_the_order_given() -> None:
    assert parse_items(["12", "15-18", "3"]) == [12, range(15, 19), 3]
    assert parse_items([]) == []


def test_a_range_of_a_billion_costs_nothing() -> None:
    """I11: 1-10⁹ stays one value."""
    assert parse_items(["1-1000000000"]) == [range(1, 1_000_000_001)]


@pytest.mark.parametrize(
    "junk",
    [
        "",
        "x",
        "-x",
        "-5",
        "1-",
        "1-2-3",
        "1.5",
        "1e3",
        " 1",
        "١",
        "1\n",
        "9" * 19,
        "9" * 5_000,
        "#1",
    ],
)
def test_junk_is_named(junk: str) -> None:
    """I11: what is no reference is refused, on one line."""
    with pytest.raises(UsageError, match="names no item") as caught:
        parse_items(["1", junk])
    assert "\n" not in str(caught.value)


def test_a_backward_range_says_how_to_write_it() -> None:
    with pytest.raises(UsageError, match="write 12-18"):
        parse_items(["18-12"])


@pytest.mark.parametrize("reference", ["2147483648", "1-2147483648", "9" * 18])
def test_no_item_has_such_an_id(reference: str) -> None:
    """I11: the same answer on both databases, before either is asked."""
    with pytest.raises(NotFound, match="there is no item"):
        parse_items([reference])


@given(st.integers(0, MAX_ID), st.integers(0, 10**6))
def test_what_is_written_is_read(first: int, more: int) -> None:
    assert parse_items([f"{first}"]) == [first]
    last = min(first + more, MAX_ID)
    assert parse_items([f"{first}-{last}"]) == [range(first, last + 1)]
