"""What HTTP says of when to come back: Retry-After, Cache-Control, Expires (pure)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST = 31 * 86_400.0  # no server makes us forget its feed
_MAX_AGE = re.compile(
    r'(?:^|[\s,])(?:s-)?max-?age\s*=\s*"?([0-9]{1,12})"?(?=\s*(?:,|$))', re.IGNORECASE
)


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """The seconds a ``Retry-After`` asks for (RFC 9110 section 10.2.3), at most 31 days.

    A date counts from the answer's own ``Date``, whose clock it was written by, or from ``now``.
    None when there is none, or nonsense, or one in the past.
    """
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,12}", value):
        return min(float(value), LONGEST)
    return _until(value, headers, now)


def max_age(headers: Mapping[str, str], now: datetime) -> float | None:
    """The seconds an answer stays fresh by ``Cache-Control: max-age``, else by ``Expires``.

    At most 31 days; None when neither says anything usable, or ``no-cache`` forbids to rely on it
    (RFC 9111 sections 5.2 and 5.3).
    """
    control = headers.get("cache-control", "")
    if re.search(r"\bno-(?:cache|store)\b", control, re.IGNORECASE):
        return None
    found = _MAX_AGE.search(control)
    if found:
        age = headers.get("age", "").strip()
        passed = float(age) if re.fullmatch(r"[0-9]{1,12}", age) else 0.0
        return min(max(float(found.group(1)) - passed, 0.0), LONGEST) or None
    return _until(headers.get("expires", ""), headers, now)


def _until(value: str, headers: Mapping[str, str], now: datetime) -> float | None:
    until = _date(value)
    if until is None:
        return None
    seconds = (until - (_date(headers.get("date", "")) or now)).total_seconds()
    return min(seconds, LONGEST) if seconds > 0 else None


def _date(value: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(value)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
