"""How items are named on the command line: ``12``, ``12 15 18``, ``12-18``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from veille.errors import NotFound, UsageError
from veille.model.text import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

_REFERENCE = re.compile(r"([0-9]{1,18})(?:-([0-9]{1,18}))?")  # within a 64-bit integer


def parse_items(args: Sequence[str]) -> list[range | int]:
    """Ids and ranges, in the order given; a range stays one value, however long it is.

    Raises :class:`~veille.errors.UsageError` for what is neither, naming it, and
    :class:`~veille.errors.NotFound` for an id beyond :data:`MAX_ID`.
    """
    return [_reference(arg) for arg in args]


# Ids are 32-bit integers, as PostgreSQL numbers them: a larger one names nothing.
MAX_ID = 2**31 - 1


def _reference(arg: str) -> range | int:
    written = _REFERENCE.fullmatch(arg)
    if written is None:
        raise UsageError(
            f"'{one_line(arg, 60)}' names no item: give an id (12) or a range (12-18), see 'veille list'"
        )
    first = int(written[1])
    last = int(written[2] or first)
    if max(first, last) > MAX_ID:
        raise NotFound(f"there is no item {max(first, last)}: see 'veille list'")
    if written[2] is None:
        return first
    if last < first:
        raise UsageError(f"the range {first}-{last} runs backwards: write {last}-{first}")
    return range(first, last + 1)
