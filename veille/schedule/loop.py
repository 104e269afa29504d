"""The loop: look at what is due, run it in processes of its own, and never stop because one did.

A job is this same program, started for one job (``veille run --job NAME``). So a sweep of an hour
delays no sending (T10), what a job leaks ends with it, one that hangs can be ended (T14), and one
that dies takes nobody along. The ``schedule`` package gives the ticks.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from veille.errors import VeilleError
from veille.model.plan import JobName, Pulse
from veille.schedule.clock import Verdict, Watched, told
from veille.schedule.jobs import LIMITS

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from datetime import datetime

    import schedule

    from veille.schedule.journal import Journal
    from veille.schedule.systemd import Supervisor

TICK = 1.0  # seconds between two looks at the ticker
LOOK, BEAT, FIGURES = 5, 30, 60  # seconds between two looks at what is due, beats, figures
GRACE = 8.0  # seconds that jobs have to end when the loop does (C7)
MANY_DEATHS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a job ended: its words, and whether no program chose that end. One that is ``left`` goes on
    in the hands of workers."""

    well: bool
    said: str | None
    died: bool = False
    left: bool = False


class Child(Protocol):
    """A job at work."""

    def ended(self) -> Ended | None:
        """How it ended; None while it works."""

    def stop(self) -> None:
        """Ask it to end: what it did so far is kept."""

    def kill(self) -> None:
        """End it now."""


class Desk(Protocol):
    """What the loop reads and notes: a workspace, in the program."""

    def due(self, now: datetime) -> list[JobName]:
        """The jobs to begin now."""

    def begin(self, name: JobName, now: datetime) -> None:
        """Note that a job begins."""

    def end(self, name: JobName, ended: Ended, now: datetime) -> int:
        """Note how a job ended; how many times in a row it failed."""

    def settle_death(self, name: JobName) -> str | None:
        """After a job died: put aside what killed it, if that is known; what was done."""

    def beat(self, pulse: Pulse) -> None:
        """Note that the loop lives."""

    def figures(self, now: datetime) -> None:
        """Write the figures for monitors."""

    def tell(self, cause: str, message: str) -> None:
        """Tell the operator."""

    def changed(self) -> bool:
        """Whether there are settings to be read again."""

    def reload(self) -> None:
        """Read the settings again; raises SettingsError, and keeps the old ones."""


def note(desk: Desk, journal: Journal, name: JobName, ended: Ended, now: datetime) -> None:
    """Note how a job ended, where people and programs look; tell the operator if need be."""
    failures = desk.end(name, ended, now)
    if ended.well:
        if ended.said:
            journal.info(name, ended.said)
        return
    journal.error(name, ended.said or "failed")
    if ended.died and (settled := desk.settle_death(name)):
        journal.warning(name, settled)
    if failures >= MANY_DEATHS or name is JobName.BACKUP:
        desk.tell(name, f"{name} failed {failures} times in a row: {ended.said}")


@dataclass(slots=True)
class _Running:
    child: Child
    since: float
    stopped: bool = False


