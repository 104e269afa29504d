"""Columns that fit the terminal: aligned text, the least important parts shortened first."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from veille.terminal.safe import fit, safe_line, width

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

GAP = "  "
PIPE_LIMIT = 90  # where nothing is cut, a longer cell pushes its row instead of widening the column


class Column(NamedTuple):
    """One column: when room is short it is cut down to ``least`` cells, never when that is None.

    Columns that give way are cut before the others, the widest first. ``most`` bounds a column on
    a terminal however wide.
    """

    least: int | None = None
    most: int | None = None
    right: bool = False
    style: str = ""
    gives_way: bool = False


def layout(
    columns: Sequence[Column], rows: Sequence[Sequence[str]], limit: int | None
) -> Iterator[list[str]]:
    """The cells of each row, padded; ``limit`` is the terminal's width, None for a pipe."""
    cells = [[safe_line(cell) for cell in row] for row in rows]
    widths = _widths(columns, cells, limit)
    last = len(columns) - 1
    for row in cells:
        yield [
            _padded(cell, widths[index], column, cut=limit is not None, last=index == last)
            for index, (cell, column) in enumerate(zip(row, columns, strict=True))
        ]


def _widths(
    columns: Sequence[Column], cells: Sequence[Sequence[str]], limit: int | None
) -> list[int]:
    natural = [
        max((width(row[index]) for row in cells), default=0) for index in range(len(columns))
    ]
    if limit is None:
        return [min(cell, PIPE_LIMIT) for cell in natural]
    widths = [min(cell, column.most or cell) for cell, column in zip(natural, columns, strict=True)]
    excess = sum(widths) + len(GAP) * (len(columns) - 1) - limit
    for gives_way in (True, False):
        willing = [at for at, column in enumerate(columns) if column.gives_way is gives_way]
        excess = _shrink(widths, columns, willing, excess)
    return widths


def _shrink(widths: list[int], columns: Sequence[Column], willing: list[int], excess: int) -> int:
    """Take cells from the roomiest of some columns; what could not be taken is returned."""
    while excess > 0 and any(_spare(columns[at], widths[at]) for at in willing):
        widest = max(willing, key=lambda at: _spare(columns[at], widths[at]))
        widths[widest] -= 1
        excess -= 1
    return excess


def _spare(column: Column, cells: int) -> int:
    return 0 if column.least is None else max(0, cells - column.least)


def _padded(cell: str, cells: int, column: Column, *, cut: bool, last: bool) -> str:
    text = fit(cell, cells) if cut else cell
    padding = " " * (cells - width(text))
    if column.right:
        return padding + text
    return text if last else text + padding
