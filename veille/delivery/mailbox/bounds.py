"""Letters are written by strangers: opened within bounds of size, depth and length of line.

The first megabyte is read: reports and short answers are at the beginning, what they quote comes
after. Parsing costs lines times depth, so both are bounded.
"""

from __future__ import annotations

import re
from email.errors import MessageError
from email.header import decode_header
from email.parser import BytesParser
from email.policy import compat32
from email.utils import getaddresses
from typing import TYPE_CHECKING, TypeAlias

from veille.model.text import one_line

if TYPE_CHECKING:
    from email.message import Message

MAX_BYTES = 1_000_000
MAX_LINES = 20_000
MAX_PARTS = 40
_MAX_FIELD = 2_000  # characters of a header field that are looked at
_MAX_ADDRESS = 1_000  # characters of the field From
_BOUNDARY = re.compile(rb"boundary\s*=", re.IGNORECASE)
_NESTED = re.compile(rb"message/", re.IGNORECASE)

Part: TypeAlias = "Message[str, str]"


class Unreadable(ValueError):  # noqa: N818  what it is
    """A letter that cannot be read within bounds."""


def open_letter(data: bytes) -> Part:
    """The parts of a letter. Raises :class:`Unreadable`."""
    head = _head(data)
    if len(_BOUNDARY.findall(head)) + len(_NESTED.findall(head)) > MAX_PARTS:
        raise Unreadable("too many parts inside one another")
    try:
        return BytesParser(policy=compat32).parsebytes(head)
    except (ValueError, LookupError, RecursionError, AttributeError, TypeError) as error:
        raise Unreadable(f"it cannot be parsed: {error}") from error


def _head(data: bytes) -> bytes:
    lines = data[:MAX_BYTES].split(b"\n", MAX_LINES)
    return b"\n".join(line.rstrip(b"\r") for line in lines[:MAX_LINES])


def field(part: Part, name: str) -> str:
    """A header field as text on one line; empty when it is not there, or nothing can be read."""
    return decoded(str(part.get(name, "")))


def decoded(value: str) -> str:
    """The text of a field (RFC 2047); words that lie about their charset are shown as they can be."""
    value = value[:_MAX_FIELD]
    try:
        words = decode_header(value)
    except (ValueError, LookupError, MessageError):
        return one_line(value)
    return one_line("".join(_word(*word) for word in words))


def _word(word: bytes | str, charset: str | None) -> str:
    if isinstance(word, str):
        return word
    return _text(word, charset)


def sender(part: Part) -> tuple[str, str]:
    """Name and address of the one sender; empty where there is none, or more than one."""
    try:
        found = getaddresses([str(part.get("From", ""))[:_MAX_ADDRESS]])
    except (ValueError, LookupError, RecursionError):
        return "", ""
    return (decoded(found[0][0]), found[0][1].strip()) if len(found) == 1 else ("", "")


def content(part: Part) -> str:
    """The text of a part, whatever it says of its encoding."""
    try:
        body = part.get_payload(decode=True)
    except (ValueError, LookupError, AttributeError, TypeError):
        body = None
    if not isinstance(body, bytes):
        return ""
    return _text(body, part.get_content_charset())


def _text(data: bytes, charset: str | None) -> str:
    try:
        return data.decode(charset or "utf-8")
    except (UnicodeDecodeError, LookupError, ValueError):
        return data.decode("utf-8", "replace") if charset else data.decode("cp1252", "replace")
