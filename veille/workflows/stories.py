"""Stories: find which items tell the same, and do as curators say of it.

::

    items that are due → sketched → compared with what is like them → gathered → decided as one

A story is decided once: an item that joins it later follows what a curator decided, and what it
does then is part of that decision, so that undo takes back the whole.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from veille.curation import likeness, triage
from veille.curation import stories as decide
from veille.errors import NotFound, Refused
from veille.feeds import urls
from veille.model.event import Action
from veille.model.states import ItemState
from veille.store import events, marks, rulings, stories
from veille.workflows.acting import whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from veille.model.item import Marks
    from veille.store.database import Connection, Database
    from veille.store.stories import Told
    from veille.workflows.acting import Act

ITEMS_A_RUN = 5_000
ITEMS_A_TRANSACTION = 100  # a tenth of a second in which nobody else writes


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """How many items were looked at, how many of them are in a story now, how many are still due."""

    looked: int
    told: int
    due: int


def find(
    db: Database,
    *,
    act: Act,
    limit: int | None = ITEMS_A_RUN,
    progress: Callable[[int], None] | None = None,
) -> Found:
    """Look for the stories of items that are new or changed, the newest first, ``limit`` at most.

    ``progress`` is told how many were looked at so far.
    """
    looked = told = 0
    while limit is None or looked < limit:
        size = ITEMS_A_TRANSACTION if limit is None else min(ITEMS_A_TRANSACTION, limit - looked)
        with db.read() as connection:
            if not stories.due(connection, 1):
                break
        with db.write(in_turn=True) as connection:
            due = stories.due(connection, size)
            told += _look(connection, due, act)
        looked += len(due)
        if progress is not None:
            progress(looked)
    with db.read() as connection:
        return Found(looked=looked, told=told, due=stories.count_due(connection))


def _look(connection: Connection, due: Sequence[int], act: Act) -> int:
    """Sketch, compare and gather some items; how many of them are in a story now."""
    words = stories.texts(connection, due)
    tellings = {each.item: likeness.told(each.title, each.text) for each in words}
    sketched = [(each, tellings[each.item].sketch) for each in words]
    stories.write_sketches(connection, sketched)
    alike = _alike(connection, due, tellings)
    touched = stories.write_resemblances(connection, due, alike)
    touched.update(*alike)
    touched |= stories.spread_out(connection, due)
    placed = regroup(connection, touched)
    _follow(connection, placed, act)
    stories.settle(connection, due)
    return sum(item in placed and len(placed[item]) > 1 for item in due)


def _alike(
    connection: Connection, due: Sequence[int], tellings: dict[int, likeness.Telling]
) -> dict[stories.Pair, float]:
    """The pairs of different sources that tell the same, of these items and of all others."""
    pairs = stories.candidates(
        connection, due, shared=likeness.SHARED, alone=likeness.TITLE, days=likeness.DAYS
    )
    sources = stories.sources_of(connection, sorted(set().union(*pairs)))
    pairs = {two for two in pairs if sources[two[0]].isdisjoint(sources[two[1]])}
    others = sorted(set().union(*pairs) - tellings.keys())
    for each in stories.texts(connection, others):
        tellings[each.item] = likeness.told(each.title, each.text)
    compared = {(one, two): tellings[one].likeness(tellings[two]) for one, two in pairs}
    return {two: how for two, how in compared.items() if how}


def regroup(connection: Connection, changed: Iterable[int]) -> dict[int, frozenset[int]]:
    """Gather the stories of these items again, and of all that are linked with them.

    Returns the story of each item that was looked at.
    """
    linked, alike, said = _linked(connection, changed)
    told = stories.told(connection, sorted(linked))
    gathered = decide.gather(
        {item: _member(told[item]) for item in sorted(told)},
        {two: how for two, how in alike.items() if told.keys() >= set(two)},
        {two: held for two, held in said.items() if told.keys() >= set(two)},
    )
    placed = [
        (item, min(story) if len(story) > 1 else None, _spread(told, story))
        for story in gathered
        for item in story
    ]
    stories.write(
        connection,
        [place for place in placed if place[1:] != (told[place[0]].story, told[place[0]].spread)],
    )
    return {item: story for story in gathered for item in story}


def _linked(
    connection: Connection, changed: Iterable[int]
) -> tuple[set[int], dict[stories.Pair, float], dict[stories.Pair, bool]]:
    """All items that resemblances, curators or stories of today link with these, and the links."""
    alike: dict[stories.Pair, float] = {}
    said: dict[stories.Pair, bool] = {}
    linked: set[int] = set()
    fresh = set(changed)
    while fresh:
        fresh = set(stories.with_others(connection, sorted(fresh))) - linked
        linked |= fresh
        near = stories.resemblances(connection, sorted(fresh))
        ruled = rulings.pairs(connection, sorted(fresh))
        alike |= near
        said |= ruled
        fresh = set().union(*near, *(two for two, held in ruled.items() if held)) - linked
    return linked, alike, said


def _member(told: Told) -> decide.Member:
    sources = frozenset(shown.source for shown in told.shown)
    return decide.Member(day=told.day, sources=sources, name=told.name)


def _spread(told: Mapping[int, Told], story: Iterable[int]) -> int:
    """How many independent sources tell a story: several feeds of one site are one voice."""
    addresses = (shown.address for item in story for shown in told[item].shown)
    return len({urls.host_of(address).removeprefix("www.") for address in addresses}) or 1


def _follow(
    connection: Connection, placed: Mapping[int, frozenset[int]], act: Act, *, by_hand: bool = False
) -> None:
    """Decide the items nobody judged yet as their story was."""
    for story in {story for story in placed.values() if len(story) > 1}:
        known = marks.marks_of(connection, sorted(story))
        waiting = [item for item, their in known.items() if their.state is ItemState.INBOX]
        decision = None
        if len(waiting) < len(story):
            decision = events.last_decision(connection, list(known))
        if decision is None or decision.item is None or decision.action is Action.RESET:
            continue
        model = known[decision.item]
        changes = [
            (item, known[item], known[item].with_state(model.state, model.kept))
            for item in waiting
            if model.state is not ItemState.INBOX
        ]
        marks.write_many(connection, changes, at=act.now)
        following = replace(act, note=f"the same story as {decision.item}")
        if not by_hand:  # part of that decision: undo takes back the whole
            following = replace(following, actor=None, batch=decision.batch)
        events.append(
            connection, [following.marked(decision.action, *change) for change in changes]
        )


@whole
def split(db: Database, item_id: int, *, act: Act) -> tuple[int, ...]:
    """Say that an item tells another story; the items it was with.

    Raises :class:`~veille.errors.NotFound`, and :class:`~veille.errors.Refused` when it is alone.
    """
    with db.write() as connection:
        _check(connection, [item_id])
        whole = stories.with_others(connection, [item_id])
        others = [item for item in whole if item != item_id]
        if not others:
            raise Refused(f"item {item_id} is alone in its story: there is nothing to split")
        named = {item: [item_id] for item in others} | {item_id: others}
        _say(connection, named, triage.split, Action.STORY_SPLIT, act)
        regroup(connection, whole)
    return tuple(others)


@whole
def join(db: Database, ids: Sequence[int], *, act: Act) -> tuple[int, ...]:
    """Say that items, and all of their stories, are one; the whole story.

    What nobody judged yet follows what was decided on the others. Raises
    :class:`~veille.errors.NotFound`.
    """
    with db.write() as connection:
        _check(connection, ids)
        whole = stories.with_others(connection, list(dict.fromkeys(ids)))
        first, *rest = whole
        named = {item: {first} for item in rest} | {first: set(rest)}
        for (one, other), together in rulings.pairs(connection, whole).items():
            if not together and one in named and other in named:
                named[one].add(other)
                named[other].add(one)
        _say(connection, named, triage.joined, Action.STORY_JOIN, act)
        placed = regroup(connection, whole)
        _follow(connection, placed, act, by_hand=True)
    return tuple(sorted(placed[first]))


def _check(connection: Connection, ids: Sequence[int]) -> None:
    there = marks.exists(connection, ids)
    missing = next((item for item in ids if item not in there), None)
    if missing is not None:
        raise NotFound(f"there is no item {missing}: see 'veille list'")


def _say(
    connection: Connection,
    named: Mapping[int, Iterable[int]],
    decide_marks: Callable[[Marks, Iterable[int]], Marks],
    action: Action,
    act: Act,
) -> None:
    """Write what a curator says of some items, each with the others it is said of."""
    known = marks.marks_of(connection, list(named))
    changes = [
        (item, known[item], decide_marks(known[item], others)) for item, others in named.items()
    ]
    changes = [change for change in changes if change[1] != change[2]]
    marks.write_many(connection, changes, at=act.now)
    act.log(connection, *(act.marked(action, *change) for change in changes))
