"""How items are named on the command line: ``12``, ``12 15 18``, ``12-18``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from veille.errors import UsageError
from veille.model.text import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

_REFERENCE = re.compile(r"([0-9]{1,18})(?:-([0-9]{1,18}))?")  # within a 64-bit integer


def parse_items(args: Sequence[str]) -> list[range | int]:
    """Ids and ranges, in the order given; a range stays one value, however long it is.

    Raises :class:`~veille.errors.UsageError` for what is neither, naming it.
    """
    return [_reference(arg) for arg in args]


def _reference(arg: str) -> range | int:
    written = _REFERENCE.fullmatch(arg)
    if written is None:
        raise UsageError(
            f"'{one_line(arg, 60)}' names no item: give an id (12) or a range (12-18), see 'veille list'"
        )
    first = int(written[1])
    if written[2] is None:
        return first
    last = int(written[2])
    if last < first:
        raise UsageError(f"the range {first}-{last} runs backwards: write {last}-{first}")
    return range(first, last + 1)
