"""English prose: “ ” ‘ ’ for the marks of a typewriter, – for two hyphens that stand apart, … for three
dots.

The rules are those of the *Chicago Manual of Style* (17th ed., 6.112 to 6.117) for the marks, which
:mod:`~veille.digest.typography.quotes` tells apart, and of the *New Oxford Style Manual* for dashes.
"""

from __future__ import annotations

from veille.digest.typography.prose import apart, dashed
from veille.digest.typography.quotes import curled


def english(text: str) -> str:
    """``text`` as English sets it. Idempotent."""
    return apart(curl(text), dashed)


def curl(text: str) -> str:
    """``text`` with its quotation marks and apostrophes curled, no character more or less. Idempotent."""
    if '"' not in text and "'" not in text:
        return text
    chars = list(text)
    for place, mark in curled(text):
        chars[place] = mark
    return "".join(chars)
