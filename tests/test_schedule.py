"""The loop, its clock and its jobs: none can stop the others (groups T and C, E12)."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import schedule as ticks

from veille.errors import Busy, SettingsError, StoreError
from veille.model.plan import JobName, Pulse
from veille.schedule import loop as looping
from veille.schedule import metrics
from veille.schedule.children import Process
from veille.schedule.clock import ACCEPTED_AFTER, Verdict, Watched, judge, told
from veille.schedule.jobs import Outcome
from veille.schedule.journal import Journal
from veille.schedule.loop import Ended, Loop
from veille.schedule.once import run_once
from veille.schedule.systemd import Supervisor

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@dataclass
class Child:
    """A job at work, until a test says how it ends."""

    how: Ended | None = None
    stopped: int = 0
    killed: int = 0

    def ended(self) -> Ended | None:
        return self.how

    def stop(self) -> None:
        self.stopped += 1

    def kill(self) -> None:
        self.killed += 1


@dataclass
class Desk:
    """A workspace of values, with knobs."""

    to_do: list[JobName] = field(default_factory=list)
    noted: list[tuple[Any, ...]] = field(default_factory=list)
    said: list[tuple[str, str]] = field(default_factory=list)
    failures: int = 0
    fails: Exception | None = None
    beats: list[Pulse] = field(default_factory=list)

    def due(self, now: datetime) -> list[JobName]:
        if self.fails:
            raise self.fails
        return self.to_do

    def begin(self, name: JobName, now: datetime) -> None:
        self.noted.append(("begin", name, now))

    def end(self, name: JobName, ended: Ended, now: datetime) -> int:
        self.noted.append(("end", name, ended.well))
        self.failures = 0 if ended.well else self.failures + 1
        return self.failures

    def settle_death(self, name: JobName) -> str | None:
        return "source 12 put aside"

    def beat(self, pulse: Pulse) -> None:
        self.beats.append(pulse)

    def figures(self, now: datetime) -> None:
        self.noted.append(("figures",))

    def tell(self, cause: str, message: str) -> None:
        self.said.append((cause, message))

    def changed(self) -> bool:
        return False

    def reload(self) -> None:
        if self.fails:
            raise self.fails


class World:
    """A loop over values, a wall clock that tests set, and another that only goes forward."""

    def __init__(self) -> None:
        self.now, self.seconds = NOW, 0.0
        self.desk, self.lines = Desk(), []
        self.children: dict[JobName, Child] = {}
        self.loop = Loop(
            desk=self.desk,
            launch=self.launch,
            journal=Journal(self.lines.append, lambda: self.now, as_json=False),
            supervisor=Supervisor({}),
            clock=lambda: self.now,
            pulse=Pulse(host="h", process=1, started=NOW, beat=NOW, stopped=None, version="0"),
            watched=Watched(NOW - HOUR),
            monotonic=lambda: self.seconds,
        )

    def launch(self, name: JobName) -> Child:
        self.children[name] = Child()
        return self.children[name]

    def begun(self) -> list[JobName]:
        return [entry[1] for entry in self.desk.noted if entry[0] == "begin"]

    def passes(self, seconds: float) -> None:
        self.seconds += seconds
        self.now += timedelta(seconds=seconds)
        self.loop.look()


@pytest.fixture
def world() -> World:
    """A loop that did nothing yet."""
    return World()


# --- jobs in the loop -----------------------------------------------------------------------------


def test_a_long_sweep_delays_no_sending(world: World) -> None:
    """T10: what sends is begun while a sweep of forty minutes goes on; the sweep never overlaps itself."""
    world.desk.to_do = [JobName.COLLECT]
    for _ in range(40):
        world.passes(60)
    assert world.begun() == [JobName.COLLECT]
    world.desk.to_do = [JobName.EDITIONS, JobName.COLLECT]
    world.passes(5)
    assert world.begun() == [JobName.COLLECT, JobName.EDITIONS]


def test_a_job_that_fails_or_dies_stops_no_other(world: World) -> None:
    """T9, C11: told in the log; after a death the culprit is put aside, the operator hears of many."""
    world.desk.to_do = [JobName.COLLECT, JobName.BACKUP]
    world.passes(5)
    world.children[JobName.COLLECT].how = Ended(well=False, said="died (SIGSEGV)", died=True)
    world.children[JobName.BACKUP].how = Ended(well=True, said="whole")
    world.desk.to_do = []
    world.passes(5)
    assert world.lines == [
        "collect: died (SIGSEGV)",
        "collect: source 12 put aside",
        "backup: whole",
    ]
    assert world.desk.said == []
    world.desk.failures = 2
    world.desk.to_do = [JobName.COLLECT]
    world.passes(5)
    world.children[JobName.COLLECT].how = Ended(well=False, said="disk full")
    world.passes(5)
    assert world.desk.said == [("collect", "collect failed 3 times in a row: disk full")]


def test_a_job_that_hangs_is_ended(world: World) -> None:
    """T14: asked to end at its limit, then killed; the loop beats on all the while."""
    world.desk.to_do = [JobName.MAILBOX]
    world.passes(5)
    child = world.children[JobName.MAILBOX]
    world.passes(1801)
    assert (child.stopped, child.killed) == (1, 0)
    world.loop.beat()
    assert world.desk.beats[-1].beat == world.now
    world.passes(30)
    assert (child.stopped, child.killed) == (1, 1)


def test_an_error_at_the_desk_ends_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """T9: a database that is busy, a defect: told, and the ticker goes on (E12)."""
    monkeypatch.setattr(looping, "TICK", 0.01)
    stop, reload = threading.Event(), threading.Event()
    for error in (Busy("later"), ZeroDivisionError("by 0")):
        world.desk.fails = error
        world.loop._safely(world.loop.look)
    assert world.lines == [
        "run: later",
        "run: unexpected ZeroDivisionError: by 0 (a defect of veille)",
    ]
    world.desk.fails = None
    world.desk.to_do = [JobName.COLLECT]
    thread = threading.Thread(target=world.loop.run, args=(stop, reload))
    thread.start()
    reload.set()
    while "settings: read again" not in world.lines:
        assert thread.is_alive()
        time.sleep(0.01)
    world.children[JobName.COLLECT].how = Ended(well=True, said="interrupted")
    stop.set()
    thread.join(10)
    assert not thread.is_alive()
    assert world.children[JobName.COLLECT].stopped == 1
    assert world.desk.beats[-1].stopped == world.now
    assert ("figures",) in world.desk.noted


def test_a_job_that_does_not_end_with_the_loop_is_killed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C7: after eight seconds, told."""
    world.desk.to_do = [JobName.COLLECT]
    world.passes(5)
    monkeypatch.setattr(
        looping.time, "sleep", lambda _: setattr(world, "seconds", world.seconds + 1)
    )
    world.loop._end()
    assert world.children[JobName.COLLECT].killed == 1
    assert world.lines[-1] == "collect: does not end: killed"


