"""Which items are one story: whatever the order in which they came, and as curators say."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veille.curation.likeness import DAYS
from veille.curation.stories import Member, gather, pair


def member(name: str, day: int = 0, sources: set[int] | None = None) -> Member:
    return Member(day=day, sources=frozenset(sources or {hash(name)}), name=name)


def stories(count: int, alike: Any, rulings: Any = (), **members: Member) -> list[list[int]]:
    there = {
        number: members.get(f"m{number}", member(f"n{number}")) for number in range(1, count + 1)
    }
    found = gather(there, dict(alike), dict(rulings))
    return sorted(sorted(story) for story in found)


def test_pairs_make_stories() -> None:
    assert stories(4, {(1, 2): 0.9, (2, 3): 0.8}) == [[1, 2, 3], [4]]
    assert stories(0, {}) == []


def test_a_story_takes_one_item_of_a_source() -> None:
    """A weekly column repeats its phrases: the nearest copy is the one that is taken."""
    weekly = {f"m{number}": member(f"n{number}", sources={7}) for number in (1, 2)}
    assert stories(3, {(1, 3): 0.6, (2, 3): 0.9}, **weekly) == [[1], [2, 3]]


def test_a_story_lasts_some_days() -> None:
    late = {"m2": member("n2", DAYS), "m3": member("n3", DAYS + 1)}
    assert stories(3, {(1, 2): 0.6, (2, 3): 0.7, (1, 3): 0.9}, **late) == [[1], [2, 3]]


def test_what_was_split_is_never_together_again() -> None:
    apart = {(1, 2): False}
    assert stories(2, {(1, 2): 1.0}, apart) == [[1], [2]]
    assert stories(3, {(1, 3): 0.8, (2, 3): 0.9}, apart) == [[1], [2, 3]]


def test_a_join_holds_whatever_the_texts_say() -> None:
    far = {"m2": member("n2", 90, {hash("n1")})}
    assert stories(2, {}, {(1, 2): True}, **far) == [[1, 2]]


def test_of_what_curators_contradict_the_split_holds() -> None:
    said = {(1, 2): True, (2, 3): True, (1, 3): False}
    assert len(stories(3, {}, said)) == 2


@st.composite
def pools(draw: st.DrawFn) -> tuple[list[Member], dict[tuple[int, int], float], dict[Any, bool]]:
    size = draw(st.integers(2, 9))
    members = [
        Member(
            day=draw(st.integers(0, 10)),
            sources=frozenset(draw(st.sets(st.integers(1, 5), min_size=1, max_size=2))),
            name=f"site.example/{number}",
        )
        for number in range(size)
    ]
    every = [(one, other) for other in range(size) for one in range(other)]
    likeness = st.sampled_from((0.5, 0.75, 1.0))
    alike = draw(st.dictionaries(st.sampled_from(every), likeness))
    said = draw(st.dictionaries(st.sampled_from(every), st.booleans(), max_size=4))
    return members, alike, said


@given(pools(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_change_the_stories(pool: Any, random: Any) -> None:
    """Numbers are given as items come: any other order gives the same stories."""
    members, alike, said = pool
    orders = [list(range(len(members))) for _ in range(2)]
    random.shuffle(orders[1])
    found = []
    for order in orders:
        number = {place: at + 1 for at, place in enumerate(order)}
        stories_ = gather(
            {number[place]: members[place] for place in order},
            {pair(number[one], number[other]): how for (one, other), how in alike.items()},
            {pair(number[one], number[other]): held for (one, other), held in said.items()},
        )
        name = {number: members[place].name for place, number in number.items()}
        found.append({frozenset(name[item] for item in story) for story in stories_})
    assert found[0] == found[1]


@given(pools())
def test_every_item_is_in_one_story_and_no_split_is_undone(pool: Any) -> None:
    members, alike, said = pool
    found = gather(dict(enumerate(members)), alike, said)
    assert sorted(item for story in found for item in story) == list(range(len(members)))
    for (one, other), together in said.items():
        if not together:
            assert not any({one, other} <= story for story in found)


@pytest.mark.parametrize(("one", "other"), [(1, 2), (2, 1)])
def test_a_pair_has_one_name(one: int, other: int) -> None:
    assert pair(one, other) == (1, 2)
