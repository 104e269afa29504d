"""Which links of a pool a reader gets: by values."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from veille.digest import selection
from veille.model.edition import EditionContent, Pick


def content(items: int, per_reader: int | None = None) -> EditionContent:
    """An edition of so many links; the items are 101, 102, …"""
    picks = tuple(
        Pick(
            position=place, item=100 + place, url=f"https://a.example/{place}", headline=f"Link {place}",
            blurb="x", source="s", tags=(), language="fr",
        )
        for place in range(1, items + 1)
    )  # fmt: skip
    made = EditionContent(
        digest="d", digest_title="D", number=1, period="2026-11", locale="fr", title="T", intro=None,
        picks=picks,
    )  # fmt: skip
    return selection.pooled(made, per_reader)


def test_the_page_shows_the_first_ones() -> None:
    """5.6: the common edition; a pool no larger than a mail is none."""
    pooled = content(7, 3)
    assert [pick.item for pick in pooled.picks] == [101, 102, 103]
    assert len(pooled.pool) == len(pooled.approved) == 7
    assert content(3, 3).pool == ()
    assert content(7).pool == ()
    assert [pick.position for pick in selection.whole(pooled).picks] == [1, 2, 3, 4, 5, 6, 7]


def test_the_readers_own_come_first_and_the_rest_fills() -> None:
    """5.6: fewer matches than a mail holds: filled from the common order."""
    pooled = content(7, 3)
    assert selection.choose(pooled, {105, 107}) == "1,5,7"
    assert selection.filled(pooled, "1,5,7", {105, 107}) == 1
    assert selection.choose(pooled, {104, 105, 106, 107}) == "4,5,6"
    assert selection.choose(pooled, set()) is None
    assert selection.choose(pooled, {102}) is None  # all of it is in the common part already
    assert selection.choose(content(3), {102}) is None


def test_a_part_is_numbered_afresh() -> None:
    part = selection.part(content(7, 3), "2,5,7")
    assert [(pick.position, pick.item) for pick in part.picks] == [(1, 102), (2, 105), (3, 107)]
    assert part.pool == ()
    assert [p.item for p in selection.part(content(7, 3), None).picks] == [101, 102, 103]


@given(st.integers(1, 12), st.integers(1, 12), st.sets(st.integers(95, 115)))
def test_whatever_somebody_wants(items: int, size: int, wanted: set[int]) -> None:
    """A mail has its size, no link twice, the editor's order, and as many wanted ones as there are."""
    pooled = content(items, size)
    chosen = selection.choose(pooled, wanted)
    got = [pick.item for pick in selection.part(pooled, chosen).picks]
    assert len(got) == len(set(got)) == min(items, size)
    assert got == sorted(got)
    there = {pick.item for pick in pooled.approved} & wanted
    assert len(set(got) & wanted) == min(len(there), size)
