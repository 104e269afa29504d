"""Permanent redirects, and when they are believed (pure).

A redirect "for good" is often a mistake, a captive portal or a domain that changed hands. It is
followed at once, but becomes the source's address only after it was met on five visits over a week,
each time to the same place, and the feed there showed items we knew before.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from veille.errors import FetchError, ParseError
from veille.model.source import Move

if TYPE_CHECKING:
    from datetime import datetime

    from veille.model.fetched import Fetched

VISITS = 5
PERIOD = timedelta(days=7)


def after(
    before: Move | None,
    outcome: Fetched | FetchError | ParseError,
    *,
    now: datetime,
    shows_known: bool,
) -> Move | None:
    """The evidence after a visit. What did not answer proves nothing, a page that is no feed much."""
    if isinstance(outcome, FetchError):
        return before
    if isinstance(outcome, ParseError) or outcome.permanent is None:
        return None
    if before is None or before.to != outcome.permanent:
        return Move(to=outcome.permanent, since=now, visits=1, known=shows_known)
    return replace(before, visits=before.visits + 1)


def is_proven(move: Move | None, now: datetime) -> bool:
    """Whether a source may be said to live at its new address from now on."""
    return move is not None and move.known and move.visits >= VISITS and now - move.since >= PERIOD
