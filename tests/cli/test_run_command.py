"""``veille run``: a whole month by itself, and how it lives with signals, locks and colleagues."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.workflows.conftest import FakeWeb
from veille.app import open_app
from veille.errors import SettingsError
from veille.model.plan import JobName
from veille.schedule.children import launch
from veille.schedule.desk import Workspace
from veille.schedule.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.program import Program, Result

# The first Monday of December, nine in Paris.
SEND = datetime(2026, 12, 7, 8, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def planned(veille: Program, pool: Path) -> Path:
    """A digest that leaves on first Mondays, with two readers and kept items with blurbs."""
    veille("source", "pause", "1")
    veille("keep", "1", "2", "3", "--yes")
    for item in (1, 2, 3):
        veille("comment", item, f"Une raison de lire le numéro {item}.", "--blurb")
    veille("digest", "create", "five", "--title", "Cinq liens", "--links", "3")
    for reader in ("ann", "luc"):
        veille("subscriber", "add", f"{reader}@example.org", "--digest", "five")
    assert veille("digest", "plan", "five", "first monday").code == 0
    return pool


def at(veille: Program, now: datetime, *words: object) -> Result:
    """Run a command at an instant."""
    veille.clock = lambda: now
    return veille(*words)


def once(veille: Program, now: datetime) -> str:
    """What the unattended watch says at an instant."""
    result = at(veille, now, "run", "--once")
    return "\n".join(line for line in result.err.splitlines() if not line.startswith("backup:"))


def mails(folder: Path) -> list[str]:
    return sorted(path.name.partition(".")[0] for path in (folder / "outbox").glob("five*.eml"))


def test_a_month_by_itself(veille: Program, planned: Path) -> None:
    """Opened, reminded, told, sent when approved, once; and the next one in its time (T2)."""
    assert once(veille, SEND - 7 * DAY - timedelta(minutes=1)) == ""
    assert once(veille, SEND - 7 * DAY) == "editions: five/1 opened with 3 picks"
    assert once(veille, SEND - 7 * DAY) == ""
    assert "reminded" in once(veille, SEND - 3 * DAY)
    assert "five/1 leaves soon and is not approved" in once(veille, SEND - DAY)
    assert once(veille, SEND - timedelta(hours=2)) == ""
    assert at(veille, SEND - timedelta(hours=1), "edition", "approve", "five/1").code == 0
    assert once(veille, SEND - timedelta(minutes=1)) == ""
    assert once(veille, SEND) == "editions: five/1 sent: 2 handed over"
    for minutes in range(1, 6):  # T2: a restart each minute
        assert once(veille, SEND + timedelta(minutes=minutes)) == ""
    assert mails(planned) == ["five-1"] * 2
    assert "five/2 opened" in once(veille, datetime(2026, 12, 28, 8, 0, tzinfo=UTC))


def test_nothing_leaves_without_approval(veille: Program, planned: Path) -> None:
    """The editor is told once, and an approval that comes in time still counts."""
    once(veille, SEND - 7 * DAY)
    assert "five/1 did not leave: it is not approved" in once(veille, SEND)
    assert once(veille, SEND + timedelta(minutes=5)) == ""
    at(veille, SEND + timedelta(hours=3), "edition", "approve", "five/1")
    assert "five/1 sent" in once(veille, SEND + timedelta(hours=3))
    assert len(mails(planned)) == 2


def test_an_approval_that_waited_for_its_date_is_not_late(veille: Program, planned: Path) -> None:
    """T1: a week before, it still leaves on time; three days after, only by hand."""
    once(veille, SEND - 7 * DAY)
    at(veille, SEND - 7 * DAY, "edition", "approve", "five/1")
    assert "five/1 did not leave: it is late" in once(veille, SEND + 3 * DAY)
    assert mails(planned) == []
    assert at(veille, SEND + 3 * DAY, "edition", "send", "five/1").code == 1
    assert at(veille, SEND + 3 * DAY, "edition", "send", "five/1", "--late").code == 0
    assert len(mails(planned)) == 2


def test_a_restored_backup_sends_nothing(veille: Program, planned: Path, tmp_path: Path) -> None:
    """M13: last week's backup, in which the edition is approved and not sent: nothing leaves, told."""
    once(veille, SEND - 7 * DAY)
    at(veille, SEND - timedelta(hours=1), "edition", "approve", "five/1")
    at(veille, SEND - timedelta(minutes=5), "backup", tmp_path / "b.db")
    assert "five/1 sent" in once(veille, SEND)
    before = mails(planned)
    assert veille("restore", tmp_path / "b.db").code == 0
    said = once(veille, SEND + timedelta(hours=1))
    assert "the archive holds the page of five/1 already" in said
    assert mails(planned) == before
    assert "late" in once(veille, SEND + 3 * DAY)
    assert mails(planned) == before


