"""What in a text is prose, and what is never touched."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# Where a text was cut, by emphasis or a link: no space, nor is it a word's end. Nobody types it.
JOINT = "\x1f"

# Addresses of the web and of people, code between back-quotes, entities, times.
_PROTECTED = re.compile(
    r"(?:https?://|www\.|mailto:|ftp://)[^\s\u00a0\u202f»”\"<>]+"
    r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    r"|(`+)(?:(?!\1).)+\1"
    r"|&#?\w+;"
    r"|\b\d{1,2}:\d{2}(?::\d{2})?\b",
    re.IGNORECASE,
)
_PROTECTING = (":", "@", "`", "&")  # without one of these, or www., nothing is


_DOTS = re.compile(r"(?<!\.)\.\.\.(?!\.)")
_DASH = re.compile(r"(?<=[ \u00a0\u202f])--(?= )")


def dashed(text: str) -> str:
    """``text`` with … for three dots, and a dash for two hyphens that stand apart."""
    return _DASH.sub("–", _DOTS.sub("…", text))


def apart(text: str, typeset: Callable[[str], str]) -> str:
    """``text`` with what lies between addresses, code and times typeset, each part for itself."""
    if not _may_hold(text):
        return typeset(text)
    parts: list[str] = []
    end = 0
    for match in _PROTECTED.finditer(text):
        parts += [typeset(text[end : match.start()]), match.group()]
        end = match.end()
    parts.append(typeset(text[end:]))
    return "".join(parts)


def masked(text: str) -> str:
    """``text`` as long as it is, with letters in the place of addresses, code and times."""
    return _PROTECTED.sub(lambda match: "x" * len(match[0]), text) if _may_hold(text) else text


def _may_hold(text: str) -> bool:
    return any(mark in text for mark in _PROTECTING) or "www." in text.lower()
