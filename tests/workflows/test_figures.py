"""Figures out of the database, on both kinds: each counted by hand here."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.workflows.conftest import NOW
from veille.curation.tags import TagChanges
from veille.errors import UsageError
from veille.model.changes import Changes, SeenAgain, SightingDraft
from veille.model.edition import PickDraft
from veille.model.figures import CuratorFigures, TagFigures
from veille.model.rule import RuleDraft
from veille.model.states import EditionState, Every, Identity
from veille.store import editions, ingest
from veille.store.tables.publishing import edition as edition_table
from veille.workflows import curate, figures, lookup, rules, ruling

PARIS = ZoneInfo("Europe/Paris")
HOUR = timedelta(hours=1)


def period(act: Any, asked: str | None = None, days: int = 30) -> Any:
    return figures.period(asked, days=days, zone=PARIS, act=act)


def publish(db: Any, item: int, at: Any) -> None:
    with db.write() as conn:
        digest = editions.create_digest(
            conn, slug="liens", title="Liens", links=5, every=Every.MONTH, locale="fr",
            query=None, at=NOW,
        )  # fmt: skip
        edition = editions.create(conn, digest, "2026-11", at=NOW)
        editions.set_picks(conn, edition.id, [PickDraft(item=item)])
        conn.execute(
            edition_table.update()
            .where(edition_table.c.id == edition.id)
            .values(state=EditionState.SENT, published_at=at)
        )


@pytest.fixture
def worked(db: Any, pool: Any, act: Any) -> list[int]:
    """Six items of the 2nd of November; five were decided, in different ways."""
    ids = [pool.item(f"{name} {n}") for n, name in enumerate(["a", "b", "c", "d", "poste", "f"])]
    first = act(NOW - timedelta(days=10))
    curate.keep(db, ids[:2], act=first)
    curate.tag(db, ids[:2], TagChanges(add=("IIIF",)), act=first)
    curate.skip(db, ids[2:4], act=act(NOW - timedelta(days=9)))
    curate.reset(db, ids[3:4], act=act(NOW - timedelta(days=8)))
    curate.comment(db, ids[0], "Oui", blurb=True, act=act(NOW - timedelta(days=8)))
    rules.add(db, RuleDraft(name="r", query="title:poste", skip=True), zone=PARIS, act=first)
    with db.write() as conn:
        ruling.apply_new(conn, [ids[4]], zone=PARIS, act=first)
    publish(db, ids[0], NOW - timedelta(days=2))
    return ids


def test_what_a_rule_only_tagged_was_not_skipped_by_it(
    db: Any, worked: list[int], act: Any
) -> None:
    """Whoever put it aside, be it the first fetch of a source."""
    rules.add(db, RuleDraft(name="c", query="title:c", tags=("c",)), zone=PARIS, act=act())
    ruling.apply(db, ["c"], zone=PARIS, act=act(NOW - timedelta(days=8)))
    assert lookup.show(db, worked[2]).item.tags == ("c",)
    flow = figures.stats(db, period(act()), zone=PARIS, act=act()).flow
    assert (flow.skipped, flow.by_rules) == (1, 1)


def test_a_period_is_counted(db: Any, worked: list[int], act: Any) -> None:
    found = figures.stats(db, period(act()), zone=PARIS, act=act())
    flow = found.flow
    assert (flow.received, flow.kept, flow.skipped, flow.published) == (6, 2, 1, 1)
    assert (flow.by_rules, flow.waiting) == (1, 2)
    assert flow.delay == 8 * 86_400 + 3 * 3600  # from the 2nd at 9 to the 10th at 12
    assert found.earlier.received == found.earlier.kept == 0
    assert found.curators == (
        CuratorFigures(handle="camille", kept=2, skipped=2, tagged=2, commented=1, days=3),
    )
    assert found.tags == (TagFigures(name="IIIF", kept=2, before=0),)
    (out,) = found.editions
    assert (out.ref, out.title, out.links, out.readers) == ("liens/1", "Liens", 1, 0)
    steps = {
        step.first: (step.received, step.kept) for step in found.steps if step.received or step.kept
    }
    assert steps == {date(2026, 11, 2): (6, 0), date(2026, 11, 10): (0, 2)}
    assert len(found.steps) == 31


def test_a_period_that_is_over_has_no_inbox(db: Any, worked: list[int], act: Any) -> None:
    found = figures.stats(db, period(act(), "2026-11-01/2026-11-09"), zone=PARIS, act=act())
    assert (found.flow.received, found.flow.kept, found.flow.waiting) == (6, 0, None)
    assert figures.stats(db, period(act(), "2026-11-11"), zone=PARIS, act=act()).flow.received == 0


@pytest.mark.parametrize(
    ("asked", "number", "second"),
    [
        ("2026-11-01/2026-11-05", 5, date(2026, 11, 2)),
        ("2026-07-01/2026-10-31", 18, date(2026, 7, 6)),
        ("2026", 11, date(2026, 2, 1)),
    ],
)
def test_steps_are_days_weeks_or_months(
    db: Any, act: Any, asked: str, number: int, second: date
) -> None:
    found = figures.stats(db, period(act(), asked), zone=PARIS, act=act())
    assert len(found.steps) == number
    assert found.steps[1].first == second


@pytest.mark.parametrize(
    ("asked", "said"),
    [("hier", "is no period"), ("2027", "has not begun yet"), ("x/y", "is no period")],
)
def test_a_period_that_is_none(act: Any, asked: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        period(act(), asked)


def test_an_open_period_ends_now(act: Any) -> None:
    assert period(act(), "2026-11/..").end == NOW + timedelta(microseconds=1)
    assert period(act(), "../2026-11-02").start.year < 2020


def test_what_sources_give(db: Any, pool: Any, act: Any) -> None:
    """Repeats are what others had shown first; delays leave out the first visit."""
    good, echo, mute = pool.source("Bonne"), pool.source("Écho"), pool.source("Muette")
    then = NOW - timedelta(days=18)
    old = pool.draft(published=then - timedelta(days=300))
    pool.collect(good, old)
    with db.write() as conn:
        new = [pool.new(pool.draft(published=NOW - delay)) for delay in (HOUR, 2 * HOUR, 6 * HOUR)]
        again = Changes(identity=Identity.GUID, new=tuple(new))
        ids = ingest.apply(conn, good.id, again, at=NOW - timedelta(minutes=1), batch="b").ids
    with db.write() as conn:
        shown = SeenAgain(item=ids[0], sighting=SightingDraft(key="e", guid="e", hash="h"))
        seen = Changes(identity=Identity.GUID, seen=(shown,))
        ingest.apply(conn, echo.id, seen, at=NOW - timedelta(minutes=1), batch="b")
    pool.keep(ids[0])
    publish(db, ids[0], NOW)
    by_name = {one.name: one for one in figures.sources(db, period(act(), days=60)).sources}
    assert list(by_name) == ["Bonne", "Écho", "Muette"]
    one = by_name["Bonne"]
    assert (one.received, one.kept, one.published, one.repeats) == (4, 1, 1, 0)
    assert one.delay == pytest.approx(2 * 3600 - 60, abs=2)
    other = by_name["Écho"]
    assert (other.received, other.kept, other.published, other.repeats) == (1, 1, 1, 1)
    assert other.delay is None
    assert (by_name["Muette"].received, by_name["Muette"].id) == (0, mute.id)
