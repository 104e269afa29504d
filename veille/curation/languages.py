"""What curators call a language."""

from __future__ import annotations

import re

from veille.errors import UsageError

# A language, and perhaps its script or country (RFC 5646, section 2.1, the common shapes).
_TAG = re.compile(r"([A-Za-z]{2,3})((?:-[A-Za-z0-9]{2,8})*)")


def parse_language(text: str) -> str | None:
    """The tag of a language (``fr``, ``pt-BR``); None for an empty text: whatever sources say.

    Raises :class:`~veille.errors.UsageError` for anything else.
    """
    if not text.strip():
        return None
    found = _TAG.fullmatch(text.strip())
    if found is None:
        raise UsageError(f"'{text}' is no code of a language: write it as fr, en, de or pt-BR")
    return found[1].lower() + found[2]
