"""Text from outside, made safe for a terminal or a pipe, and measured in its cells."""

from __future__ import annotations

import re
import unicodedata

from veille.model.text import ELLIPSIS, clean, one_line

# Invisible, and of no use in a line of text: zero-width spaces, direction marks, tag characters.
_INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u2060-\u2064\u206a-\u206f\ufff9-\ufffb\U000e0000-\U000e007f]"
)
# Joiners and variation selectors make emoji and Persian words; a flood of them hides text.
_JOINERS = re.compile("([\u200c\u200d\ufe00-\ufe0f]{2})[\u200c\u200d\ufe00-\ufe0f]+")
_ACCENTS = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_STACKED = re.compile(f"([{_ACCENTS}]{{4}})[{_ACCENTS}]+")

_JOINER, _EMOJI_STYLE = "\u200d", "\ufe0f"


def safe(text: str) -> str:
    """The text without anything that could move, colour, reorder or hide what is around it.

    Line breaks and tabs stay; white space at the ends too.
    """
    text = _INVISIBLE.sub("", clean(text))
    return _STACKED.sub(r"\1", _JOINERS.sub(r"\1", text))


def safe_line(text: str) -> str:
    """The same on one line."""
    return one_line(safe(text))


def width(text: str) -> int:
    """How many cells of a terminal the text takes (Unicode TR 11; joined emoji count once)."""
    if not text or max(text) < "\u0300":  # what most texts are: a cell a character
        return len(text)
    cells, joined = 0, False
    for char in text:
        if char == _EMOJI_STYLE:
            cells += 1 if cells and not joined else 0
        elif not joined:
            cells += _cells(char)
        joined = char == _JOINER
    return cells


def _cells(char: str) -> int:
    if char < "\u0300":
        return 1
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def fit(text: str, limit: int) -> str:
    """The text, or its beginning and an ellipsis, in at most ``limit`` cells."""
    if width(text) <= limit:
        return text
    taken = 0
    for index, char in enumerate(text):
        taken += _cells(char)
        if taken > limit - 1:
            return text[:index].rstrip() + ELLIPSIS
    return text


def wrap(text: str, limit: int) -> list[str]:
    """The text in lines of at most ``limit`` cells, broken at spaces; longer words stay whole."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line, taken = "", 0
        for word in paragraph.split(" "):
            cells = width(word)
            if line and taken + 1 + cells > limit:
                lines.append(line)
                line, taken = word, cells
            else:
                line, taken = (f"{line} {word}", taken + 1 + cells) if line else (word, cells)
        lines.append(line)
    return lines
