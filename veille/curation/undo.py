"""Taking an action back: the earlier marks written again, unless somebody changed them since."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from veille.errors import Refused
from veille.model.item import Endorsement, Marks
from veille.model.states import ItemState
from veille.model.text import tag_key

if TYPE_CHECKING:
    from veille.model.event import Event

Value = TypeVar("Value", bound=Hashable)


def revert(event: Event, now_marks: Marks) -> Marks:
    """The marks as if the event had not been, everything else on the item left as it is now.

    Only what the event changed is looked at. Triage must still be as the event left it; of tags
    and comments only those the event put on or took off, so that a colleague's comment on the
    same item is no obstacle. Raises :class:`~veille.errors.Refused` otherwise.
    """
    changes: dict[str, Any] = {}
    for aspect, undo in _ASPECTS.items():
        if aspect in event.before:
            try:
                changes[aspect] = undo(
                    event.before[aspect], event.after[aspect], getattr(now_marks, aspect)
                )
            except _ChangedSince as error:
                raise Refused(
                    f"the {_NAMES[aspect]} of item {event.item} changed since this {event.action}: "
                    f"nothing was undone, see 'veille log {event.item}'"
                ) from error
    reverted = replace(now_marks, **changes)
    if "kept" in changes and reverted.kept:  # somebody else's endorsement outlives this one
        reverted = replace(reverted, state=ItemState.KEPT)
    elif "kept" in changes and reverted.state is ItemState.KEPT:  # nobody is left who keeps it
        reverted = replace(reverted, state=ItemState.INBOX)
    return replace(reverted, review=reverted.review and reverted.state is ItemState.INBOX)


class _ChangedSince(Exception):  # noqa: N818
    """What the event left is no longer there."""


def _undo_state(before: str, after: str, now: ItemState) -> ItemState:
    if now.value != after:
        raise _ChangedSince
    return ItemState(before)


def _undo_value(before: Value, after: Value, now: Value) -> Value:
    if now != after:
        raise _ChangedSince
    return before


def _undo_kept(
    before: list[list[str]], after: list[list[str]], now: tuple[Endorsement, ...]
) -> tuple[Endorsement, ...]:
    """Withdraw what was given and give back what was withdrawn; others' endorsements stay."""
    if now == _endorsements(after):
        return _endorsements(before)
    old, new = set(_endorsements(before)), set(_endorsements(after))
    if not (new - old <= set(now) and set(now).isdisjoint(old - new)):
        raise _ChangedSince
    left = (set(now) - (new - old)) | (old - new)
    return tuple(sorted(left, key=lambda endorsement: endorsement.at))


def _endorsements(plain: list[list[str]]) -> tuple[Endorsement, ...]:
    return tuple(Endorsement(by=by, at=datetime.fromisoformat(at)) for by, at in plain)


def _undo_tags(before: list[str], after: list[str], now: tuple[str, ...]) -> tuple[str, ...]:
    return _undo_members(before, after, now, tag_key)


def _undo_numbers(before: list[int], after: list[int], now: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(sorted(_undo_members(before, after, now, lambda number: number)))


def _undo_members(
    before: list[Value],
    after: list[Value],
    now: tuple[Value, ...],
    key: Callable[[Value], Hashable],
) -> tuple[Value, ...]:
    """Take off what was put on and put back what was taken off, in the old order where it holds."""
    if [key(value) for value in now] == [key(value) for value in after]:
        return tuple(before)
    old, new = {key(value) for value in before}, {key(value) for value in after}
    present = {key(value) for value in now}
    if not (new - old <= present and present.isdisjoint(old - new)):
        raise _ChangedSince
    left = [value for value in now if key(value) not in new - old]
    return (*left, *(value for value in before if key(value) in old - new))


_ASPECTS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "state": _undo_state,
    "kept": _undo_kept,
    "tags": _undo_tags,
    "review": _undo_value,
    "comments": _undo_numbers,
    "together": _undo_numbers,
    "apart": _undo_numbers,
    "language": _undo_value,
}
_NAMES = {
    "state": "triage",
    "kept": "triage",
    "tags": "tags",
    "comments": "comments",
    "review": "triage",
    "together": "story",
    "apart": "story",
    "language": "language",
}