@dataclass
class Loop:
    """A loop over one workspace. ``clock`` is the wall's, ``monotonic`` only goes forward."""

    desk: Desk
    launch: Callable[[JobName], Child]
    journal: Journal
    supervisor: Supervisor
    clock: Callable[[], datetime]
    pulse: Pulse
    watched: Watched
    monotonic: Callable[[], float] = time.monotonic
    running: dict[JobName, _Running] = field(default_factory=dict)
    _warned: Verdict = Verdict.GOOD

    def run(self, stop: threading.Event, reload: threading.Event) -> None:
        """Tick until ``stop`` is set; then let the jobs end."""
        ticker = self._ticker()
        self.supervisor.ready("watching")
        try:
            while not stop.wait(TICK):
                if reload.is_set() or self.desk.changed():
                    reload.clear()
                    self._reload()
                if (ticker.idle_seconds or 0) > FIGURES:  # the clock was set back (T3)
                    ticker = self._ticker()
                ticker.run_pending()
        finally:
            self._end()

    def _ticker(self) -> schedule.Scheduler:
        import schedule

        ticker = schedule.Scheduler()
        for seconds, do in ((LOOK, self.look), (BEAT, self.beat), (FIGURES, self._figures)):
            ticker.every(seconds).seconds.do(self._safely, do)
        ticker.run_all()
        return ticker

    def _safely(self, do: Callable[[], None]) -> None:
        """An error must end neither the loop nor this tick's others: `schedule` would do both (E12)."""
        try:
            do()
        except VeilleError as error:
            self.journal.error("run", str(error))
        except Exception as error:
            self.journal.error(
                "run", f"unexpected {type(error).__name__}: {error} (a defect of veille)"
            )

    def look(self) -> None:
        """See which jobs ended, then begin what is due."""
        now = self.clock()
        self._collect_ended(now)
        if self._believes(now):
            for name in self.desk.due(now):
                if name not in self.running:
                    self._begin(name, now)

    def beat(self) -> None:
        """Say that we live: to the supervisor, and where `veille doctor` looks."""
        self.supervisor.alive(f"at work: {', '.join(self.running)}" if self.running else "watching")
        now = self.clock()
        if self.watched.behind_since is None and self._warned is Verdict.GOOD:
            self.pulse = replace(self.pulse, beat=now)
            self.desk.beat(self.pulse)

    def _figures(self) -> None:
        self.desk.figures(self.clock())

    def _believes(self, now: datetime) -> bool:
        newest = self.watched.newest
        verdict = self.watched.look(now, self.monotonic())
        if verdict is not self._warned and verdict is not Verdict.GOOD and newest is not None:
            self.journal.error("clock", told(verdict, now, newest))
            self.desk.tell("clock", told(verdict, now, newest))
        elif verdict is Verdict.GOOD and self._warned is not Verdict.GOOD:
            self.journal.warning("clock", f"{now:%Y-%m-%d %H:%M} UTC is believed: work goes on")
        self._warned = verdict
        return verdict is Verdict.GOOD

    def _begin(self, name: JobName, now: datetime) -> None:
        self.desk.begin(name, now)
        self.running[name] = _Running(self.launch(name), self.monotonic())

    def _collect_ended(self, now: datetime) -> None:
        for name, job in list(self.running.items()):
            ended = job.child.ended()
            if ended is not None:
                del self.running[name]
                note(self.desk, self.journal, name, ended, now)
            else:
                self._end_what_hangs(name, job)

    def _end_what_hangs(self, name: JobName, job: _Running) -> None:
        over = self.monotonic() - job.since - LIMITS[name].total_seconds()
        if over > GRACE and job.stopped:
            job.child.kill()
        elif over > 0 and not job.stopped:
            job.stopped = True
            self.journal.error(name, f"does not end after {LIMITS[name]}: it is ended now")
            job.child.stop()

    def _reload(self) -> None:
        self.supervisor.reloading(int(self.monotonic() * 1_000_000))
        try:
            self.desk.reload()
        except VeilleError as error:
            self.journal.error("settings", f"{error}; the former settings stay in use")
        else:
            self.journal.info("settings", "read again")
        self.supervisor.ready("watching")

    def _end(self) -> None:
        self.supervisor.stopping()
        for job in self.running.values():
            job.child.stop()
        deadline = self.monotonic() + GRACE
        while self.running and self.monotonic() < deadline:
            self._safely(lambda: self._collect_ended(self.clock()))
            time.sleep(0.05)
        for name, job in self.running.items():
            self.journal.error(name, "does not end: killed")
            job.child.kill()
        if self._warned is Verdict.GOOD:
            now = self.clock()
            self._safely(lambda: self.desk.beat(replace(self.pulse, beat=now, stopped=now)))
