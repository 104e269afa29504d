"""What is wrong with a workspace, and how to mend it: checks as values.

Nothing here changes anything. A check that cannot be made is a finding too, never the end of the
others.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from veille import access
from veille.errors import VeilleError
from veille.store import editions, engine, health, reach
from veille.store.database import Database
from veille.workflows import inspecting
from veille.workflows.findings import Finding, Level, ok, warning, wrong
from veille.workflows.health import of_all

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from veille.workflows.inspecting import Setup

_LEAST_ROOM = 200 * 2**20  # bytes, and twice the database: a backup and a write-ahead log
_EXPAT = (2, 6, 0)  # since then, large tokens no longer take quadratic time
_NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "fuse.sshfs", "ceph"})


def examine(
    url: str, workspace: Path, *, now: datetime, zone: ZoneInfo, setup: Setup | None = None
) -> list[Finding]:
    """All findings of a workspace whose database is at ``url``; with ``setup`` also those of what
    runs by itself."""
    findings = [*_folder(workspace, url), *_versions(), *_time_zone(zone, now)]
    findings += [*inspecting.folders(setup), *inspecting.mails(setup)] if setup else ()
    try:
        db = Database.open(url)
    except VeilleError as error:
        return [wrong("database", str(error)), *findings]
    try:
        findings = [*_database(db), *findings, *_clock(db, now), *_network(db)]
        if setup:
            findings += inspecting.running(db, now)
            findings += inspecting.workers(db, setup)
            findings += inspecting.backups(db, setup, now)
            findings += _archive(db, workspace / "archive")
        return [*findings, *_sources(db, now)]
    except VeilleError as error:  # the damage may lie anywhere
        return [wrong("database", str(error)), *findings]
    finally:
        db.close()


def _archive(db: Database, archive: Path) -> Iterator[Finding]:
    yield from inspecting.older_than_archive(archive, known_pages(db))


def known_pages(db: Database) -> set[str]:
    """The folders of all pages of editions that the archive may hold, those that lead on included."""
    with db.read() as connection:
        known = {one.content.folder for one in editions.published(connection)}
        for digest in editions.digests(connection):
            for former in digest.former:
                known |= {f"{former.address}/{number}" for number in range(1, former.last + 1)}
    return known


def _database(db: Database) -> Iterator[Finding]:
    """Whether it is whole, and how it keeps its promises when the power fails."""
    with db.read() as connection:
        damages, journal = health.damages(connection), health.journal(connection)
    for damage in damages:
        yield wrong(
            "integrity",
            f"{db.place} is damaged: {damage}",
            "stop all work and bring the last backup of the file back",
        )
    if not damages:
        yield ok("integrity", f"{db.place} is whole, with the schema of this version")
    if journal is None:
        return
    yield _journal(journal)


def _journal(mode: str, version: tuple[int, ...] = sqlite3.sqlite_version_info) -> Finding:
    """The journal mode, and why it is that (fault D12)."""
    said = ".".join(map(str, version))
    wanted = engine.journal_mode(version)
    if mode != wanted:
        return warning(
            "journal",
            f"the journal mode is {mode}, SQLite {said} should use {wanted}",
            "close what else has the database open; the next command sets it",
        )
    if mode == "wal":
        return ok("journal", f"journal mode wal: SQLite {said} resets it safely")
    return warning(
        "journal",
        f"journal mode delete: SQLite {said} may damage a write-ahead log while several write",
        "nothing is at risk; SQLite 3.51.3 or newer makes readers wait less",
    )


def _folder(workspace: Path, url: str) -> Iterator[Finding]:
    """Room, permissions, and the kind of disk."""
    usage = shutil.disk_usage(workspace)
    parsed = engine.parse(url)
    file = engine.path_of(parsed) if engine.is_sqlite(parsed) else None
    size = file.stat().st_size if file and file.exists() else 0
    free = f"{usage.free // 2**20} MB are free on the disk of {workspace}"
    if usage.free < max(_LEAST_ROOM, 2 * size):
        yield wrong("disk", free, "make room: backups and the archive need it too")
    else:
        yield ok("disk", free)
    if not os.access(workspace, os.W_OK | os.X_OK):
        yield wrong("permissions", f"{workspace} cannot be written", "check who owns the folder")
    if file is None:
        return
    if file.exists():
        yield from inspecting.torn(file)
    if file.exists() and file.stat().st_mode & 0o007:
        yield wrong(
            "permissions",
            f"everybody on this machine can read {file}, its secrets included",
            f"chmod o= {file}",
        )
    if file.exists() and access.is_shared(workspace) and file.stat().st_mode & 0o060 != 0o060:
        yield wrong(
            "permissions",
            f"{workspace} is shared by a group, which cannot write {file}",
            f"chmod g+rw {file}*",
        )
    kind = file_system(file, Path("/proc/self/mounts"))
    if kind in _NETWORK:
        yield wrong(
            "disk",
            f"{file} lies on a network file system ({kind}), whose locks cannot be trusted",
            "move the workspace to a local disk, or use PostgreSQL (database.url)",
        )


def file_system(path: Path, mounts: Path) -> str | None:
    """The kind of file system a path lies on, by the kernel's list; None where there is none."""
    try:
        rows = [line.split(" ") for line in mounts.read_text("utf-8", "replace").splitlines()]
    except OSError:
        return None
    above = {row[1]: row[2] for row in rows if len(row) > 2 and path.is_relative_to(row[1])}
    return above[max(above, key=len)] if above else None


