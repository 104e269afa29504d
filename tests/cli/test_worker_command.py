"""``veille worker`` and the ``run`` that leaves work to it, in one PostgreSQL database (issue 6)."""

from __future__ import annotations

import builtins
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from tests.workflows.conftest import FakeWeb, Here
from veille.app import App, open_app
from veille.errors import FailureKind, FetchError, StoreError
from veille.model.delivery import Place
from veille.model.errand import Errand, ErrandKind, Taken
from veille.schedule.crew import Crew
from veille.schedule.desk import Workspace
from veille.schedule.journal import Journal
from veille.schedule.loop import Ended
from veille.store import reach, sources
from veille.store.database import Database
from veille.store.queue import errands, ground
from veille.workflows import deferring

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.program import Program, Result

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
FEED = "https://{host}.example/{name}"
ENTRY = (
    "<rss version='2.0'><channel><title>{0}</title><item><title>From {0}</title>"
    "<link>{0}/1</link><guid>{0}/1</guid></item></channel></rss>"
)


class Readers(Here):
    """Readers in this process, that can be told to end."""

    def __enter__(self) -> Readers:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing was started."""

    def close(self) -> None:
        """Nothing was started."""


class Web(FakeWeb):
    """A web of feeds that can be closed."""

    closed = False

    def feed(self, host: str, name: str = "feed") -> str:
        url = FEED.format(host=host, name=name)
        return self.on(url, ENTRY.format(url), content_type="application/rss+xml")

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def url(postgresql: Any) -> Iterator[str]:
    """A fresh database on the server."""
    made = postgresql.copy()
    yield made
    postgresql.drop(made)


@pytest.fixture
def web() -> Web:
    return Web()


@pytest.fixture
def team(tmp_path: Path, url: str, veille: Program, web: Web) -> Path:
    """A workspace whose work is left to workers, and a web without a network."""
    folder = tmp_path / "watch"
    folder.mkdir()
    settings = f'[database]\nurl = "{url}"\n[run]\nworkers = true\nbackup_at = "never"\n'
    (folder / "veille.toml").write_text(settings)
    veille.environ["VEILLE_WORKSPACE"] = str(folder)
    veille.clock = lambda: NOW

    def adapt(app: App) -> None:
        app.__dict__.update(web=web)
        app.readers = lambda count=None: Readers()  # type: ignore[assignment,method-assign,return-value]

    veille.adapt = adapt
    return folder


def subscribe(url: str, *addresses: str) -> None:
    from veille.model.source import SourceDraft

    db = Database.open(url)
    with db.write() as conn:
        for address in addresses:
            sources.add(conn, SourceDraft(url=address, key=address, title=address), at=NOW)
    db.close()


def lines(result: Result) -> list[str]:
    return [line for line in result.err.splitlines() if "; Ctrl-C ends it" not in line]


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    db = Database.open(url)
    with db.read() as conn:
        found = [tuple(row) for row in conn.execute(text(query))]
    db.close()
    return found


def test_a_file_is_for_one_machine(veille: Program, pool: Path) -> None:
    """It says what to do instead, and that the setting needs more."""
    told = veille("worker")
    assert (told.code, told.out) == (2, "")
    assert (
        "is a file: 'veille copy' moves it (docs/operating.md); on one machine 'veille run'"
        in told.err
    )
    (pool / "veille.toml").write_text("[run]\nworkers = true\n")
    assert veille("run", "--once").code == 3
    assert "run.workers is true, and the database is a file" in veille("doctor").out


def test_the_extra_is_missing(veille: Program, team: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = builtins.__import__

    def missing(name: str, *rest: Any) -> Any:
        if name.startswith("procrastinate"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return usual(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    told = veille("worker")
    assert (told.code, told.err) == (
        2, "veille: workers need the extra workers: pip install 'veille[workers]'\n",
    )  # fmt: skip


def test_run_defers_and_workers_do(veille: Program, team: Path, url: str, web: Web) -> None:
    """Each source once, by host; kept items' pages next; nothing is left behind or done twice."""
    subscribe(url, web.feed("a", "1"), web.feed("a", "2"), web.feed("b"))
    assert "nothing was ever left to workers" in veille("doctor").out
    assert lines(veille("run", "--once")) == ["collect: 3 sources left to workers"]
    assert web.asked == []
    assert "no worker is alive: 2 errands wait" in veille("doctor").out
    done = veille("worker", "--once")
    assert done.code == 0
    assert sum("visited" in line for line in lines(done)) == len(lines(done)) > 0
    assert sorted(web.asked) == sorted(web.answers)
    assert len(veille("list", "--json").json) == 3
    veille.clock = lambda: NOW + timedelta(minutes=5)
    assert lines(veille("run", "--once")) == []
    assert lines(veille("worker", "--once")) == []
    assert len(web.asked) == 3
    veille("keep", "1")
    veille.clock = lambda: NOW + timedelta(minutes=10)
    assert lines(veille("run", "--once")) == ["collect: 1 page left to workers"]
    page = veille("show", "1", "--json").json["url"]
    web.on(page, f"<html><body><article><p>{'Un vrai texte. ' * 80}</p></article></body></html>")
    assert lines(veille("worker", "--once")) == ["collect: 1 full text read"]
    assert rows(url, "SELECT count(*) FROM veille_queue.procrastinate_jobs") == [(0,)]


