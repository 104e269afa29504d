"""French typography: no-break spaces, quotation marks and apostrophes, put in at display time.

What curators type stays as typed in the database; readers see it set. The rules are those of the
*Lexique des règles typographiques en usage à l'Imprimerie nationale*: a no-break space before
``:`` and inside ``« »``, a narrow one before ``; ! ?``, ``« »`` for a pair of typewriter's marks
(``“ ”`` for one within another), ``’`` for ``'``, ``…`` for three dots, ``–`` for two hyphens; a number stays with its unit,
a title with its name. Mail uses U+00A0 throughout, since U+202F lacks a glyph on old Windows (E53).
"""

from __future__ import annotations

import re
from functools import partial

from veille.digest.typography.english import curl
from veille.digest.typography.prose import JOINT, apart, dashed
from veille.digest.typography.quotes import curled

NBSP = "\u00a0"
NNBSP = "\u202f"

_APOSTROPHE = re.compile(rf"(?<=[^\W\d_])'(?={JOINT}*[\w«“])")
_OPENING = re.compile("«(?: |(?=[^ \u00a0\u202f]))")
_CLOSING = re.compile("(?<=[^ \u00a0\u202f]) ?»|^ »")
# What a tall mark closes: a word, a closing mark, a figure. Between two marks (?!) nothing enters.
_AFTER_WORD = r"(?<=[\w»”\"’)\]…%€°])"
_ENDS = r"(?=[\s»”\"’)\],.;:!?…*_]|$)"
_SPACED_TALL = re.compile(f"(?<![ \u00a0\u202f]) ([;!?]){_ENDS}")
_SPACED_COLON = re.compile(r"(?<![ \u00a0\u202f]) :(?=[\s»]|$)")
_BARE_TALL = re.compile(f"{_AFTER_WORD}([;!?]){_ENDS}")
_BARE_COLON = re.compile(rf"{_AFTER_WORD}:(?=[\s»]|$)")
_NUMBER_SIGN = re.compile(r"\b([nN]°) ?(?=\d)")
# The spaces of 40 000: narrow on a page; 2026 300 is two numbers.
_THOUSANDS = re.compile(r"(?<=\d)(?<!\d{4}) (?=\d{3}(?!\d))")
_UNIT = re.compile(
    r"(?<=\d) (?=(?:[%‰€$°]|h|min|[kcm]?m|k?g|[kMGT]o)(?!\w))|(?<=\d[ \u00a0]h) (?=\d\d(?!\d))"
)
_BEFORE_NAME = re.compile(r"\b((?:MM?|pp?|vol|art|chap)\.|Mmes?|Mlles?|Dre?|Pre?) (?=[A-ZÀ-Ý\d])")


def french(text: str, *, narrow: bool = False, insert: bool = True) -> str:
    """``text`` with its spaces and apostrophes as French sets them. Idempotent.

    ``narrow`` uses U+202F where French does (pages); else U+00A0 everywhere (mail). With
    ``insert`` off, spaces are only made unbreakable, never added, and quotation marks are “ ”, which
    every language knows: right for a title whose language is not known. Spaces that are no-break already stay, but narrow ones widen without ``narrow``.
    A straight quotation mark without its fellow stays as it is.
    """
    if not insert:
        text = curl(text)
    elif '"' in text:
        text = _quoted(text)
    return apart(text, partial(_set, narrow=narrow, insert=insert))


def _quoted(text: str) -> str:
    """Pairs of straight quotation marks as « », those within them as “ ”."""
    chars, open_ones = list(text), list[int]()
    for place, mark in curled(text):
        if text[place] != '"':
            continue
        if mark == "“":
            open_ones.append(place)
        elif mark == "”" and open_ones:
            pair = ("“", "”") if len(open_ones) > 1 else ("«", "»")
            chars[open_ones.pop()], chars[place] = pair
    return "".join(chars)


def _set(text: str, *, narrow: bool, insert: bool) -> str:
    if not narrow:
        text = text.replace(NNBSP, NBSP)
    thin = NNBSP if narrow else NBSP
    tall = rf"{thin}\1"
    text = _SPACED_COLON.sub(f"{NBSP}:", _SPACED_TALL.sub(tall, text))
    text = _THOUSANDS.sub(thin, _UNIT.sub(NBSP, text))
    if not insert:
        return text.replace("« ", f"«{NBSP}").replace(" »", f"{NBSP}»")
    text = dashed(_BEFORE_NAME.sub(rf"\1{NBSP}", _APOSTROPHE.sub("’", text)))
    text = _CLOSING.sub(f"{NBSP}»", _OPENING.sub(f"«{NBSP}", text))
    text = _BARE_COLON.sub(f"{NBSP}:", _BARE_TALL.sub(tall, text))
    return _NUMBER_SIGN.sub(rf"\1{NBSP}", text)
