"""Bytes and lines: E01 to E04, E10."""

from __future__ import annotations

import base64
import quopri
import re
from typing import TYPE_CHECKING

from veille.delivery.audit.findings import Finding, error, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from veille.delivery.audit.raw import Part

_BREAK = re.compile(rb"(?<!\r)\n|\r(?!\n)")
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_UNFOLDABLE = re.compile(rb"(?:[\w-]+:)?[ \t]*(?:<[^ ]*>,? ?)+$")
_WORD = re.compile(r"=\?([^?\s]+)\?([bq])\?([^?\s]*)\?=", re.IGNORECASE)
_ONCE = ("Date", "From", "To", "Subject", "Message-ID", "MIME-Version")
_AT_MOST_ONCE = (
    "Reply-To", "Cc", "Auto-Submitted", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post",
    "List-Help", "List-Owner", "List-Post", "List-Archive", "Archived-At", "Content-Type",
)  # fmt: skip


def check(mail: Part) -> Iterator[Finding]:
    """All that can be said without understanding a field."""
    yield from _bytes(mail)
    yield from _lengths(mail)
    yield from _counts(mail)
    yield from _words(mail)


def _bytes(mail: Part) -> Iterator[Finding]:
    if not mail.head.isascii():
        yield error("E01", "the header holds bytes that are not ASCII", "RFC 5322 section 2.2")
    if _BREAK.search(mail.raw):
        yield error("E02", "a line does not end in CR LF", "RFC 5321 section 2.3.8")
    if _CONTROL.search(mail.raw):
        yield error("E02", "there is a control character", "RFC 5322 section 2.3")


def _lengths(mail: Part) -> Iterator[Finding]:
    if any(len(line) > 998 for line in mail.raw.splitlines()):
        yield error("E03", "a line is longer than 998 bytes", "RFC 5322 section 2.1.1")
    for line in mail.head.splitlines():
        if len(line) > 78 and not _UNFOLDABLE.match(line):
            shown = line[:20].decode("ascii", "replace")
            yield warning("E03", f"a header line has {len(line)} bytes: {shown}…", "RFC 5322 2.1.1")


def _counts(mail: Part) -> Iterator[Finding]:
    for name in _ONCE:
        count = len(mail.values(name))
        if count != 1:
            yield error("E04", f"{name} is there {count} times, not once", "RFC 5322 section 3.6")
    for name in _AT_MOST_ONCE:
        if len(mail.values(name)) > 1:
            yield error("E04", f"{name} is there more than once", "RFC 5322 3.6, RFC 2369 3")


def _words(mail: Part) -> Iterator[Finding]:
    source = "RFC 2047 sections 2 and 5"
    for line in mail.head.decode("ascii", "replace").splitlines():
        words = list(_WORD.finditer(line))
        if words and len(line) > 76:
            yield error("E10", f"a line with an encoded-word has {len(line)} characters", source)
        for word in words:
            if len(word[0]) > 75:
                yield error("E10", f"an encoded-word has {len(word[0])} characters", source)
            if not _is_whole(*word.groups()):
                yield error("E10", "a character is split between two encoded-words", source)


def _is_whole(charset: str, encoding: str, text: str) -> bool:
    try:
        if encoding.lower() == "b":
            data = base64.b64decode(text, validate=True)
        else:
            data = quopri.decodestring(text, header=True)
        data.decode(charset)
    except (ValueError, LookupError):  # those of base64 and of charsets among them
        return False
    return True
