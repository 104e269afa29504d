"""Text from outside: made safe to keep and to show, and folded for comparison.

Three forms of a string, from the rawest to the plainest:

* :func:`clean`: what may be stored: no NUL, surrogate, control or bidi override; line breaks stay;
* :func:`one_line`: cleaned, and on one line, white space folded, but U+00A0 and U+202F kept,
  since French typography lives in them;
* :func:`fold`: for comparison only: no case, no accents, ``œ`` as ``oe``.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

ELLIPSIS = "…"

_LINE_BREAKS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
# C0 but tab and newline, DEL, C1; surrogates; non-characters.
_FORBIDDEN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\ufeff]")
# Bidi embeddings, overrides and isolates (Unicode TR 9): they reorder what follows them.
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_PLANE_ENDS = re.compile(
    "["
    + "".join(chr((plane << 16) | end) for plane in range(1, 17) for end in (0xFFFE, 0xFFFF))
    + "]"
)
# White space that folds beside the plain space: all but the no-break spaces U+00A0, U+202F and U+2007.
_SPACES = re.compile("[\t\n\u1680\u2000-\u2006\u2008-\u200a\u205f\u3000]")
_CREDENTIALS = re.compile(r"(?<=://)[^/?#@\s]*@")
_LETTERS = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "đ": "d", "ł": "l", "’": "'", "ʼ": "'"})


def clean(text: str) -> str:
    """The text without what must never be stored; line breaks become ``\\n``."""
    if _is_clean(text):
        return text
    text = _LINE_BREAKS.sub("\n", text)
    text = _FORBIDDEN.sub("", text)
    return _PLANE_ENDS.sub("", _BIDI.sub("", text))


def _is_clean(text: str) -> bool:
    """Whether there is surely nothing to remove: what most texts are, and is told in a glance.

    What is not printable for Python are controls, surrogates, format characters such as the bidi
    ones, what Unicode does not assign, and all white space but the plain one.
    """
    return text.replace("\n", "").replace("\xa0", "").replace("\u202f", "").isprintable()


def one_line(text: str, limit: int | None = None) -> str:
    """The cleaned text on one line, at most ``limit`` characters, cut at a word with an ellipsis."""
    line = clean(text).replace("\n", " ")
    if not _is_clean(line):
        line = _SPACES.sub(" ", line)
    while (
        "  " in line
    ):  # halves each run; an expression that meets all spaces takes seven times as long
        line = line.replace("  ", " ")
    line = line.strip(" ")
    return line if limit is None else shorten(line, limit)


def shorten(text: str, limit: int) -> str:
    """The text, or its beginning up to a word and an ellipsis, in at most ``limit`` characters."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    space = cut.rfind(" ")
    if space > limit // 2:
        cut = cut[:space]
    return cut.rstrip(" \u00a0\u202f,;:.") + ELLIPSIS


def count_words(text: str) -> int:
    """How many words there are, as a reader counts: what stands between spaces, but for signs that
    stand alone (``«``, ``?``, ``–`` in French).
    """
    words = text.split()
    return len(words) - sum(len(word) == 1 and not word.isalnum() for word in words)


def fold(text: str) -> str:
    """The form under which two spellings are the same: no case, no accents, ``œ`` is ``oe``.

    >>> fold("Œuvres d’été")
    "oeuvres d'ete"
    """
    folded = unicodedata.normalize("NFKD", text.casefold()).translate(_LETTERS)
    return "".join(char for char in folded if not unicodedata.combining(char))


def masked(url: str) -> str:
    """An address as it may be shown: credentials replaced by ``***``."""
    return _CREDENTIALS.sub("***@", url, count=1)


@lru_cache(maxsize=1024)  # a rule asks for its few tags as often as it has items
def tag_key(name: str) -> str:
    """The identity of a tag: case, accents, spaces, hyphens and underscores do not count.

    >>> tag_key("Médiation  culturelle") == tag_key("mediation-culturelle")
    True
    """
    return "-".join(fold(name).replace("-", " ").replace("_", " ").split())
