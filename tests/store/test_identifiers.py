"""What names the works behind items, on both databases."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.store.test_ingest import LATER, apply, get, known
from veille.model.changes import SeenAgain, SightingDraft
from veille.model.fetched import Article
from veille.model.identifier import Identifier, Scheme
from veille.model.item import PageReading
from veille.store import identifiers, ingest, pages, sources

if TYPE_CHECKING:
    from veille.model.changes import ItemDraft

DOI = Identifier(Scheme.DOI, "10.4000/crcv.1")
HAL = Identifier(Scheme.HAL, "hal-01234567")
ISBN = Identifier(Scheme.ISBN, "9782070368228")


def named(pool: Any, *works: Identifier) -> ItemDraft:
    return replace(pool.draft(), identifiers=works)


def test_an_item_is_found_by_its_work_and_shows_it(pool: Any) -> None:
    """In the order of trust; addresses are found in the same look."""
    source = pool.source()
    draft = named(pool, HAL, DOI)
    (item,) = pool.collect(source, draft)
    assert get(pool, item).identifiers == (DOI, HAL)
    keys = (DOI.key, HAL.key, ISBN.key, draft.key)
    assert known(pool, source, *keys).items == dict.fromkeys((DOI.key, HAL.key, draft.key), item)


def test_a_later_source_may_name_the_work(pool: Any) -> None:
    """Twice the same is once."""
    (item,) = pool.collect(pool.source(), pool.draft())
    other = pool.source()
    for key in ("a", "b"):
        sight = SightingDraft(key=key, guid=key, hash="h")
        apply(pool, other, seen=(SeenAgain(item=item, sighting=sight, identifiers=(DOI,)),))
    assert get(pool, item).identifiers == (DOI,)


def test_what_another_process_stored_meanwhile_is_met_by_its_work(pool: Any) -> None:
    """The decision was made before it was there."""
    one, two = pool.source(), pool.source()
    (item,) = pool.collect(one, named(pool, DOI))
    done = apply(pool, two, new=(pool.new(named(pool, DOI), "k"),))
    assert (done.new, done.seen) == (0, 1)
    assert len(get(pool, item).sources) == 2


def test_a_page_names_its_work_but_not_by_the_isbn_of_what_it_reviews(pool: Any) -> None:
    """Both are shown; only the DOI leads to the item."""
    (item,) = pool.collect(pool.source(), pool.draft())
    article = Article(url="https://a.example/", title="T", identifiers=(DOI, ISBN))
    with pool.db.write() as conn:
        pages.record(conn, item, PageReading(at=LATER, taken=False), article)
        assert identifiers.items_by_key(conn, [DOI.key, ISBN.key]) == {DOI.key: item}
    assert get(pool, item).identifiers == (DOI, ISBN)


def test_links_that_are_brought_in_meet_known_works_and_one_another(pool: Any) -> None:
    """Each in its place: known, new, and the same once more."""
    (item,) = pool.collect(pool.source(), named(pool, DOI))
    fresh = pool.draft()
    with pool.db.write() as conn:
        done = ingest.add_links(conn, [named(pool, DOI), fresh, fresh], at=LATER)
    assert done == [(item, False), (item + 1, True), (item + 1, False)]


def test_the_identifiers_leave_with_their_item(pool: Any) -> None:
    """No orphan stays behind."""
    source = pool.source()
    pool.collect(source, named(pool, DOI))
    with pool.db.write() as conn:
        sources.remove(conn, source.id)
    assert known(pool, pool.source(), DOI.key).items == {}