def test_settings_that_are_wrong_are_not_taken(world: World) -> None:
    """G6: SIGHUP with an invalid file: the former ones stay, and it is told."""
    world.desk.fails = SettingsError("veille.toml, line 3: unknown key")
    world.loop._reload()
    assert world.lines == [
        "settings: veille.toml, line 3: unknown key; the former settings stay in use"
    ]


def test_the_ticker_survives_a_clock_that_is_set_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T3: the package would be silent until the old hour comes again (E12)."""
    monkeypatch.setattr(looping, "TICK", 0.001)
    past = ticks.Scheduler()
    past.every(5).seconds.do(lambda: None)
    past.jobs[0].next_run += 4 * HOUR
    made = [world.loop._ticker(), past]
    monkeypatch.setattr(Loop, "_ticker", lambda self: made.pop())
    stop = threading.Event()
    thread = threading.Thread(target=world.loop.run, args=(stop, threading.Event()))
    thread.start()
    while made:
        assert thread.is_alive()
        time.sleep(0.01)
    stop.set()
    thread.join(10)


# --- jobs as processes ----------------------------------------------------------------------------


def ended(script: str) -> Ended:
    """How a job ends whose program is this shell script."""
    child = Process(["sh", "-c", script], os.environ)
    while (how := child.ended()) is None:
        time.sleep(0.01)
    return how


@pytest.mark.parametrize(
    ("script", "how"),
    [
        ("""echo '{"said": "3 new"}'""", Ended(well=True, said="3 new")),
        ("""echo note >&2; echo '{"said": null}'; exit 3""", Ended(well=True, said=None)),
        ("echo no json at all", Ended(well=True, said="no json at all")),
        ("true", Ended(well=True, said=None)),
        ("echo 'veille: later' >&2; exit 75", Ended(well=True, said="later")),
        ("echo 'veille: disk full' >&2; exit 1", Ended(well=False, said="disk full")),
        ("exit 7", Ended(well=False, said="ended with exit code 7")),
        ("kill -SEGV $$", Ended(well=False, said="died (signal 11)", died=True)),
        ("echo half; kill -KILL $$", Ended(well=False, said="died (signal 9): half", died=True)),
    ],
)
def test_how_a_job_ended(script: str, how: Ended) -> None:
    """C11, T9: by its last line and its exit code; whatever it says, it has ended."""
    assert ended(script) == how


def test_a_job_that_stands_still_is_asked_then_killed() -> None:
    """T14, C7: stopped by a signal, it hears nothing until it is woken; a deaf one is killed with all
    that it started. Ctrl-C means nothing to what a script started in the background."""
    still = Process(["sh", "-c", "trap '' INT; kill -STOP $$; sleep 60"], os.environ)
    time.sleep(0.1)
    still.stop()
    while still.ended() is None:
        time.sleep(0.01)
    deaf = Process(["sh", "-c", "trap '' INT TERM; sleep 60; sleep 60"], os.environ)
    deaf.stop()
    deaf.kill()
    how = deaf.ended()
    assert how is not None
    assert how.died


# --- the clock ------------------------------------------------------------------------------------


@pytest.mark.parametrize("back", [4 * HOUR, 365 * 24 * HOUR])
def test_a_clock_set_back_is_believed_after_an_hour(world: World, back: timedelta) -> None:
    """T3: nothing is begun meanwhile, it is told once, then work goes on by the new time."""
    world.desk.to_do = [JobName.COLLECT]
    world.passes(5)
    world.children[JobName.COLLECT].how = Ended(well=True, said=None)
    world.now -= back
    for _ in range(59):
        world.passes(60)
    assert world.begun() == [JobName.COLLECT]
    assert [line for line in world.lines if "behind" in line] == world.lines
    assert len(world.desk.said) == 1
    world.loop.beat()
    assert world.desk.beats == [], "a wrong clock is not noted"
    world.passes(ACCEPTED_AFTER.total_seconds() - 59 * 60 + 60)
    assert world.begun() == [JobName.COLLECT] * 2
    assert "is believed" in world.lines[-1]


def test_a_clock_that_leaps_ahead_does_nothing(world: World) -> None:
    """T4: to 2200: no storm, nothing sent, told; and all is well once it is right again."""
    world.loop.look()
    world.desk.to_do = [JobName.EDITIONS, JobName.COLLECT]
    right = world.now
    world.now = datetime(2200, 1, 1, tzinfo=UTC)
    for _ in range(100):
        world.passes(60)
    assert world.begun() == []
    assert len(world.desk.said) == 1
    world.now = right + 2 * HOUR
    world.passes(1)
    assert world.begun() == [JobName.EDITIONS, JobName.COLLECT]


def test_a_machine_that_starts_in_1970_waits(world: World) -> None:
    """T5: however long; and begins when the time server has spoken."""
    world.desk.to_do = [JobName.COLLECT]
    world.now = datetime(1970, 1, 1, tzinfo=UTC)
    for _ in range(10):
        world.passes(3600)
    assert world.begun() == []
    world.now = NOW
    world.passes(1)
    assert world.begun() == [JobName.COLLECT]


def test_a_machine_that_slept_is_believed() -> None:
    """T11: three days, two months; a correction of seconds is none."""
    for gap in (timedelta(days=3), timedelta(days=60), timedelta(seconds=-60)):
        assert judge(NOW + gap, NOW) is Verdict.GOOD
    assert judge(NOW, None) is Verdict.GOOD
    assert "set the clock" in told(Verdict.AHEAD, NOW + timedelta(days=9999), NOW)


# --- once -----------------------------------------------------------------------------------------


def once(desk: Desk, *outcomes: Outcome | Exception) -> tuple[bool, list[str]]:
    lines: list[str] = []
    results = iter(outcomes)

    def perform(name: JobName) -> Outcome:
        result = next(results)
        if isinstance(result, Exception):
            raise result
        return result

    journal = Journal(lines.append, lambda: NOW, as_json=False)
    return run_once(desk, perform, journal, lambda: NOW), lines


def test_once_does_what_is_due_and_ends() -> None:
    """T9: one that fails stops no other; somebody else at work is no failure (U7)."""
    desk = Desk(to_do=[JobName.EDITIONS, JobName.COLLECT, JobName.BACKUP, JobName.PURGE])
    well, lines = once(
        desk, StoreError("disk full"), Busy("later"), ZeroDivisionError("0"), Outcome(None)
    )
    assert well is False
    assert lines == [
        "editions: disk full",
        "collect: later",
        "backup: unexpected ZeroDivisionError: 0 (a defect of veille)",
    ]
    assert [cause for cause, _ in desk.said] == ["editions", "backup"]
    assert once(Desk(to_do=[JobName.COLLECT]), Outcome("3 new")) == (True, ["collect: 3 new"])


def test_what_was_done_in_part_is_not_all_well() -> None:
    """Some sources failed: no failure of the job, and the exit code says so."""
    desk = Desk(to_do=[JobName.COLLECT])
    assert once(desk, Outcome("1 failed", complete=False)) == (False, ["collect: 1 failed"])
    assert desk.said == []


# --- what others hear -----------------------------------------------------------------------------


def test_the_log_for_machines() -> None:
    """One JSON object a line, whatever the message holds (I1)."""
    lines: list[str] = []
    journal = Journal(lines.append, lambda: NOW, as_json=True)
    journal.info("collect", "3 “new”\n{}")
    journal.warning("clock", "x")
    (first, second) = map(json.loads, lines)
    assert first == {
        "at": "2026-11-25T09:00:00.000+00:00",
        "level": "info",
        "job": "collect",
        "message": "3 “new”\n{}",
    }
    assert second["level"] == "warning"
    assert "\n" not in lines[0]


@pytest.mark.parametrize("name", ["notify", "@veille-test"])
def test_systemd_hears_of_us(tmp_path: Path, name: str) -> None:
    """sd_notify(3), by a path or an abstract name; without a manager nothing is said."""
    abstract = name.startswith("@")
    address = f"{name}-{time.monotonic_ns()}" if abstract else str(tmp_path / name)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(f"\0{address[1:]}" if abstract else address)
        supervisor = Supervisor({"NOTIFY_SOCKET": address})
        supervisor.ready("watching")
        supervisor.alive("at work: collect")
        supervisor.reloading(12)
        supervisor.stopping()
        heard = [manager.recv(200).decode() for _ in range(4)]
    assert heard == [
        "READY=1\nSTATUS=watching",
        "WATCHDOG=1\nSTATUS=at work: collect",
        "RELOADING=1\nMONOTONIC_USEC=12",
        "STOPPING=1",
    ]
    Supervisor({"NOTIFY_SOCKET": str(tmp_path / "gone")}).ready("nobody there")
    Supervisor({}).stopping()


def test_figures_for_prometheus(tmp_path: Path) -> None:
    """The text format 0.0.4, put into place at once, readable by the collector."""
    counts = {"sources": {"active": 3}, "items": {'in"box': 2}, "mails": {}}
    found = metrics.figures([], counts, now=NOW, version="0.1.0")
    path = tmp_path / "veille.prom"
    metrics.write(path, found)
    text = path.read_text()
    assert 'veille_info{version="0.1.0"} 1\n' in text
    assert f"veille_heartbeat_timestamp_seconds {NOW.timestamp():.17g}\n" in text
    assert 'veille_sources{state="active"} 3\n' in text
    assert r'veille_items{state="in\"box"} 2' in text
    assert path.stat().st_mode & 0o777 == 0o644
    with pytest.raises(StoreError.__base__, match="cannot be written"):
        metrics.write(tmp_path / "nowhere" / "veille.prom", found)
