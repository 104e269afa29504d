"""Text from outside, cleaned: the short way and the long way give the same."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veille.model.text import clean, count_words, one_line

# Written out again, as the rule is stated: what must never be stored, and the white space that folds.
_NEVER = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufeff\u202a-\u202e\u2066-\u2069]"
)
_BREAK = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_KEPT_SPACES = "\xa0\u202f\u2007"
TEXTS = st.text(
    st.characters() | st.sampled_from(" \n\r\t\x85\u2028\xa0\u202f\u200d\u202eé’œ\ufeff")
)


def stated(text: str) -> str:
    kept = _NEVER.sub("", _BREAK.sub("\n", text))
    return "".join(char for char in kept if ord(char) & 0xFFFE != 0xFFFE)


@given(TEXTS)
def test_cleaning_is_what_the_rule_says(text: str) -> None:
    """F2, F20, I1: nothing else goes, be the text quick to judge or not."""
    assert clean(text) == stated(text)
    assert clean(clean(text)) == clean(text)


@given(TEXTS)
def test_one_line_folds_all_white_space_but_the_no_break_ones(text: str) -> None:
    """F17: French typography lives in them."""
    line = one_line(text)
    assert line == line.strip(" ")
    assert "  " not in line
    assert all(
        char == " " or char in _KEPT_SPACES or unicodedata.category(char) not in ("Zs", "Cc")
        for char in line
    )
    letters = [char for char in stated(text) if not char.isspace() or char in _KEPT_SPACES]
    assert [char for char in line if char != " "] == letters


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0), ("un mot", 2), ("« Qui ? » — demande-t-elle…", 2), ("l’an 2026 : 3,5 % de plus", 5), ("a 1 ☃", 2),
    ],
)  # fmt: skip
def test_words_are_counted_as_a_reader_counts(text: str, words: int) -> None:
    assert count_words(text) == words
