"""What rules make of an item's marks. They never override a person."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from veille.curation import triage
from veille.curation.names import valid_name
from veille.curation.tags import TagChanges, valid_tags
from veille.errors import UsageError
from veille.model.states import ItemState
from veille.model.text import tag_key

if TYPE_CHECKING:
    from collections.abc import Iterable

    from veille.model.item import Marks
    from veille.model.rule import Hands, Rule, RuleDraft


@dataclass(frozen=True, slots=True)
class Step:
    """What one rule changes."""

    rule: Rule
    before: Marks
    after: Marks


def valid_rule(draft: RuleDraft) -> RuleDraft:
    """The rule as it will be shown, its tags valid and each there once.

    Raises :class:`~veille.errors.UsageError` when it has no name, does nothing, or contradicts itself.
    """
    tags = valid_tags(draft.tags)
    if draft.skip and draft.review:
        raise UsageError("a rule either skips or keeps for review: choose one")
    if not (tags or draft.skip or draft.review):
        raise UsageError("the rule does nothing: give it --tag T, --skip or --keep-for-review")
    name = valid_name(draft.name, "name of a rule")
    return replace(draft, name=name, tags=tags)


def steps(marks: Marks, rules: Iterable[Rule], hands: Hands) -> list[Step]:
    """What the rules that match an item change, one step a rule that changes something.

    Their order does not matter: all tags are put on, and what one rule keeps for review no other
    one skips. An item that a person touched gets tags only, and none that a person took off.
    """
    done: list[Step] = []
    for rule in sorted(rules, key=lambda rule: (not rule.review, rule.id)):
        after = _ruled(marks, rule, hands)
        if after != marks:
            done.append(Step(rule, marks, after))
            marks = after
    return done


def _ruled(marks: Marks, rule: Rule, hands: Hands) -> Marks:
    wanted = tuple(tag for tag in rule.tags if tag_key(tag) not in hands.refused)
    marks = triage.retag(marks, TagChanges(add=wanted))
    if hands.touched or marks.state is not ItemState.INBOX or marks.review:
        return marks
    if rule.review:
        return replace(marks, review=True)
    return triage.skip(marks) if rule.skip else marks
