"""What the office prints: the ledger of an edition, on paper."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from veille.digest.catalogue import catalogue
from veille.model.states import DeliveryState
from veille.model.text import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from veille.digest.render.templates import Templates
    from veille.model.delivery import Delivery
    from veille.model.edition import EditionContent


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One mail of the ledger; ``open`` says that something may still happen to it."""

    address: str
    state: str
    attempts: int
    reply: str
    open: bool


def ledger(
    templates: Templates, content: EditionContent, rows: Sequence[Delivery], at: datetime
) -> str:
    """The ledger as a page to print, in the edition's language."""
    words = _words(content.locale)
    counted = Counter(row.state for row in rows)
    return templates.text(
        "office/ledger.html",
        content.locale,
        language=content.locale.replace("_", "-"),
        title=one_line(content.title),
        ref=content.ref,
        at=at,
        counts=[(words[state], counted[state]) for state in DeliveryState if counted[state]],
        rows=[
            Line(
                address=one_line(row.address),
                state=words[row.state],
                attempts=row.attempts,
                reply=one_line(f"{row.code or ''} {row.reply or ''}", 300),
                open=not row.state.is_final,
            )
            for row in rows
        ],
    )


def _words(locale: str) -> dict[DeliveryState, str]:
    _ = catalogue(locale).gettext
    return {
        DeliveryState.PLANNED: _("planned"),
        DeliveryState.CLAIMED: _("under way"),
        DeliveryState.COMMITTING: _("being handed over"),
        DeliveryState.ACCEPTED: _("accepted"),
        DeliveryState.DEFERRED: _("put off"),
        DeliveryState.REJECTED: _("rejected"),
        DeliveryState.UNCERTAIN: _("uncertain"),
        DeliveryState.SKIPPED: _("left out"),
        DeliveryState.BOUNCED: _("came back"),
    }
