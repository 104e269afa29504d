"""Whether two texts tell the same story: sketches to find the pairs, a comparison to be sure.

A text is the set of its *shingles*, all runs of :data:`WIDTH` words, each as a number (Broder, "On
the resemblance and containment of documents", 1997). The smallest of these numbers are the same for
texts that share most of their shingles, so the few that are stored (the *sketch*) lead to the pairs
worth comparing; the comparison itself is exact. It would rather miss than be wrong.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from zlib import crc32

WIDTH = 4  # words a shingle: three are common turns of phrase, in a small vocabulary at least
SKETCH = 8  # shingles stored of each text
SHARED = 2  # of those, what two texts must have in common to be worth comparing
DAYS = 7  # between the first and the last item of a story

_LONGEST = 30_000  # characters looked at: what differs beyond is another edition of the same text
TITLE = 1 << 32  # numbers from here on are those of titles: one of them in common is enough
_TITLE_WORDS = 2  # "Agenda" is the title of many stories
_LONG, _SHORT = 60, 15  # shingles
_MOSTLY, _NEARLY, _WITHIN = 0.5, 0.8, 0.6
_AGREED, _TELLING = (
    1 / 3,
    4,
)  # share of the words of a title, and letters of one that says something

# On bytes: the classes of Unicode take three times as long. What is beyond ASCII counts as letters,
# so the punctuation of typographers is taken out first.
_WORD = re.compile(rb"[0-9a-z\x80-\xff]+")
_PUNCTUATION = "’‘“”«»–—…\xa0\u202f"


@dataclass(frozen=True, slots=True)
class Telling:
    """How an item tells its story, ready to be compared."""

    title: tuple[bytes, ...]
    shingles: frozenset[int]

    @property
    def sketch(self) -> list[int]:
        """The numbers under which this text is found; none for one too short to say anything."""
        found = sorted(self.shingles)[:SKETCH] if len(self.shingles) >= _SHORT else []
        if self._is_titled and self.shingles:
            found.append(TITLE + crc32(b" ".join(self.title)))
        return found

    @property
    def _is_titled(self) -> bool:
        return len(self.title) >= _TITLE_WORDS

    def likeness(self, other: Telling) -> float:
        """How surely the two are one story: 0 when they are not, or nobody can be sure.

        Most of a long text or nearly all of a short one is the same, and the titles agree; or the
        titles are the same, and one text is found within the other, as an excerpt is.
        """
        common = len(self.shingles & other.shingles)
        shorter = min(len(self.shingles), len(other.shingles))
        if not common:
            return 0.0
        resemblance = common / (len(self.shingles) + len(other.shingles) - common)
        enough = _MOSTLY if shorter >= _LONG else _NEARLY
        if shorter >= _SHORT and resemblance >= enough and self._agrees(other):
            return resemblance
        if self._is_titled and self.title == other.title and common / shorter >= _WITHIN:
            return common / shorter
        return 0.0

    def _agrees(self, other: Telling) -> bool:
        """Whether the titles may be of one text: a page to log in has those of many, and the numbers
        of a series (nº 12, nº 13) those of several that share their frame.
        """
        one, two = set(self.title), set(other.title)
        shared = one & two
        if _are_numbers(one - shared) and _are_numbers(two - shared):
            return False
        enough = len(shared) >= _AGREED * min(len(one), len(two))
        return enough and any(len(word) >= _TELLING for word in shared)


def _are_numbers(words: set[bytes]) -> bool:
    return bool(words) and all(word.isdigit() for word in words)


def told(title: str, text: str) -> Telling:
    """What is compared of a title and a text."""
    words = _words(text[:_LONGEST])
    runs = map(b" ".join, zip(*(words[start:] for start in range(WIDTH)), strict=False))
    return Telling(tuple(_words(title)), frozenset(map(crc32, runs)))


def _words(text: str) -> list[bytes]:
    for mark in _PUNCTUATION:
        text = text.replace(mark, " ")
    return _WORD.findall(text.lower().encode(errors="replace"))