def test_one_host_asks_for_peace_and_all_workers_hear(
    veille: Program, team: Path, url: str, web: Web
) -> None:
    """Retry-After of a feed or of a page keeps the whole host away from every errand."""
    limited = FetchError(
        FailureKind.RATE_LIMITED, "429", status=429, retry_after=7200, host="a.example"
    )
    one = web.feed("a", "1")
    subscribe(url, one)
    veille("run", "--once")
    veille("worker", "--once")
    veille("keep", "1")
    web.on(veille("show", "1", "--json").json["url"], limited)
    veille.clock = lambda: NOW + timedelta(minutes=5)
    veille("run", "--once")
    veille("worker", "--once")
    subscribe(url, web.feed("a", "2"))
    veille.clock = lambda: NOW + HOUR
    asked = len(web.asked)
    assert lines(veille("run", "--once")) == []
    assert lines(veille("worker", "--once")) == []
    assert len(web.asked) == asked
    assert rows(url, "SELECT host FROM host_wait") == [("a.example",)]


def test_an_errand_is_an_offer(veille: Program, team: Path, url: str, web: Web) -> None:
    """What is no longer due, or lives elsewhere now, is not asked."""
    subscribe(url, web.feed("a"), web.feed("b"))
    veille("run", "--once")
    veille("source", "pause", "1")
    db = Database.open(url)
    with db.write() as conn:
        conn.execute(text("UPDATE source SET url = 'https://c.example/feed' WHERE id = 2"))
    db.close()
    assert lines(veille("worker", "--once")) == []
    assert web.asked == []


def test_nobody_does_the_work(veille: Program, team: Path, url: str, web: Web) -> None:
    """After ten minutes it is an error of the loop, which doctor shows and the operator hears of."""
    subscribe(url, web.feed("a"))
    veille("run", "--once")
    db = Database.open(url)
    with db.write() as conn:
        ago = "UPDATE veille_queue.procrastinate_events SET at = now() - interval '11 minutes'"
        conn.execute(text(ago))
    db.close()
    veille.clock = lambda: NOW + timedelta(minutes=5)
    told = veille("run", "--once")
    assert told.code == 3
    assert "collect: no worker is alive, and 1 errand wait: start 'veille worker'" in told.err


