"""French typography: the table of the samples, and what must hold for any text."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veille.digest.typography import french

TABLE = Path(__file__).parents[1] / "data" / "digest" / "typography.tsv"
ROWS = [
    line.replace("_", "\u00a0").replace("~", "\u202f").split("\t")
    for line in TABLE.read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]
PROSE = st.text(st.sampled_from("aé1A «»:;!?'’\u00a0\u202f()…%°n`/.@&h\n"), max_size=40)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:30])
def test_prose_is_set_for_mail_and_for_pages(row):
    """E53: U+00A0 everywhere in mail, U+202F before tall marks on pages."""
    typed, mail, *page = row
    assert french(typed) == mail
    assert french(typed, narrow=True) == (page[0] if page else mail)


@given(st.one_of(st.text(max_size=60), PROSE), st.booleans(), st.booleans())
def test_setting_twice_is_setting_once(text, narrow, insert):
    """E53: idempotent, in all its modes."""
    once = french(text, narrow=narrow, insert=insert)
    assert french(once, narrow=narrow, insert=insert) == once


@given(PROSE)
def test_only_spaces_and_apostrophes_change(text):
    """E53: the words are the curator's."""

    def bare(value: str) -> str:
        return value.translate({0x20: None, 0xA0: None, 0x202F: None, ord("’"): "'"})

    assert bare(french(text, narrow=True)) == bare(text)


@given(st.from_regex(r"https?://[a-z]{1,8}\.example/[a-z0-9?;:!'=&/]{0,20}", fullmatch=True))
def test_addresses_are_never_touched(url):
    """E53: a mark in an address is part of it."""
    assert url in french(f"Voir {url} : oui")
    assert french(url) == url


@given(PROSE)
def test_without_insertion_no_character_is_added(text):
    """E53: a title in an unknown language keeps its length."""
    assert len(french(text, insert=False)) == len(text)


def test_a_title_in_an_unknown_language_only_hardens_its_spaces():
    assert french("Why? It's « here » : now !", insert=False) == (
        "Why? It's «\u00a0here\u00a0»\u00a0: now\u00a0!"
    )
