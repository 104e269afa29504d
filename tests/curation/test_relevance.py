"""What a team keeps is learnt from what it kept, and said."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veille.curation.relevance import ENOUGH, Candidate, Judgement, Taste, learn, weight_of


def candidate(title: str = "Un titre", **given: Any) -> Candidate:
    values: dict[str, Any] = {
        "item": 1,
        "summary": "",
        "sources": {1: "Le Port"},
        "tags": (),
        "spread": 1,
        "age": 0.5,
    }
    return Candidate(title=title, **values | given)


def taught(*judged: tuple[Candidate, bool, int], **given: Any) -> Taste:
    """A taste learnt from candidates, each kept or not, so many times."""
    return learn(Judgement(one, kept, **given) for one, kept, times in judged for _ in range(times))


GOOD = candidate("Médiation au musée", sources={1: "Le Port"}, tags=("médiation",), spread=3)
DULL = candidate("Promotions de rentrée", sources={2: "La Vigie"}, tags=("commerce",), age=40)


def test_what_resembles_what_was_kept_comes_first() -> None:
    taste = taught((GOOD, True, 30), (DULL, False, 50))
    assert taste.score(GOOD).value > 0 > taste.score(DULL).value
    unknown = candidate("Rien de connu", sources={9: "Nouvelle source"}, spread=2, age=10)
    assert taste.score(DULL).value < taste.score(unknown).value < taste.score(GOOD).value


@pytest.mark.parametrize(
    ("feature", "reason"),
    [
        ({"title": "Médiation"}, "“médiation” +"),
        ({"title": "mediation"}, "“mediation” +"),
        ({"tags": ("Médiation",)}, "#Médiation +"),
        ({"spread": 5}, "seen in 5 sources +"),
        ({"age": 40.0}, "over a month old -"),
        ({"sources": {1: "Le Port"}}, "source Le Port is kept nearly always"),
        ({"sources": {2: "La Vigie"}}, "source La Vigie is kept hardly ever"),
    ],
)
def test_every_feature_gives_its_reason(feature: dict[str, Any], reason: str) -> None:
    taste = taught((GOOD, True, 30), (DULL, False, 50))
    plain = {"title": "x", "sources": {}, "spread": 2, "age": 10.0}
    (because,) = taste.score(candidate(**plain | feature)).because
    assert because.startswith(reason)


@pytest.mark.parametrize(
    ("kept", "said"), [(4, "4 times in 10"), (1, "once in 10"), (0, "hardly ever")]
)
def test_how_often_a_source_is_kept_is_said_in_words(kept: int, said: str) -> None:
    here, there = candidate("a", sources={1: "Ici"}), candidate("b", sources={2: "Là"})
    taste = taught((here, True, kept * 5), (here, False, 50 - kept * 5), (there, True, 150))
    assert f"source Ici is kept {said}" in taste.score(here).because


def test_the_strongest_reasons_are_said_the_best_first() -> None:
    taste = taught((GOOD, True, 30), (DULL, False, 50))
    reasons = taste.score(candidate("Médiation en promotions", sources={1: "Le Port"})).because
    assert len(reasons) == 3
    assert reasons[0] == "source Le Port is kept nearly always"


@pytest.mark.parametrize(("kept", "skipped"), [(0, 0), (ENOUGH - 1, 100), (100, ENOUGH - 1)])
def test_too_little_teaches_nothing(kept: int, skipped: int) -> None:
    taste = taught((GOOD, True, kept), (DULL, False, skipped))
    assert not taste.is_formed
    assert taste.score(GOOD).value == 0
    assert taste.score(GOOD).because == ()
    assert (taste.kept, taste.skipped) == (kept, skipped)


def test_a_sweep_by_age_does_not_poison_what_is_liked() -> None:
    """Three thousand old items skipped at once judge none of them."""
    judged = [(GOOD, True, 20), (DULL, False, 20)]
    swept = [Judgement(GOOD, False, weight_of(3000)) for _ in range(3000)]
    before = taught(*judged).score(GOOD).value
    after = learn([*(Judgement(one, kept) for one, kept, n in judged for _ in range(n)), *swept])
    assert after.score(GOOD).value > 0.25 * before > 0
    assert weight_of(1) == weight_of(20) == 1
    assert weight_of(0) == 1


texts = st.text(max_size=30)
candidates = st.builds(
    Candidate,
    item=st.just(1),
    title=texts,
    summary=texts,
    sources=st.dictionaries(st.integers(1, 3), texts, max_size=2),
    tags=st.lists(texts, max_size=2),
    spread=st.integers(1, 6),
    age=st.floats(0, 1000),
)


@given(st.lists(st.builds(Judgement, candidates, st.booleans()), max_size=60), candidates)
def test_any_judgement_can_be_learnt_and_any_item_scored(
    judged: list[Judgement], asked: Candidate
) -> None:
    score = learn(judged).score(asked)
    assert len(score.because) <= 3
    assert abs(score.value) < 1000
    assert learn(reversed(judged)).score(asked).value == pytest.approx(score.value)
