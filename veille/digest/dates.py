"""Dates as a reader writes them."""

from __future__ import annotations

import re
from datetime import UTC
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from babel.dates import format_date

if TYPE_CHECKING:
    from datetime import datetime

_FIRST = re.compile(r"^1(?=\s)")


def instant(moment: datetime) -> str:
    """``moment`` for machines: RFC 3339, UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def day(moment: datetime, locale: str, timezone: str) -> str:
    """The day of ``moment`` in ``timezone``, in words: ``1er décembre 2026``, ``1 December 2026``.

    French counts the first of a month as an ordinal; CLDR, hence Babel, does not know. English is
    that of our own words, which is not the one CLDR has for a bare ``en``.
    """
    spoken = "en_GB" if locale == "en" else locale
    words = format_date(moment.astimezone(ZoneInfo(timezone)).date(), "long", locale=spoken)
    return ordinal(words, locale)


def ordinal(words: str, locale: str) -> str:
    """A date in words, the first of a month as one says it."""
    return _FIRST.sub("1er", words) if locale.startswith("fr") else words
