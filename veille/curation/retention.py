"""How old items must be before they may go."""

from __future__ import annotations

import contextlib
from datetime import timedelta

from veille.curation.dates import span
from veille.errors import UsageError

LEAST = timedelta(days=90)  # the rhythm of a source is counted over as much


def age_of(written: str) -> timedelta:
    """The age that ``2 years`` or ``18m`` says; raises UsageError when it is none, or too young."""
    with contextlib.suppress(ValueError):
        if (age := span(written)) >= LEAST:
            return age
    raise UsageError(
        f"'{written}' is no age to remove items at: write one such as 2 years or 18 months, "
        f"{LEAST.days} days at least"
    )