def test_steps_of_editions_wait_for_the_place_mails_leave_from(
    veille: Program, team: Path, url: str
) -> None:
    """They are deferred once, to the place of the last sending, and doctor says when nobody is there."""
    db = Database.open(url)
    ground.prepare(db)
    here, other = (Place(host=host, path="/srv", pid=1) for host in ("here", "other"))
    assert deferring.defer_editions(db, here)
    assert not deferring.defer_editions(db, here)
    from veille.store import sending

    with db.write() as conn:
        assert deferring.delivery_queue(conn, here) == deferring.queue_of("here", "/srv")
        sending.settle(conn, other, at=NOW)
        assert deferring.delivery_queue(conn, here) == deferring.queue_of("other", "/srv")
        made = "INSERT INTO veille_queue.procrastinate_workers (last_heartbeat) VALUES (now())"
        conn.execute(text(made))
        ago = "UPDATE veille_queue.procrastinate_events SET at = now() - interval '11 minutes'"
        conn.execute(text(ago))
    db.close()
    told = veille("doctor").out
    assert "workers alive: 1; 1 errands wait" in told
    assert "steps of editions wait, and no worker runs where mails leave from" in told


def test_run_leaves_editions_to_workers(veille: Program, team: Path, url: str) -> None:
    """T2: deferred once while they wait; whoever takes them notes how they end."""
    veille("digest", "create", "five", "--title", "Cinq", "--links", "3")
    assert veille("digest", "plan", "five", "weekly", "--draft", "7").code == 0
    assert lines(veille("run", "--once")) == ["editions: editions are left to workers"]
    veille.clock = lambda: NOW + timedelta(minutes=1)
    assert lines(veille("run", "--once")) == []
    assert rows(url, "SELECT ended, failures FROM job WHERE name = 'editions'") == [(None, 0)]


def test_figures_of_the_queue(veille: Program, team: Path, url: str, web: Web) -> None:
    subscribe(url, web.feed("a"))
    settings = (team / "veille.toml").read_text()
    (team / "veille.toml").write_text(f'{settings}metrics = "m.prom"\n')
    veille("run", "--once")
    figures = (team / "m.prom").read_text()
    assert "veille_workers 0\n" in figures
    assert 'veille_errands{state="waiting"} 1\n' in figures
    assert "veille_errand_wait_seconds " in figures


class Child:
    """A job in a process, until a test says how it ends."""

    def __init__(self, how: Ended | None = None, *, stubborn: bool = False) -> None:
        self.how, self.stubborn, self.asked = how, stubborn, []

    def ended(self) -> Ended | None:
        return self.how

    def stop(self) -> None:
        self.asked.append("stop")
        if not self.stubborn:
            self.how = Ended(well=True, said="interrupted")

    def kill(self) -> None:
        self.asked.append("kill")


@pytest.fixture
def crew(
    veille: Program, team: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., tuple[Crew, list[str]]]]:
    """Makes a crew of the workspace, and what it writes into its log."""
    opened: list[App] = []

    def make(child: Child | None = None) -> tuple[Crew, list[str]]:
        app = open_app(team, curator=None, environ=veille.environ, here=team, clock=lambda: NOW)
        veille.adapt(app)
        opened.append(app)
        said: list[str] = []
        journal = Journal(said.append, app.clock, as_json=False)
        desk = Workspace(app, journal)
        ground.prepare(app.db)
        return Crew(app, desk, journal, lambda name: child or Child(), 2), said

    yield make
    for app in opened:
        app.close()


def errand(where: str, *ids: int, **more: Any) -> Taken:
    found = Errand(kind=ErrandKind.COLLECT, where=where, ids=ids)
    return Taken(number=1, errand=found, **more)


def test_steps_that_end_are_noted(crew: Any, url: str) -> None:
    """As by the loop: the words in the log, failures counted."""
    ended = Ended(well=True, said="five/1 sent: 2 handed over")
    made, said = crew(Child(ended))
    made.take_steps()
    made, more = crew(Child(Ended(well=False, said="the server refuses")))
    made.take_steps()
    assert said + more == ["editions: five/1 sent: 2 handed over", "editions: the server refuses"]


