"""Which mark of a typewriter opens, and which closes.

What follows a space or an opening mark opens, all else closes; an apostrophe stands for what is left
out, at the beginning of a word too. A mark after a figure that closes nothing (24", 6'2") is no
quotation mark: it stays.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from veille.digest.typography.prose import JOINT, masked

if TYPE_CHECKING:
    from collections.abc import Iterator

_MARK = re.compile("[\"'“”‘’]")
_OPENERS = "([{—–-/\"'“‘«"
_ELIDED = re.compile(r"['’](?:\d0s|tis|twas|em|til|cause|n)\b", re.IGNORECASE)
_CLOSES_LATER = re.compile(r"(?<=\S)['’](?!\w)")


def curled(text: str) -> Iterator[tuple[int, str]]:
    """The place of each quotation mark and apostrophe of ``text``, and what it is: ``“ ” ‘ ’``, or as
    typed. Where markup cut it, at a :data:`~veille.digest.typography.prose.JOINT`, it is read as readers
    see it; those that are curled already are counted, and stay.
    """
    seen = masked(text)
    places = [place for place, char in enumerate(seen) if char != JOINT]
    for at, mark in _curled(seen.replace(JOINT, "")):
        yield places[at], mark


def _curled(text: str) -> Iterator[tuple[int, str]]:
    open_ones = {'"': 0, "'": 0}
    for found in _MARK.finditer(text):
        at, typed = found.start(), found[0]
        straight = '"' if typed in '"“”' else "'"
        mark, opened = _mark(text, at, typed, open_ones[straight])
        open_ones[straight] = max(0, open_ones[straight] + opened)
        yield at, mark


def _mark(text: str, at: int, typed: str, opened: int) -> tuple[str, int]:
    """What a mark becomes, and how many more are open after it; ``opened`` are before it."""
    before, after = text[at - 1 : at] if at else "", text[at + 1 : at + 2]
    single = typed in "'‘’"
    if single and before.isalnum() and after.isalpha():
        return ("’" if typed == "'" else typed), 0
    if typed in "“‘":
        return typed, 1
    if (not before or before.isspace() or before in _OPENERS) and _begins(after):
        if not single:
            return ("“", 1) if typed == '"' else (typed, 0)
        quotes = not _ELIDED.match(text, at) and _CLOSES_LATER.search(text, at + 1)
        return ("‘", 1) if quotes and typed == "'" else ("’", 0)
    closing = "’" if single else "”"
    closes = bool(before) and not before.isspace() and (opened or not before.isdigit())
    return (closing, -1) if closes or typed == closing else (typed, 0)


def _begins(after: str) -> bool:
    """Whether what follows a mark may be what it opens; French sets a space before tall marks."""
    return bool(after) and not after.isspace() and after not in ":;!?»"
