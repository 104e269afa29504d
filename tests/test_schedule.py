"""The loop: a ticker, and jobs of which none can stop the others (T9, E12)."""

from __future__ import annotations

import threading

import pytest

from veille import schedule
from veille.errors import Busy, StoreError
from veille.schedule import Job, Outcome, run_forever, run_once


class Jobs:
    """Jobs that note when they ran, and what was told."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.told: list[str] = []

    def job(self, name: str, outcome: str | Exception | None = None) -> Job:
        def run() -> Outcome:
            self.ran.append(name)
            if isinstance(outcome, Exception):
                raise outcome
            return Outcome(outcome)

        return Job(name=name, minutes=5, run=run)


@pytest.fixture
def jobs() -> Jobs:
    """Nothing ran yet."""
    return Jobs()


def test_a_job_that_fails_stops_no_other(jobs: Jobs) -> None:
    """T9: it is told, the others run, and the end says that not all went well."""
    given = [jobs.job("a", StoreError("disk full")), jobs.job("b", "3 new"), jobs.job("c")]
    assert run_once(given, jobs.told.append) is False
    assert jobs.ran == ["a", "b", "c"]
    assert jobs.told == ["a: disk full", "b: 3 new"]


def test_somebody_else_at_work_is_no_failure(jobs: Jobs) -> None:
    """U7: a manual collection is going on; the next look will do."""
    assert run_once([jobs.job("a", Busy("later"))], jobs.told.append) is True
    assert jobs.told == ["a: later"]


def test_the_loop_begins_at_once_and_ends_when_asked(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is due at the start is done at the start; nothing runs again within its minutes."""
    monkeypatch.setattr(schedule, "TICK", 0.01)
    stop = threading.Event()
    given = [jobs.job("a", StoreError("no")), jobs.job("b")]
    loop = threading.Thread(target=run_forever, args=(given, jobs.told.append, stop))
    loop.start()
    loop.join(0.2)
    assert loop.is_alive()
    stop.set()
    loop.join(5)
    assert not loop.is_alive()
    assert jobs.ran == ["a", "b"]


def test_a_defect_is_told_and_stops_nothing(jobs: Jobs) -> None:
    """T9: what nobody foresaw is named as a defect; the other jobs run."""
    given = [jobs.job("a", ZeroDivisionError("by 0")), jobs.job("b")]
    assert run_once(given, jobs.told.append) is False
    assert jobs.ran == ["a", "b"]
    assert jobs.told == ["a: unexpected ZeroDivisionError: by 0 (a defect of veille)"]


def test_what_was_done_in_part_is_not_all_well(jobs: Jobs) -> None:
    """Some sources failed: told, and the end says so."""
    partial = Job(name="a", minutes=5, run=lambda: Outcome("1 failed", complete=False))
    assert run_once([partial], jobs.told.append) is False
    assert jobs.told == ["a: 1 failed"]
