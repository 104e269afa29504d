"""Take back what a curator did: triage, tags, comments, stories, terms, and what a reader app marked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from veille.curation.undo import revert
from veille.errors import Refused
from veille.model.event import UNDOABLE, Action, Event
from veille.store import events, marks, rules
from veille.workflows import thesaurus
from veille.workflows.acting import whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from veille.model.event import NewEvent
    from veille.model.item import Marks
    from veille.store.database import Connection, Database
    from veille.workflows.acting import Act

_NOTHING_LEFT = "it all changed since, see 'veille log'"
_SAID = frozenset({"together", "apart"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """One action taken back: what it was, on which items and terms of the thesaurus, and which items
    were ``left``, and why.
    """

    action: Action
    items: tuple[int, ...]
    terms: tuple[str, ...] = ()
    left: tuple[int, ...]
    reason: str | None


@whole
def latest(db: Database, count: int, *, act: Act) -> list[Undone]:
    """Take back this curator's last ``count`` actions, newest first.

    Of a bulk action, the items that a colleague changed since are left as they are, and named.
    Raises :class:`~veille.errors.Refused` when there is nothing to take back at all.
    """
    with db.write() as connection:
        batches = events.latest_batches(connection, act.by, count)
        if not batches:
            raise Refused(
                f"{act.by} has nothing to undo: triage, tags and comments can be taken back"
            )
        undone = [_undo(connection, batch, act) for batch in batches]
    if not any(each.items or each.terms for each in undone):
        raise Refused(f"{undone[0].reason}; 'veille undo {count + 1}' goes further back")
    return undone


@whole
def of_batch(db: Database, batch: str, *, act: Act) -> Undone:
    """Take back one action of this curator's, named by its batch; what changed since is left.

    Raises :class:`~veille.errors.Refused` when there is nothing of it to take back.
    """
    with db.write() as connection:
        done = events.of_batch(connection, batch)
        mine = [event for event in done if event.by == act.by and event.action in UNDOABLE]
        if not any(not event.undone for event in mine):
            raise Refused("it changed nothing: there is nothing to take back")
        undone = _undo(connection, batch, act)
    if not undone.items:
        raise Refused(undone.reason)
    return undone


def _undo(connection: Connection, batch: str, act: Act) -> Undone:
    done = [event for event in events.of_batch(connection, batch) if event.action in UNDOABLE]
    known = marks.marks_of(connection, [event.item for event in done if event.item is not None])
    first = dict(known)
    changed: list[NewEvent] = []
    left: dict[int, str] = {}
    for event in reversed(done):
        if event.item is None or event.item not in known:
            continue
        before = known[event.item]
        try:
            after = revert(event, before)
        except Refused as refusal:
            left[event.item] = str(refusal)
            continue
        changed.append(_reverted(act, event, before, after))
        known[event.item] = after
    undone = list(dict.fromkeys(each.item for each in reversed(changed) if each.item is not None))
    marks.write_many(connection, [(one, first[one], known[one]) for one in undone], at=act.now)
    rules.forget(connection, batch, undone)
    act.log(connection, *changed)
    _restore_stories(connection, changed)
    terms, kept = _terms(connection, done, act)
    undone += _seen(connection, done, act)
    return Undone(
        action=next((event.action for event in done if event.item), done[0].action),
        items=tuple(undone),
        left=tuple(reversed(left)),
        reason=next(iter(left.values()), kept) or (None if undone or terms else _NOTHING_LEFT),
        terms=terms,
    )


def _restore_stories(connection: Connection, changed: Sequence[NewEvent]) -> None:
    said = [event.item for event in changed if not _SAID.isdisjoint(event.before)]
    if said:
        from veille.workflows.stories import regroup  # few actions are about stories

        regroup(connection, [item for item in said if item is not None])


def _terms(
    connection: Connection, done: Sequence[Event], act: Act
) -> tuple[tuple[str, ...], str | None]:
    """The terms of the thesaurus that were put back, or why not."""
    terms: list[str] = []
    try:
        for event in reversed(done):
            if event.action is Action.THESAURUS:
                terms += thesaurus.undo(connection, event, act=act)
    except Refused as refusal:
        return tuple(terms), str(refusal)
    return tuple(dict.fromkeys(terms)), None


def _seen(connection: Connection, done: Sequence[Event], act: Act) -> list[int]:
    """The items that are unread again."""
    seen = [event for event in done if event.action is Action.SEEN]
    if not seen:
        return []
    from veille.store import reading

    again: list[int] = []
    for event in seen:
        again += reading.take_back(connection, act.by, event.batch, event.after["again"])
        undo = act.event(Action.UNDO, subject=event.subject, undoes=event.batch)
        act.log(connection, undo)
    return again


def _reverted(act: Act, event: Event, before: Marks, after: Marks) -> NewEvent:
    assert event.item is not None  # noqa: S101
    reverted = act.marked(Action.UNDO, event.item, before, after)
    return replace(reverted, undoes=event.batch)
