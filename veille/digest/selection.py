"""Which links of an approved pool a reader gets (selective dissemination of information).

A selection is written as the positions of its links in the pool, ``1,3,4``: readers who share it share
one mail, whatever their profiles say. The editor's order holds in each of them.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from veille.model.edition import EditionContent, Pick, Rendered


def pooled(content: EditionContent, per_reader: int | None) -> EditionContent:
    """The content as everybody without a profile gets it: the first links of its pool.

    As it is when nobody chooses, or when there is nothing to choose from.
    """
    if per_reader is None or len(content.picks) <= per_reader:
        return content
    return replace(content, picks=content.picks[:per_reader], pool=content.picks)


def whole(content: EditionContent) -> EditionContent:
    """The content with all that was written for it, as the editor reads it."""
    return replace(content, picks=content.approved, pool=())


def choose(content: EditionContent, wanted: Collection[int]) -> str | None:
    """The selection for a reader who wants these items; None for the common one.

    The reader's own come first, in the editor's order; when they are fewer than a mail holds, it
    is filled from the common order.
    """
    size = len(content.picks)
    mine = [pick.position for pick in content.pool if pick.item in wanted]
    rest = [pick.position for pick in content.pool if pick.item not in wanted]
    chosen = sorted([*mine, *rest][:size])
    if not content.pool or chosen == list(range(1, size + 1)):
        return None
    return ",".join(map(str, chosen))


def part(content: EditionContent, selection: str | None) -> EditionContent:
    """The content of a selection, its links numbered afresh."""
    if selection is None:
        return replace(content, pool=())
    places = [int(position) for position in selection.split(",")]
    return replace(content, picks=tuple(_renumbered(content, places)), pool=())


def filled(content: EditionContent, selection: str | None, wanted: Collection[int]) -> int:
    """How many links of a selection the reader's profile did not ask for."""
    return sum(pick.item not in wanted for pick in part(content, selection).picks)


def joint_hash(common: Rendered, whole: Rendered) -> str:
    """The hash of an approval that covers what all get, and every text that some get."""
    return hashlib.sha256(f"{common.sha256}{whole.sha256}".encode()).hexdigest()


def _renumbered(content: EditionContent, places: list[int]) -> list[Pick]:
    return [
        replace(content.pool[place - 1], position=position)
        for position, place in enumerate(places, 1)
    ]
