"""What `veille doctor` says of the unattended watch, its mails, its backups, and of torn databases."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from veille.model.plan import JobName, Pulse
from veille.store import watch
from veille.workflows import inspecting
from veille.workflows.findings import Finding, Level
from veille.workflows.inspecting import Setup

if TYPE_CHECKING:
    from collections.abc import Iterable

    from veille.store.database import Database

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
PULSE = Pulse(
    host="serv", process=12, started=NOW - timedelta(days=9), beat=NOW, stopped=None, version="0"
)
SETUP = Setup(
    transport="smtp",
    sender="v@example.org",
    base_url="https://example.org",
    operator="admin@example.org",
    backs_up=True,
    exposed=None,
    unusable=None,
)


def told(findings: Iterable[Finding]) -> list[tuple[str, str]]:
    return [(finding.level.value, finding.message) for finding in findings]


def levels(findings: Iterable[Finding]) -> list[Level]:
    return [finding.level for finding in findings]


def beats(db: Database, pulse: Pulse) -> None:
    with db.write() as connection:
        watch.beat(connection, pulse)


def test_a_loop_that_lives_or_died(db: Database) -> None:
    """T14: without a beat for ten minutes something is wrong; a good end is none."""
    assert levels(inspecting.running(db, NOW)) == [Level.WARNING]
    beats(db, PULSE)
    assert levels(inspecting.running(db, NOW + timedelta(minutes=9))) == [Level.OK]
    (stuck,) = inspecting.running(db, NOW + timedelta(minutes=11))
    assert stuck.level is Level.WRONG
    assert "process 12 on serv" in stuck.message
    beats(db, replace(PULSE, stopped=NOW))
    assert levels(inspecting.running(db, NOW + timedelta(hours=24))) == [Level.OK]
    assert levels(inspecting.running(db, NOW + timedelta(hours=26))) == [Level.WARNING]


def test_jobs_that_fail(db: Database) -> None:
    """Three times in a row; a backup at once."""
    beats(db, PULSE)
    with db.write() as connection:
        for name, times in ((JobName.COLLECT, 2), (JobName.LINKS, 3), (JobName.BACKUP, 1)):
            for _ in range(times):
                watch.begin(connection, name, at=NOW)
                watch.end(connection, name, at=NOW, well=False, said="disk full")
    found = [finding for finding in inspecting.running(db, NOW) if finding.level is Level.WRONG]
    assert sorted(finding.message for finding in found) == [
        "backup failed 1 times in a row: disk full",
        "links failed 3 times in a row: disk full",
    ]


def test_backups(db: Database) -> None:
    """None yet, young, old; none wanted."""
    assert levels(inspecting.backups(db, SETUP, NOW)) == [Level.WARNING]
    with db.write() as connection:
        watch.begin(connection, JobName.BACKUP, at=NOW)
        watch.end(connection, JobName.BACKUP, at=NOW, well=True, said="b.db")
    assert levels(inspecting.backups(db, SETUP, NOW + timedelta(days=2))) == [Level.OK]
    assert levels(inspecting.backups(db, SETUP, NOW + timedelta(days=4))) == [Level.WRONG]
    assert levels(inspecting.backups(db, replace(SETUP, backs_up=False), NOW)) == []


def test_mails() -> None:
    """What could not leave is wrong; what nobody would receive is told."""
    assert told(inspecting.mails(SETUP)) == [("ok", "mails leave by smtp from v@example.org")]
    poor = replace(SETUP, transport="folder", base_url=None, operator=None)
    assert levels(inspecting.mails(poor)) == [Level.WARNING] * 3
    broken = replace(SETUP, exposed="key.pem can be read by others", unusable="no key")
    assert levels(inspecting.mails(broken)) == [Level.WRONG] * 2


def test_a_log_that_was_left_behind(tmp_path: Path) -> None:
    """D10: cp veille.db while the log is hot; the -shm tells. A plain file has nothing to tell."""
    path = tmp_path / "veille.db"
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("PRAGMA journal_mode = WAL")
        conn.execute("CREATE TABLE a (b)")
        copy = tmp_path / "copy.db"
        copy.write_bytes(path.read_bytes())
        copy.with_name("copy.db-shm").write_bytes(path.with_name("veille.db-shm").read_bytes())
        assert list(inspecting.torn(path)) == []
    (found,) = inspecting.torn(copy)
    assert found.level is Level.WRONG
    assert "copy.db-wal is missing" in found.message
    assert list(inspecting.torn(path)) == []


def test_a_database_older_than_the_archive(tmp_path: Path) -> None:
    """D10, M13: pages of editions that the database never published."""
    for ref in ("five/1", "five/2", "tags/a"):
        (tmp_path / ref).mkdir(parents=True)
        (tmp_path / ref / "index.html").touch()
    assert list(inspecting.older_than_archive(tmp_path, {"five/1", "five/2"})) == []
    (found,) = inspecting.older_than_archive(tmp_path, {"five/1"})
    assert "the archive holds five/2" in found.message
    assert list(inspecting.older_than_archive(tmp_path / "none", set())) == []


UNITS = Path(__file__).parents[2] / "contrib" / "systemd"
SERVICES = sorted(path.name for path in UNITS.glob("*.service"))


@pytest.mark.slow
@pytest.mark.parametrize("unit", SERVICES)
def test_the_unit_is_hardened(unit: str) -> None:
    """G9: systemd's own judgement, offline: at most 1.1 of 10 (a program that asks the web cannot do
    without a network, nor on the host's own file system)."""
    judged = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=11", str(UNITS / unit)],
        capture_output=True,
        text=True,
    )
    assert judged.returncode == 0, judged.stdout[-300:]


