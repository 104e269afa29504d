"""Rules at work: on what a collection brings, on the backlog, and on the past, to see what they do."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from veille.curation.rules import Step, steps
from veille.curation.triage import difference
from veille.errors import QueryError
from veille.model.event import Action
from veille.model.item import Marks
from veille.model.query import And, Instant, Within
from veille.model.rule import Hands, Rule, Tally
from veille.model.states import ItemState
from veille.store import items, marks
from veille.store import rules as store
from veille.store.reasons import hits
from veille.workflows import queries, rules
from veille.workflows.acting import whole
from veille.workflows.thesaurus import preferred

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from zoneinfo import ZoneInfo

    from veille.model.event import NewEvent
    from veille.model.item import Item
    from veille.model.rule import Reason, RuleDraft
    from veille.store.database import Connection, Database
    from veille.workflows.acting import Act


@dataclass(frozen=True, slots=True)
class Ruled:
    """What one rule does to one item, and why."""

    item: int
    step: Step
    because: tuple[Reason, ...]


def tally(done: Sequence[Ruled], problems: Sequence[str] = ()) -> Tally:
    """What was done, counted by items."""
    tagged, skipped, review = set(), set(), set()
    for one in done:
        before, after = one.step.before, one.step.after
        if before.tags != after.tags:
            tagged.add(one.item)
        if before.state is not after.state:
            skipped.add(one.item)
        if before.review is not after.review:
            review.add(one.item)
    return Tally(
        items=len(tagged | skipped | review),
        tagged=len(tagged),
        skipped=len(skipped),
        review=len(review),
        problems=tuple(problems),
    )


Matches = dict[int, list[tuple[Rule, tuple["Reason", ...]]]]


def apply_new(connection: Connection, new: Sequence[int], *, zone: ZoneInfo, act: Act) -> Tally:
    """Apply the rules to items that were just stored, in the same transaction.

    One statement a rule, however many items. A rule that can no longer be read holds nothing up:
    it is named. The events are nobody's.
    """
    active = rules.named(connection, ()) if new else []
    if not active:
        return Tally()
    matches, problems = _matches(connection, active, new, zone=zone, act=act)
    done = _decided(matches, marks.marks_of(connection, list(matches)), {})
    _write(connection, done, replace(act, actor=None))
    return tally(done, problems)


def _matches(
    connection: Connection, asked: Sequence[Rule], among: Sequence[int], *, zone: ZoneInfo, act: Act
) -> tuple[Matches, list[str]]:
    matches: Matches = defaultdict(list)
    problems: list[str] = []
    for rule in asked:
        try:
            query = queries.read(connection, rule.query, now=act.now, zone=zone)
        except QueryError as error:
            problems.append(f"rule {rule.name}: {error}")
            continue
        tagging = replace(rule, tags=preferred(connection, rule.tags))
        for hit in hits(connection, query, among, now=act.now):
            matches[hit.item].append((tagging, hit.because))
    return matches, problems


def _decided(
    matches: Matches, before: Mapping[int, Marks], hands: Mapping[int, Hands]
) -> list[Ruled]:
    done: list[Ruled] = []
    for item_id in sorted(matches):
        why = {rule.id: because for rule, because in matches[item_id]}
        applied = [rule for rule, _ in matches[item_id]]
        made = steps(before[item_id], applied, hands.get(item_id, Hands()))
        done += [Ruled(item_id, step, why[step.rule.id]) for step in made]
    return done


def _write(connection: Connection, done: Sequence[Ruled], act: Act) -> None:
    first: dict[int, Marks] = {}
    last: dict[int, Marks] = {}
    by_rule: defaultdict[int, list[int]] = defaultdict(list)
    for one in done:
        first.setdefault(one.item, one.step.before)
        last[one.item] = one.step.after
        by_rule[one.step.rule.id].append(one.item)
    changes = [(item_id, first[item_id], last[item_id]) for item_id in first]
    marks.write_many(connection, changes, at=act.now)
    for rule_id, touched in by_rule.items():
        store.record(connection, rule_id, touched, at=act.now, batch=act.batch)
    act.log(connection, *(_event(one, act) for one in done))


def _event(one: Ruled, act: Act) -> NewEvent:
    old, new = difference(one.step.before, one.step.after)
    because = [[reason.field, reason.value] for reason in one.because]
    return act.event(
        Action.RULE,
        item=one.item,
        subject=f"rule {one.step.rule.name}",
        before=old,
        after={**new, "because": because},
    )


def plan(db: Database, names: Sequence[str], *, zone: ZoneInfo, act: Act) -> Tally:
    """What :func:`apply` would do now."""
    with db.read() as connection:
        return tally(_backlog(connection, names, zone=zone, act=act))


@whole
def apply(db: Database, names: Sequence[str], *, zone: ZoneInfo, act: Act) -> Tally:
    """Apply rules (all that are not paused, unless some are named) to the items that are there.

    What a person touched is left alone, but for tags. All of it is one action of this curator, and
    can be taken back as one. Raises NotFound, and UsageError for a rule that cannot be read.
    """
    with db.write() as connection:
        done = _backlog(connection, names, zone=zone, act=act)
        _write(connection, done, act)
        return tally(done)


def _backlog(
    connection: Connection, names: Sequence[str], *, zone: ZoneInfo, act: Act
) -> list[Ruled]:
    asked = rules.named(connection, names)
    found: set[int] = set()
    for rule in asked:
        query = queries.read(connection, rule.query, now=act.now, zone=zone)
        found.update(items.ids(connection, query, now=act.now))
    protecting = _protecting(connection, asked)
    among = sorted(found)
    matches, _ = _matches(connection, [*asked, *protecting], among, zone=zone, act=act)
    made = _decided(matches, marks.marks_of(connection, among), store.hands(connection, among))
    wanted = {rule.id for rule in asked}
    return [one for one in made if one.step.rule.id in wanted]


def _protecting(connection: Connection, asked: Sequence[Rule]) -> list[Rule]:
    """The other rules that keep for review, so that nothing they match is skipped."""
    there = {rule.id for rule in asked}
    return [rule for rule in rules.named(connection, ()) if rule.review and rule.id not in there]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What a rule would have done to what was collected lately.

    ``collected`` is how much that was, ``done`` the newest items it would have changed, of ``tally``
    in all; ``kept`` those that it would have skipped and that somebody kept.
    """

    days: int
    collected: int
    tally: Tally
    done: tuple[tuple[Item, Ruled], ...]
    kept: tuple[int, ...]


