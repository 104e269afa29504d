"""The search page, opened from a disk in a real browser."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from veille.delivery import site as folder
from veille.digest.render import Renderer
from veille.model.edition import EditionContent, Pick, PublishedEdition, Sender
from veille.model.text import fold

pytestmark = pytest.mark.slow

SAMPLE = Path(__file__).parents[1] / "data" / "digest" / "fr.json"
HOSTILE = "<img src=x onerror=alert(1)> d’œuvres"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The French sample, an issue on hostile and exotic words, and thirty that say the same."""
    content = msgspec.json.decode(SAMPLE.read_bytes(), type=EditionContent)
    odd = [
        Pick(position=place, item=place, url=f"https://a.example/{place}", headline=headline, blurb=blurb, source="日本の図書館", tags=("C++",), language=language)
        for place, (headline, blurb, language) in enumerate(
            [
                (HOSTILE, "Rien.", "fr"),
                ("図書館の未来", "En japonais.", "ja"),
                ("Łódź, Straße, cæsium", "Trois lettres.", None),
                ("Loin", "avant " * 200 + "l’aiguille " + "après " * 200, None),
            ],
            start=1,
        )
    ]  # fmt: skip
    issues = [content, replace(content, number=9, title="Curiosités", picks=tuple(odd))]
    same = replace(content.picks[0], headline="Encore un refrain", blurb="", tags=())
    issues += [replace(content, number=number, picks=(same,)) for number in range(10, 40)]
    renderer = Renderer(
        overrides=None,
        sender=Sender(name="M", address=None, reply_to=None, base_url=None, instance="i"),
    )
    published = [
        PublishedEdition(content=each, published_at=datetime(2026, 1, each.number % 28 + 1, tzinfo=UTC))
        for each in issues
    ]  # fmt: skip
    root = tmp_path_factory.mktemp("archive")
    folder.write(root, renderer.site(published, []))
    return root


@pytest.fixture
def page(browser: Any, archive: Path) -> Any:
    shown = browser.new_page()
    said: list[str] = []
    shown.on("console", lambda message: said.append(message.text))
    shown.on("pageerror", lambda error: said.append(str(error)))
    shown.goto((archive / "search.html").as_uri())
    yield shown
    shown.close()
    assert said == []


def titles(page: Any, query: str) -> list[str]:
    """What is found, as readers see it."""
    page.fill("#words", query)
    return [text.strip() for text in page.locator("#hits .title").all_inner_texts()]


@pytest.mark.parametrize(
    "query",
    [
        "oeuvres",
        "ŒUVRES",
        "œuvr",
        "d'œuvres",
        "d’oeuvres",
        '"d’œuvres"',
        "rien œuvres",
        "oeuvres -japonais",
        "onerror",
    ],
)
def test_accents_ligatures_apostrophes_and_case_do_not_count(page, query):
    """A05, A12: from a disk; nothing of a hostile title runs."""
    assert titles(page, query) == [HOSTILE]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("未来", ["図書館の未来"]),
        ("lodz strasse caesium", ["Łódź, Straße, cæsium"]),
        ("c++ trois", ["Łódź, Straße, cæsium"]),
        ("uvres", []),
        ("oeuvres -rien", []),
        ("-rien", []),
        ('"', []),
        ("œuvres introuvables", []),
    ],
)
def test_words_begin_words(page, query, found):
    """A12: other alphabets, other letters; a word asked for is the beginning of a word."""
    assert titles(page, query) == found


def test_the_browser_folds_as_we_do(page):
    """A12: one identity of texts, in Python and in the page."""
    samples = ["Œuvres d’été", "Ça, là-bas", "ÆØĐŁ", "ﬁn", "İstanbul", "Straße"]
    ours = [fold(sample) for sample in samples]
    theirs = page.evaluate(
        """samples => samples.map(text => {
             const letters = { œ: "oe", æ: "ae", ø: "o", đ: "d", ł: "l", ß: "ss", "’": "'" };
             return text.toLowerCase().normalize("NFKD").replace(/\\p{M}/gu, "").replace(/[œæøđłß’]/g, l => letters[l]);
           })""",
        samples,
    )
    assert theirs == ours


def test_a_result_shows_why_it_was_found(page):
    """A12: the words around the match, marked, and where the link came out."""
    page.fill("#words", "aiguille")
    hit = page.locator("#hits > li")
    assert hit.locator("mark").all_inner_texts() == ["aiguille"]
    words = hit.locator(".words").inner_text()
    assert words.startswith("… ")
    assert words.endswith(" …")
    assert len(words) < 300
    issue = hit.locator(".issue")
    assert issue.get_attribute("href") == "cinq-liens/9/index.html#link-4"
    assert issue.inner_text() == "Cinq liens n°\u00a09 · Curiosités"


def test_the_best_come_first_and_the_rest_on_demand(page):
    """A12: a headline counts more than a comment; equals are newest first; twenty at a time."""
    found = titles(page, "refrain")
    assert len(found) == 20
    assert page.locator("#count").inner_text().endswith("30")
    page.click("#more button")
    assert page.locator("#hits > li").count() == 30
    assert page.locator("#more").is_hidden()
    focused = page.evaluate(
        "document.activeElement.closest('#hits > li') === document.querySelectorAll('#hits > li')[20]"
    )
    assert focused
    dates = page.locator("#hits .issue").all_inner_texts()
    assert len(set(dates)) == 30


def test_the_keyboard_is_enough(page, archive):
    """A02, A12: / to ask, arrows to go through, Escape to begin again, Enter to the first."""
    page.fill("#words", "refrain")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    place = "[...document.querySelectorAll('#hits .title a')].indexOf(document.activeElement)"
    assert page.evaluate(place) == 1
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.id") == "words"
    page.keyboard.press("Enter")
    assert page.evaluate(place) == 0
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "words"
    page.keyboard.press("Escape")
    assert page.input_value("#words") == ""
    assert page.locator("#ways").is_visible()


def test_a_question_is_an_address(page, browser, archive):
    """A12: kept, sent to a colleague, found again."""
    titles(page, "œuvres & Cie")
    titles(page, "œuvres")
    address = page.evaluate("location.href")
    assert address.endswith("search.html#q=%C5%93uvres")
    page.goto("about:blank")
    page.goto(address)
    assert page.input_value("#words") == "œuvres"
    assert page.locator("#hits > li").count() == 1


def test_without_scripts_there_are_the_ways(browser, archive):
    """A13: the page of search is then a plain index of years, tags and sources."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((archive / "search.html").as_uri())
    assert page.locator("#search").is_hidden()
    page.get_by_role("link", name="2026").click()
    assert page.url == (archive / "years" / "2026.html").as_uri()
    context.close()
