"""A workspace on a disk that is mounted read-only (G7): what reads works, what writes says why not."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.program import Program

pytestmark = pytest.mark.sqlite

READING = (
    ("list",), ("inbox", "--json"), ("list", "title:lien"), ("show", "1"), ("log",), ("tags",),
    ("source", "list"), ("source", "export"), ("stats",), ("digest", "list"), ("edition", "show", "five/1"),
    ("edition", "lint", "five/1"), ("subscriber", "list"), ("token", "list"), ("export", "csv"),
    ("rule", "list"), ("thesaurus", "list"), ("search", "list"), ("purge", "--dry-run", "--older-than", "2 years"),
)  # fmt: skip
DATABASE = (
    ("skip", "1"), ("comment", "1", "non"), ("tag", "1", "+non"), ("add", "https://example.org/b"),
    ("token", "add", "phone"), ("digest", "create", "six", "--title", "Six"),
)  # fmt: skip
FOLDER = (("collect",), ("run", "--once"), ("archive", "build"), ("upgrade",))
DIES_HALFWAY = """
import os, signal, sqlite3, sys
database = sqlite3.connect(sys.argv[1])
database.execute("PRAGMA cache_size = 5")
database.execute("CREATE TABLE half (filled)")
database.execute("BEGIN IMMEDIATE")
database.executemany("INSERT INTO half VALUES (?)", [("x" * 5000,)] * 200)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def kept(veille: Program, workspace: Path) -> Path:
    """A workspace with an item, and an edition that has it."""
    for words in (
        ("add", "https://example.org/a", "--title", "Un lien"),
        ("keep", "1"), ("comment", "1", "--blurb", "Une raison."),
        ("digest", "create", "five", "--title", "Cinq liens"), ("edition", "draft", "five"),
    ):  # fmt: skip
        assert veille(*words).code == 0, words
    return workspace


@pytest.fixture
def read_only() -> Iterator[Callable[[Path], None]]:
    """Mounts a folder read-only where it is, as a disk with a fault or a snapshot is."""
    mounted: list[Path] = []

    def mount(folder: Path) -> None:
        for options in (["--bind", str(folder)], ["-o", "remount,ro,bind"]):
            done = subprocess.run(["mount", *options, str(folder)], capture_output=True, text=True)
            if done.returncode != 0:
                pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")
            if not mounted:
                mounted.append(folder)

    if os.geteuid() != 0 or not sys.platform.startswith("linux"):
        pytest.skip("only root on Linux may mount a folder read-only")
    yield mount
    for folder in mounted:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_what_reads_works(
    veille: Program, kept: Path, read_only: Callable[[Path], None], tmp_path: Path
) -> None:
    """G7."""
    read_only(kept)
    for words in READING:
        result = veille(*words)
        assert (result.code, "read-only" in result.err) in {(0, False), (1, False)}, (words, result)
    assert "Un lien" in veille("list").out
    assert veille("backup", tmp_path / "b.db").code == 0
    checked = veille("doctor")
    assert checked.code == 1
    assert f"{kept} cannot be written" in checked.out


def test_what_writes_says_why_it_cannot(
    veille: Program, kept: Path, read_only: Callable[[Path], None]
) -> None:
    """G7: one line, and nothing changed."""
    read_only(kept)
    before = (kept / "veille.db").read_bytes()
    for words in (*DATABASE, *FOLDER):
        result = veille(*words)
        assert result.code == 1, (words, result)
        said = result.err.splitlines()[-1]
        expected = "Read-only file system" if words in FOLDER else "is on a read-only disk"
        assert expected in said, (words, result.err)
    assert (kept / "veille.db").read_bytes() == before


def test_what_sqlite_must_write_to_read_is_said(
    veille: Program, kept: Path, read_only: Callable[[Path], None]
) -> None:
    """G7: a change that died halfway can only be taken back on a disk that can be written."""
    died = subprocess.run([sys.executable, "-c", DIES_HALFWAY, kept / "veille.db"], check=False)
    assert died.returncode == -signal.SIGKILL
    read_only(kept)
    refused = veille("list")
    assert refused.code == 1
    assert "holds half of a change of a process that died" in refused.err


def test_a_write_ahead_log_is_not_read_from_such_a_disk(
    veille: Program, kept: Path, read_only: Callable[[Path], None]
) -> None:
    """G7."""
    with closing(sqlite3.connect(kept / "veille.db")) as database:
        database.execute("PRAGMA journal_mode = WAL")
    read_only(kept)
    refused = veille("list")
    assert refused.code == 1
    assert "write-ahead log, which is not read from a read-only disk" in refused.err
