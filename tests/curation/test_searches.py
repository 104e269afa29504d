"""Saved searches inside the text of others: found by any spelling, renamed letter by letter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veille.curation.searches import names, renamed, valid_search_name
from veille.errors import QueryError, UsageError
from veille.model.text import tag_key


@pytest.mark.parametrize(
    ("text", "there"),
    [
        ("search:week", True),
        ("a OR -(SEARCH:Week)", True),
        ('search:"WEEK"', True),
        ("search:weekly", False),
        ('"search:week"', False),
        ("tag:week", False),
        ("", False),
    ],
)
def test_a_name_is_found_by_any_spelling(text: str, there: bool) -> None:
    assert names(text, "week") is there


@pytest.mark.parametrize(
    ("text", "new", "renamed_text"),
    [
        ("search:week  a", "month", "search:month  a"),
        ('-(search:"Week" OR SEARCH:week)', "month", "-(search:month OR SEARCH:month)"),
        ("search:week x", "ce mois-ci", 'search:"ce mois-ci" x'),
        ("search:week", "a(b)", 'search:"a(b)"'),
        ("tag:week", "month", "tag:week"),
    ],
)
def test_a_name_is_replaced_and_nothing_else(text: str, new: str, renamed_text: str) -> None:
    assert renamed(text, "week", new) == renamed_text


def test_tags_are_replaced_alike() -> None:
    assert renamed('tag:"musée" a', "musee", "musées", "tag") == "tag:musées a"


NAMES = st.text(st.characters(categories=("L", "N", "Zs", "P")), min_size=1, max_size=20)


@given(st.lists(NAMES, max_size=3), NAMES, NAMES)
def test_renaming_finds_every_place(around: list[str], old: str, new: str) -> None:
    """After it the old name is gone and the new one is there as often."""
    try:
        old, new = valid_search_name(old), valid_search_name(new)
        text = " ".join([*around, f'search:"{old}"', f'-search:"{old}"'])
        there = names(text, tag_key(old))
    except (UsageError, QueryError):
        return
    assert there
    after = renamed(text, tag_key(old), new)
    assert names(after, tag_key(new))
    assert names(after, tag_key(old)) is (tag_key(old) == tag_key(new))
    assert renamed(after, tag_key(new), new) == after
