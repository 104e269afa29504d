"""The unattended loop: a ticker, and jobs that know themselves what is due.

The ``schedule`` package only ticks. What a job does at a tick depends on the database and the
clock alone (a source has its own due time), so a restart, a suspended machine or a missed tick
changes nothing but the hour: nothing is done twice, nothing is forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from veille.errors import Busy, VeilleError

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence

TICK = 1.0  # seconds between two looks at the clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Something to look after every so many ``minutes``."""

    name: str
    minutes: int
    run: Callable[[], Outcome]


class Outcome(NamedTuple):
    """What a job did, in a line (None: nothing was due), and whether all of it could be done."""

    said: str | None
    complete: bool = True


def run_once(jobs: Sequence[Job], tell: Callable[[str], None]) -> bool:
    """Do what is due and end; True when every job could be done."""
    done = [_attempt(job, tell) for job in jobs]
    return all(done)


def run_forever(jobs: Sequence[Job], tell: Callable[[str], None], stop: threading.Event) -> None:
    """Tick until ``stop`` is set. A job that fails neither stops the loop nor delays the others."""
    import schedule

    ticker = schedule.Scheduler()
    for job in jobs:
        ticker.every(job.minutes).minutes.do(_attempt, job, tell)
    ticker.run_all()
    while not stop.wait(TICK):
        ticker.run_pending()


def _attempt(job: Job, tell: Callable[[str], None]) -> bool:
    """Errors are told, not raised: `schedule` would neither advance the job nor run the others."""
    try:
        outcome = job.run()
    except Busy as error:
        tell(f"{job.name}: {error}")
        return True
    except VeilleError as error:
        tell(f"{job.name}: {error}")
        return False
    except Exception as error:
        tell(f"{job.name}: unexpected {type(error).__name__}: {error} (a defect of veille)")
        return False
    if outcome.said:
        tell(f"{job.name}: {outcome.said}")
    return outcome.complete
