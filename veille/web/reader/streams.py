"""How the API names things: streams, items and instants, read from text and written."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from veille.model.reading import NO_SOURCE, UNFILED, Stream, StreamKind
from veille.model.text import one_line, tag_key
from veille.web.reader.answers import bad_request

STATES = "user/-/state/com.google/"
LABELS = "user/-/label/"
ITEM = "tag:google.com,2005:reader/item/"

# Apps write "-", or the id of the user that they were told.
_STATE = re.compile(r"user/[^/]*/state/[^/]+/(.+)")
_LABEL = re.compile(r"user/[^/]*/label/(.+)", re.DOTALL)
_DECIMAL = re.compile(r"-?[0-9]{1,20}")
_HEXADECIMAL = re.compile(r"[0-9A-Fa-f]{1,16}")
_NUMBER = re.compile(r"[0-9]{1,18}")
MOST = 2**31 - 1  # of an id, in every database

_KINDS = {
    "reading-list": StreamKind.ALL,
    "read": StreamKind.READ,
    "unread": StreamKind.UNREAD,
    "starred": StreamKind.STARRED,
}
_STATE_OF = {kind: name for name, kind in _KINDS.items()}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Names(NamedTuple):
    """What has no name in the pool, in the language of the house."""

    unfiled: str
    no_source: str


ENGLISH = Names("No folder", "Links found elsewhere")
NAMES = {"en": ENGLISH, "fr": Names("Sans dossier", "Liens trouvés ailleurs")}


def stream(text: str, names: Names) -> Stream:
    """The stream that an id names; raises Declined when it is none."""
    text = text.strip()
    if text.startswith("feed/") and len(text) > len("feed/"):
        return _source(text.removeprefix("feed/"))
    if text in _KINDS:  # as EasyRSS says it
        return Stream(_KINDS[text])
    if state := _STATE.fullmatch(text):
        return Stream(_KINDS.get(state[1], StreamKind.NOTHING))
    name = label(text)
    if name is None:
        raise bad_request(f"'{one_line(text, 100)}' is no stream")
    return Stream(StreamKind.LABEL, UNFILED if tag_key(name) == tag_key(names.unfiled) else name)


def _source(name: str) -> Stream:
    if not (name.isascii() and name.isdigit()):
        return Stream(StreamKind.SOURCE, name)
    known = len(name) <= 10 and int(name) <= MOST
    return Stream(StreamKind.SOURCE, str(int(name))) if known else Stream(StreamKind.NOTHING)


def label(text: str) -> str | None:
    """The name in the id of a label, None when it is no such id."""
    found = _LABEL.fullmatch(text.strip())
    return one_line(found[1]) or None if found else None


def state(text: str) -> str | None:
    """The name in the id of a state, None when it is no such id."""
    found = _STATE.fullmatch(text.strip())
    return found[1] if found else None


def named(stream: Stream, names: Names) -> str:
    """The id of a stream."""
    match stream.kind:
        case StreamKind.SOURCE:
            return f"feed/{stream.name}"
        case StreamKind.LABEL:
            return LABELS + (stream.name or names.unfiled)
        case _:
            return STATES + _STATE_OF[stream.kind]


def no_source() -> str:
    """The id of the stream of links that no source shows."""
    return f"feed/{NO_SOURCE}"


def item(text: str) -> int | None:
    """The number of an item, from its long or short id; None for one that is none of ours.

    Long: any prefix up to a slash, then hexadecimal. Short: decimal. Read You sends the sixteen
    hexadecimal digits alone; they begin with a zero, as no decimal does. Raises Declined.
    """
    text = text.strip()
    digits = text.rpartition("/")[2]
    if digits == text and _DECIMAL.fullmatch(text) and not text.startswith("0"):
        number = int(text)
    elif _HEXADECIMAL.fullmatch(digits):
        number = int(digits, 16)
    else:
        raise bad_request(f"'{one_line(text, 100)}' is no id of an item")
    return number if 0 < number <= MOST else None


def long_id(number: int) -> str:
    """The id of an item in contents."""
    return f"{ITEM}{number:016x}"


def whole(text: str, what: str) -> int | None:
    """A number that was given, None for an empty one; raises Declined when it is none."""
    text = text.strip()
    if not text:
        return None
    if not _NUMBER.fullmatch(text):
        raise bad_request(f"{what} is a whole number, not '{one_line(text, 40)}'")
    return int(text)


def instant(number: int) -> datetime:
    """The instant that a number of seconds, or of any thousandth of them, since 1970 stands for.

    The API says seconds in one place and microseconds in another, and apps differ: present times
    are far apart enough to tell.
    """
    for limit, unit in ((10**11, 1), (10**14, 1_000), (10**17, 1_000_000)):
        if number < limit:
            return _EPOCH + timedelta(seconds=number / unit)
    return _EPOCH + timedelta(seconds=number / 1_000_000_000)


def seconds(at: datetime) -> int:
    """Seconds since 1970, as apps hold them: never negative, and in 31 bits."""
    return min(max(int((at - _EPOCH).total_seconds()), 0), MOST)


def microseconds(at: datetime) -> int:
    """Microseconds since 1970."""
    return (at - _EPOCH) // timedelta(microseconds=1)
