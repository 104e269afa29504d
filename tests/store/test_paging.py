"""Long lists, read page by page: the pages one after the other are the list."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from veille.curation.tags import TagChanges
from veille.model.event import Action, Actor
from veille.model.item import Marks
from veille.model.query import EVERYTHING, And, Field, Is, Match, Query, Sort, Status, Words
from veille.store import events, items, marks
from veille.store.orders import PAGED
from veille.workflows import curate, lookup, triage, undoing
from veille.workflows.acting import Act

NOW = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
CAMILLE = Act(actor=Actor(handle="camille", login="camille"), now=NOW)
PAUL = Act(actor=Actor(handle="paul", login="paul"), now=NOW)


def paged(pool: Any, query: Query, sort: Sort, limit: int) -> list[int]:
    """The list, page by page."""
    found: list[int] = []
    while True:
        after = found[-1] if found else None
        page = triage.page(pool.db, query, act=CAMILLE, sort=sort, limit=limit, after=after).ids
        found += page
        if len(page) < limit:
            return found


@pytest.mark.parametrize("sort", sorted(PAGED))
def test_pages_make_the_list(pool: Any, sort: Sort) -> None:
    """In every order, several items of one instant or one title included; by tag and word too."""
    source = pool.source()
    twin = NOW.replace(day=1)
    drafts = [
        pool.draft(f"Fonds {n % 3}", order=twin if n % 2 else twin.replace(hour=n))
        for n in range(13)
    ]
    ids = pool.collect(source, *drafts)
    for item in ids[::2]:
        pool.mark(item, Marks(tags=("fonds",)))
    queries = [EVERYTHING, Is(Status.INBOX), Match(Field.TAG, "fonds"), Words(("fonds",))]
    queries.append(And((Is(Status.INBOX), Match(Field.TAG, "fonds"))))
    for query in queries:
        with pool.db.read() as conn:
            whole = items.ids(conn, query, now=NOW, sort=sort)
        assert len(whole) in (7, 13)
        for limit in (1, 2, 5, 13):
            assert paged(pool, query, sort, limit) == whole


def test_an_order_that_cannot_be_paged_comes_whole(pool: Any) -> None:
    ids = pool.collect(pool.source(), *(pool.draft() for _ in range(3)))
    page = triage.page(pool.db, EVERYTHING, act=CAMILLE, sort=Sort.SOURCE, limit=1).ids
    assert sorted(page) == ids
    assert not triage.is_paged(Sort.SOURCE)
    assert not triage.page(
        pool.db, EVERYTHING, act=CAMILLE, sort=Sort.SOURCE, limit=1, after=page[-1]
    ).ids


def test_what_was_done_since_a_line_of_the_log(pool: Any) -> None:
    """By others, to items: one's own actions and the machine's are no news."""
    one, two = pool.items(2)
    seen = triage.look(pool.db, [one, two, 999])
    assert sorted(seen.items) == [one, two]
    curate.keep(pool.db, [one], act=CAMILLE)
    curate.skip(pool.db, [one, two], act=PAUL)
    news = triage.meanwhile(pool.db, seen.newest, act=CAMILLE)
    assert [(event.item, event.by, event.action) for event in news] == [
        (one, "paul", Action.SKIP),
        (two, "paul", Action.SKIP),
    ]
    assert len(triage.meanwhile(pool.db, seen.newest, act=CAMILLE, item=two)) == 1
    with pool.db.read() as conn:
        assert triage.meanwhile(pool.db, events.newest(conn), act=CAMILLE) == []


def test_the_usual_tags_of_sources(pool: Any) -> None:
    """What a source is tagged with itself, then what its items carry, the commonest first."""
    source, other = pool.source(tags=("Fonds",)), pool.source()
    ids = pool.collect(source, *(pool.draft() for _ in range(3)))
    elsewhere = pool.collect(other, pool.draft())
    for item, tags in ((ids[0], "iiif"), (ids[1], "iiif"), (ids[2], "droit"), (elsewhere[0], "x")):
        curate.tag(pool.db, [item], TagChanges(add=(tags,)), act=CAMILLE)
    curate.tag(pool.db, [ids[0]], TagChanges(add=("fonds",)), act=CAMILLE)
    item = lookup.show(pool.db, ids[0]).item
    assert triage.usual_tags(pool.db, item) == ["Fonds", "iiif", "droit"]
    added = lookup.show(pool.db, pool.item()).item
    assert triage.usual_tags(pool.db, added) == []
    with pool.db.read() as conn:
        assert marks.usual(conn, [source.id], 1) == ["iiif"]


def test_take_back_one_action_by_its_batch(pool: Any) -> None:
    """Whatever was done after it; a second time, and of somebody else's nothing, it refuses."""
    from dataclasses import replace

    from veille.errors import Refused

    one, two = pool.items(2)
    first = replace(CAMILLE, batch="a" * 16)
    curate.keep(pool.db, [one], act=first)
    curate.keep(pool.db, [two], act=replace(CAMILLE, batch="b" * 16))
    undone = undoing.of_batch(pool.db, first.batch, act=replace(CAMILLE, batch="c" * 16))
    assert undone.items == (one,)
    assert lookup.show(pool.db, two).item.kept_by == ("camille",)
    for batch in (first.batch, "f" * 16):
        with pytest.raises(Refused, match="nothing to take back"):
            undoing.of_batch(pool.db, batch, act=replace(CAMILLE, batch="d" * 16))