def test_units_call_what_every_machine_has() -> None:
    """G9: the program and a shell; a minimal Debian has no /bin/kill."""
    called = {
        line.split("=", 1)[1].split()[0]
        for path in UNITS.glob("*.service")
        for line in path.read_text().splitlines()
        if line.startswith("Exec")
    }
    assert called == {"/opt/veille/bin/veille", "/bin/sh"}


@pytest.mark.slow
@pytest.mark.parametrize("unit", sorted(path.name for path in UNITS.iterdir()))
def test_systemd_understands_the_unit(unit: str, tmp_path: Path) -> None:
    """With all that it offers as a comment; only the program's own place is another one here."""
    offered = re.compile(r"^#(?=[A-Z][A-Za-z]+=)", re.MULTILINE)
    for path in UNITS.iterdir():
        text = offered.sub("", path.read_text()).replace("/opt/veille/bin/veille", sys.executable)
        (tmp_path / path.name.replace("@", "@1")).write_text(text)
    said = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / unit.replace("@", "@1"))],
        capture_output=True,
        text=True,
    )
    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")


_NO_NEW_CODE = """
import ctypes, os, sys
if ctypes.CDLL(None).prctl(65, 1, 0, 0, 0): sys.exit(77)  # PR_SET_MDWE, of Linux 6.3
os.execv(sys.executable, [sys.executable, "-m", "veille", *sys.argv[1:]])
"""


@pytest.mark.slow
def test_it_works_where_no_memory_is_written_and_run(tmp_path: Path) -> None:
    """G9: MemoryDenyWriteExecute holds for all that the unit does: the whole main job, by its children too."""
    command = [sys.executable, "-c", _NO_NEW_CODE, "demo", str(tmp_path / "demo")]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    if ended.returncode == 77:
        pytest.skip("this kernel cannot forbid it to one process")
    assert ended.returncode == 0, ended.stderr
    assert "3 mails handed over" in ended.stdout


@pytest.mark.parametrize("unit", SERVICES)
def test_the_unit_lets_the_workspace_be_written(unit: str) -> None:
    """G9: ProtectSystem=strict, and the workspace beside it; readable here without systemd."""
    text = (UNITS / unit).read_text()
    assert "ProtectSystem=strict\n" in text
    assert "ReadWritePaths=/srv/veille\n" in text
    assert re.search(r"^MemoryMax=[0-9]+M$", text, re.MULTILINE)
