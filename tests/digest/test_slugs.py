"""Names of files made from names that people gave."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veille.digest.slugs import slug
from veille.model.text import tag_key


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Médiation culturelle", "mediation-culturelle"),
        ("Œuvres", "oeuvres"),
        ("IA", "ia"),
        ("C++", "c-cedb1bac"),
        ("日本語", "77710aed"),
        ("CON", "con-1143da2b"),
        ("index", "index-1bc04b52"),
    ],
)
def test_a_name_is_as_readable_as_ascii_allows(name, expected):
    """O1, O2: other alphabets, devices of Windows, the folder's own page."""
    assert slug(name) == expected


@given(st.text(max_size=200), st.text(max_size=200))
def test_one_identity_one_file(one, other):
    """A22, O2: valid everywhere, at most 80 bytes, equal only for what is the same tag."""
    for name in (one, other):
        assert re.fullmatch(r"[a-z0-9][a-z0-9-]{0,74}", slug(name))
    assert (slug(one) == slug(other)) == (tag_key(one) == tag_key(other))
