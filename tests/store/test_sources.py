"""Sources: subscribed, changed, visited, removed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from veille.errors import FailureKind, NotFound, Refused
from veille.model.changes import Changes, SeenAgain, SightingDraft
from veille.model.event import Action
from veille.model.item import Marks
from veille.model.query import EVERYTHING
from veille.model.source import Failure, Source, SourceDraft, Validators, Visit
from veille.model.states import Identity, ItemState, SourceState
from veille.store import ingest, items, sources, visits

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def get(pool: Any, source: Source) -> Source:
    with pool.db.read() as conn:
        found = sources.get(conn, source.id)
    assert found is not None
    return found


def kept_of(pool: Any) -> list[int]:
    with pool.db.read() as conn:
        return [source.kept for source in sources.everything(conn)]


def visit(**given: Any) -> Visit:
    values: dict[str, Any] = {
        "at": NOW,
        "next_fetch": NOW + HOUR,
        "validators": Validators(etag='W/"1"', last_modified="Mon, 2 Nov 2026"),
        "body_hash": "b1",
        "identity": Identity.GUID,
        "success": True,
    }
    return Visit(**values | given)


def record(pool: Any, source: Source, **given: Any) -> Source:
    with pool.db.write() as conn:
        visits.record(conn, source.id, visit(**given))
    return get(pool, source)


def edit(pool: Any, source: Source, **given: Any) -> Source:
    with pool.db.write() as conn:
        return sources.edit(conn, source.id, at=NOW, **given)


def remove(pool: Any, source: Source) -> int:
    with pool.db.write() as conn:
        return sources.remove(conn, source.id)


def everything(pool: Any) -> list[int]:
    with pool.db.read() as conn:
        return items.ids(conn, EVERYTHING, now=NOW)


class TestSubscribing:
    def test_a_source_is_what_was_asked_for(self, pool: Any) -> None:
        draft = SourceDraft(
            url="https://bnf.example/feed",
            key="bnf.example/feed",
            title="BnF",
            site="https://bnf.example/",
            categories=("Bibliothèques", "À lire"),
            tags=("b", "a"),
        )
        with pool.db.write() as conn:
            source = sources.add(conn, draft, at=NOW)
        assert source == get(pool, source)
        for name in ("url", "key", "title", "site", "categories", "tags"):
            assert getattr(source, name) == getattr(draft, name)
        assert source.titled
        assert source.state is SourceState.ACTIVE
        assert source.added == NOW
        assert source.next_fetch is source.last_error is source.body_hash is None

    def test_a_key_is_subscribed_to_once(self, pool: Any) -> None:
        pool.source(key="x")
        with pytest.raises(Refused, match="already"):
            pool.source(key="x")

    def test_the_last_id_is_not_given_again(self, pool: Any) -> None:
        first = pool.source()
        remove(pool, first)
        assert pool.source().id > first.id


class TestFinding:
    def test_by_id_address_key_or_part_of_the_title(self, pool: Any) -> None:
        one = pool.source("Musée d’Orsay", url="https://orsay.example/rss", key="orsay.example/rss")
        two = pool.source("Musées de France")
        unnamed = pool.source(title=None, url="https://louvre.example/", key="louvre.example")
        with pool.db.read() as conn:

            def found(reference: str) -> list[int]:
                return [source.id for source in sources.find(conn, reference)]

            assert found(str(two.id)) == [two.id]
            assert found("https://orsay.example/rss") == found("orsay.example/rss") == [one.id]
            assert found("ORSAY") == [one.id]
            assert found("musee") == [one.id, two.id]
            assert found("louvre") == [unnamed.id]
            assert found("%") == found("_") == found("999") == found("9" * 30) == []
            assert sources.by_key(conn, "louvre.example") == unnamed
            assert sources.by_key(conn, "https://louvre.example/") is None
            assert sources.get(conn, 999) is None
            assert sources.keys(conn)["louvre.example"] == unnamed.id

    def test_all_of_them_in_alphabetical_order_with_their_counts(self, pool: Any) -> None:
        zoo, ete = pool.source("Zoo"), pool.source("Été")
        one, _ = pool.collect(zoo, pool.draft(), pool.draft())
        with pool.db.write() as conn:
            again = SightingDraft(key="k", guid=None, hash="h")
            changes = Changes(identity=Identity.GUID, seen=(SeenAgain(item=one, sighting=again),))
            ingest.apply(conn, ete.id, changes, at=NOW, batch="b")
        pool.keep(one)
        with pool.db.read() as conn:
            found = sources.everything(conn)
            assert [(one.name, one.items, one.kept) for one in found] == [
                ("Été", 1, 1),
                ("Zoo", 2, 1),
            ]
            assert [one.kept for one in sources.everything(conn, counts=False)] == [0, 0]
            counted = conn.execute(
                text("SELECT source_id, count(*) FROM sighting GROUP BY source_id")
            )
            assert dict(list(counted)) == {one.id: one.items for one in found}

    def test_what_was_kept_before_its_source_showed_it_counts_until_it_is_not(
        self, pool: Any
    ) -> None:
        late, twice = pool.source("Late"), pool.source("Twice")
        one = pool.item(key="site.example/one")
        pool.keep(one)
        pool.collect(late, pool.draft(key="site.example/one"))
        pool.collect(twice, pool.draft(key="site.example/one"))
        pool.collect(twice, pool.draft(key="site.example/one"), pool.draft())
        assert kept_of(pool) == [1, 1]
        pool.mark(one, Marks(state=ItemState.SKIPPED))
        assert kept_of(pool) == [0, 0]


class TestEditing:
    def test_only_what_is_given_changes(self, pool: Any) -> None:
        before = pool.source("Avant", site="https://s.example", categories=("a",), tags=("t",))
        after = edit(pool, before, title="Après", categories=("b", "a"))
        assert after.title == "Après"
        assert after.categories == ("b", "a")
        assert (after.url, after.site, after.tags) == (before.url, before.site, before.tags)
        assert edit(pool, before) == after

    def test_another_address_forgets_what_the_old_one_said(self, pool: Any) -> None:
        """H8."""
        source = pool.source()
        assert record(pool, source).validators.etag
        same = edit(pool, source, url=source.url, key=source.key)
        assert same.validators.etag == 'W/"1"'
        after = edit(pool, source, url="https://new.example/", key="new.example")
        assert (after.url, after.key) == ("https://new.example/", "new.example")
        assert after.validators == Validators()
        assert after.body_hash is after.next_fetch is None

    def test_an_address_of_another_source_is_refused(self, pool: Any) -> None:
        """H11: no constraint error, and the transaction goes on."""
        one, two = pool.source(), pool.source()
        with pool.db.write() as conn:
            with pytest.raises(Refused, match="already"):
                sources.edit(conn, two.id, at=NOW, url=one.url, key=one.key)
            sources.edit(conn, two.id, at=NOW, title="Encore")
        assert get(pool, two).title == "Encore"
        assert get(pool, two).key == two.key

    def test_a_title_taken_back_lets_the_feed_name_itself(self, pool: Any) -> None:
        source = pool.source("Le mien")
        assert record(pool, source, title="Le sien").title == "Le mien"
        assert not edit(pool, source, title=None).titled
        assert record(pool, source, title="Le sien").title == "Le sien"

    @pytest.mark.parametrize("verb", ["edit", "set_state", "remove"])
    def test_no_such_source(self, pool: Any, verb: str) -> None:
        arguments: dict[str, Any] = {
            "edit": {"title": "x", "at": NOW},
            "set_state": {"state": SourceState.PAUSED, "at": NOW},
            "remove": {},
        }
        with pytest.raises(NotFound, match="source 7"), pool.db.write() as conn:
            getattr(sources, verb)(conn, 7, **arguments[verb])


class TestVisits:
    def test_what_a_visit_leaves(self, pool: Any) -> None:
        """H1: validators byte for byte."""
        source = record(pool, pool.source(title=None), title="Nommée", site="https://s.example")
        assert source.validators == Validators(etag='W/"1"', last_modified="Mon, 2 Nov 2026")
        assert (source.last_fetch, source.last_success, source.next_fetch) == (NOW, NOW, NOW + HOUR)
        assert (source.title, source.titled, source.site) == ("Nommée", False, "https://s.example")

    def test_a_failure_keeps_the_last_success(self, pool: Any) -> None:
        source = record(pool, pool.source())
        failure = Failure(kind=FailureKind.TIMEOUT, message="30 s", at=NOW + HOUR)
        failed = record(
            pool, source, at=NOW + HOUR, success=False, errors=1, error=failure,
            identity=Identity.LINK,
        )  # fmt: skip
        assert failed.last_error == failure
        assert (failed.errors, failed.last_success, failed.last_fetch) == (1, NOW, NOW + HOUR)
        assert failed.identity is Identity.LINK
        assert record(pool, source).last_error is None

    def test_a_visit_that_changed_nothing_writes_its_times_only(self, pool: Any) -> None:
        """U6: what somebody changed meanwhile stays."""
        source = pool.source()
        record(pool, source)
        edit(pool, source, url="https://ailleurs.example/feed.xml")
        later = record(
            pool, source, at=NOW + HOUR, next_fetch=NOW + 2 * HOUR, as_before=True,
        )  # fmt: skip
        assert (later.last_fetch, later.last_success) == (NOW + HOUR, NOW + HOUR)
        assert later.next_fetch == NOW + 2 * HOUR
        assert later.validators == Validators()

    def test_gone_and_paused(self, pool: Any) -> None:
        """H12."""
        source = pool.source()
        assert record(pool, source, state=SourceState.GONE).state is SourceState.GONE
        with pool.db.write() as conn:
            sources.set_state(conn, source.id, SourceState.ACTIVE, at=NOW)
        assert get(pool, source).next_fetch == NOW
        with pool.db.write() as conn:
            sources.set_state(conn, source.id, SourceState.PAUSED, at=NOW)
        assert record(pool, source).state is SourceState.PAUSED

    def test_a_source_removed_meanwhile(self, pool: Any) -> None:
        """U6."""
        source = pool.source()
        remove(pool, source)
        with pool.db.write() as conn:
            visits.record(conn, source.id, visit())
            visits.describe(conn, source.id, title="x", site="y")
            assert sources.everything(conn) == []

    def test_what_a_feed_says_of_itself(self, pool: Any) -> None:
        unnamed, named = (
            pool.source(title=None),
            pool.source("Le mien", site="https://mine.example"),
        )
        with pool.db.write() as conn:
            for source in (unnamed, named):
                visits.describe(conn, source.id, title="Le sien", site="https://feed.example")
                visits.describe(conn, source.id, title=None, site=None)
        assert (get(pool, unnamed).title, get(pool, unnamed).site) == (
            "Le sien",
            "https://feed.example",
        )
        assert (get(pool, named).title, get(pool, named).site) == (
            "Le mien",
            "https://mine.example",
        )


class TestRemoving:
    def test_what_nobody_touched_goes(self, pool: Any) -> None:
        source, other = pool.source(), pool.source()
        gone = pool.collect(source, *(pool.draft(text="museum") for _ in range(3)))
        (stays,) = pool.collect(other, pool.draft(text="museum"))
        assert remove(pool, source) == 3
        assert everything(pool) == [stays]
        with pool.db.read() as conn:
            assert items.get_many(conn, gone) == []
            assert items.content(conn, gone[0]).text == ""

    def test_what_a_curator_touched_stays(self, pool: Any) -> None:
        """Kept, tagged, commented, skipped by a person, or shown by another source too."""
        source, other = pool.source(), pool.source()
        kept, tagged, said, skipped, old, shared, gone = pool.collect(
            source, *(pool.draft() for _ in range(7))
        )
        pool.keep(kept)
        pool.tag(tagged, "x")
        pool.comment(said, "…")
        pool.mark(skipped, Marks(state=ItemState.SKIPPED))
        pool.event(Action.SKIP, item=skipped)
        pool.mark(old, Marks(state=ItemState.SKIPPED))  # by the first fetch: nobody did it
        pool.event(Action.UPDATE, by=None, item=gone)
        with pool.db.write() as conn:
            again = SightingDraft(key="k", guid=None, hash="h")
            changes = Changes(
                identity=Identity.GUID, seen=(SeenAgain(item=shared, sighting=again),)
            )
            ingest.apply(conn, other.id, changes, at=NOW, batch="b")
        assert remove(pool, source) == 2
        assert sorted(everything(pool)) == sorted([kept, tagged, said, skipped, shared])

    def test_nothing_is_orphaned(self, pool: Any) -> None:
        """D8."""
        source = pool.source(categories=("a",), tags=("b",))
        one, two = pool.collect(source, pool.draft(), pool.draft())
        pool.keep(one)
        pool.event(Action.UPDATE, by=None, item=two)
        remove(pool, source)
        with pool.db.read() as conn:
            for table, column, target in [
                ("sighting", "source_id", "source"),
                ("sighting", "item_id", "item"),
                ("source_label", "source_id", "source"),
                ("item_text", "item_id", "item"),
                ("event", "item_id", "item"),
            ]:
                orphans = conn.execute(
                    text(
                        f"SELECT count(*) FROM {table} WHERE {column} IS NOT NULL "
                        f"AND {column} NOT IN (SELECT id FROM {target})"
                    )
                )
                assert orphans.scalar_one() == 0, table
            assert conn.execute(text("SELECT count(*) FROM event")).scalar_one() == 1

    def test_an_item_that_stays_listens_to_the_next_source(self, pool: Any) -> None:
        first, second, third = pool.source(), pool.source(), pool.source()
        (shared,) = pool.collect(first, pool.draft())
        with pool.db.write() as conn:
            for number, source in enumerate((third, second)):
                again = SightingDraft(key=f"k{number}", guid=None, hash="h")
                changes = Changes(
                    identity=Identity.GUID, seen=(SeenAgain(item=shared, sighting=again),)
                )
                ingest.apply(conn, source.id, changes, at=NOW + number * HOUR, batch="b")
        remove(pool, first)
        with pool.db.read() as conn:
            assert ingest.known(conn, third.id, []).sightings["k0"].primary
            assert not ingest.known(conn, second.id, []).sightings["k1"].primary
