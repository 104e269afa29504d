"""Several curators at once, on real databases with real threads."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from veille.errors import Refused, VeilleError
from veille.model.changes import Changes
from veille.model.edition import Approval, PickDraft
from veille.model.event import Action, Actor, NewEvent
from veille.model.item import Endorsement, Marks
from veille.model.states import EditionState, Every, Identity, ItemState
from veille.store import curators, editions, events, ingest, items, marks, sources

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def at_once(*jobs: Callable[[], Any]) -> list[Any]:
    """Run jobs at the same time; what each returned, or the error of ours that it raised."""
    results: list[Any] = [None] * len(jobs)
    barrier = threading.Barrier(len(jobs))

    def run(number: int, job: Callable[[], Any]) -> None:
        barrier.wait()
        try:
            results[number] = job()
        except VeilleError as error:
            results[number] = error

    threads = [threading.Thread(target=run, args=(number, job)) for number, job in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def triage(pool: Any, item: int, by: str, state: ItemState) -> Callable[[], None]:
    def act() -> None:
        with pool.db.write() as conn:
            curators.record(conn, Actor(handle=by, login=by), NOW)
            before = marks.marks_of(conn, [item])[item]
            kept = (Endorsement(by=by, at=NOW),) if state is ItemState.KEPT else ()
            marks.write(conn, item, before, before.with_state(state, kept), at=NOW)
            event = NewEvent(
                at=NOW,
                actor=Actor(handle=by, login=by),
                action=Action.KEEP,
                batch=f"{by}-{item}",
                item=item,
                before={"state": before.state},
                after={"state": state},
            )
            events.append(conn, [event])

    return act


def test_keep_and_skip_at_once(pool: Any) -> None:
    """U3: one wins, the last; both are in the log, in the order in which they happened."""
    for item in pool.items(5):
        at_once(
            triage(pool, item, "ann", ItemState.KEPT), triage(pool, item, "luc", ItemState.SKIPPED)
        )
        with pool.db.read() as conn:
            now = marks.marks_of(conn, [item])[item]
            last, first = events.log(conn, item=item)
        assert first.before == {"state": "inbox"}
        assert last.before == first.after
        assert last.after == {"state": now.state}
        assert now.kept == ((Endorsement(by="ann", at=NOW),) if now.state == "kept" else ())


def test_many_curators_during_a_sweep(pool: Any) -> None:
    """U1, small: nothing is lost."""
    everyone = pool.items(20)
    source = pool.source()

    def curate(by: str) -> Callable[[], None]:
        def act() -> None:
            for item in everyone:
                triage(pool, item, by, ItemState.KEPT)()

        return act

    def sweep() -> None:
        for _ in range(5):
            with pool.db.write() as conn:
                new = tuple(pool.new(pool.draft()) for _ in range(10))
                changes = Changes(identity=Identity.GUID, new=new)
                ingest.apply(conn, source.id, changes, at=NOW, batch="b")

    results = at_once(sweep, *(curate(f"curator{n}") for n in range(4)))
    assert results == [None] * 5
    with pool.db.read() as conn:
        assert len(events.log(conn)) == 80
        assert curators.handles(conn) == [f"curator{n}" for n in range(4)]
        assert [one.items for one in sources.everything(conn)] == [50]


def test_two_drafts_of_one_period_at_once(pool: Any) -> None:
    """U4: one edition."""
    with pool.db.write() as conn:
        digest = editions.create_digest(
            conn, slug="d", title="D", links=5, every=Every.MONTH, locale="fr", query=None, at=NOW
        )

    def draft() -> str:
        with pool.db.write() as conn:
            return editions.create(conn, digest, "2026-11", at=NOW).ref

    results = at_once(draft, draft, draft)
    assert results.count("d/1") == 1
    assert sum(isinstance(result, Refused) for result in results) == 2


def test_the_sixth_pick_by_two_people(pool: Any) -> None:
    """U4: no pick is lost, so that the limit can be held."""
    chosen = pool.items(4)
    with pool.db.write() as conn:
        digest = editions.create_digest(
            conn, slug="d", title="D", links=5, every=Every.MONTH, locale="fr", query=None, at=NOW
        )
        edition = editions.create(conn, digest, "2026-11", at=NOW)

    def pick(item: int) -> Callable[[], None]:
        def act() -> None:
            with pool.db.write() as conn:
                there = editions.picks(conn, edition.id)
                editions.set_picks(conn, edition.id, [*there, PickDraft(item=item)])

        return act

    assert at_once(*map(pick, chosen)) == [None] * 4
    with pool.db.read() as conn:
        assert sorted(one.item for one in editions.picks(conn, edition.id)) == chosen


def test_approve_while_another_edits(pool: Any) -> None:
    """U5: an approval never covers what was edited after it was read."""
    with pool.db.write() as conn:
        digest = editions.create_digest(
            conn, slug="d", title="D", links=5, every=Every.MONTH, locale="fr", query=None, at=NOW
        )
        edition = editions.create(conn, digest, "2026-11", at=NOW)

    def approve() -> None:
        with pool.db.write() as conn:
            seen = editions.get(conn, "d", 1)
            assert seen is not None
            yes = Approval(by="ann", at=NOW, sha256=seen.title or "")
            editions.approve(conn, edition.id, yes, complete=True)

    def edit() -> None:
        with pool.db.write() as conn:
            editions.edit(conn, edition.id, title="Changed")
            editions.lapse(conn, edition.id)

    assert at_once(approve, edit) == [None, None]
    with pool.db.read() as conn:
        now = editions.get(conn, "d", 1)
    assert now is not None
    assert now.state is EditionState.DRAFT or now.approved_hash == now.title


def test_a_source_removed_while_its_item_is_tagged(pool: Any) -> None:
    """U6: either the tag came first and the item stays, or the item is gone; no orphan."""
    for _ in range(5):
        source = pool.source()
        (item,) = pool.collect(source, pool.draft())

        def tag(item: int = item) -> bool:
            with pool.db.write() as conn:
                before = marks.marks_of(conn, [item]).get(item)
                if before is None:
                    return False
                marks.write(conn, item, before, Marks(tags=("x",)), at=NOW)
                return True

        def remove(source: int = source.id) -> int:
            with pool.db.write() as conn:
                return sources.remove(conn, source)

        tagged, removed = at_once(tag, remove)
        with pool.db.read() as conn:
            stays = marks.exists(conn, [item]) == {item}
        assert (tagged, removed, stays) in {(True, 0, True), (False, 1, False)}


def test_a_tag_merged_during_bulk_tagging(pool: Any) -> None:
    """U10: the end state has one of the two names, never both halves."""
    everyone = pool.items(30)
    pool.tag(everyone[0], "old")
    pool.tag(everyone[1], "new")

    def tag() -> None:
        for item in everyone[2:]:
            pool.tag(item, "old")

    def merge() -> int:
        with pool.db.write() as conn:
            return marks.merge_tags(conn, "old", "new")

    done, merged = at_once(tag, merge)
    assert done is None
    if isinstance(merged, VeilleError):
        pytest.fail(str(merged))
    with pool.db.read() as conn:
        carried = [found.tags for found in items.get_many(conn, everyone)]
        counted = {tag.name: tag.items for tag in marks.tags(conn)}
    assert all(len(names) == 1 for names in carried)
    assert sum(counted.values()) == 30
    assert counted["new"] >= merged + 1