def test_who_ends_asks_the_process_that_sends_first(
    crew: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C7: it stops between two mails; one that does not is killed, and the ledger knows the rest."""
    polite, stubborn = Child(), Child(stubborn=True)
    monkeypatch.setattr("veille.schedule.crew.GRACE", 0.1)
    for child in (polite, stubborn):
        made, said = crew(child)
        made.stop()
        made.take_steps()
    assert (polite.asked, stubborn.asked) == (["stop"], ["stop", "kill"])
    assert said == ["editions: does not end: killed"]


def test_who_is_online_blames_nobody_else(crew: Any, url: str, web: Web) -> None:
    """N22: three hosts that are away are an outage, unless another one answered a moment ago."""
    away = FetchError(FailureKind.TIMEOUT, "timed out")
    subscribe(url, *(web.on(FEED.format(host=f"h{n}", name="feed"), away) for n in range(3)))
    subscribe(url, web.feed("well"))
    made, _ = crew()
    dead = [errand(f"h{number}.example", number + 1) for number in range(3)]
    made.visit(0, dead)
    assert rows(url, "SELECT count(*) FROM outage WHERE ended IS NULL") == [(1,)]
    assert rows(url, "SELECT sum(errors) FROM source") == [(0,)]
    db = Database.open(url)
    with db.write() as conn:
        reach.end_outage(conn, at=NOW)
    db.close()
    made.visit(1, [errand("well.example", 4)])
    made.visit(0, dead)
    assert rows(url, "SELECT sum(errors) FROM source") == [(3,)]


class Deadly(Web):
    """A web of which one address ends the process that asks it."""

    def fetch_all(self, requests: Any) -> Any:
        requests = list(requests)
        if any("poison" in request.url for request in requests):
            raise SystemExit("died")
        return super().fetch_all(requests)


def test_an_errand_that_ends_workers(
    crew: Any, veille: Program, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C11: after three hands source by source, noted before each; after two more the culprit is put
    aside, and the others of its host are collected."""
    web = Deadly()
    veille.adapt = lambda app: (
        app.__dict__.update(web=web), setattr(app, "readers", lambda count=None: Readers()),
    )[0]  # fmt: skip
    subscribe(url, web.feed("a", "1"), web.feed("a", "poison"), web.feed("a", "z"))
    made, said = crew()
    db = Database.open(url)
    with db.write() as conn:
        errands.defer(conn, [Errand(kind=ErrandKind.COLLECT, where="a.example", ids=(1, 2, 3))])
    ((number,),) = rows(url, "SELECT id FROM veille_queue.procrastinate_jobs")
    at = alone = 0
    for before in (3, 4, 5):
        taken = Taken(
            number=number,
            errand=errand("a.example", 1, 2, 3).errand,
            before=before,
            at=at or None,
            alone=alone,
        )
        if before < 5:
            with pytest.raises(SystemExit):
                made.visit(0, [taken])
        else:
            made.visit(0, [taken])
        noted = "SELECT (args->>'at')::int, (args->'tries'->>(args->>'at'))::int FROM veille_queue.procrastinate_jobs"
        ((at, alone),) = rows(url, noted)
        if before < 5:
            assert at == 2
    assert any("poison ends veille when it is visited" in line for line in said)
    assert web.asked == [web.feed("a", "1"), web.feed("a", "z")]
    db.close()


def test_an_error_is_noted_and_told(crew: Any, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of ours and a defect, each in a line; when the database is away, the log has it."""
    made, said = crew()
    for error in (StoreError("disk full"), ValueError("boom")):
        monkeypatch.setattr(deferring, "still_there", _raising(error))
        with pytest.raises(type(error)):
            made.visit(0, [errand("a.example", 1)])
    assert said == [
        "collect: disk full",
        "collect: unexpected ValueError: boom (a defect of veille)",
    ]
    monkeypatch.setattr(Workspace, "end", _raising(StoreError("nobody answers")))
    monkeypatch.setattr(deferring, "still_there", lambda db, taken: [])
    made.visit(0, [errand("a.example", 1)])
    assert said[-1] == "collect: nobody answers"
    assert not made.hangs


def _raising(error: Exception) -> Callable[..., Any]:
    def fail(*_: object, **__: object) -> Any:
        raise error

    return fail


def test_a_crew_that_ends_closes_the_web(crew: Any, web: Web) -> None:
    made, _ = crew()
    made.stop()
    for thread in threading.enumerate():
        if thread.name == "veille-closing":
            thread.join(5)
    assert web.closed
    made.close()
    assert made.pause("a.example") == 0.5
    assert made.pause("127.0.0.1") == 0.0
