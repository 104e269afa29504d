"""Storing what a document changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from veille.model.changes import (
    Changed,
    Changes,
    ItemDraft,
    KnownSighting,
    NewItem,
    SeenAgain,
    SightingDraft,
)
from veille.model.event import Action
from veille.model.item import ItemContent
from veille.model.query import EVERYTHING, Words
from veille.model.states import Identity, ItemState
from veille.store import events, ingest, items, marks, sources

if TYPE_CHECKING:
    from veille.model.source import Source

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=2)


def apply(pool: Any, source: Source, **changes: Any) -> ingest.Applied:
    with pool.db.write() as conn:
        return ingest.apply(
            conn, source.id, Changes(identity=Identity.GUID, **changes), at=LATER, batch="b2"
        )


def known(pool: Any, source: Source, *urls: str) -> Any:
    with pool.db.read() as conn:
        return ingest.known(conn, source.id, urls)


def get(pool: Any, item: int) -> Any:
    with pool.db.read() as conn:
        return items.get(conn, item)


def found(pool: Any, word: str) -> list[int]:
    with pool.db.read() as conn:
        return items.ids(conn, Words((word,)), now=NOW)


def sighting(key: str, hash_: str = "h1") -> SightingDraft:
    return SightingDraft(key=key, guid=key, hash=hash_)


def test_a_new_item_is_stored_whole(pool: Any) -> None:
    source = pool.source("Source")
    draft = ItemDraft(
        url="https://a.example/1",
        raw_url="https://a.example/1?utm_source=rss",
        key="a.example/1",
        title="Titre",
        authors=("Zoé", "Luc"),
        published=NOW,
        updated=LATER,
        order=NOW,
        language="fr",
        words=3,
        summary="résumé",
        content="<p>un deux</p>",
        text="un\n\ndeux",
        state=ItemState.SKIPPED,
    )
    assert apply(pool, source, new=(pool.new(draft, "g1"),)).new == 1
    with pool.db.read() as conn:
        key = items.by_key(conn, "a.example/1")
        assert key is not None
        item = items.get(conn, key)
        assert items.content(conn, key) == ItemContent(content="<p>un deux</p>", text="un\n\ndeux")
        assert items.by_key(conn, "a.example/2") is None
        assert items.get(conn, 999) is None
    assert item is not None
    for name in [
        "url",
        "title",
        "authors",
        "published",
        "updated",
        "language",
        "words",
        "summary",
        "state",
    ]:
        assert getattr(item, name) == getattr(draft, name), name
    assert item.collected == LATER
    (seen,) = item.sources
    assert (seen.id, seen.title, seen.url, seen.guid) == (source.id, "Source", source.url, "g1")


def test_what_is_known_of_a_source_and_of_addresses(pool: Any) -> None:
    """One source knows nothing of another's guids (F11)."""
    one, two = pool.source(), pool.source()
    draft = pool.draft()
    apply(pool, one, new=(pool.new(draft, "1"),))
    (item,) = known(pool, one, draft.key).items.values()
    assert known(pool, one).sightings == {
        "1": KnownSighting(item=item, hash="h1", changes=0, primary=True)
    }
    assert known(pool, two, draft.key, "other").items == {draft.key: item}
    assert known(pool, two).sightings == {}


def test_a_second_source_adds_a_sighting_and_nothing_else(pool: Any) -> None:
    """F11, F21."""
    one, two = pool.source("Un"), pool.source("Deux")
    (item,) = pool.collect(one, pool.draft("Titre", text="texte"))
    pool.tag(item, "x")
    before = get(pool, item)
    again = SeenAgain(item=item, sighting=sighting("1"))
    assert apply(pool, two, seen=(again,)) == ingest.Applied(seen=1)
    after = get(pool, item)
    assert [seen.title for seen in after.sources] == ["Un", "Deux"]
    assert replace(after, sources=before.sources) == before
    assert not known(pool, two).sightings["1"].primary


def test_a_change_never_undoes_a_curator(pool: Any) -> None:
    """F12: title and text change; state, tags, comments and the date of publication stay."""
    source = pool.source()
    (item,) = pool.collect(source, pool.draft("Avant", text="ancien", published=NOW))
    (key,) = known(pool, source).sightings
    pool.keep(item)
    pool.tag(item, "x")
    pool.comment(item, "remarque", blurb=True)
    before = get(pool, item)
    draft = pool.draft("Après", text="nouveau", published=LATER, updated=LATER, authors=("Zoé",))
    change = Changed(item=item, sighting=sighting(key, "h2"), draft=draft)
    assert apply(pool, source, changed=(change,)) == ingest.Applied(updated=1)
    after = get(pool, item)
    assert (after.title, after.authors, after.updated) == ("Après", ("Zoé",), LATER)
    assert after.published == NOW
    for name in ["state", "kept_by", "tags", "comments", "collected"]:
        assert getattr(after, name) == getattr(before, name)
    assert known(pool, source).sightings[key] == KnownSighting(
        item=item, hash="h2", changes=1, primary=True
    )


def test_the_index_follows_a_change(pool: Any) -> None:
    source = pool.source()
    (item,) = pool.collect(source, pool.draft("Avant", text="ancien"))
    pool.comment(item, "remarque")
    (key,) = known(pool, source).sightings
    draft = pool.draft("Après", text="nouveau")
    apply(pool, source, changed=(Changed(item=item, sighting=sighting(key), draft=draft),))
    assert found(pool, "avant") == found(pool, "ancien") == []
    assert found(pool, "apres") == found(pool, "nouveau") == found(pool, "remarque") == [item]


