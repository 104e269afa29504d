"""A disk without room, at every size it may be full at (D3): nothing half done, and then on with it.

The kernel lets no file of the program grow past a limit (RLIMIT_FSIZE), which grows from run to run
until the command succeeds: so it fails at its journal, its database, its pages and its mails.
"""

from __future__ import annotations

import os
import resource
import sqlite3
import subprocess
import sys
from contextlib import closing
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.conftest import edited, edited_template, pool
from tests.feeds.conftest import Server, http
from tests.program import veille

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["edited", "edited_template", "pool", "veille"]
pytestmark = pytest.mark.slow

_STEPS = (1_000, 40_000, 600_000, 700_000, None)
_ENTRY = "<item><guid>{0}</guid><link>https://fil.example/{0}</link><title>T{0}</title><description>{1}</description></item>"


def run(folder: Path, *words: str, limit: int | None = None) -> subprocess.CompletedProcess[str]:
    """The real program, with files that grow no further than ``limit``."""

    def small() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    environ = {**os.environ, "USER": "camille", "VEILLE_COLLECT_ALLOW_PRIVATE": "true"}
    environ["PYTHONDONTWRITEBYTECODE"] = "1"
    return subprocess.run(
        [sys.executable, "-m", "veille", "-w", str(folder), *words],
        capture_output=True, text=True, env=environ, cwd=folder, preexec_fn=small,
    )  # fmt: skip


def rows(folder: Path) -> dict[str, list[Any]]:
    """All that the database holds, which is whole."""
    with closing(sqlite3.connect(folder / "veille.db")) as conn:
        assert conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert conn.execute("PRAGMA foreign_key_check").fetchall() == []
        named = conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return {name: conn.execute(f"SELECT * FROM {name}").fetchall() for (name,) in named}


def filling(folder: Path, *words: str) -> Iterator[bool]:
    """Run a command with more room each time, until it is done; whether it was."""
    failed = 0
    for limit in _STEPS:
        ended = run(folder, *words, limit=limit)
        told = ended.stderr.strip().splitlines()
        if ended.returncode == 0:
            break
        failed += 1
        assert ended.returncode in (1, 3), ended
        assert "Traceback" not in ended.stderr
        assert any("disk full" in line or "make room" in line for line in told), told
        assert not list(folder.rglob(".veille-*")), "what was half written is gone"
        yield False
    assert failed, "there was always room"
    yield True


@pytest.mark.parametrize(
    "words",
    [
        ("keep", "1"),
        ("comment", "1", "Une raison. " * 2000),
        ("backup", "b.db"),
        ("digest", "create", "d", "--title", "D"),
    ],
    ids=lambda words: words[0],
)
def test_a_command_is_done_whole_or_not_at_all(pool: Path, words: tuple[str, ...]) -> None:
    before = rows(pool)
    for done in filling(pool, *words):
        assert done or rows(pool) == before
    assert rows(pool) != before or words[0] == "backup"


def test_a_collection_goes_on_where_it_stopped(pool: Path) -> None:
    server = Server()
    entries = "".join(_ENTRY.format(number, "mot " * 1000) for number in range(100))
    feed = f'<rss version="2.0"><channel><title>Fil</title>{entries}</channel></rss>'
    run(pool, "source", "pause", "1")
    run(pool, "source", "add", server.on("/feed", http(feed.encode())))
    before = rows(pool)
    for done in filling(pool, "collect"):
        assert done or rows(pool) == before
    assert len(rows(pool)["item"]) == len(before["item"]) + 100
    server.stop()


def test_an_edition_goes_out_once(edited: str, tmp_path: Path) -> None:
    """O9: the old archive or the new one; no mail twice, none half, none whose page is missing."""
    folder = tmp_path / "watch"
    for name in "abc":
        run(folder, "subscriber", "add", f"{name}@example.org", "--digest", "trois-liens")
    assert run(folder, "edition", "approve", edited).returncode == 0
    for done in filling(folder, "edition", "send", edited):
        mails = sorted((folder / "outbox").glob("*.eml"))
        for mail in mails:
            message = message_from_bytes(mail.read_bytes(), policy=policy.default)
            assert message["To"]
            assert "</html>" in mail.read_text()
        assert not mails or (folder / "archive" / "trois-liens" / "1" / "index.html").exists()
        assert not done or len(mails) == 3
    run(folder, "edition", "send", edited)
    assert len(list((folder / "outbox").glob("*.eml"))) == 3
    accepted = [row for row in rows(folder)["delivery"] if "accepted" in row]
    assert len(accepted) == 3
