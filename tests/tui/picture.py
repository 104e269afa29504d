"""Pictures of a screen: what is written on them, and how they are kept in the documentation."""

from __future__ import annotations

import html
import re
from collections import defaultdict

_TEXT = re.compile(
    r'<text [^>]*? x="([\d.]+)"[^>]*?clip-path="url\(#[^"]*?-line-(\d+)\)"[^>]*>([^<]*)</text>'
)
_CELL = 12.2  # as Rich draws them


def kept(svg: str) -> str:
    """A picture as the documentation keeps it: without fonts that others' servers would give."""
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    return (
        svg.replace("font-family: Fira Code", "font-family: Fira Code, monospace").rstrip() + "\n"
    )


def lines_of(svg: str) -> list[str]:
    """The lines of text on a picture, from top to bottom, without white space at their ends."""
    rows: defaultdict[int, list[tuple[float, str]]] = defaultdict(list)
    for x, line, text in _TEXT.findall(svg):
        rows[int(line)].append((float(x), html.unescape(text).replace("\xa0", " ")))
    last = max(rows, default=-1)
    return [_joined(sorted(rows[line])) for line in range(last + 1)]


def _joined(pieces: list[tuple[float, str]]) -> str:
    line = ""
    for x, text in pieces:
        line = line.ljust(round(x / _CELL)) + text
    return line.rstrip()