def test_a_copy_of_the_workspace_sends_nothing(
    veille: Program, planned: Path, tmp_path: Path
) -> None:
    """M14: another folder with the same database refuses until it is adopted."""
    once(veille, SEND - 7 * DAY)
    at(veille, SEND, "edition", "approve", "five/1")
    once(veille, SEND)
    at(veille, datetime(2026, 12, 28, 8, tzinfo=UTC), "keep", "4")
    veille("comment", "4", "Une raison de plus.", "--blurb")
    once(veille, datetime(2026, 12, 28, 8, tzinfo=UTC))
    january = datetime(2027, 1, 4, 8, tzinfo=UTC)
    at(veille, january, "edition", "approve", "five/2")
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in ("veille.toml", "veille.db"):
        (copy / name).write_bytes((planned / name).read_bytes())
    told = at(veille, january, "-w", copy, "run", "--once")
    assert told.code == 3
    assert "mails left from" in told.err
    assert not (copy / "outbox").exists() or not list((copy / "outbox").glob("five*"))


def test_the_operator_hears_once_a_day(veille: Program, planned: Path) -> None:
    """One mail a cause a day, in the outbox here; the log tells each time."""
    (planned / "veille.toml").write_text(
        '[veille]\ntimezone = "Europe/Paris"\n'
        '[run]\noperator = "Admin <admin@example.org>"\nbackup_folder = "veille.toml/x"\n'
    )
    for minutes in (0, 2, 10, 30, 60 * 25):
        result = at(veille, SEND - 30 * DAY + timedelta(minutes=minutes), "run", "--once")
        assert "backup: " in result.err
        assert result.code == 3
    quiet = at(veille, SEND - 27 * DAY, "-q", "run", "--once")
    assert quiet.err.startswith("backup: "), "cron's mail holds what went wrong, and nothing else"
    alerts = sorted((planned / "outbox").glob("alert*.eml"))
    assert len(alerts) == 3
    raw = alerts[0].read_bytes()
    assert b"\r\nTo: Admin <admin@example.org>\r\n" in raw
    assert b"Subject: [Veille] backup\r\n" in raw
    assert b"cannot be made" in raw


def test_dead_links_of_the_archive_are_told_once_a_month(veille: Program, planned: Path) -> None:
    """By the log, and to the operator with each link, its edition and the reason."""
    (planned / "veille.toml").write_text(
        '[veille]\ntimezone = "Europe/Paris"\n[run]\noperator = "admin@example.org"\n'
    )
    veille.adapt = lambda app: app.__dict__.update(web=FakeWeb())
    once(veille, SEND - 7 * DAY)
    at(veille, SEND, "edition", "approve", "five/1")
    once(veille, SEND)
    january = datetime(2027, 1, 2, 9, tzinfo=UTC)
    assert "links: 3 links of the archive followed, 3 dead" in once(veille, january)
    assert "links:" not in once(veille, january + DAY)
    alert, *_ = [
        path for path in (planned / "outbox").glob("alert*") if b"] links" in path.read_bytes()
    ]
    assert b"five/1: https://example.org/1 (404 Not Found)" in alert.read_bytes()


