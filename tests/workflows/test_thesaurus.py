"""The thesaurus at work, on both databases: what is typed, what is stored, what is found."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from veille.curation.tags import TagChanges
from veille.errors import NotFound, Refused
from veille.model.edition import PickDraft
from veille.model.query import And, Field, Is, Match, Not, Status
from veille.model.rule import RuleDraft
from veille.model.states import Every
from veille.model.thesaurus import Term
from veille.store import editions, items
from veille.workflows import (
    compose,
    curate,
    digests,
    lookup,
    rules,
    ruling,
    subscribe,
    tagging,
    thesaurus,
    undoing,
)
from veille.workflows.wanted import draft

PARIS = ZoneInfo("Europe/Paris")


@pytest.fixture
def house(db: Any, act: Any) -> None:
    """A small thesaurus."""
    thesaurus.import_terms(
        db,
        [
            Term(name="éco-musée", broader="musée"),
            Term(name="musée", synonyms=("museo",), broader="patrimoine", en="museum", fr="Musées"),
            Term(name="patrimoine"),
        ],
        act=act(),
    )


def found(db: Any, query: Any, act: Any, **options: Any) -> list[int]:
    with db.read() as connection:
        return items.ids(connection, query, now=act().now, **options)


def tags_of(db: Any, item: int) -> tuple[str, ...]:
    return lookup.show(db, item).item.tags


@pytest.mark.usefixtures("house")
def test_a_synonym_is_stored_as_its_preferred_form(db: Any, pool: Any, act: Any) -> None:
    item, other = pool.items(2)
    curate.tag(db, [item], TagChanges(add=("Museo", "MUSEE", "IIIF")), act=act())
    assert tags_of(db, item) == ("musée", "IIIF")
    curate.tag(db, [item], TagChanges(remove=("museum",)), act=act())
    assert tags_of(db, item) == ("IIIF",)
    source = subscribe.add(db, draft("https://x.example/feed", tags=("museo",)), act=act()).source
    assert source.tags == ("musée",)
    assert subscribe.edit(db, str(source.id), tags=("museo", "a"), act=act()).tags == ("musée", "a")
    rules.add(db, RuleDraft(name="r", query="item", tags=("museo",)), zone=PARIS, act=act())
    assert ruling.apply(db, (), zone=PARIS, act=act()).tagged == 1
    assert (tags_of(db, item), tags_of(db, other)) == (("IIIF",), ("musée",))


@pytest.mark.usefixtures("house")
def test_a_wider_term_finds_the_narrower_ones(db: Any, pool: Any, act: Any) -> None:
    """Each item once, whatever the number of its tags that fit; also on a first page."""
    wide, narrow, both, other = pool.items(4)
    for item, tags in (
        (wide, ("patrimoine",)),
        (narrow, ("éco-musée",)),
        (both, ("musée", "patrimoine")),
    ):
        curate.tag(db, [item], TagChanges(add=tags), act=act())
    curate.tag(db, [other], TagChanges(add=("IIIF",)), act=act())
    for name, expected in (
        ("patrimoine", [both, narrow, wide]),
        ("musée", [both, narrow]),
        ("MUSEUM", [both, narrow]),
        ("eco-musee", [narrow]),
        ("iiif", [other]),
        ("nothing", []),
    ):
        assert found(db, Match(Field.TAG, name), act) == expected
        assert found(db, Match(Field.TAG, name), act, limit=1) == expected[:1]
        assert found(db, And((Is(Status.INBOX), Match(Field.TAG, name))), act, limit=9) == expected
    assert found(db, Not(Match(Field.TAG, "patrimoine")), act) == [other]


def test_a_synonym_that_is_on_items_is_found_and_merged(db: Any, pool: Any, act: Any) -> None:
    one, two = pool.items(2)
    curate.tag(db, [one], TagChanges(add=("museo",)), act=act())
    curate.tag(db, [two], TagChanges(add=("nouveau",)), act=act())
    thesaurus.add(db, Term(name="musée", synonyms=("museo",)), act=act())
    assert found(db, Match(Field.TAG, "musée"), act) == [one]
    assert [(fault.rule, fault.fix) for fault in thesaurus.check(db)] == [
        ("synonym", "veille tags merge museo 'musée'"),
        ("unknown", "veille thesaurus add nouveau"),
        ("unused", "use it, or veille thesaurus remove 'musée'"),
    ]
    assert tagging.merge(db, "museo", "museo", act=act()) == 1, "into what it means"
    assert tags_of(db, one) == ("musée",)
    undoing.latest(db, 1, act=act())
    assert tags_of(db, one) == ("museo",)
    curate.tag(db, [one], TagChanges(remove=("musée",)), act=act())
    assert tags_of(db, one) == (), "what was there from before goes too"


@pytest.mark.usefixtures("house")
def test_tags_and_terms_are_renamed_and_merged_together(db: Any, pool: Any, act: Any) -> None:
    one, two = pool.items(2)
    curate.tag(db, [one], TagChanges(add=("musée",)), act=act())
    curate.tag(db, [two], TagChanges(add=("galerie",)), act=act())
    before = thesaurus.load(db).terms
    assert tagging.rename(db, "musée", "musées", act=act()) == 1
    assert thesaurus.load(db).term("éco-musée").broader == "musées"
    (undone,) = undoing.latest(db, 1, act=act())
    assert (undone.items, undone.action.value) == ((one,), "tag-rename")
    assert (tags_of(db, one), thesaurus.load(db).terms) == (("musée",), before)
    assert tagging.merge(db, "galerie", "museo", act=act()) == 1
    assert tags_of(db, two) == ("musée",)
    assert thesaurus.load(db).terms == before, "no term became a synonym"
    assert tagging.merge(db, "musée", "patrimoine", act=act()) == 2
    assert thesaurus.load(db).term("museum").name == "patrimoine"
    undoing.latest(db, 2, act=act())
    assert (tags_of(db, one), tags_of(db, two)) == (("musée",), ("galerie",))
    assert thesaurus.load(db).terms == before
    with pytest.raises(Refused, match="'museum' means 'musée'"):
        tagging.merge(db, "musée", "museum", act=act())
    with pytest.raises(Refused, match="'veille thesaurus edit' changes the term"):
        tagging.rename(db, "patrimoine", "x", act=act())
    with pytest.raises(Refused, match="veille tags rename"):
        thesaurus.edit(db, "musée", name="x", act=act())
    assert thesaurus.edit(db, "patrimoine", name="x", act=act()).name == "x"


@pytest.mark.usefixtures("house")
def test_changes_of_the_thesaurus_are_taken_back(db: Any, act: Any) -> None:
    before = thesaurus.load(db).terms
    assert thesaurus.remove(db, "musée", act=act()).name == "musée"
    assert thesaurus.edit(db, "patrimoine", note="x", act=act()).note == "x"
    undone = undoing.latest(db, 2, act=act())
    assert [each.terms for each in undone] == [("patrimoine",), ("éco-musée", "musée")]
    assert thesaurus.load(db).terms == before
    thesaurus.edit(db, "patrimoine", note="y", act=act())
    other = act()
    thesaurus.edit(db, "patrimoine", note="z", act=other)
    first = lookup.history(db)[1]
    with pytest.raises(Refused, match="the thesaurus changed since"), db.write() as connection:
        thesaurus.undo(connection, first, act=act())
    with pytest.raises(NotFound):
        thesaurus.remove(db, "nothing", act=act())


def test_an_import_tells_what_became_of_each_term(db: Any, act: Any) -> None:
    thesaurus.add(db, Term(name="a"), act=act())
    thesaurus.add(db, Term(name="b", synonyms=("bé",)), act=act())
    done = thesaurus.import_terms(
        db,
        [
            Term(name="e", broader="d"),
            Term(name="d", broader="nowhere"),
            Term(name="c", broader="a"),
            Term(name="a", note="n"),
            Term(name="B", synonyms=("be",)),
            Term(name="x/y"),
            Term(name="bé2", synonyms=("A",)),
            Term(name="p", broader="q"),
            Term(name="q", broader="p"),
        ],
        act=act(),
    )
    assert (done.added, done.changed, done.same) == (("c",), ("a", "B"), ())
    reasons = dict(done.refused)
    assert set(reasons) == {"d", "e", "x/y", "bé2", "p", "q"}
    assert "put under 'd', which is no term" in reasons["e"]
    assert "it is a term itself" in reasons["bé2"]
    (undone,) = undoing.latest(db, 1, act=act())
    assert set(undone.terms) == {"a", "b", "B", "c"}
    assert [term.name for term in thesaurus.load(db).terms] == ["a", "b"]


def test_two_terms_of_a_file_that_are_one_tag(db: Any, act: Any) -> None:
    """I13: the second is refused by name, and takes nothing of the first; a row twice is one."""
    done = thesaurus.import_terms(
        db,
        [
            Term(name="Musée", synonyms=("pinacothèque",)),
            Term(name="musée", synonyms=("collection",)),
            Term(name="écomusée", broader="musée"),
            Term(name="écomusée", broader="musée"),
        ],
        act=act(),
    )
    assert done.added == ("Musée", "écomusée")
    assert [name for name, _ in done.refused] == ["musée"]
    assert "'Musée' is before it in the file, and is the same tag" in done.refused[0][1]
    assert thesaurus.load(db).term("musee").synonyms == ("pinacothèque",)


@pytest.mark.usefixtures("house")
def test_new_tags_are_told_apart(db: Any, pool: Any, act: Any) -> None:
    (item,) = pool.items(1)
    curate.tag(db, [item], TagChanges(add=("IIIF",)), act=act())
    new = thesaurus.new_tags(db, ["museo", "iiif", "muse", "tout autre"])
    assert [(each.name, each.close) for each in new] == [
        ("muse", ("musée",)),
        ("tout autre", ()),
    ]
    assert thesaurus.new_tags(db, []) == []


@pytest.mark.usefixtures("house")
@pytest.mark.parametrize(("locale", "shown"), [("fr", "Musées"), ("en", "museum")])
def test_readers_see_labels_of_their_language(
    db: Any, pool: Any, act: Any, locale: str, shown: str
) -> None:
    """In the content of an edition, which is frozen when it is published."""
    (item,) = pool.items(1)
    pool.keep(item)
    curate.tag(db, [item], TagChanges(add=("musée", "IIIF")), act=act())
    digests.create(
        db, slug="liens", title="Liens", links=5, every=Every.MONTH, locale=locale, query=None,
        zone=PARIS, act=act(),
    )  # fmt: skip
    compose.draft(db, "liens", period=None, ahead=False, zone=PARIS, act=act())
    with db.read() as connection:
        edition = editions.get(connection, "liens", 1)
        assert edition is not None
        assert editions.picks(connection, edition.id) == [PickDraft(item=item)]
        content = compose._content(connection, edition)
    assert content.picks[0].tags == (shown, "IIIF")
