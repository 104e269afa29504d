"""English quotation marks and apostrophes: “ ” ‘ ’ for those of typewriters.

The rules are those of the *Chicago Manual of Style* (17th ed., 6.112 to 6.117);
:mod:`~veille.digest.typography.quotes` tells what opens and what closes.
"""

from __future__ import annotations

from veille.digest.typography.quotes import curled


def english(text: str) -> str:
    """``text`` with its quotation marks and apostrophes curled, no character more or less. Idempotent."""
    if '"' not in text and "'" not in text:
        return text
    chars = list(text)
    for place, mark in curled(text):
        chars[place] = mark
    return "".join(chars)
