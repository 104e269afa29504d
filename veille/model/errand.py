"""Errands: what any worker may do, on any machine, whatever became of the one before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class ErrandKind(StrEnum):
    """What there is to do; also the name of the task in the queue."""

    COLLECT = "collect"  # visit sources of one host
    FULL_TEXT = "full-text"  # read pages of one host
    EDITIONS = "editions"  # take the steps of editions, sending included


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """Something to do. ``where`` is the host of the web that is asked, or the place that mails leave
    from: no two workers are at one place at a time. ``ids`` are those of sources, or of items.

    An errand is an offer: whoever takes it up looks again whether it is still due.
    """

    kind: ErrandKind
    where: str
    ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """An errand in a worker's hands: the ``number`` it has in the queue, and in how many hands it was
    ``before``. The last worker asked nothing but the source ``at``, ``alone`` for that many times."""

    number: int
    errand: Errand
    before: int = 0
    at: int | None = None
    alone: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueState:
    """How the queue stands. ``oldest`` is how many seconds the oldest errand of each kind waits."""

    waiting: int
    in_hand: int
    stalled: int  # in the hands of workers that are not heard of
    workers: int  # that are
    oldest: Mapping[ErrandKind, float] = field(default_factory=dict)

    @property
    def longest(self) -> float:
        """How many seconds the oldest of all waits."""
        return max(self.oldest.values(), default=0.0)
