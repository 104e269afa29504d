"""Long lists of ids, in pieces that fit in one statement."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

T = TypeVar("T")

# SQLite allows 32 766 bound values in a statement, PostgreSQL 65 535.
CHUNK = 10_000


def chunks(values: Sequence[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    """The values in pieces; nothing at all when there are none."""
    for start in range(0, len(values), size):
        yield values[start : start + size]
