"""Rank: order items by what this team keeps, with the reasons. Learnt anew each time, in a moment."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from veille.curation import relevance as taste
from veille.model.query import Sort
from veille.store import items, relevance

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from veille.curation.relevance import Candidate, Judgement, Score, Taste
    from veille.model.query import Query
    from veille.store.database import Connection, Database
    from veille.store.relevance import Traits
    from veille.workflows.acting import Act

ENOUGH = taste.ENOUGH
LEARNT_FROM = 4_000  # judgements
RANKED = 2_000  # of the newest items that match; the others follow, the newest first
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """Items in order, with the scores of those that were ranked. ``taste`` is what was learnt."""

    ids: list[int]
    scores: dict[int, Score] = field(default_factory=dict)
    taste: Taste


def rank(
    db: Database, query: Query, *, act: Act, limit: int | None = None, stories: bool = False
) -> Ranking:
    """The items that match, those first that this team is likely to keep.

    The newest :data:`RANKED` are compared, whatever the ``limit``. As long as too little was judged
    they are in the order of their age.
    """
    with db.read() as connection:
        return ranked(connection, query, act=act, limit=limit, stories=stories)


def ranked(
    connection: Connection,
    query: Query,
    *,
    act: Act,
    limit: int | None = None,
    stories: bool = False,
) -> Ranking:
    """The same in a transaction that is open already."""
    asked = None if limit is None else max(limit, RANKED)
    find = items.leads if stories else items.ids
    found = find(connection, query, now=act.now, limit=asked, sort=Sort.NEWEST)
    formed = learnt(connection)
    scores = score(connection, formed, found[:RANKED], act.now)
    if formed.is_formed:
        found[:RANKED] = sorted(found[:RANKED], key=lambda key: -scores[key].value)
    return Ranking(ids=found[:limit], scores=scores, taste=formed)


def why(db: Database, item_id: int, *, act: Act) -> Score:
    """What speaks for one item."""
    with db.read() as connection:
        return score(connection, learnt(connection), [item_id], act.now)[item_id]


def learnt(connection: Connection) -> Taste:
    """What this team keeps, from its last judgements."""
    made = relevance.decisions(connection)
    made.sort(key=lambda each: (-taste.weight_of(each.together), -each.line))
    made = made[:LEARNT_FROM]
    traits = relevance.traits(connection, [each.item for each in made])
    tags = relevance.tags_then(connection, {each.item: each.line for each in made})
    judgements: dict[int, Judgement] = {}
    for each in made:
        known = traits[each.item]
        place = -each.item if known.story is None else known.story  # a story is judged once
        candidate = _candidate(each.item, known, tags[each.item], each.at)
        weight = taste.weight_of(each.together)
        judgements.setdefault(place, taste.Judgement(candidate, each.kept, weight))
    return taste.learn(judgements.values())


def score(
    connection: Connection, formed: Taste, ids: Sequence[int], now: datetime
) -> dict[int, Score]:
    """The scores of items."""
    if not formed.is_formed:
        return dict.fromkeys(ids, taste.Score(0.0, ()))
    traits, tags = relevance.traits(connection, ids), relevance.tags_now(connection, ids)
    return {
        key: formed.score(_candidate(key, traits[key], tags[key], now))
        for key in ids
        if key in traits
    }


def _candidate(key: int, known: Traits, tags: Sequence[str], at: datetime) -> Candidate:
    return taste.Candidate(
        item=key,
        title=known.title,
        summary=known.summary,
        sources=known.sources,
        tags=(*tags, *known.labels),
        spread=known.spread,
        age=max((at - known.ordered) / _DAY, 0.0),
    )
