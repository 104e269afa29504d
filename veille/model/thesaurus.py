"""The thesaurus: the tags a team agreed on, and the words that mean them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A preferred tag. ``broader`` is the name of a wider term, ``fr`` and ``en`` are what readers see,
    ``note`` says when to use it.
    """

    name: str
    synonyms: tuple[str, ...] = ()
    broader: str | None = None
    note: str | None = None
    fr: str | None = None
    en: str | None = None
