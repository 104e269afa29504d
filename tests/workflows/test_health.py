"""How sources are doing, and what ``veille doctor`` finds."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from veille.errors import FailureKind
from veille.model.changes import Changes, ItemDraft, NewItem, SightingDraft
from veille.model.source import Failure, Move, SourceDraft, Validators, Visit
from veille.model.states import Identity, SourceState
from veille.store import health as store_health
from veille.store import ingest, reach, sources, visits
from veille.workflows import doctor, health
from veille.workflows.doctor import Level
from veille.workflows.health import Condition

if TYPE_CHECKING:
    from veille.model.source import Source
    from veille.store.database import Database
    from veille.store.health import Pulse

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
PARIS = ZoneInfo("Europe/Paris")


def subscribed(db: Database, name: str = "musee", *ages: float) -> Source:
    """A source added a year ago, whose items are so many days old."""
    draft = SourceDraft(url=f"https://{name}.example/f", key=f"{name}.example/f", title=name)
    new = tuple(
        NewItem(
            draft=ItemDraft(url=None, raw_url=None, key=None, title=f"t{n}", order=NOW - age * DAY),
            sighting=SightingDraft(key=str(n), guid=None, hash="h"),
        )
        for n, age in enumerate(ages)
    )
    with db.write() as conn:
        number = sources.add(conn, draft, at=NOW - 365 * DAY).id
        changes = Changes(identity=Identity.GUID, new=new)
        ingest.apply(conn, number, changes, at=NOW - 300 * DAY, batch="b")
        found = sources.get(conn, number)
    assert found is not None
    return found


def visited(db: Database, source: Source, **given: Any) -> None:
    """A visit that went well yesterday, but for what a test says."""
    well: dict[str, Any] = {
        "at": NOW - DAY,
        "next_fetch": NOW,
        "validators": Validators(),
        "body_hash": None,
        "identity": Identity.GUID,
        "success": True,
    }
    with db.write() as conn:
        visits.record(conn, source.id, Visit(**well | given))


def failing(kind: FailureKind, errors: int, at: datetime = NOW - DAY) -> dict[str, Any]:
    failure = Failure(kind=kind, message="court", at=at)
    return {"success": False, "errors": errors, "error": failure, "at": at}


def state(db: Database, source: Source) -> health.Health:
    (found,) = [each for each in health.of_all(db, now=NOW) if each.source.id == source.id]
    return found


def move(*, known: bool, visits: int = 5) -> Move:
    return Move(to="https://ailleurs.example/f", since=NOW - 9 * DAY, visits=visits, known=known)


REFUSED, BOMB = FailureKind.REFUSED, FailureKind.PARSE_TIMEOUT
CASES: list[tuple[Condition, list[dict[str, Any]], list[float]]] = [
    (Condition.WELL, [{}], [1, 8, 15]),
    (Condition.WELL, [], []),  # never visited
    (Condition.WELL, [{}], []),  # nothing shown yet
    (Condition.WELL, [{}], [80]),
    (Condition.WELL, [{}], [300, 600, 900]),  # once a year
    (Condition.SILENT, [{}], [91]),
    (Condition.SILENT, [{}], [100, 101, 102]),
    (Condition.WELL, [{"at": NOW - 9 * DAY}, failing(REFUSED, 3)], []),  # three are free
    (Condition.WELL, [{}, failing(REFUSED, 9)], []),  # since yesterday only
    (Condition.FAILING, [{"at": NOW - 3 * DAY}, failing(REFUSED, 4)], [1]),
    (Condition.DEAD, [{"at": NOW - 31 * DAY}, failing(REFUSED, 30)], [1]),
    (Condition.DEAD, [failing(REFUSED, 30)], []),  # never read
    (Condition.QUARANTINED, [{}, failing(BOMB, 3)], [1]),
    (Condition.WELL, [{}, failing(BOMB, 2)], [1]),
    (Condition.GONE, [{"state": SourceState.GONE}], [1]),
    (Condition.PAUSED, [{"state": SourceState.PAUSED}], [1]),
    (Condition.MOVING, [{"moved": move(known=True)}], [1]),
    (Condition.MOVING, [{"moved": move(known=False, visits=4)}], [1]),
    (Condition.ELSEWHERE, [{"moved": move(known=False)}], [1]),
]


@pytest.mark.parametrize(("condition", "visits", "ages"), CASES)
def test_the_condition_of_a_source(
    db: Database, condition: Condition, visits: list[dict[str, Any]], ages: list[float]
) -> None:
    """H12, H13, F5: what is to be said of it, and what to do."""
    source = subscribed(db, "musee", *ages)
    for visit in visits:
        visited(db, source, **visit)
    found = state(db, source)
    assert found.condition is condition
    assert (found.remedy is None) == (condition is Condition.WELL)
    if condition.is_wrong:
        assert f" {source.id}" in str(found.remedy)


def test_the_rhythm_and_the_yield_of_a_source(db: Database) -> None:
    source = subscribed(db, "musee", *range(0, 91, 7), 200, 300)
    found = state(db, source)
    assert (found.per_week, found.kept, found.newest) == (1.0, 0.0, NOW)
    assert state(db, subscribed(db, "vide")).kept is None


@pytest.mark.parametrize("kind", list(FailureKind))
def test_every_failure_has_an_advice(db: Database, kind: FailureKind) -> None:
    """H13: each says what to do, and how to leave it."""
    source = subscribed(db)
    visited(db, source, **failing(kind, 8))
    remedy = str(state(db, source).remedy)
    assert "veille source pause" in remedy
    assert "{" not in remedy


def test_the_last_failures_of_a_source_are_kept(db: Database) -> None:
    """The newest ten: a pattern can be seen, and nothing grows for ever."""
    source, other = subscribed(db), subscribed(db, "autre")
    visited(db, other, **failing(REFUSED, 1))
    for hour in range(13):
        visited(db, source, **failing(REFUSED, hour, NOW + timedelta(hours=hour)))
    record = health.record(db, source, now=NOW)
    assert [failure.at.hour for failure in record.failures] == [0, *range(23, 14, -1)]
    assert len(health.record(db, other, now=NOW).failures) == 1
    with db.write() as conn:
        reach.leave_alone(conn, "musee.example", until=NOW + DAY, now=NOW)
    assert health.record(db, source, now=NOW).wait == NOW + DAY


def examined(db: Database, tmp_path: Path, now: datetime = NOW) -> list[doctor.Finding]:
    url = db.url.render_as_string(hide_password=False)
    return doctor.examine(url, tmp_path, now=now, zone=PARIS)


def wrong(findings: list[doctor.Finding]) -> list[str]:
    return [finding.check for finding in findings if finding.level is Level.WRONG]


def test_a_sound_workspace_has_nothing_wrong(db: Database, tmp_path: Path) -> None:
    """D12: the journal mode is told with its reason."""
    visited(db, subscribed(db, "musee", 1))
    if db.is_sqlite:
        Path(str(db.url.database)).chmod(0o600)
    findings = examined(db, tmp_path)
    assert wrong(findings) == []
    assert any("Europe/Paris" in finding.message for finding in findings)
    assert any("SQLite" in finding.message for finding in findings)
    assert [one for one in findings if one.check == "journal"] == [] or db.is_sqlite


def test_what_needs_somebody_is_named_with_what_to_do(db: Database, tmp_path: Path) -> None:
    """H12, H13, N22, T5."""
    if db.is_sqlite:
        Path(str(db.url.database)).chmod(0o600)
    gone, silent = subscribed(db, "parti", 1), subscribed(db, "muet", 400)
    visited(db, gone, state=SourceState.GONE)
    visited(db, silent)
    with db.write() as conn:
        reach.note_outage(conn, at=NOW - DAY, retry=NOW)
    findings = examined(db, tmp_path, NOW - 2 * DAY)
    assert wrong(findings) == ["time", "network", "source"]
    named = {one.source: one for one in findings if one.source is not None}
    assert (named[gone.id].level, named[silent.id].level) == (Level.WRONG, Level.WARNING)
    assert all(one.remedy for one in findings if one.level is not Level.OK)


@pytest.fixture
def file(sqlite_template: Path, tmp_path: Path) -> Path:
    path = tmp_path / "veille.db"
    shutil.copy(sqlite_template, path)
    path.chmod(0o600)
    return path


def of_file(file: Path) -> list[doctor.Finding]:
    return doctor.examine(f"sqlite:///{file}", file.parent, now=NOW, zone=PARIS)


def test_damage_in_the_database_is_found(file: Path) -> None:
    """D5: whatever shape it takes, it is a finding that names the backup, and nothing is mended."""
    whole = file.read_bytes()
    for damaged in (
        whole[:30_000] + os.urandom(4096) + whole[34_096:],
        whole[: len(whole) // 2],
        b"",
    ):
        file.write_bytes(damaged)
        findings = of_file(file)
        assert wrong(findings), len(damaged)
        assert file.read_bytes() == damaged
    file.unlink()
    assert "a backup" in of_file(file)[0].message


def test_rows_that_point_nowhere_are_found(file: Path) -> None:
    """D8."""
    import sqlite3

    raw = sqlite3.connect(file)
    raw.execute("INSERT INTO item_text (item_id, content, text) VALUES (77, '', '')")
    raw.commit()
    raw.close()
    (found,) = [one for one in of_file(file) if one.level is Level.WRONG]
    assert "item_text" in found.message
    assert "last backup" in str(found.remedy)


def test_a_database_that_everybody_may_read_is_named(file: Path) -> None:
    """G8."""
    file.chmod(0o644)
    (found,) = [one for one in of_file(file) if one.level is Level.WRONG]
    assert (found.check, found.remedy) == ("permissions", f"chmod o= {file}")


def test_a_database_that_its_group_cannot_write_is_named(file: Path) -> None:
    """U8: in a folder that a group shares."""
    file.parent.chmod(0o2770)
    (found,) = [one for one in of_file(file) if one.level is Level.WRONG]
    assert (found.check, found.remedy) == ("permissions", f"chmod g+rw {file}*")
    file.chmod(0o660)
    assert [one for one in of_file(file) if one.level is Level.WRONG] == []


@pytest.mark.parametrize(
    ("mode", "version", "level"),
    [
        ("wal", (3, 51, 3), Level.OK),
        ("delete", (3, 40, 1), Level.WARNING),
        ("wal", (3, 40, 1), Level.WARNING),
        ("delete", (3, 50, 7), Level.WARNING),
    ],
)
def test_the_journal_mode_is_told_with_its_reason(
    mode: str, version: tuple[int, ...], level: Level
) -> None:
    """D12."""
    found = doctor._journal(mode, version)
    assert found.level is level
    assert ".".join(map(str, version)) in found.message


@pytest.mark.parametrize(("expat", "levels"), [("2.5.0", 2), ("2.6.0", 1), ("2.10.1", 1)])
def test_an_old_expat_is_warned_of(expat: str, levels: int) -> None:
    """F4."""
    assert len(list(doctor._versions(expat=expat))) == levels


def test_network_file_systems_are_recognised(tmp_path: Path) -> None:
    """D13: by the longest mount above the file."""
    mounts = tmp_path / "mounts"
    mounts.write_text(
        "/dev/sda / ext4 rw 0 0\nsrv:/x /srv nfs4 rw 0 0\nt /srv/local tmpfs rw 0 0\n"
    )
    kinds = [
        doctor.file_system(Path(path), mounts)
        for path in ("/srv/veille.db", "/srv/local/veille.db", "/home/veille.db")
    ]
    assert kinds == ["nfs4", "tmpfs", "ext4"]
    assert doctor.file_system(Path("/x"), tmp_path / "none") is None
    mounts.write_text("")
    assert doctor.file_system(Path("/x"), mounts) is None


def test_a_pulse_of_nothing_and_of_one_item(db: Database) -> None:
    subscribed(db, "un", 5)
    with db.read() as conn:
        (pulse,) = store_health.pulses(conn, NOW - DAY).values()
    assert (pulse.items, pulse.recent, pulse.newest) == (1, 0, NOW - 5 * DAY)
    alone: Pulse = replace(pulse, items=1)
    assert health._spacing(alone) == timedelta(0)
