"""The queue of workers: what is in it, what the dead held, and a station that empties it (issue 6)."""

from __future__ import annotations

import asyncio
import builtins
import logging
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from procrastinate.manager import JobManager
from procrastinate.testing import InMemoryConnector
from sqlalchemy import text

from tests.store.conftest import Pool
from veille.errors import Busy, SchemaError, StoreError, UsageError
from veille.model.errand import Errand, ErrandKind, QueueState, Taken
from veille.store import copying
from veille.store.queue import errands, ground
from veille.store.queue.station import Station, keep, serve

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from veille.store.database import Database

postgresql_only = pytest.mark.parametrize("ready_url", ["postgresql"], indirect=True)


def collect(where: str, *ids: int) -> Errand:
    return Errand(kind=ErrandKind.COLLECT, where=where, ids=ids)


TEXTS = Errand(kind=ErrandKind.FULL_TEXT, where="a.example", ids=(7,))
STEPS = Errand(kind=ErrandKind.EDITIONS, where="mails 12ab")


@pytest.fixture
def queue(db: Database) -> Database:
    """A database with a queue."""
    assert ground.prepare(db)
    return db


def rows(db: Database, columns: str = "lock, status") -> list[tuple[Any, ...]]:
    with db.read() as conn:
        found = conn.execute(text(f"SELECT {columns} FROM veille_queue.procrastinate_jobs"))
        return sorted(tuple(row) for row in found)


def defer(db: Database, *wanted: Errand) -> int:
    with db.write() as conn:
        return errands.defer(conn, wanted)


def begin(db: Database, lock: str, worker: int | None = None) -> None:
    """An errand in the hands of a worker."""
    change = "UPDATE veille_queue.procrastinate_jobs SET status = 'doing', worker_id = :worker "
    with db.write() as conn:
        ground.stand_on(conn)
        conn.execute(text(f"{change} WHERE lock = :lock"), {"worker": worker, "lock": lock})


def worker(db: Database, silent: int = 0) -> int:
    """A worker that was last heard of so many seconds ago."""
    with db.write() as conn:
        made = "INSERT INTO veille_queue.procrastinate_workers (last_heartbeat) VALUES "
        query = text(f"{made} (now() - make_interval(secs => :silent)) RETURNING id")
        return int(conn.scalar(query, {"silent": silent}) or 0)


def test_what_an_errand_is_to_procrastinate() -> None:
    """One lock a host, whatever is asked there; deliveries wait in a queue of their place."""
    memory = InMemoryConnector()
    errands.post(JobManager(memory), [collect("a.example", 1, 2), TEXTS, STEPS])
    told = [
        (job["task_name"], job["queue_name"], job["lock"], job["queueing_lock"], job["args"])
        for job in memory.jobs.values()
    ]
    a = "a.example"
    assert told == [
        ("collect", "web", a, f"collect {a}", {"where": a, "ids": [1, 2]}),
        ("full-text", "web", a, f"full-text {a}", {"where": a, "ids": [7]}),
        ("editions", "mails 12ab", "mails 12ab", "editions mails 12ab",
         {"where": "mails 12ab", "ids": []}),
    ]  # fmt: skip


def test_only_what_the_queue_lacks_is_deferred() -> None:
    """By kind and host: an errand that waits or is in hand stands for all that came since."""
    there = {("collect", "a.example"), ("full-text", "b.example")}
    wanted = [collect("a.example", 9), collect("b.example", 1), TEXTS]
    assert errands.new(wanted, there) == wanted[1:]


