"""Typography: the tables of the samples, and what must hold for any text."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veille.digest import markdown
from veille.digest.typography import JOINT, curl, english, french
from veille.digest.view import typesetter

TABLE = Path(__file__).parents[1] / "data" / "digest" / "typography.tsv"
ROWS = [
    line.replace("_", "\u00a0").replace("~", "\u202f").split("\t")
    for line in TABLE.read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]
ENGLISH = [
    line.split("\t")
    for line in (TABLE.with_name("english.tsv")).read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]
QUOTED = st.text(st.sampled_from("ab1s \"'“”‘’.,(-`@:/" + JOINT), max_size=30)
PROSE = st.text(st.sampled_from("aé1Ahm \"“”«»:;!?'’\u00a0\u202f()…%°n`/.@&h\n"), max_size=40)


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
def test_only_spaces_and_marks_change(text):
    """E53: the words are the curator's."""

    def bare(value: str) -> str:
        marks = str.maketrans("’«»“”", '\'""""', " \u00a0\u202f")
        return value.translate(marks).replace("…", "...")

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


def test_a_title_in_an_unknown_language_hardens_its_spaces_and_curls_its_marks():
    """“ ” and ’ are known to every language; « » and a space before ? are not."""
    assert french("Why? It's « here » : now !", insert=False) == (
        "Why? It’s «\u00a0here\u00a0»\u00a0: now\u00a0!"
    )
    assert french('Who\'s afraid of "AI"?', insert=False) == "Who’s afraid of “AI”?"
    assert french('Le "prêt" d\'outils', insert=False) == "Le “prêt” d’outils"


@pytest.mark.parametrize(("typed", "curled"), ENGLISH)
def test_english_quotation_marks_and_apostrophes_are_curled(typed, curled):
    assert english(typed) == curled


@given(st.one_of(st.text(max_size=60), QUOTED))
def test_curling_twice_is_curling_once_and_changes_marks_only(text):
    once = curl(text)
    straight = str.maketrans("“”‘’", "\"\"''")
    assert curl(once) == once
    assert once.translate(straight) == text.translate(straight)
    assert len(once) == len(text)


@given(QUOTED, QUOTED)
def test_where_markup_cuts_a_text_no_mark_turns_round(before, after):
    cut = curl(f"{before}{JOINT}{after}")
    if "`" not in cut and "@" not in cut and "/" not in cut:
        assert cut.replace(JOINT, "") == curl(f"{before}{after}".replace(JOINT, ""))


@given(st.one_of(st.text(max_size=60), QUOTED))
def test_setting_english_twice_is_setting_it_once(text):
    assert english(english(text)) == english(text)


@pytest.mark.parametrize("set_", [english, french])
def test_dots_and_dashes(set_):
    """Two hyphens that stand apart are a dash; an option of a program, a signature are none."""
    assert set_("Oui -- demain...") == "Oui – demain…"
    assert set_("Oui -- `a -- b...` -- demain") == "Oui – `a -- b...` – demain"
    for same in ("-- demain", "a--b", "--help", "----", "a ---", "a …", "1....2"):
        assert set_(same) == same


@given(st.from_regex(r"https?://[a-z]{1,8}\.example/[a-z0-9?;:!'=&/]{0,20}", fullmatch=True))
def test_addresses_keep_their_apostrophes(url):
    assert english(f"it's {url} 'so'") == f"it’s {url} ‘so’"
    assert english(url) == url


def test_prose_is_curled_across_emphasis_links_and_lines():
    """As readers see it; code is what somebody may copy."""
    md = '"*So* it\'s", she said, "[a link](https://a.example/it\'s)"\n"`"x"`" and `it\'s`'
    html, text = markdown.to_both(md, typeset=typesetter("en_GB", narrow=True))
    assert text == "“So it’s”, she said, “a link (https://a.example/it's)” “\"x\"” and it's"
    assert "“<em>So</em> it’s”" in html
    assert "<code>it's</code>" in html


def test_french_is_set_across_emphasis_too():
    """E53."""
    set_ = typesetter("fr", narrow=True)
    assert markdown.to_text("l'*Odyssée* «**ouvre**» ; **Note :** oui", typeset=set_) == (
        "l’Odyssée «\u00a0ouvre\u00a0»\u202f; Note\u00a0: oui"
    )


def test_a_title_in_an_unknown_language_has_marks_that_every_language_knows():
    for locale in ("en", "fr"):
        assert typesetter(locale, narrow=False, insert=False)('"Ça" it\'s') == "“Ça” it’s"