def test_a_plan_is_shown_changed_and_taken_away(veille: Program, planned: Path) -> None:
    """With its next dates, in the digest's own zone; who did it is in the log, with the old one."""
    shown = veille("digest", "plan", "five", "--json").json
    assert shown["rule"] == "FREQ=MONTHLY;BYDAY=1MO"
    assert shown["next"][0]["send"] == "2026-12-07T08:00:00+00:00"
    changed = veille(
        "digest", "plan", "five", "friday", "--at", "17:30", "--timezone", "Pacific/Auckland",
        "--draft", "2", "--remind", "1", "--freeze", "0",
    )  # fmt: skip
    assert "leaves Fri 2026-11-06 17:30" in changed.out
    assert veille("digest", "show", "five", "--json").json["every"] == "week"
    assert veille("digest", "plan", "five", "--stop").code == 0
    assert veille("digest", "plan", "five").code == 1
    assert veille("digest", "plan", "five", "--stop").code == 1
    assert veille("log", "--json").json[0]["action"] == "digest-edit"
    for wrong in (["often"], ["friday", "--at", "9h"], ["friday", "--timezone", "Paris"],
                  ["friday", "--draft", "1"], []):  # fmt: skip
        words = wrong or ["--at", "10:00"]
        assert veille("digest", "plan", "five", *words).code == 2, words
    assert veille("digest", "plan", "none", "friday").code == 1


def test_a_clock_that_is_wrong_does_nothing(veille: Program, planned: Path) -> None:
    """T4, T5: told, exit 1, nothing noted; --trust-clock says that it is right."""
    once(veille, SEND - 30 * DAY)
    for wrong in (datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)):
        result = at(veille, wrong, "run", "--once")
        assert result.code == 1
        assert "set the clock" in result.err
    assert at(veille, SEND - 29 * DAY, "run", "--once").code == 0
    assert at(veille, SEND - 60 * DAY, "run", "--once", "--trust-clock").code == 0


def test_the_log_and_the_figures_for_machines(veille: Program, planned: Path) -> None:
    """run.log = json: one object a line; run.metrics: a file for the textfile collector."""
    (planned / "veille.toml").write_text(
        '[veille]\ntimezone = "Europe/Paris"\n[run]\nlog = "json"\nmetrics = "veille.prom"\n'
    )
    result = at(veille, SEND - 7 * DAY, "run", "--once")
    lines = [json.loads(line) for line in result.err.splitlines()]
    assert {line["job"] for line in lines} >= {"editions", "backup"}
    text = (planned / "veille.prom").read_text()
    assert 'veille_items{state="kept"} 3' in text
    assert 'veille_job_failures{job="backup"} 0' in text


def test_backups_are_kept_for_so_long(veille: Program, planned: Path) -> None:
    """One a day (T11: one after three days, too), the newest stay, others' files are left alone."""
    (planned / "veille.toml").write_text("[run]\nbackup_keep = 2\n")
    (planned / "backups").mkdir(mode=0o700)
    (planned / "backups" / "before-upgrade.db").write_text("mine")
    for day in (0, 1, 1.1, 4, 5):
        assert at(veille, SEND - 30 * DAY + day * DAY, "run", "--once").code == 0
    names = sorted(path.name for path in (planned / "backups").iterdir())
    assert len(names) == 3
    assert names[-1] == f"veille-{SEND - 25 * DAY:%Y-%m-%dT%H%M%SZ}.db"


# --- the real program, in processes ---------------------------------------------------------------


