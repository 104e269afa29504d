"""What rules make of marks: a matrix, and that no rule ever overrides a person."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veille.curation import triage
from veille.curation.rules import steps, valid_rule
from veille.curation.tags import TagChanges
from veille.errors import UsageError
from veille.model.item import Marks
from veille.model.rule import Hands, Rule, RuleDraft
from veille.model.states import ItemState
from veille.model.text import tag_key

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
FRESH, NOBODY = Marks(), Hands()


def rule(number: int = 1, **given: Any) -> Rule:
    values: dict[str, Any] = {"name": f"r{number}", "query": "x", "paused": False, "by": "luc"}
    return Rule(id=number, at=NOW, **values | given)


def ruled(marks: Marks, *rules: Rule, hands: Hands = NOBODY) -> Marks:
    made = steps(marks, rules, hands)
    return made[-1].after if made else marks


def test_a_rule_does_what_it_says() -> None:
    assert ruled(FRESH, rule(skip=True)).state is ItemState.SKIPPED
    assert ruled(FRESH, rule(review=True)) == replace(FRESH, review=True)
    assert ruled(FRESH, rule(tags=("a", "b"))).tags == ("a", "b")
    both = ruled(FRESH, rule(skip=True, tags=("a",)))
    assert (both.state, both.tags) == (ItemState.SKIPPED, ("a",))
    assert steps(ruled(FRESH, rule(skip=True)), [rule(skip=True)], NOBODY) == []


def test_what_one_keeps_for_review_no_other_skips() -> None:
    kept = ruled(FRESH, rule(1, skip=True, tags=("a",)), rule(2, review=True))
    assert kept == replace(FRESH, review=True, tags=("a",))
    assert ruled(kept, rule(3, skip=True)) == kept, "nor does one that comes later"


@pytest.mark.parametrize(
    "look",
    [lambda m: triage.keep(m, "luc", NOW), triage.skip, lambda m: triage.reset(triage.skip(m))],
)
def test_once_a_person_decided_there_is_nothing_left_to_review(look: Any) -> None:
    assert look(replace(FRESH, review=True)).review is False


DRAFT = RuleDraft(name="Emplois", query="x", skip=True)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"skip": False}, "does nothing"),
        ({"review": True}, "choose one"),
        ({"name": " "}, "is no name of a rule"),
        ({"tags": ("a/b",)}, "holds '/'"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        valid_rule(replace(DRAFT, **changes))


def test_tags_of_a_rule_are_there_once() -> None:
    assert valid_rule(replace(DRAFT, tags=("Été", "b", "ete"))).tags == ("Été", "b")


TAGS = st.lists(st.sampled_from("abcÀà"), max_size=3, unique_by=tag_key).map(tuple)
RULES = st.lists(
    st.tuples(st.sampled_from(("none", "skip", "review")), TAGS), min_size=1, max_size=4
).map(
    lambda drawn: [
        rule(number, skip=end == "skip", review=end == "review", tags=tags)
        for number, (end, tags) in enumerate(drawn)
    ]
)
BY_HAND = st.lists(
    st.one_of(
        st.sampled_from([triage.skip, triage.reset, lambda m: triage.keep(m, "luc", NOW)]),
        st.builds(
            lambda put, off: lambda m: triage.retag(m, TagChanges(add=put, remove=off)), TAGS, TAGS
        ),
        st.integers(1, 9).map(lambda number: lambda m: triage.with_comment(m, number)),
    ),
    max_size=5,
)


@given(before=RULES, acts=BY_HAND, after=RULES, order=st.randoms())
def test_no_rule_overrides_a_person(before: Any, acts: Any, after: Any, order: Any) -> None:
    """Rules, then a person, then rules: what the person decided stands, whatever the rules."""
    marks = ruled(FRESH, *before)
    refused: set[str] = set()
    for act in acts:
        old, marks = marks, act(marks)
        gone = set(map(tag_key, old.tags)) - set(map(tag_key, marks.tags))
        refused = (refused | gone) - set(map(tag_key, marks.tags))
    hands = Hands(bool(acts), frozenset(refused))
    final = ruled(marks, *after, hands=hands)
    if acts:
        assert (final.state, final.review) == (marks.state, marks.review)
    assert (final.kept, final.comments) == (marks.kept, marks.comments)
    assert final.tags[: len(marks.tags)] == marks.tags
    assert refused.isdisjoint(map(tag_key, final.tags))
    order.shuffle(after)
    shuffled = ruled(marks, *after, hands=hands)
    assert (shuffled.state, shuffled.review) == (final.state, final.review)
    assert set(map(tag_key, shuffled.tags)) == set(map(tag_key, final.tags))
    assert ruled(final, *after, hands=hands) == final, "a second time changes nothing"
