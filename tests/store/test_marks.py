"""What curators put on items, written and taken back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from veille.errors import NotFound, Refused
from veille.model.event import Actor
from veille.model.item import Endorsement, Marks, TagCount
from veille.model.query import Field, Match, Words
from veille.model.states import ItemState
from veille.store import curators, fulltext, items, marks

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def marks_of(pool: Any, *ids: int) -> Any:
    with pool.db.read() as conn:
        return marks.marks_of(conn, ids)


def write(pool: Any, *changes: tuple[int, Marks, Marks]) -> None:
    with pool.db.write() as conn:
        marks.write_many(conn, changes, at=NOW)


def tags(pool: Any) -> list[TagCount]:
    with pool.db.read() as conn:
        return marks.tags(conn)


def found(pool: Any, query: Any) -> list[int]:
    with pool.db.read() as conn:
        return items.ids(conn, query, now=NOW)


def test_untouched_items_and_missing_ones(pool: Any) -> None:
    item = pool.item()
    assert marks_of(pool, item, 999) == {item: Marks()}


def test_several_curators_keep_the_same_item(pool: Any) -> None:
    item = pool.item()
    zoe, ann = Endorsement(by="zoé", at=NOW), Endorsement(by="ann", at=NOW + timedelta(hours=1))
    first = Marks(state=ItemState.KEPT, kept=(zoe,))
    both = Marks(state=ItemState.KEPT, kept=(zoe, ann))
    write(pool, (item, Marks(), first))
    write(pool, (item, first, both))
    assert marks_of(pool, item) == {item: both}
    with pool.db.read() as conn:
        stored = items.get(conn, item)
    assert stored is not None
    assert stored.kept_by == ("zoé", "ann")
    assert stored.state is ItemState.KEPT


def test_only_the_difference_is_written(pool: Any) -> None:
    """What another curator did since stays, where this change does not touch it."""
    item = pool.item()
    pool.tag(item, "hers")
    kept = Marks(state=ItemState.KEPT, kept=(Endorsement(by="zoé", at=NOW),))
    write(pool, (item, Marks(), kept))
    now = marks_of(pool, item)[item]
    assert now.tags == ("hers",)
    assert now.kept == kept.kept


def test_a_comment_is_withdrawn_and_restored(pool: Any) -> None:
    item = pool.item()
    first = pool.comment(item, "premier")
    second = pool.comment(item, "second", blurb=True)
    both = marks_of(pool, item)[item]
    assert both.comments == (first, second)
    one = Marks(comments=(first,))
    write(pool, (item, both, one))
    with pool.db.read() as conn:
        stored = items.get(conn, item)
    assert stored is not None
    assert [comment.text for comment in stored.comments] == ["premier"]
    assert stored.blurb is None
    assert found(pool, Words(("second",))) == []
    write(pool, (item, one, both))
    assert marks_of(pool, item)[item] == both
    assert found(pool, Words(("second",))) == [item]


def test_a_comment_on_nothing(pool: Any) -> None:
    with pytest.raises(NotFound, match="item 7"):
        pool.comment(7, "…")


class TestTags:
    def test_one_identity_and_the_first_spelling(self, pool: Any) -> None:
        """I13."""
        one, two = pool.items(2)
        pool.tag(one, "Médiation  culturelle")
        pool.tag(two, "mediation-culturelle", "MÉDIATION_CULTURELLE")
        assert marks_of(pool, two)[two].tags == ("Médiation  culturelle",)
        assert tags(pool) == [TagCount(name="Médiation  culturelle", items=2)]

    def test_the_order_is_kept_when_a_tag_comes_back(self, pool: Any) -> None:
        item = pool.item()
        pool.tag(item, "c", "a", "b")
        before = marks_of(pool, item)[item]
        after = Marks(tags=("c", "b"))
        write(pool, (item, before, after))
        assert marks_of(pool, item)[item] == after
        write(pool, (item, after, before))
        assert marks_of(pool, item)[item] == before

    def test_tags_in_use_in_alphabetical_order(self, pool: Any) -> None:
        one, two = pool.items(2)
        pool.tag(one, "zoo", "Été")
        pool.tag(two, "zoo", "gone")
        write(pool, (two, marks_of(pool, two)[two], Marks(tags=("zoo",))))
        assert tags(pool) == [TagCount(name="Été", items=1), TagCount(name="zoo", items=2)]

    def test_rename(self, pool: Any) -> None:
        one, two = pool.items(2)
        pool.tag(one, "musee")
        pool.tag(two, "musee", "other")
        with pool.db.write() as conn:
            assert marks.rename_tag(conn, "Musée", "Musées") == 2
            assert marks.rename_tag(conn, "musees", "MUSÉES") == 2
            with pytest.raises(Refused, match="merge"):
                marks.rename_tag(conn, "musées", "Other")
            with pytest.raises(NotFound, match="musee"):
                marks.rename_tag(conn, "musee", "x")
        assert marks_of(pool, two)[two].tags == ("MUSÉES", "other")
        assert found(pool, Match(Field.TAG, "musées")) == [two, one]

    def test_merge(self, pool: Any) -> None:
        one, two, three = pool.items(3)
        pool.tag(one, "museum")
        pool.tag(two, "a", "museum", "musée")
        pool.tag(three, "musée")
        with pool.db.write() as conn:
            assert marks.merge_tags(conn, "museum", "musee") == 2
            with pytest.raises(NotFound):
                marks.merge_tags(conn, "museum", "musee")
            with pytest.raises(NotFound):
                marks.merge_tags(conn, "musee", "museum")
            with pytest.raises(Refused, match="same tag"):
                marks.merge_tags(conn, "musee", "Musée")
        assert [marks_of(pool, item)[item].tags for item in (one, two, three)] == [
            ("musée",),
            ("a", "musée"),
            ("musée",),
        ]
        assert found(pool, Match(Field.TAG, "musée")) == [three, two, one]
        assert found(pool, Words(("museum",))) == []
        assert found(pool, Words(("musee",))) == [three, two, one]


def test_the_index_can_be_made_again(pool: Any) -> None:
    item = pool.item("Titre", text="texte")
    pool.comment(item, "remarque")
    pool.tag(item, "étiquette")
    with pool.db.write() as conn:
        fulltext.rebuild(conn)
    for word in ("titre", "texte", "remarque", "etiquette"):
        assert found(pool, Words((word,))) == [item]


def test_curators_are_recorded_once(pool: Any) -> None:
    with pool.db.write() as conn:
        assert curators.record(conn, Actor(handle="zoé", login="z"), NOW)
        assert not curators.record(conn, Actor(handle="zoé", login="other"), NOW)
        assert curators.record(conn, Actor(handle="Ann", login="a"), NOW)
        assert curators.handles(conn) == ["Ann", "zoé"]


_KEEPERS = st.lists(st.sampled_from(["ann", "luc", "zoé"]), unique=True, max_size=3)


@st.composite
def _marks(draw: st.DrawFn) -> dict[str, Any]:
    keepers = draw(_KEEPERS)
    return {
        "state": draw(st.sampled_from(ItemState)),
        "kept": tuple(
            Endorsement(by=by, at=NOW + timedelta(hours=n)) for n, by in enumerate(keepers)
        ),
        "tags": tuple(draw(st.lists(st.sampled_from(["a", "b", "c", "Été"]), unique=True))),
        "comments": draw(st.sets(st.integers(0, 2))),
    }


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(history=st.lists(_marks(), min_size=1, max_size=5))
def test_writing_back_undoes_writing(pool: Any, history: list[dict[str, Any]]) -> None:
    """U3's ground: after any history, each step taken back gives the marks before it."""
    item, bystander = pool.items(2)
    numbers = [pool.comment(item, f"mot{n}") for n in range(3)]
    steps = [marks_of(pool, item)[item]]
    for step in history:
        comments = tuple(numbers[n] for n in sorted(step["comments"]))
        after = Marks(**step | {"comments": comments})
        write(pool, (item, steps[-1], after))
        assert marks_of(pool, item)[item] == after
        steps.append(after)
    for before, after in zip(reversed(steps[:-1]), reversed(steps[1:]), strict=True):
        write(pool, (item, after, before))
        assert marks_of(pool, item)[item] == before
    assert marks_of(pool, bystander)[bystander] == Marks()
    for n in range(3):
        assert item in found(pool, Words((f"mot{n}",)))


def test_a_language_that_was_said_goes_before_that_of_the_source(pool: Any) -> None:
    """In what is shown and what is found, whatever the source says later; taken back, it is gone."""
    item, other = pool.item(language="de"), pool.item(language="de")
    german, french = Match(Field.LANG, "de"), Match(Field.LANG, "fr")
    said = Marks(language="fr-CA")
    write(pool, (item, Marks(), said))
    assert marks_of(pool, item, other) == {item: said, other: Marks()}
    assert (found(pool, french), found(pool, german)) == ([item], [other])
    with pool.db.read() as conn:
        assert [one.language for one in items.get_many(conn, [item, other])] == ["fr-CA", "de"]
    write(pool, (item, said, Marks()))
    assert (found(pool, french), sorted(found(pool, german))) == ([], [item, other])