@contextmanager
def running(folder: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    environ = {**os.environ, "VEILLE_WORKSPACE": str(folder)}
    command = [sys.executable, "-m", "veille", "run", *words]
    with subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert "watching" in process.stderr.readline()
        yield process
        process.kill()


def heard(process: subprocess.Popen[str], words: str) -> None:
    """Read the log until a line with these words."""
    assert process.stderr is not None
    for line in process.stderr:
        if words in line:
            return
    raise AssertionError(f"the log never said: {words}")


def test_the_loop_works_and_ends_when_asked(veille: Program, workspace: Path) -> None:
    """C7: its jobs run in processes of their own; SIGTERM ends it with 0, in time.
    What a dead run left is removed at the start (C12)."""
    dead = subprocess.Popen(["true"])
    dead.wait()
    (workspace / f".veille-{dead.pid}-x.tmp").touch()
    with running(workspace) as process:
        heard(process, "backup: veille-")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
    assert len(list((workspace / "backups").iterdir())) == 1
    assert not list(workspace.glob(".veille-*"))


def test_one_loop_a_workspace(veille: Program, workspace: Path) -> None:
    """C9, C10, U7: a second says so with 75; a killed one is followed at once; the lock is the
    kernel's, whatever the file holds; a file that cannot be made is told for what it is."""
    with running(workspace) as process:
        assert veille("run", "--once").code == 75
        process.kill()
        process.wait()
        (workspace / ".run.lock").write_text("4711")
        assert veille("run", "--once").code in (0, 75), "a job of the killed one may still work"
    (workspace / ".run.lock").unlink()
    (workspace / ".run.lock").mkdir()
    refused = veille("run", "--once")
    assert refused.code == 1
    assert "cannot write" in refused.err


def test_jobs_work_with_the_settings_that_were_taken(workspace: Path) -> None:
    """G6: a file that became wrong stops no job of a loop that took it before."""
    (workspace / "veille.toml").write_text('[run]\nbackup_folder = "copies"\n')
    app = open_app(workspace, curator=None, environ=os.environ)
    with closing(app):
        desk = Workspace(app, Journal(print, app.clock, as_json=False))
        (workspace / "veille.toml").write_text("[run\n")
        job = launch(workspace, JobName.BACKUP, desk.environ)
        while (ended := job.ended()) is None:
            time.sleep(0.05)
        assert ended.well, ended.said
        assert len(list((workspace / "copies").iterdir())) == 1
        with pytest.raises(SettingsError):
            desk.reload()
        assert not desk.changed()
        (workspace / "veille.toml").unlink()
        assert desk.changed()


def test_settings_are_read_again(veille: Program, workspace: Path) -> None:
    """G6: SIGHUP; a file that is wrong changes nothing, and is told with its line."""
    with running(workspace) as process:
        (workspace / "veille.toml").write_text("[run]\ncollect_evry = 3\n")
        process.send_signal(signal.SIGHUP)
        heard(process, "line 2: unknown key 'collect_evry'")
        (workspace / "veille.toml").write_text('[run]\nlog = "json"\n')  # noticed without it, too
        heard(process, '"job": "settings", "message": "read again"')
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=10) == 0


def test_those_who_make_it_hear_of_it(veille: Program, planned: Path) -> None:
    """Curators are reminded of what is missing, once, by a mail of their own; and thanked when it left."""
    veille.environ |= {
        "VEILLE_WORKFLOW_CURATORS": "camille <camille@house.example>",
        "VEILLE_WORKFLOW_THANKS": "true",
    }

    def to_camille() -> list[bytes]:
        found = [path.read_bytes() for path in (planned / "outbox").glob("*.eml")]
        return [raw for raw in found if b"<camille@house.example>" in raw]

    once(veille, SEND - 7 * DAY)
    pick = at(veille, SEND - 6 * DAY, "edition", "show", "five/1", "--json").json["picks"][0]
    at(veille, SEND - 6 * DAY, "edition", "remove", "five/1", pick["item"])
    for minutes in range(2):
        once(veille, SEND - 3 * DAY + timedelta(minutes=minutes))
    (reminder,) = to_camille()
    assert b"Subject: " in reminder
    at(veille, SEND - 2 * DAY, "edition", "add", "five/1", pick["item"])
    at(veille, SEND - timedelta(hours=1), "edition", "approve", "five/1")
    for minutes in range(2):
        once(veille, SEND + timedelta(minutes=minutes))
    assert len(to_camille()) == 2
