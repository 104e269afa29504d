"""What figures say: advice only where chance cannot explain it, in both languages."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from veille.digest.figures import FEW, Teller, advise, average, plausible
from veille.model.figures import (
    Advice,
    CuratorFigures,
    EditionFigures,
    Flow,
    Period,
    SourceFigures,
    Stats,
    Step,
    TagFigures,
    Yield,
)

if TYPE_CHECKING:
    from veille.digest.render import Renderer

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
PERIOD = Period(name="30 d", start=NOW - timedelta(days=30), end=NOW)
NOTHING = Flow(received=0, kept=0, skipped=0, by_rules=0, published=0, waiting=None, delay=None)
FLOW = Flow(
    received=1_200, kept=100, skipped=500, by_rules=100, published=5, waiting=350, delay=90_000.0
)
STATS = Stats(
    period=PERIOD,
    flow=FLOW,
    earlier=NOTHING,
    steps=(
        Step(first=date(2026, 11, 1), received=40, kept=4),
        Step(first=date(2026, 11, 2), received=0, kept=0),
    ),
    curators=(
        CuratorFigures(handle="camille", kept=90, skipped=480, tagged=3, commented=2, days=20),
        CuratorFigures(handle="<b>noor", kept=10, skipped=20, tagged=0, commented=0, days=2),
    ),
    tags=(
        TagFigures(name="médiation", kept=30, before=12),
        TagFigures(name="IIIF & co", kept=9, before=0),
        TagFigures(name="rare", kept=1, before=0),
    ),
    editions=(EditionFigures(ref="liens/1", title="Cinq", published_at=NOW, links=5, readers=41),),
)


def source(name: str, received: int, kept: int = 0, **given: Any) -> SourceFigures:
    values: dict[str, Any] = {"published": 0, "repeats": 0, "delay": None}
    return SourceFigures(id=1, name=name, received=received, kept=kept, **values | given)


def test_what_was_kept_once_may_be_an_accident() -> None:
    """One of 34, where others keep four of a thousand."""
    assert advise(source("a", 34, 1), 0.004) is Advice.STEADY
    assert advise(source("a", 34, 3), 0.004) is Advice.PROMOTE


@pytest.mark.parametrize(
    ("found", "advice"),
    [
        (source("a", 100, 40), Advice.PROMOTE),
        (source("a", 100, 12), Advice.STEADY),
        (source("a", 300, 0), Advice.WEED),
        (source("a", 40, 0), Advice.STEADY),  # none of forty may be bad luck
        (source("a", FEW - 1, FEW - 1), Advice.FEW),
        (source("a", 0), Advice.SILENT),
        (source("a", 100, 10, repeats=80), Advice.REPEATS),
        (source("a", 100, 40, repeats=80), Advice.PROMOTE),
    ],
)
def test_advice(found: SourceFigures, advice: Advice) -> None:
    assert advise(found, 0.1) is advice


@given(st.integers(0, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_rate_itself_is_always_plausible(counts: tuple[int, int]) -> None:
    hits, total = counts
    low, high = plausible(hits, total)
    assert 0 <= low <= high <= 1
    if total:
        assert low - 1e-9 <= hits / total <= high + 1e-9


def test_the_average_is_that_of_all_items() -> None:
    assert average([source("a", 90, 9), source("b", 10, 1)]) == 0.1
    assert average([]) == average([source("a", 0)]) == 0.0


def test_a_period_in_words() -> None:
    assert Teller("en").of_stats(STATS) == [
        "100 kept for 1,200 received: 8.3%, between 6.9% and 10% allowing for chance.",
        "Half of what is kept is kept within 25 hours of its arrival.",
        "350 items wait in the inbox: 15 days of work at this pace.",
        "More comes in than is decided: weed sources, or let rules do the plain cases.",
        "5 links reached readers.",
        "One person takes 95% of the decisions: the watch pauses when they are away.",
        "What is kept is mostly about médiation and IIIF & co.",
        "New since the period before: IIIF & co.",
    ]
    french = Teller("fr").of_stats(STATS)
    assert french[0] == (
        "100 gardés pour 1\u202f200 reçus\u00a0: 8,3\u00a0%, entre 6,9\u00a0% et 10\u00a0% "
        "en tenant compte du hasard."
    )
    assert len(french) == 8


@pytest.mark.parametrize(
    ("flow", "said"),
    [
        (NOTHING, ["0 items came in: too few to speak of rates."]),
        (replace(NOTHING, received=1, waiting=1), [
            "1 item came in: too few to speak of rates.", "1 item waits in the inbox.",
        ]),
        (replace(NOTHING, received=50, kept=60, waiting=0), [
            "The inbox is empty.",
            "Nothing reached readers in this period, though something was kept.",
        ]),
    ],
)  # fmt: skip
def test_small_numbers_are_told_as_such(flow: Flow, said: list[str]) -> None:
    stats = replace(STATS, flow=flow, tags=(), curators=())
    assert Teller("en").of_stats(stats) == said


def test_sources_in_words() -> None:
    found = Yield(
        period=PERIOD,
        sources=(
            source("Bonne", 400, 160),
            *(source(f"Bruit {n}", 400) for n in range(6)),
            source("Écho", 100, 2, repeats=90),
            source("Muette", 0),
            source("Rare", 3, 1),
        ),
    )
    assert Teller("en").of_yield(found) == [
        "Over all sources, 5.6% of what comes in is kept.",
        "To promote, kept surely more often than the average: Bonne.",
        (
            "To weed, kept surely less than half as often: "
            "Bruit 0, Bruit 1, Bruit 2, Bruit 3, Bruit 4, …"
        ),
        "Mostly what others had shown first: Écho.",
        "Silent (1): Muette; “veille doctor” tells whether they are broken.",
        "Too few items to tell (1): Rare.",
    ]
    assert Teller("fr").of_yield(Yield(period=PERIOD, sources=(source("x", 3),))) == [
        "Trop peu de signalements reçus pour distinguer une source d’une autre."
    ]


@pytest.mark.parametrize("locale", ["fr", "en"])
def test_the_pages_stand_alone_and_say_their_pictures(renderer: Renderer, locale: str) -> None:
    """No file beside them, nothing unescaped, each picture with its title, text and table."""
    found = Yield(period=PERIOD, sources=(source("<b>&", 30, 3), source("Muette", 0)))
    pages = (
        renderer.stats(STATS, locale=locale, made=NOW),
        renderer.yields(found, locale=locale, made=NOW),
    )
    for page in pages:
        assert "<b>" not in page
        assert not re.search(r"(src|href)=", page)
        tree = etree.fromstring(page, etree.HTMLParser())
        assert tree.get("lang") == locale
        (picture,) = tree.findall(".//svg[@role='img']")
        named = picture.get("aria-labelledby").split()
        assert [picture.find(f".//*[@id='{one}']").tag for one in named] == ["title", "desc"]
        assert tree.findall(".//table")
        assert tree.findall(".//ul[@class='sentences']/li")
    assert ("La veille en chiffres" in pages[0]) is (locale == "fr")
    assert ("1er nov." in pages[0]) is (locale == "fr")
    assert renderer.stats(STATS, locale=locale, made=NOW) == pages[0], "the same bytes again"


def test_a_page_of_nothing_is_a_page(renderer: Renderer) -> None:
    empty = Stats(
        period=PERIOD, flow=NOTHING, earlier=NOTHING, steps=(), curators=(), tags=(), editions=()
    )
    assert "too few" in renderer.stats(empty, locale="en", made=NOW)
    assert "Too little" in renderer.yields(Yield(period=PERIOD, sources=()), locale="en", made=NOW)
