"""The unattended watch on real databases: one loop each, and sources that end it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from tests.store.conftest import Pool, pool
from tests.workflows.conftest import FakeWeb
from veille.errors import Busy
from veille.model.plan import JobName
from veille.store import engine, sources, watch
from veille.store.database import Database
from veille.store.holding import Hold
from veille.workflows.acting import Act
from veille.workflows.careful import collect_one_by_one, put_aside
from veille.workflows.health import Condition, of_all

__all__ = ["pool"]

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
ACT = Act(actor=None, now=NOW)


@pytest.mark.parametrize("ready_url", ["postgresql"], indirect=True)
def test_one_loop_for_a_team_on_several_machines(ready_url: str, postgresql: Any) -> None:
    """U11: the second is told with 75; who lost the connection takes it again, if nobody else did."""
    here, there = Database.open(ready_url), Database.open(ready_url)
    first = Hold(here)
    with pytest.raises(Busy, match="another machine"):
        Hold(there)
    first.keep()
    name = str(here.url.database)
    postgresql.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        f"WHERE datname = '{name}' AND pid <> pg_backend_pid()"
    )
    first.keep()
    with pytest.raises(Busy):
        Hold(there)
    first.release()
    second = Hold(there)
    with pytest.raises(Busy):
        first.keep()
    second.release()
    first.release()
    here.close()
    there.close()


@pytest.mark.parametrize("ready_url", ["sqlite"], indirect=True)
def test_a_file_needs_no_lock_of_its_own(db: Database) -> None:
    """The kernel's lock on the workspace is enough."""
    first, second = Hold(db), Hold(db)
    second.keep()
    first.release()
    second.release()


class DeadlyWeb(FakeWeb):
    """A web of which one address ends the process that asks it."""

    def fetch_all(self, requests: Any) -> Any:
        requests = list(requests)
        if any("poison" in request.url for request in requests):
            raise SystemExit("died")
        return super().fetch_all(requests)


def test_a_source_that_ends_the_sweep_is_put_aside(db: Database, pool: Pool, here: Any) -> None:
    """C11: after three deaths one source at a time; the culprit is named, quarantined, and the others
    are collected."""
    _, poison, _ = (pool.source(name) for name in ("first", "poison", "last"))
    with db.write() as connection:
        connection.execute(
            text("UPDATE source SET url = 'https://poison.example/f' WHERE id = :id"),
            {"id": poison.id},
        )
        watch.begin(connection, JobName.COLLECT, at=NOW)
    web = DeadlyWeb()
    with pytest.raises(SystemExit):
        collect_one_by_one(db, web, here, act=ACT, first_fetch=50, zone=UTC)
    said = put_aside(db, act=ACT)
    assert said is not None
    assert said.startswith("poison ends veille")
    assert put_aside(db, act=ACT) is None, "settled once"
    report = collect_one_by_one(db, web, here, act=ACT, first_fetch=50, zone=UTC)
    assert report.sources == 3
    with db.read() as connection:
        found = {source.title: source for source in sources.everything(connection)}
    assert found["poison"].next_fetch >= NOW + timedelta(days=6)
    assert found["last"].last_fetch == NOW
    conditions = {health.source.title: health.condition for health in of_all(db, now=NOW)}
    assert conditions["poison"] is Condition.QUARANTINED


@pytest.mark.slow
@pytest.mark.parametrize("ready_url", ["sqlite"], indirect=True)
def test_a_reader_that_stays_open(ready_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """D11: what a long reader keeps in the write-ahead log is gone once it leaves."""
    from pathlib import Path as File

    monkeypatch.setattr(engine, "journal_mode", lambda version=(): "wal")
    db = Database.open(ready_url)
    log = File(f"{ready_url.removeprefix('sqlite:///')}-wal")
    with db.write() as connection:
        connection.execute(text("CREATE TABLE big (content BLOB)"))
    with db.read() as reader:
        reader.execute(text("SELECT count(*) FROM big")).all()
        for _ in range(100):
            with db.write() as connection:
                connection.execute(text("INSERT INTO big VALUES (zeroblob(1000000))"))
        assert log.stat().st_size > 64 * 2**20
    for _ in range(2):
        with db.write() as connection:
            connection.execute(text("INSERT INTO big VALUES (zeroblob(10000))"))
    assert log.stat().st_size <= 64 * 2**20
    db.close()