@pytest.mark.parametrize("ready_url", ["sqlite"], indirect=True)
def test_a_file_has_no_queue(db: Database) -> None:
    with pytest.raises(UsageError, match=r"veille\.db is a file: 'veille copy' moves it"):
        ground.prepare(db)
    with db.read() as conn:
        assert not ground.is_there(conn)


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what to install; an import that fails for another reason is a defect, and stays one."""
    usual = builtins.__import__

    def missing(name: str, *rest: Any) -> Any:
        if name.startswith("procrastinate"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return usual(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    for need in (errands.manager, ground._tables):
        with pytest.raises(UsageError, match=r"pip install 'veille\[workers\]'"):
            need()
    monkeypatch.undo()
    other = ModuleNotFoundError("No module named 'x'", name="x")
    assert ground.missing(other) is other


@postgresql_only
def test_each_errand_once(queue: Database) -> None:
    """Waiting or in hand, it is not deferred again; the ground is made once."""
    assert not ground.prepare(queue)
    assert defer(queue, collect("a.example", 1), TEXTS, STEPS) == 3
    assert defer(queue, collect("a.example", 2), collect("b.example", 3)) == 1
    begin(queue, "b.example")
    assert defer(queue, collect("b.example", 3)) == 0
    with queue.read() as conn:
        assert errands.is_held(conn, ErrandKind.EDITIONS)
        assert errands.state(conn, 30).waiting == 3
    assert len(rows(queue)) == 4


@postgresql_only
def test_the_server_refuses_errands(queue: Database) -> None:
    """A connection that went away is an error of the store, in a line; nothing is deferred."""
    with queue.write() as conn:
        raw = ground.stand_on(conn)
        raw.execute("DROP FUNCTION procrastinate_defer_jobs_v1")
    with pytest.raises(StoreError, match=r"the queue took no errands \(function procrastinate"):
        defer(queue, collect("a.example", 1))
    assert rows(queue) == []


@postgresql_only
def test_what_the_dead_held_waits_again(queue: Database) -> None:
    """By heartbeat: who is alive keeps what is in hand, and hands are counted (C11)."""
    alive, dead = worker(queue), worker(queue, silent=31)
    defer(queue, *(collect(host, 1) for host in ("alive", "dead", "gone", "waits")))
    for host, who in (("alive", alive), ("dead", dead), ("gone", None)):
        begin(queue, host, who)
    with queue.read() as conn:
        state = errands.state(conn, 30)
    assert (state.waiting, state.in_hand, state.stalled, state.workers) == (1, 3, 2, 1)
    assert state.longest == state.oldest[ErrandKind.COLLECT] >= 0
    with queue.write() as conn:
        assert errands.rescue(conn, 30) == 2
        assert errands.rescue(conn, 30) == 0
    assert rows(queue, "lock, status, attempts") == [
        ("alive", "doing", 0),
        ("dead", "todo", 1),
        ("gone", "todo", 1),
        ("waits", "todo", 0),
    ]


@postgresql_only
def test_who_asks_a_source_alone_says_so(queue: Database) -> None:
    """C11: counted source by source."""
    defer(queue, collect("a.example", 1, 2))
    ((number,),) = rows(queue, "id")
    noted = []
    for source in (1, 2, 1):
        with queue.write() as conn:
            errands.note_alone(conn, number, source)
        noted += rows(queue, "args->>'at', args->'tries'->>(args->>'at')")
    assert noted == [("1", "1"), ("2", "1"), ("1", "2")]


@postgresql_only
def test_our_tables_do_not_see_it(queue: Database, tmp_path: Path) -> None:
    """Neither a backup nor its return holds errands: what is due is deferred again, of whatever rows."""
    Pool(queue).source()
    defer(queue, collect("a.example", 1))
    url, copy = queue.url.render_as_string(hide_password=False), tmp_path / "b.db"
    copy.touch()
    copying.to_file(url, copy)
    assert rows(queue) == [("a.example", "todo")]
    queue.close()
    copying.to_server(copy, url)
    assert rows(queue) == []
    with queue.read() as conn:
        assert conn.scalar(text("SELECT count(*) FROM source")) == 1


@postgresql_only
def test_another_version_of_its_tables(queue: Database) -> None:
    """Nobody works on tables of another version; they are made anew once all workers have ended."""
    with queue.write() as conn:
        conn.execute(text("COMMENT ON SCHEMA veille_queue IS 'procrastinate tables 0'"))
    defer(queue, collect("a.example", 1))
    with pytest.raises(SchemaError, match=r"end all workers.*then run 'veille upgrade'"):
        ground.prepare(queue)
    worker(queue)
    with pytest.raises(Busy, match="workers are at work"):
        ground.renew(queue)
    with queue.write() as conn:
        conn.execute(text("DELETE FROM veille_queue.procrastinate_workers"))
    assert ground.renew(queue)
    assert not ground.renew(queue)
    assert not ground.prepare(queue)
    assert rows(queue) == []


@dataclass
class Crew:
    """Notes what it is given; ``does`` is what happens then."""

    does: Callable[[Sequence[Taken]], None] = lambda taken: None
    steps: Callable[[], None] = lambda: None
    visits: list[list[str]] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)
    paused: list[str] = field(default_factory=list)

    def visit(self, lane: int, taken: Sequence[Taken]) -> None:
        self.visits.append(sorted(one.errand.where for one in taken))
        self.does(taken)

    def take_steps(self) -> None:
        self.visits.append(["steps"])
        self.steps()

    def pause(self, where: str) -> float:
        self.paused.append(where)
        return 0.0

    def stop(self) -> None:
        self.stopped.set()


def station(crew: Crew, told: list[str] | None = None, size: int = 8) -> Station:
    return Station(crew, size=size, patience=30, tell=(told if told is not None else []).append)


def run(memory: InMemoryConnector, at: Station, *queues: str) -> None:
    asyncio.run(at.run(memory, queues or ("web",), once=True))
    memory.on_notification = None  # it would tell a loop that is over


def test_errands_are_gathered_and_done() -> None:
    """Few sweeps for many hosts; each host is left alone afterwards, and nothing stays behind."""
    memory, crew = InMemoryConnector(), Crew()
    hosts = [f"h{number}.example" for number in range(6)]
    errands.post(JobManager(memory), [*(collect(host, 1) for host in hosts), STEPS])
    run(memory, station(crew), "web", "mails 12ab")
    visited = [host for sweep in crew.visits for host in sweep]
    assert sorted(visited) == sorted([*hosts, "steps"])
    assert len(crew.visits) <= 4
    assert sorted(crew.paused) == hosts
    assert memory.jobs == {}


def test_a_place_takes_no_mails_of_another() -> None:
    memory, crew = InMemoryConnector(), Crew()
    errands.post(JobManager(memory), [STEPS])
    run(memory, station(crew), "web", "mails elsewhere")
    assert crew.visits == []
    assert len(memory.jobs) == 1


def test_an_error_ends_its_sweep_and_no_other() -> None:
    """Whoever raised it has noted it; what is still due is deferred again, so nothing is retried."""

    def does(taken: Sequence[Taken]) -> None:
        if any("bad" in one.errand.where for one in taken):
            raise StoreError("disk full")

    memory, crew = InMemoryConnector(), Crew(does, steps=lambda: 1 / 0)  # type: ignore[arg-type,return-value]
    errands.post(JobManager(memory), [collect("bad.example", 1), STEPS])
    run(memory, station(crew), "web", "mails 12ab")
    errands.post(JobManager(memory), [collect("good.example", 1)])
    run(memory, station(crew))
    assert sorted(host for sweep in crew.visits for host in sweep) == [
        "bad.example", "good.example", "steps",
    ]  # fmt: skip
    assert memory.jobs == {}


def test_who_ends_gives_back_what_was_not_done() -> None:
    """C7: at once what was not begun, and what was begun as soon as it ends; others take it."""
    memory, crew = InMemoryConnector(), Crew()
    at = station(crew, size=2)
    crew.does = lambda taken: (loop.call_soon_threadsafe(at.stop), crew.stopped.wait(10))[0]
    crew.steps = lambda: (crew.stopped.wait(10), None)[1]
    hosts = [f"h{number}.example" for number in range(4)]
    errands.post(JobManager(memory), [*(collect(host, 1) for host in hosts), STEPS])

    async def work() -> None:
        nonlocal loop
        loop = asyncio.get_running_loop()
        await at.run(memory, ["web", "mails 12ab"])

    loop: Any = None
    asyncio.run(work())
    memory.on_notification = None
    assert at.stopping
    assert {job["status"] for job in memory.jobs.values()} == {"todo"}
    assert len(memory.jobs) == 5
    run(memory, station(Crew()), "web", "mails 12ab")
    assert memory.jobs == {}


def test_it_may_be_asked_to_end_before_it_began() -> None:
    memory, crew = InMemoryConnector(), Crew()
    errands.post(JobManager(memory), [collect("a.example", 1)])
    at = station(crew)
    at.stop()
    run(memory, at)
    assert crew.visits == []
    assert len(memory.jobs) == 1


@postgresql_only
def test_a_worker_on_the_server(queue: Database) -> None:
    """The same with the real one, and what a dead worker held is taken, too."""
    lost, crew, told = worker(queue, silent=90), Crew(), []
    defer(queue, collect("a.example", 1), TEXTS, collect("b.example", 2))
    begin(queue, "b.example", lost)
    beats: list[float] = []
    at = station(crew, told)
    at.beat = lambda: beats.append(time.monotonic())
    with queue.write() as conn:
        errands.rescue(conn, 30)
    serve(at, queue, ["web"], once=True)
    assert sorted(host for sweep in crew.visits for host in sweep) == [
        "a.example",
        "a.example",
        "b.example",
    ]
    assert rows(queue) == []
    assert beats


@postgresql_only
def test_a_database_that_goes_away_comes_back(queue: Database, postgresql: Any) -> None:
    """U11: told in a line, and the worker goes on with what waits, without a restart."""
    crew, told, name = Crew(), [], str(queue.url.database)
    at = station(crew, told)

    def lose() -> None:
        while not crew.visits:
            time.sleep(0.05)
        postgresql.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            f"WHERE datname = '{name}' AND application_name = 'veille worker'"
        )
        while len(crew.visits) < 2:
            defer(queue, collect("b.example", 2))
            time.sleep(0.2)
        loop.call_soon_threadsafe(at.stop)

    async def work() -> None:
        nonlocal loop
        loop = asyncio.get_running_loop()
        helper = threading.Thread(target=lose)
        helper.start()
        await keep(at, queue, ["web"], once=False)
        helper.join()

    loop: Any = None
    defer(queue, collect("a.example", 1))
    asyncio.run(work())
    assert next(host for sweep in crew.visits for host in sweep) == "a.example"


@postgresql_only
def test_once_and_the_database_is_away(queue: Database, ready_url: str, postgresql: Any) -> None:
    """An error in a line, no traceback, and no complaint of Procrastinate on the standard error."""
    postgresql.drop(ready_url)
    told: list[str] = []
    with pytest.raises(StoreError, match="is away"):
        serve(station(Crew(), told), queue, ["web"], once=True)
    assert logging.getLogger("procrastinate").handlers == []


def test_the_state_of_an_empty_queue() -> None:
    assert QueueState(waiting=0, in_hand=0, stalled=0, workers=0).longest == 0.0
