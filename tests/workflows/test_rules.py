"""Rules at work, on both databases: at a collection, on the backlog, on the past."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event as sqlalchemy_events

from tests.workflows.conftest import NOW
from veille.curation.tags import TagChanges
from veille.errors import NotFound, QueryError, Refused, UsageError
from veille.model.event import Action, Actor
from veille.model.query import EVERYTHING
from veille.model.rule import Reason, RuleDraft
from veille.model.states import ItemState
from veille.store import items, sources
from veille.workflows import curate, lookup, queries, rules, ruling, searches, undoing
from veille.workflows.collect import collect

PARIS = ZoneInfo("Europe/Paris")
FEED = """<rss version="2.0"><channel><title>Le fil</title>{}</channel></rss>"""
ENTRY = """<item><guid>{0}</guid><link>https://fil.example/{0}</link><title>{1}</title>
<description>{2}</description></item>"""


@pytest.fixture
def add(db: Any, act: Any) -> Any:
    """Add a rule."""

    def adding(name: str, query: str, **what: Any) -> Any:
        draft = RuleDraft(name=name, query=query, **what)
        return rules.add(db, draft, zone=PARIS, act=act())

    return adding


@pytest.fixture
def feed(db: Any, web: Any, here: Any, pool: Any, act: Any) -> Any:
    """A source that says what it is told to say, collected at once."""
    url = "https://fil.example/feed"
    pool.source("Le fil", url=url, key="fil.example/feed")

    def collecting(*titles: str) -> Any:
        entries = "".join(ENTRY.format(*each) for each in enumerate_entries(titles))
        web.on(url, FEED.format(entries), content_type="application/rss+xml")
        with db.read() as connection:
            chosen = sources.everything(connection)
        return collect(db, web, here, act=act(), chosen=chosen, force=True, zone=PARIS)

    return collecting


def enumerate_entries(titles: tuple[str, ...]) -> list[tuple[str, str, str]]:
    return [(title.lower().replace(" ", "-"), title, f"Texte de {title}.") for title in titles]


def by_title(db: Any, act: Any) -> dict[str, Any]:
    return {item.title: item for item in lookup.search(db, EVERYTHING, act=act())}


def test_rules_meet_items_as_they_come(db: Any, feed: Any, add: Any, act: Any) -> None:
    add("Emplois", "title:poste OR title:stage", skip=True, tags=("emploi",))
    add("Conservateurs", "conservateur source:fil", review=True)
    add("Manuscrits", "IIIF -title:stage", tags=("IIIF",))
    report = feed("Un poste", "Poste de conservateur", "IIIF partout", "Stage IIIF", "Autre")
    assert report.rules == ruling.Tally(items=4, tagged=4, skipped=2, review=1)
    found = by_title(db, act)
    assert {title: (item.state.value, item.tags, item.review) for title, item in found.items()} == {
        "Un poste": ("skipped", ("emploi",), False),
        "Poste de conservateur": ("inbox", ("emploi",), True),
        "IIIF partout": ("inbox", ("IIIF",), False),
        "Stage IIIF": ("skipped", ("emploi",), False),
        "Autre": ("inbox", (), False),
    }
    (told,) = lookup.show(db, found["Un poste"].id).history
    assert (told.by, told.action, told.subject) == (None, Action.RULE, "rule Emplois")
    assert told.after["because"] == [["title", "poste"]]
    two = [
        event.after["because"]
        for event in lookup.show(db, found["Poste de conservateur"].id).history
    ]
    assert [["title", "conservateur"], ["source", "fil"]] in two
    assert report.rules.problems == ()


def test_a_known_item_is_left_alone(db: Any, feed: Any, add: Any, act: Any) -> None:
    feed("Un poste")
    add("Emplois", "poste", skip=True)
    assert feed("Un poste", "Un autre poste").rules.items == 1
    assert by_title(db, act)["Un poste"].state is ItemState.INBOX


def test_one_statement_a_rule_whatever_the_number_of_items(
    db: Any, pool: Any, add: Any, act: Any
) -> None:
    for number in range(3):
        add(f"r{number}", f"nothing{number} OR tag:x OR source:y is:inbox", skip=True)
    few, many = pool.items(3), pool.items(60)

    def statements(ids: list[int]) -> int:
        asked: list[str] = []

        def note(*given: Any) -> None:
            asked.append(given[2])

        with db.write() as connection:
            sqlalchemy_events.listen(connection, "before_cursor_execute", note)
            ruling.apply_new(connection, ids, zone=PARIS, act=act())
            sqlalchemy_events.remove(connection, "before_cursor_execute", note)
        return len(asked)

    assert statements(few) == statements(many) == 4, "the rules, and one each"


def test_a_rule_that_can_no_longer_be_read_holds_nothing_up(
    db: Any, feed: Any, add: Any, act: Any
) -> None:
    add("bon", "a", tags=("a",))
    broken = add("cassé", "b", tags=("b",))
    with db.write() as connection:
        from veille.store import rules as store

        store.edit(connection, broken.id, query="search:nothing")
    report = feed("a b")
    assert by_title(db, act)["a b"].tags == ("a",)
    assert report.rules.problems[0].startswith("rule cassé: in the search, at character 8")


def test_the_backlog_is_one_action_and_is_taken_back_as_one(
    db: Any, pool: Any, add: Any, act: Any
) -> None:
    one, two, three = (pool.item(title) for title in ("un poste", "deux postes", "trois"))
    add("Emplois", "title:poste", skip=True, tags=("emploi",))
    add("Tout", "un OR deux OR trois", tags=("tout",))
    assert ruling.plan(db, (), zone=PARIS, act=act()) == ruling.Tally(items=3, tagged=3, skipped=2)
    before = by_title(db, act)
    done = ruling.apply(db, (), zone=PARIS, act=act())
    assert done == ruling.Tally(items=3, tagged=3, skipped=2)
    assert by_title(db, act)["un poste"].tags == ("emploi", "tout")
    assert found(db, "rule:emplois", act) == [two, one]
    assert [rule.items for rule in rules.everything(db)] == [2, 3]
    (undone,) = undoing.latest(db, 1, act=act())
    assert (undone.action, sorted(undone.items)) == (Action.RULE, [one, two, three])
    assert by_title(db, act) == before
    assert found(db, "rule:emplois", act) == []
    assert ruling.apply(db, ["emplois"], zone=PARIS, act=act()).skipped == 2, "it may be done again"


def found(db: Any, text: str, act: Any) -> list[int]:
    with db.read() as connection:
        query = queries.read(connection, text, now=NOW, zone=PARIS)
        return items.ids(connection, query, now=NOW)


def test_what_a_person_touched_is_theirs(db: Any, pool: Any, add: Any, act: Any) -> None:
    """Kept, put back, commented, found by hand: never skipped; a tag taken off never comes back."""
    kept, back, commented, untagged, plain = (pool.item(f"poste {n}") for n in range(5))
    by = act()
    curate.keep(db, [kept], act=by)
    curate.skip(db, [back], act=by)
    curate.reset(db, [back], act=by)
    curate.comment(db, commented, "à voir", blurb=False, act=by)
    curate.tag(db, [untagged], TagChanges(add=("Emploi",)), act=by)
    curate.tag(db, [untagged], TagChanges(remove=("emploi",)), act=by)
    add("Emplois", "poste", skip=True, tags=("emploi",))
    assert ruling.apply(db, (), zone=PARIS, act=act()) == ruling.Tally(items=4, tagged=4, skipped=1)
    with db.read() as connection:
        states = {
            item.id: item.state.value
            for item in items.get_many(connection, [kept, back, commented, untagged, plain])
        }
        assert items.get(connection, untagged).tags == ()
    assert states == {
        kept: "kept",
        back: "inbox",
        commented: "inbox",
        untagged: "inbox",
        plain: "skipped",
    }


def test_a_colleague_who_acts_since_is_not_undone(db: Any, pool: Any, add: Any, act: Any) -> None:
    one, two = pool.item("poste"), pool.item("poste")
    add("Emplois", "poste", skip=True)
    ruling.apply(db, (), zone=PARIS, act=act())
    luc = replace(act(), actor=Actor(handle="luc", login="luc"))
    curate.keep(db, [one], act=luc)
    (undone,) = undoing.latest(db, 1, act=act())
    assert (undone.items, undone.left) == ((two,), (one,))
    assert found(db, "rule:emplois", act) == [one]


def test_kept_for_review_until_somebody_looks(db: Any, pool: Any, add: Any, act: Any) -> None:
    one, two = pool.item("poste"), pool.item("poste de conservateur")
    add("Emplois", "poste", skip=True)
    add("Conservateurs", "conservateur", review=True)
    ruling.apply(db, ["emplois"], zone=PARIS, act=act())
    assert found(db, "is:inbox", act) == [two], "a rule that was not applied protects all the same"
    assert found(db, "is:review", act) == []
    ruling.apply(db, (), zone=PARIS, act=act())
    assert found(db, "is:review", act) == [two]
    curate.keep(db, [two], act=act())
    assert found(db, "is:review", act) == []
    undoing.latest(db, 1, act=act())
    assert found(db, "is:review", act) == [two]
    assert found(db, "is:skipped", act) == [one]


def test_a_trial_tells_what_would_have_been(db: Any, pool: Any, add: Any, act: Any) -> None:
    """As the rule would have met the items: also those that somebody kept since."""
    one, two, three = (pool.item(f"poste {n}") for n in range(3))
    pool.keep(two)
    later = NOW + timedelta(days=3)  # the pool is filled on the 2nd, the trial looks from the 23rd
    add("Non", "title:2", review=True)
    draft = RuleDraft(name="Emplois", query="poste", skip=True, tags=("emploi",))
    trial = ruling.test(db, draft, days=30, limit=2, zone=PARIS, act=act(later))
    assert (trial.collected, trial.tally) == (3, ruling.Tally(items=3, tagged=3, skipped=2))
    assert trial.kept == (two,)
    assert [(item.id, ruled.because) for item, ruled in trial.done] == [
        (three, (Reason("title", "poste"),)),
        (two, (Reason("title", "poste"),)),
    ]
    assert ruling.test(db, draft, days=5, limit=2, zone=PARIS, act=act(later)).collected == 0
    assert by_title(db, act)["poste 0"].tags == ()
    assert one


def test_rules_are_edited_and_removed(db: Any, pool: Any, add: Any, act: Any) -> None:
    pool.item("poste")
    add("Emplois", "poste", skip=True)
    with pytest.raises(Refused, match="there is a rule 'Emplois' already"):
        add("emplois", "poste", skip=True)
    other = add("Autre", "x", tags=("x",))
    with pytest.raises(Refused, match="take another name"):
        rules.edit(db, "autre", name="EMPLOIS", zone=PARIS, act=act())
    with pytest.raises(UsageError, match="choose one"):
        rules.edit(db, "emplois", review=True, zone=PARIS, act=act())
    with pytest.raises(QueryError):
        rules.edit(db, "emplois", query="tag:", zone=PARIS, act=act())
    with pytest.raises(UsageError, match="no search"):
        rules.edit(db, "emplois", query=" ", zone=PARIS, act=act())
    edited = rules.edit(db, "emplois", name="Offres", paused=True, zone=PARIS, act=act())
    assert (edited.name, edited.paused, edited.skip) == ("Offres", True, True)
    assert rules.edit(db, "offres", paused=True, zone=PARIS, act=act()) == edited
    assert ruling.apply(db, (), zone=PARIS, act=act()) == ruling.Tally()
    assert ruling.apply(db, ["offres"], zone=PARIS, act=act()).skipped == 1
    assert rules.remove(db, "offres", act=act()).items == 1
    assert [rule.id for rule in rules.everything(db)] == [other.id]
    assert by_title(db, act)["poste"].state is ItemState.SKIPPED
    with pytest.raises(NotFound, match="veille rule list"):
        rules.find(db, "offres")
    told = [
        (event.action.value, event.subject) for event in lookup.history(db) if event.item is None
    ]
    assert told[:2] == [("rule-remove", "rule Offres"), ("rule-edit", "rule Offres")]


def test_a_saved_search_in_a_rule_is_followed(db: Any, add: Any, act: Any) -> None:
    searches.save(db, "offres", "poste OR stage", zone=PARIS, act=act())
    add("Emplois", "search:offres", skip=True)
    assert searches.rename(db, "offres", "emplois", act=act()) == ["rule Emplois"]
    assert rules.find(db, "emplois").query == "search:emplois"
    with pytest.raises(Refused, match="is in rule Emplois"):
        searches.remove(db, "emplois", act=act())


@pytest.mark.parametrize(
    ("query", "because"),
    [
        ("poste lang:fr", ["title “poste”", "lang “fr”"]),
        ("texte -rien", ["text “texte”"]),
        ('rien OR "le texte"', ["text “le texte”"]),
        ("title:poste poste", ["title “poste”"]),
        ("is:inbox age:<1y", ["is “inbox”", "age “younger”"]),
        ("collected:2026/.. tag:t", ["collected “2025-12-31/..”", "tag “t”"]),
        (
            "author:zoe url:site.example by:nobody OR is:inbox",
            ["author “zoe”", "url “site.example”", "is “inbox”"],
        ),
        ("-rien", []),
    ],
)
def test_every_part_of_a_search_may_be_the_reason(
    db: Any, pool: Any, query: str, because: list[str]
) -> None:
    from veille.store.reasons import hits

    item = pool.item("Un poste", text="dans le texte", language="fr", authors=("Zoé",))
    other = pool.item("Autre", text="chose", order=NOW - timedelta(days=900))
    pool.tag(item, "t")
    with db.read() as connection:
        tree = queries.read(connection, query, now=NOW, zone=PARIS)
        found = {
            hit.item: list(map(str, hit.because))
            for hit in hits(connection, tree, [other, item], now=NOW)
        }
    assert found[item] == because
