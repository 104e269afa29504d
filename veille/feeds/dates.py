"""Dates as feeds write them, beside those feedparser knows: French names, named zones."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_tz
from typing import TYPE_CHECKING

from veille.model.text import fold

if TYPE_CHECKING:
    from time import struct_time

# A feed that dates its news earlier or later than this is in error.
_FIRST_YEAR, _LAST_YEAR = 1000, 2999

_MONTHS = {
    "janv": "Jan", "janvier": "Jan", "fevr": "Feb", "fev": "Feb", "fevrier": "Feb", "mars": "Mar",
    "avr": "Apr", "avril": "Apr", "mai": "May", "juin": "Jun", "juil": "Jul", "juillet": "Jul",
    "aout": "Aug", "sept": "Sep", "septembre": "Sep", "oct": "Oct", "octobre": "Oct",
    "nov": "Nov", "novembre": "Nov", "dec": "Dec", "decembre": "Dec",
}  # fmt: skip
_DAYS = re.compile(
    r"^(?:lun(?:di)?|mar(?:di)?|mer(?:credi)?|jeu(?:di)?|ven(?:dredi)?|sam(?:edi)?|dim(?:anche)?)\b\.?,?\s*"
)
_MONTH = re.compile(r"(?<=[\d\s])(" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\b\.?")
_ZONES = {
    "cet": 1,
    "cest": 2,
    "mez": 1,
    "mesz": 2,
    "wet": 0,
    "west": 1,
    "bst": 1,
    "eet": 2,
    "eest": 3,
}
_ZONE = re.compile(r"\b(" + "|".join(_ZONES) + r")$")
_NUMBER = re.compile(r"[0-9]{9,}")  # seconds since 1970, or nothing: feedparser reads years in it
_ORDINAL = re.compile(r"\b1er\b")
_CLOCK = re.compile(r"\b(\d{1,2})\s?h\s?(\d{2})\b")  # 14h30


def instant(parsed: struct_time | None, raw: str | None) -> datetime | None:
    """The instant that feedparser read, or that can be read from the ``raw`` text; None for none.

    A text without zone is taken as UTC; so is one of a zone nobody knows.
    """
    text = fold(raw).strip() if raw else ""
    zone = _ZONE.search(text)
    try:
        if _NUMBER.fullmatch(text):
            return _plausible(datetime.fromtimestamp(int(text), UTC)) if len(text) == 10 else None
        if parsed is not None:
            # feedparser takes the zones of Europe for UTC: their offset is still to be counted.
            hours = _ZONES[zone.group(1)] if zone else 0
            return _plausible(datetime(*parsed[:6], tzinfo=UTC) - timedelta(hours=hours))
        found = parsedate_tz(_in_english(text)) if text else None
        if found is None:
            return None
        return _plausible(datetime(*found[:6], tzinfo=UTC) - timedelta(seconds=found[9] or 0))
    except (ValueError, OverflowError):
        return None


def iso(text: object) -> datetime | None:
    """The instant of an RFC 3339 text (JSON Feed), None for anything else."""
    if not isinstance(text, str):
        return None
    try:
        found = datetime.fromisoformat(text.strip())
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return instant(None, text)
    return _plausible(found)


def _plausible(found: datetime) -> datetime | None:
    return found if _FIRST_YEAR <= found.year <= _LAST_YEAR else None


def _in_english(text: str) -> str:
    """A French date in the words of RFC 5322: ``lun., 03 févr. 2025 14h30`` as ``03 Feb 2025 14:30``."""
    text = _ORDINAL.sub("1", _DAYS.sub("", text))
    text = _MONTH.sub(lambda found: _MONTHS[found.group(1)], text)
    text = _CLOCK.sub(r"\1:\2", text).replace(" a ", " ")
    text = text if ":" in text else f"{text} 00:00"
    return _ZONE.sub(lambda found: f"+{_ZONES[found.group(1)]:02d}00", text)