def _versions(sqlite: str = sqlite3.sqlite_version, expat: str | None = None) -> Iterator[Finding]:
    """The libraries whose faults are known."""
    if expat is None:
        from pyexpat import EXPAT_VERSION

        expat = EXPAT_VERSION.removeprefix("expat_")
    python = ".".join(map(str, sys.version_info[:3]))
    yield ok("versions", f"Python {python}, SQLite {sqlite}, expat {expat}")
    if tuple(int(part) for part in expat.split(".")) < _EXPAT:
        yield warning(
            "versions",
            f"expat {expat} can be kept busy by one hostile feed, until its worker is ended",
            "install a Python that comes with expat 2.6 or newer",
        )


def _time_zone(zone: ZoneInfo, now: datetime) -> Iterator[Finding]:
    local = now.astimezone(zone)
    yield ok("time", f"it is {local:%Y-%m-%d %H:%M} in {zone.key}")


def _clock(db: Database, now: datetime) -> Iterator[Finding]:
    """A clock that was set back schedules nothing until it is right again."""
    with db.read() as connection:
        newest = health.newest_instant(connection)
    if newest is not None and newest > now:
        yield wrong(
            "time",
            f"the clock is behind what was noted at {newest:%Y-%m-%d %H:%M} UTC",
            "set the clock of this machine",
        )


def _network(db: Database) -> Iterator[Finding]:
    """An outage of everything."""
    with db.read() as connection:
        outage = reach.current_outage(connection)
    if outage is not None:
        yield wrong(
            "network",
            f"no source could be reached since {outage.began:%Y-%m-%d %H:%M} UTC",
            "check this machine's network, name resolution and proxy; it is tried again by itself",
        )


def _sources(db: Database, now: datetime) -> Iterator[Finding]:
    """Each source that needs somebody; one line for all others."""
    well = 0
    for each in sorted(of_all(db, now=now), key=lambda each: not each.condition.is_wrong):
        if each.condition.is_well:
            well += 1
            continue
        yield Finding(
            check="source",
            level=Level.WRONG if each.condition.is_wrong else Level.WARNING,
            message=f"{each.source.name} is {each.condition}: {each.words}",
            remedy=each.remedy,
            source=each.source.id,
        )
    yield ok("sources", f"{well} sources are well")
