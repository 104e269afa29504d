"""``veille run --once``: what is due is done here, and that is all (for cron)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from veille.errors import Busy, VeilleError
from veille.schedule.loop import Ended

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from veille.model.plan import JobName
    from veille.schedule.jobs import Outcome
    from veille.schedule.journal import Journal
    from veille.schedule.loop import Desk


def run_once(
    desk: Desk,
    perform: Callable[[JobName], Outcome],
    journal: Journal,
    clock: Callable[[], datetime],
) -> bool:
    """Do what is due and end; True when all of it could be done. One that fails stops no other."""
    done = [_attempt(desk, name, perform, journal, clock) for name in desk.due(clock())]
    return all(done)


def _attempt(
    desk: Desk,
    name: JobName,
    perform: Callable[[JobName], Outcome],
    journal: Journal,
    clock: Callable[[], datetime],
) -> bool:
    desk.begin(name, clock())
    ended, complete = attempt(name, perform)
    failures = desk.end(name, ended, clock())
    if not ended.well:
        journal.error(name, ended.said or "failed")
        desk.tell(name, f"{name} failed {failures} times in a row: {ended.said}")
    elif ended.said:
        journal.info(name, ended.said)
    return complete


def attempt(name: JobName, perform: Callable[[JobName], Outcome]) -> tuple[Ended, bool]:
    """Do a job; how it ended, and whether all of it could be done. Errors are told, not raised."""
    try:
        outcome = perform(name)
    except Busy as error:
        return Ended(well=True, said=str(error)), True
    except VeilleError as error:
        return Ended(well=False, said=str(error)), False
    except Exception as error:
        said = f"unexpected {type(error).__name__}: {error} (a defect of veille)"
        return Ended(well=False, said=said), False
    return Ended(well=True, said=outcome.said, left=outcome.left), outcome.complete
