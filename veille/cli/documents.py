"""Values as JSON: instants as RFC 3339 in UTC, paths as text, nothing a terminal would obey."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_SURROGATES = re.compile("[\ud800-\udfff]")
# Legal inside a JSON string, but not to be let loose on a terminal: escaped instead.
_UNSHOWABLE = re.compile("[\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


def document(value: Any) -> str:
    """One JSON document with a line end; equal to the value when read back."""
    text = json.dumps(value, ensure_ascii=False, indent=2, default=_plain, allow_nan=False)
    text = _SURROGATES.sub("\ufffd", text)
    return _UNSHOWABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n"


def instant(value: datetime | None) -> str | None:
    """RFC 3339 with offset, in UTC, to the second.

    >>> instant(datetime(2026, 11, 3, 9, 30, tzinfo=UTC))
    '2026-11-03T09:30:00+00:00'
    """
    return None if value is None else value.astimezone(UTC).isoformat(timespec="seconds")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")
