"""Tags as typed: one identity for many spellings, and which names are refused."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veille.curation.names import MAX_NAME
from veille.curation.tags import TagChanges, parse_changes, valid_tag
from veille.errors import UsageError
from veille.model.text import tag_key


def test_plus_and_minus() -> None:
    assert parse_changes(["+iiif", "-brouillon", "+Œuvre d’art"]) == TagChanges(
        add=("iiif", "Œuvre d’art"), remove=("brouillon",)
    )


def test_two_spellings_are_one_tag_and_the_first_one_counts() -> None:
    """I13: NFC/NFD, case, accents, spaces and hyphens do not make another tag."""
    decomposed = unicodedata.normalize("NFD", "médiation culturelle")
    assert parse_changes(["+Médiation-Culturelle", f"+{decomposed}"]) == TagChanges(
        add=("Médiation-Culturelle",)
    )
    assert valid_tag(decomposed) == "médiation culturelle"


@pytest.mark.parametrize("arg", ["iiif", "", "=x", "*"])
def test_a_change_needs_a_sign(arg: str) -> None:
    with pytest.raises(UsageError, match="write"):
        parse_changes([arg])


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", "needs a letter"),
        ("  ", "needs a letter"),
        ("--", "needs a letter"),
        ("_*", "needs a letter"),
        ("a,b", "holds ','"),
        ("a/b", "holds '/'"),
        ("#a", "holds '#'"),
        ('a"b', "holds '\"'"),
        ("+a", "begins with a sign"),
        ("-a", "begins with a sign"),
        ("x" * 300, "has 300 characters: the limit is 60"),
    ],
)
def test_refused_names_are_told(name: str, problem: str) -> None:
    """I13: a comma, a slash, a hash, 300 characters."""
    with pytest.raises(UsageError) as caught:
        valid_tag(name)
    assert problem in str(caught.value)


def test_a_tag_is_not_put_on_and_taken_off_at_once() -> None:
    with pytest.raises(UsageError, match="both"):
        parse_changes(["+été", "-Ete"])


@given(st.text(max_size=80))
def test_a_valid_tag_is_shown_on_one_line_and_stays_valid(name: str) -> None:
    try:
        tag = valid_tag(name)
    except UsageError:
        return
    assert valid_tag(tag) == tag
    assert tag_key(tag)
    assert len(tag) <= MAX_NAME
    assert "\n" not in tag
