"""The inbox in the order of what the team keeps, on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.workflows.conftest import NOW
from veille.curation.tags import parse_changes
from veille.model.event import Action
from veille.model.query import EVERYTHING, Is, Sort, Status
from veille.workflows import curate, ranking, stories, triage, undoing

if TYPE_CHECKING:
    from collections.abc import Callable

    from veille.workflows.acting import Act


@pytest.fixture
def team(pool: Any, act: Callable[..., Act]) -> dict[str, Any]:
    """A team that keeps what the one source says of mediation, and skips the rest."""
    good, dull = pool.source("Le Port"), pool.source("La Vigie")
    drafts = [pool.draft(f"La médiation, épisode {number}") for number in range(15)]
    kept = pool.collect(good, *drafts)
    skipped = pool.collect(dull, *(pool.draft(f"Promotion {number}") for number in range(15)))
    for item in kept:
        curate.keep(pool.db, [item], act=act())
    for item in skipped:
        curate.skip(pool.db, [item], act=act())
    return {"good": good, "dull": dull, "kept": kept, "skipped": skipped}


def inbox(pool: Any, act: Callable[..., Act], **given: Any) -> ranking.Ranking:
    return ranking.rank(pool.db, Is(Status.INBOX), act=act(), **given)


def test_what_the_team_keeps_comes_first_and_nothing_is_hidden(
    pool: Any, team: dict[str, Any], act: Callable[..., Act]
) -> None:
    (liked,) = pool.collect(team["good"], pool.draft("La médiation, suite"))
    dull = pool.collect(team["dull"], pool.draft("Promotion encore"), pool.draft("Soldes"))
    ranked = inbox(pool, act)
    assert ranked.ids[0] == liked
    assert sorted(ranked.ids) == sorted([liked, *dull])
    assert "source Le Port is kept nearly always" in ranked.scores[liked].because
    assert inbox(pool, act, limit=1).ids == [liked]
    assert ranking.why(pool.db, liked, act=act()) == ranked.scores[liked]
    by_relevance = {"act": act(), "sort": Sort.RELEVANCE, "limit": 1}
    assert triage.page(pool.db, Is(Status.INBOX), **by_relevance).ids == ranked.ids
    assert triage.page(pool.db, EVERYTHING, after=liked, **by_relevance).ids == []


def test_with_too_few_judgements_the_newest_come_first(pool: Any, act: Callable[..., Act]) -> None:
    found = pool.items(3)
    curate.keep(pool.db, found[:1], act=act())
    ranked = inbox(pool, act)
    assert ranked.ids == [found[2], found[1]]
    assert not ranked.taste.is_formed
    assert ranked.taste.kept == 1


def test_what_was_taken_back_reset_or_done_by_a_rule_teaches_nothing(
    pool: Any, act: Callable[..., Act]
) -> None:
    first, second, third, fourth = pool.items(4)
    curate.keep(pool.db, [first], act=act())
    undoing.latest(pool.db, 1, act=act())
    curate.skip(pool.db, [second], act=act())
    curate.reset(pool.db, [second], act=act())
    pool.event(Action.SKIP, by=None, item=third)
    curate.keep(pool.db, [fourth], act=act())
    curate.skip(pool.db, [fourth], act=act())
    taste = inbox(pool, act).taste
    assert (taste.kept, taste.skipped) == (0, 1)


def test_a_sweep_counts_as_twenty_judgements(
    pool: Any, team: dict[str, Any], act: Callable[..., Act]
) -> None:
    old = [pool.draft("La médiation autrefois", order=NOW - timedelta(days=90)) for _ in range(60)]
    curate.skip(pool.db, pool.collect(team["good"], *old), act=act())
    taste = inbox(pool, act).taste
    assert (taste.kept, taste.skipped) == (15, 35)


def test_a_story_is_one_judgement(pool: Any, act: Callable[..., Act]) -> None:
    text = " ".join(f"mot{number}" for number in range(90))
    told = [
        pool.collect(pool.source(), pool.draft("Le musée rouvre ses portes", text=text))[0]
        for _ in range(3)
    ]
    stories.find(pool.db, act=act())
    curate.keep(pool.db, told[:1], act=act())
    assert inbox(pool, act).taste.kept == 1


def test_tags_put_on_with_hindsight_teach_nothing(
    pool: Any, team: dict[str, Any], act: Callable[..., Act]
) -> None:
    changes = parse_changes(["+choisi"])
    curate.tag(pool.db, team["kept"], changes, act=act())
    late, plain = pool.collect(team["dull"], pool.draft("Un"), pool.draft("Deux"))
    curate.tag(pool.db, [late], changes, act=act())
    scores = inbox(pool, act).scores
    assert scores[late] == scores[plain]


def test_tags_that_were_there_before_teach(
    pool: Any, team: dict[str, Any], act: Callable[..., Act]
) -> None:
    changes = parse_changes(["+urgent"])
    told = pool.collect(team["dull"], *(pool.draft(f"Avis {number}") for number in range(12)))
    curate.tag(pool.db, told, changes, act=act())
    for item in told:
        curate.keep(pool.db, [item], act=act())
    late, plain = pool.collect(team["dull"], pool.draft("Un"), pool.draft("Deux"))
    curate.tag(pool.db, [late], changes, act=act())
    scores = inbox(pool, act).scores
    assert scores[late].value > scores[plain].value
    assert any(reason.startswith("#urgent +") for reason in scores[late].because)
