"""Whether the machine's time can be believed.

A machine without a battery starts in 1970; a clock set wrong may jump to 2200. Nothing must be
opened, sent or told on such a day (faults T3 to T5).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

_SLACK = timedelta(minutes=2)  # corrections that a time server makes
_LONGEST = timedelta(days=366)  # without a pulse: rather a wrong clock than a machine that slept
ACCEPTED_AFTER = timedelta(hours=1)  # about one visit of a source


class Verdict(StrEnum):
    """What is thought of an instant."""

    GOOD = "good"
    BEHIND = "behind"
    AHEAD = "ahead"


def judge(now: datetime, newest: datetime | None) -> Verdict:
    """``newest`` is the last instant at which all was well, None when there was none yet."""
    if newest is None:
        return Verdict.GOOD
    if now < newest - _SLACK:
        return Verdict.BEHIND
    return Verdict.AHEAD if now - newest > _LONGEST else Verdict.GOOD


def told(verdict: Verdict, now: datetime, newest: datetime) -> str:
    """The verdict in a sentence."""
    return (
        f"the clock says {now:%Y-%m-%d %H:%M} UTC, which is {verdict} of what was noted at "
        f"{newest:%Y-%m-%d %H:%M} UTC: nothing is done until it is right; set the clock of this "
        "machine, or say 'veille run --trust-clock' once"
    )


@dataclass(slots=True)
class Watched:
    """A clock that is looked at again and again, against one that only goes forward.

    A clock that was good in this run and was then set back is believed again after an hour, by the
    other one: it was wrong before, and somebody corrected it (T3). One that was behind when we began
    (T5), or that leapt ahead (T4), is not.
    """

    newest: datetime | None
    was_good: bool = False
    behind_since: float | None = None

    def look(self, now: datetime, seconds: float) -> Verdict:
        """What is thought of ``now``; ``seconds`` come from a clock that only goes forward."""
        verdict = judge(now, self.newest)
        if verdict is Verdict.BEHIND and self.was_good:
            if self.behind_since is None:
                self.behind_since = seconds
            if seconds - self.behind_since >= ACCEPTED_AFTER.total_seconds():
                verdict = Verdict.GOOD
        if verdict is Verdict.GOOD:
            self.newest, self.was_good, self.behind_since = now, True, None
        return verdict
