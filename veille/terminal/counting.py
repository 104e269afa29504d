"""Counts, as words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from veille.model.rule import Tally


def plural(count: int, noun: str) -> str:
    """A count with its noun.

    >>> plural(1, "item"), plural(3, "item")
    ('1 item', '3 items')
    """
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def counted(tally: Tally) -> str:
    """How many items rules did what to: ``12 items: 8 tagged, 3 skipped, 1 kept for review``."""
    parts = (
        (tally.tagged, "tagged"),
        (tally.skipped, "skipped"),
        (tally.review, "kept for review"),
    )
    done = ", ".join(f"{count} {what}" for count, what in parts if count)
    return f"{plural(tally.items, 'item')}: {done}" if done else "nothing"