def test_an_old_title_stays_in_the_history(pool: Any) -> None:
    source = pool.source()
    one, two = pool.collect(source, pool.draft("Avant"), pool.draft("Même"))
    sights = {known.item: key for key, known in known(pool, source).sightings.items()}
    changed = tuple(
        Changed(item=item, sighting=sighting(sights[item], "h2"), draft=pool.draft(title))
        for item, title in ((one, "Après"), (two, "Même"))
    )
    assert apply(pool, source, changed=changed).updated == 2
    with pool.db.read() as conn:
        (event,) = events.log(conn)
    assert (event.item, event.action, event.by, event.batch) == (one, Action.UPDATE, None, "b2")
    assert (event.before, event.after) == ({"title": "Avant"}, {"title": "Après"})
    assert event.at == LATER


def test_a_hash_alone_is_noted(pool: Any) -> None:
    source = pool.source()
    (item,) = pool.collect(source, pool.draft())
    (key,) = known(pool, source).sightings
    before = get(pool, item)
    change = Changed(item=item, sighting=sighting(key, "h9"), draft=None)
    assert apply(pool, source, changed=(change,)) == ingest.Applied()
    assert get(pool, item) == before
    assert known(pool, source).sightings[key].hash == "h9"


def test_applied_twice_nothing_is_stored_twice(pool: Any) -> None:
    """U7: two processes decided the same from the same state."""
    source, other = pool.source(), pool.source()
    new = tuple(pool.new(pool.draft(), f"k{n}") for n in range(3))
    assert apply(pool, source, new=new).new == 3
    assert apply(pool, source, new=new) == ingest.Applied()
    assert apply(pool, other, new=new) == ingest.Applied(seen=3)
    with pool.db.read() as conn:
        assert items.count(conn, EVERYTHING, NOW) == 3
        assert [one.items for one in sources.everything(conn)] == [3, 3]


def test_one_key_twice_in_a_document(pool: Any) -> None:
    source = pool.source()
    new = (pool.new(pool.draft("Un"), "k"), pool.new(pool.draft("Deux"), "k"))
    assert apply(pool, source, new=new).new == 1


def test_links_that_are_no_identity_may_repeat(pool: Any) -> None:
    source = pool.source()
    new = tuple(pool.new(pool.draft(key=None, url=None), f"k{n}") for n in range(2))
    assert apply(pool, source, new=new).new == 2


def test_a_source_removed_meanwhile(pool: Any) -> None:
    """U6: no orphan, no error."""
    source = pool.source()
    with pool.db.write() as conn:
        sources.remove(conn, source.id)
    assert apply(pool, source, new=(pool.new(pool.draft()),)) == ingest.Applied()


def test_an_item_removed_meanwhile(pool: Any) -> None:
    """U6."""
    source = pool.source()
    seen = (SeenAgain(item=999, sighting=sighting("k")),)
    changed = (Changed(item=998, sighting=sighting("k2"), draft=pool.draft()),)
    assert apply(pool, source, seen=seen, changed=changed) == ingest.Applied()


def test_nothing_to_apply(pool: Any) -> None:
    assert apply(pool, pool.source()) == ingest.Applied()


def test_a_link_found_elsewhere_joins_the_same_pool(pool: Any) -> None:
    draft = pool.draft("Trouvé", text="musée")
    with pool.db.write() as conn:
        item, created = ingest.add_link(conn, draft, at=NOW)
        assert created
        assert ingest.add_link(conn, draft, at=NOW) == (item, False)
        other, created = ingest.add_link(conn, pool.draft(key=None), at=NOW)
        assert created
        assert other != item
    assert get(pool, item).sources == ()
    assert found(pool, "musee") == [item]


def test_ids_follow_each_other_and_are_never_given_again(pool: Any) -> None:
    source = pool.source()
    first = pool.collect(source, pool.draft(), pool.draft())
    with pool.db.write() as conn:
        sources.remove(conn, source.id)
    second = pool.collect(pool.source(), pool.draft(), pool.draft())
    assert min(second) > max(first)
    assert second[1] == second[0] + 1


def test_thousands_at_once(pool: Any) -> None:
    """F14: and the ids that were asked for come back in the order asked."""
    source = pool.source()
    drafts = [pool.draft() for _ in range(2500)]
    new = tuple(NewItem(draft=draft, sighting=sighting(str(n))) for n, draft in enumerate(drafts))
    assert apply(pool, source, new=new).new == 2500
    assert len(known(pool, source, *(str(draft.key) for draft in drafts)).items) == 2500
    with pool.db.read() as conn:
        asked = [2500, 7, 1, 9999, 7]
        assert [item.id for item in items.get_many(conn, asked)] == [2500, 7, 1, 7]
        assert marks.exists(conn, asked) == {1, 7, 2500}
        assert items.get_many(conn, []) == []


def test_many_items_take_as_many_queries_as_one(pool: Any) -> None:
    from sqlalchemy import event

    source = pool.source()
    ids = pool.collect(source, *(pool.draft() for _ in range(30)))
    for item in ids[:10]:
        pool.keep(item)
        pool.tag(item, "x", f"t{item}")
        pool.comment(item, "…")
    asked: list[int] = []
    with pool.db.read() as conn:
        event.listen(conn, "before_cursor_execute", lambda *_: asked.append(1))
        items.get_many(conn, ids[:1])
        one = len(asked)
        items.get_many(conn, ids)
    assert len(asked) == 2 * one == 20