def test(
    db: Database, draft: RuleDraft, *, days: int, limit: int | None, zone: ZoneInfo, act: Act
) -> Trial:
    """What a rule, stored or not, would have done at the collections of the last days.

    As if nobody had touched the items yet: that is how rules meet them.
    """
    recent = Within(Instant.COLLECTED, act.now - timedelta(days=days), None)
    with db.read() as connection:
        draft = rules.checked(connection, draft, zone=zone, act=act)
        rule = _as_rule(draft, act)
        query = queries.read(connection, rule.query, now=act.now, zone=zone)
        among = items.ids(connection, And((recent, query)), now=act.now)
        asked = [rule, *_protecting(connection, [rule])]
        matches, _ = _matches(connection, asked, among, zone=zone, act=act)
        made = _decided(matches, dict.fromkeys(among, Marks()), {})
        mine = {one.item: one for one in made if one.step.rule.id == rule.id}
        newest = [item_id for item_id in among if item_id in mine]
        skipped = [one for one in newest if mine[one].step.after.state is ItemState.SKIPPED]
        now = marks.marks_of(connection, skipped)
        shown = items.get_many(connection, newest[:limit])
        return Trial(
            days=days,
            collected=items.count(connection, recent, act.now),
            tally=tally(list(mine.values())),
            done=tuple((item, mine[item.id]) for item in shown),
            kept=tuple(one for one in skipped if now[one].state is ItemState.KEPT),
        )


def _as_rule(draft: RuleDraft, act: Act) -> Rule:
    if isinstance(draft, Rule):
        return draft
    return Rule(
        id=0,
        name=draft.name,
        query=draft.query,
        tags=draft.tags,
        skip=draft.skip,
        review=draft.review,
        paused=False,
        by=act.by,
        at=act.now,
    )
