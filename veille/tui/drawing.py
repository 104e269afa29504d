"""Lines of cells: pieces of text, each in a style that the terminal's own palette draws.

No colour is told but the terminal's, so that a screen fits a light one, a dark one and none at all:
whatever a colour says, a sign or bold type says too (https://no-color.org).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from veille.terminal.safe import fit, safe_line, width

if TYPE_CHECKING:
    from collections.abc import Iterable

Piece = tuple[str, str]  # a text made safe, and the name of its style
Line = Sequence[Piece]

STYLES = {
    "": Style(),
    "strong": Style(bold=True),
    "quiet": Style(dim=True),
    "source": Style(color="cyan"),
    "tag": Style(color="magenta"),
    "kept": Style(color="green", bold=True),
    "shown": Style(color="yellow", bold=True),
    "wrong": Style(color="red", bold=True),
    "key": Style(bold=True),
    "here": Style(reverse=True),
    "title": Style(bold=True, underline=False),
}


def draw(line: Line, cells: int, over: str = "") -> Strip:
    """A line cut or filled to so many cells; the style ``over`` takes the place of its colours."""
    laid = STYLES[over]
    segments = [
        Segment(text, STYLES[style].without_color + laid if over else STYLES[style])
        for text, style in line
        if text
    ]
    return Strip(segments).adjust_cell_length(cells, laid)


def column(text: str, cells: int, *, right: bool = False) -> str:
    """Foreign text in so many cells, on one line, without anything that moves a cursor."""
    shown = fit(safe_line(text), cells)
    padding = " " * (cells - width(shown))
    return padding + shown if right else shown + padding


def spread(left: Line, right: Line, cells: int) -> list[Piece]:
    """Two ends of a line, with what is between them empty; the left one gives way."""
    room = cells - measure(right)
    kept = list(cut(left, max(0, room - 1)))
    return [*kept, (" " * max(0, room - measure(kept)), ""), *right]


def measure(line: Iterable[Piece]) -> int:
    """How many cells a line takes."""
    return sum(width(text) for text, _ in line)


def cut(line: Line, cells: int) -> Iterable[Piece]:
    """The beginning of a line, in at most so many cells."""
    for text, style in line:
        if cells <= 0:
            return
        shown = fit(text, cells)
        yield shown, style
        cells -= width(shown)
        if shown != text:
            return
