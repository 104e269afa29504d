"""Rules: kept by the team, tried on the past, and applied to what comes in or to the backlog."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from veille.curation.rules import valid_rule
from veille.errors import NotFound, Refused, UsageError
from veille.model.event import Action
from veille.model.text import clean, one_line
from veille.store import rules as store
from veille.workflows import queries
from veille.workflows.acting import whole

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from veille.model.rule import Rule, RuleDraft
    from veille.store.database import Connection, Database
    from veille.workflows.acting import Act


@whole
def add(db: Database, draft: RuleDraft, *, paused: bool = False, zone: ZoneInfo, act: Act) -> Rule:
    """A new rule, applied from the next collection on.

    Raises :class:`~veille.errors.UsageError` when it does nothing or its search cannot be read, and
    :class:`~veille.errors.Refused` when the name is taken.
    """
    with db.write() as connection:
        draft = checked(connection, draft, zone=zone, act=act)
        other = store.get(connection, draft.name)
        if other is not None:
            raise Refused(f"there is a rule '{other.name}' already: 'veille rule edit' changes it")
        store.add(connection, draft, paused=paused, by=act.by, at=act.now)
        rule = one(connection, draft.name)
        subject = f"rule {rule.name}"
        act.log(connection, act.event(Action.RULE_ADD, subject=subject, after=described(rule)))
        return rule


def checked(connection: Connection, draft: RuleDraft, *, zone: ZoneInfo, act: Act) -> RuleDraft:
    """The rule as it will be stored; raises :class:`~veille.errors.UsageError`."""
    draft = valid_rule(replace(draft, query=one_line(clean(draft.query))))
    if not draft.query:
        raise UsageError("the rule has no search: --where QUERY says what it is about")
    queries.read(connection, draft.query, now=act.now, zone=zone)
    return draft


def described(rule: Rule) -> dict[str, Any]:
    """What the log keeps of a rule."""
    names = ("name", "query", "tags", "skip", "review", "paused")
    return {name: getattr(rule, name) for name in names}


def everything(db: Database) -> list[Rule]:
    """All rules, in the order in which they were made."""
    with db.read() as connection:
        return store.everything(connection)


def find(db: Database, name: str) -> Rule:
    """One rule; raises :class:`~veille.errors.NotFound`."""
    with db.read() as connection:
        return one(connection, name)


def one(connection: Connection, name: str) -> Rule:
    """One rule; raises :class:`~veille.errors.NotFound`."""
    found = store.get(connection, name)
    if found is None:
        raise NotFound(f"there is no rule '{name}': see 'veille rule list'")
    return found


def named(connection: Connection, names: Sequence[str]) -> list[Rule]:
    """The rules of these names; of none at all, those that are not paused."""
    if names:
        return list({rule.id: rule for rule in (one(connection, name) for name in names)}.values())
    return [rule for rule in store.everything(connection, counts=False) if not rule.paused]


@whole
def edit(db: Database, name: str, /, *, zone: ZoneInfo, act: Act, **changes: Any) -> Rule:
    """Change the name, query, tags, skip, review or paused of a rule; what it did stays done.

    Raises as :func:`add` does, and :class:`~veille.errors.NotFound`.
    """
    with db.write() as connection:
        rule = one(connection, name)
        edited = checked(connection, replace(rule, **changes), zone=zone, act=act)
        other = store.get(connection, edited.name)
        if other is not None and other.id != rule.id:
            raise Refused(f"there is a rule '{other.name}' already: take another name")
        before, after = _differences(rule, edited)
        if not after:
            return rule
        store.edit(connection, rule.id, **after)
        subject = f"rule {edited.name}"
        act.log(
            connection, act.event(Action.RULE_EDIT, subject=subject, before=before, after=after)
        )
        return one(connection, edited.name)


def _differences(old: Any, new: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    before, after = described(old), described(new)
    changed = [name for name in before if before[name] != after[name]]
    return {name: before[name] for name in changed}, {name: after[name] for name in changed}


@whole
def remove(db: Database, name: str, *, act: Act) -> Rule:
    """Forget a rule; what it did stays done, and in the log. Raises NotFound."""
    with db.write() as connection:
        rule = one(connection, name)
        store.remove(connection, rule.id)
        subject = f"rule {rule.name}"
        act.log(connection, act.event(Action.RULE_REMOVE, subject=subject, before=described(rule)))
        return rule
