"""The picks of an edition, rearranged: each function takes the list and gives the new one. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from veille.errors import Refused
from veille.model.edition import PickDraft

if TYPE_CHECKING:
    from collections.abc import Sequence


def add(picks: Sequence[PickDraft], item: int, ref: str) -> list[PickDraft]:
    """An item at the end; raises :class:`~veille.errors.Refused` when it is there already."""
    if any(pick.item == item for pick in picks):
        raise Refused(
            f"item {item} is in {ref} already: 'veille edition move {ref} {item} POSITION' moves it"
        )
    return [*picks, PickDraft(item=item)]


def remove(picks: Sequence[PickDraft], item: int, ref: str) -> list[PickDraft]:
    """All but an item; raises :class:`~veille.errors.Refused` when it is not there."""
    gone = find(picks, item, ref)
    return [pick for pick in picks if pick is not gone]


def move(picks: Sequence[PickDraft], item: int, ref: str, position: int) -> list[PickDraft]:
    """An item at a position, counted from 1; raises :class:`~veille.errors.Refused` as above."""
    moved = find(picks, item, ref)
    rest = [pick for pick in picks if pick is not moved]
    return [*rest[: position - 1], moved, *rest[position - 1 :]]


def rewrite(picks: Sequence[PickDraft], item: int, ref: str, **texts: str) -> list[PickDraft]:
    """An item with another ``headline`` or ``blurb`` here; an empty one gives the item's own back.

    Raises :class:`~veille.errors.Refused` as above.
    """
    edited = find(picks, item, ref)
    given: dict[str, Any] = {name: text.strip() or None for name, text in texts.items()}
    return [replace(pick, **given) if pick is edited else pick for pick in picks]


def find(picks: Sequence[PickDraft], item: int, ref: str) -> PickDraft:
    """The pick of an item; raises :class:`~veille.errors.Refused` when it is not there."""
    found = next((pick for pick in picks if pick.item == item), None)
    if found is None:
        raise Refused(f"item {item} is not in {ref}: see 'veille edition show {ref}'")
    return found
