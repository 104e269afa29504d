"""What the reading pane shows of an item: what decides first, then the whole text (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from veille.model.text import masked
from veille.terminal.counting import plural
from veille.terminal.safe import fit, safe, safe_line, width, wrap
from veille.terminal.wording import also_in, because, moment, seen_already

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import tzinfo

    from veille.curation.relevance import Score
    from veille.model.item import Comment, Item
    from veille.tui.drawing import Line, Piece

MEASURE = 84  # cells; a longer line is hard to read
_MINUTE = 220  # words read in one
_MARGIN = 1


def head(item: Item, *, cells: int, zone: tzinfo, score: Score | None = None) -> list[Line]:
    """What is known of an item, and what colleagues say of it, in lines of at most so many cells.

    ``score`` is why it stands where it does, in the order of relevance.
    """
    room = _room(cells)
    parts = [_head(item, room, zone, score)]
    parts.extend(_comment(comment, item, room, zone) for comment in item.comments)
    return [line for part in parts for line in (*_indented(part), ())]


def body(text: str, *, cells: int) -> list[Line]:
    """A text in lines of at most so many cells."""
    return list(_indented(_flowed(text, _room(cells), "")))


def missing(key: str, *, cells: int) -> list[Line]:
    """What stands for a text that is not there; ``key`` opens the page."""
    what = f"Its source gives no text: {key} opens the page."
    return list(_indented(_flowed(what, _room(cells), "quiet")))


def _room(cells: int) -> int:
    return max(20, min(cells - 2 * _MARGIN, MEASURE))


def _indented(lines: Iterable[Line]) -> Iterator[Line]:
    for line in lines:
        yield [(" " * _MARGIN, ""), *line]


def _head(item: Item, room: int, zone: tzinfo, score: Score | None) -> Iterator[Line]:
    yield from _flowed(item.title or item.url or "(no title)", room, "title")
    yield from _listed(_origin(item), room)
    yield from _listed(_facts(item, zone), room)
    if item.url:
        yield [(fit(safe_line(item.url), room), "quiet")]
    for line in also_in(item):
        yield from _flowed(line, room, "source")
    for line in seen_already(item):
        yield from _flowed(f"{'★' if item.editions else '☆'} {line}", room, "shown")
    if item.review:
        yield from _flowed("◎ kept for review by a rule", room, "shown")
    for line in because(score):
        yield from _flowed(line, room, "quiet")
    yield from _listed(_marks(item), room, gap=" ")


def _origin(item: Item) -> Iterator[Piece]:
    for source in item.sources[:1]:
        yield safe_line(masked(source.title)), "source"
    if item.authors:
        yield f"by {safe_line(', '.join(item.authors))}", ""


def _facts(item: Item, zone: tzinfo) -> Iterator[Piece]:
    yield moment(item.published or item.collected, zone), "quiet"
    if item.language:
        yield safe_line(item.language), "quiet"
    if item.words:
        minutes = max(1, round(item.words / _MINUTE))
        yield f"{plural(item.words, 'word')}, {minutes} min", "quiet"


def _marks(item: Item) -> Iterator[Piece]:
    if item.kept_by:
        yield f"● kept by {safe_line(', '.join(item.kept_by))}", "kept"
    for tag in item.tags:
        yield f"#{safe_line(tag)}", "tag"


def _comment(comment: Comment, item: Item, room: int, zone: tzinfo) -> Iterator[Line]:
    what = "what readers see" if comment is item.blurb else "comment"
    what = "an earlier text for readers" if comment.blurb and comment is not item.blurb else what
    sign = "✎" if comment.blurb else "›"
    yield [
        (f"{sign} ", "kept"),
        (fit(safe_line(comment.by), 24), "strong"),
        (f", {moment(comment.at, zone)}: {what}", "quiet"),
    ]
    for line in _flowed(comment.text, room - 2, ""):
        yield [("  ", ""), *line]


def _flowed(text: str, room: int, style: str) -> Iterator[Line]:
    for line in wrap(safe(text).expandtabs(4), room):
        for piece in _broken(line, room):
            yield [(piece, style)]


def _broken(line: str, room: int) -> Iterator[str]:
    """A line in pieces that fit: an address of a thousand characters has no space to break at."""
    while width(line) > room:
        piece = line[:room]
        while width(piece) > room:
            piece = piece[:-1]
        yield piece
        line = line[len(piece) :]
    yield line


def _listed(pieces: Iterable[Piece], room: int, gap: str = " · ") -> Iterator[Line]:
    """Pieces one after the other, on as many lines as they need."""
    line: list[Piece] = []
    for text, style in pieces:
        shown = fit(text, room)
        if line and _cells(line) + width(gap) + width(shown) > room:
            yield line
            line = []
        line += [(gap, "quiet"), (shown, style)] if line else [(shown, style)]
    if line:
        yield line


def _cells(line: Sequence[Piece]) -> int:
    return sum(width(text) for text, _ in line)
