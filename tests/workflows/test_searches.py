"""Saved searches, on both databases: saved, used, renamed with what names them, removed."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from veille.errors import NotFound, QueryError, Refused, UsageError
from veille.model.states import Every
from veille.store import editions
from veille.workflows import digests, lookup, queries, searches

PARIS = ZoneInfo("Europe/Paris")


@pytest.fixture
def save(db: Any, act: Any) -> Any:
    """Save a search."""

    def saving(name: str, query: str, **options: Any) -> Any:
        return searches.save(db, name, query, zone=PARIS, act=act(), **options)

    return saving


def found(db: Any, text: str, act: Any) -> list[int]:
    query = queries.read_typed(lambda: db, text, now=act.now, zone=PARIS)
    return [item.id for item in lookup.search(db, query, act=act)]


def test_a_saved_search_is_used_by_any_spelling(db: Any, pool: Any, save: Any, act: Any) -> None:
    one, two, _ = pool.items(3)
    pool.tag(one, "iiif")
    pool.tag(two, "iiif")
    pool.keep(two)
    save("Ma semaine", "tag:iiif")
    save("gardés", 'search:"ma-semaine" is:kept')
    assert found(db, "search:MA_SEMAINE", act()) == [two, one]
    assert found(db, 'search:gardes OR -search:"ma semaine"', act()) == [3, two]


def test_saving_again_changes_it_only_when_asked(db: Any, save: Any, act: Any) -> None:
    assert save("week", "age:<7d").query == "age:<7d"
    assert save("Week", "age:<7d").name == "week"
    with pytest.raises(Refused, match=r"search:week is 'age:<7d' \(camille\): --replace"):
        save("week", "age:<14d")
    assert save("Week", "age:<14d", replace=True).name == "Week"
    log = [(event.subject, event.before, event.after) for event in lookup.history(db)]
    assert log == [
        (
            "search:Week",
            {"name": "week", "query": "age:<7d"},
            {"name": "Week", "query": "age:<14d"},
        ),
        ("search:week", {}, {"name": "week", "query": "age:<7d"}),
    ]


@pytest.mark.parametrize(
    ("name", "query", "error", "said"),
    [
        ("", "a", UsageError, "is no name of a search"),
        ("a/b", "a", UsageError, "holds '/'"),
        ("x" * 61, "a", UsageError, "the limit is 60"),
        ("-x", "a", UsageError, "begins with a sign"),
        ("x", "  ", UsageError, "the search is empty"),
        ("x", "tagg:y", QueryError, "did you mean tag:"),
        ("x", "search:y", QueryError, "the name of a saved search"),
        ("x", "a search:x", QueryError, "x → x"),
    ],
)
def test_what_is_refused_is_named(
    db: Any, save: Any, name: str, query: str, error: Any, said: str
) -> None:
    with pytest.raises(error, match=said):
        save(name, query)
    assert searches.everything(db) == []


def test_a_circle_is_refused(save: Any) -> None:
    save("a", "x")
    save("b", "search:a")
    with pytest.raises(QueryError, match="a → b → a"):
        save("a", "search:b", replace=True)


def digest(db: Any, act: Any, query: str) -> None:
    digests.create(
        db, slug="liens", title="Liens", links=5, every=Every.MONTH, locale="fr",
        query=query, zone=PARIS, act=act(),
    )  # fmt: skip


def test_a_new_name_is_followed_by_all_that_use_it(db: Any, save: Any, act: Any) -> None:
    save("week", "age:<7d")
    save("both", "search:Week OR is:kept")
    digest(db, act, "tag:x search:week")
    changed = searches.rename(db, "week", "cette semaine", act=act())
    assert changed == ["search:both", "digest liens"]
    with db.read() as connection:
        liens = editions.digest(connection, "liens")
    assert liens is not None
    assert liens.query == 'tag:x search:"cette semaine"'
    shown = searches.show(db, "Cette Semaine", zone=PARIS, act=act())
    assert shown.used_by == ("search:both", "digest liens")
    with pytest.raises(Refused, match="there is a search:both already"):
        searches.rename(db, "cette semaine", "BOTH", act=act())


def test_what_is_used_is_not_removed(db: Any, save: Any, act: Any) -> None:
    save("week", "age:<7d")
    digest(db, act, "search:week")
    with pytest.raises(Refused, match="search:week is in digest liens: change that first"):
        searches.remove(db, "week", act=act())
    digests.edit(db, "liens", query=None, zone=PARIS, act=act())
    assert searches.remove(db, "week", act=act()).query == "age:<7d"
    with pytest.raises(NotFound, match="veille search list"):
        searches.show(db, "week", zone=PARIS, act=act())


def test_a_digest_draws_from_a_saved_search(db: Any, pool: Any, save: Any, act: Any) -> None:
    from veille.workflows import compose

    one, two = pool.items(2)
    for item in (one, two):
        pool.keep(item)
    pool.tag(two, "iiif")
    save("manuscrits", "tag:iiif")
    digest(db, act, "search:manuscrits")
    drafted = compose.draft(db, "liens", period=None, ahead=False, zone=PARIS, act=act())
    with db.read() as connection:
        assert [pick.item for pick in editions.picks(connection, drafted.edition.id)] == [two]
    with pytest.raises(QueryError):
        digests.edit(db, "liens", query="search:nothing", zone=PARIS, act=act())
