"""A workspace in a folder that a group shares (U8): what one makes, another may write."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.program import Program

UNITS = Path(__file__).parents[2] / "contrib" / "systemd"
UNDER_A_UNIT = """
import os, sys
def refuse(event, args):
    modes = {"os.chmod": args[1:2], "os.mkdir": args[1:2]}.get(event, ())
    if any(mode & 0o6000 for mode in modes):
        raise PermissionError(1, "Operation not permitted")
os.umask(int(sys.argv.pop(1), 8))
sys.addaudithook(refuse)
from veille.__main__ import main
main()
"""
GROUP, CAMILLE, SACHA = 64_001, 64_002, 64_003
BOOKMARKS = """<!DOCTYPE NETSCAPE-Bookmark-file-1><DL><p>
<DT><A HREF="https://musee.example/a" ADD_DATE="1760000000">Une exposition</A>
<DT><A HREF="https://musee.example/b" ADD_DATE="1760000001">Un catalogue</A></DL><p>
"""


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder for a group. Not in ``tmp_path``, which is for us alone."""
    folder = Path(tempfile.mkdtemp(prefix="veille-shared"))
    if os.geteuid() == 0:
        os.chown(folder, 0, GROUP)
    folder.chmod(0o2770)
    yield folder
    shutil.rmtree(folder)


def modes(folder: Path) -> dict[str, int]:
    return {
        path.relative_to(folder).as_posix(): stat.S_IMODE(path.stat().st_mode)
        for path in sorted(folder.rglob("*"))
    }


def as_user(user: int, folder: Path, *commands: list[str]) -> list[Any]:
    script = Path(__file__).with_name("as_user.py")
    done = subprocess.run(
        [sys.executable, script, str(user), str(GROUP), json.dumps(commands)],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_everything_is_for_the_group(veille: Program, shared: Path, monkeypatch: Any) -> None:
    """U8, G8: whatever the umask, the group may write and others may not read what is private."""
    monkeypatch.setattr(veille, "here", shared)
    monkeypatch.chdir(shared)
    (shared / "bookmarks.html").write_text(BOOKMARKS)
    (shared / "bookmarks.html").chmod(0o660)
    before = os.umask(0o077)
    try:
        for words in (
            ["init", "."], ["import", "bookmarks.html"], ["keep", "1"], ["comment", "1", "--blurb", "À voir : l’exposition dure jusqu’en mai."],
            ["digest", "create", "liens", "--title", "Liens"], ["edition", "draft", "liens"],
            ["subscriber", "add", "sacha@musee.example", "--digest", "liens"],
            ["edition", "approve", "liens/1"], ["edition", "send", "liens/1"],
            ["archive", "build"], ["backup", "now.db"],
        ):  # fmt: skip
            result = veille(*words)
            assert result.code == 0, (words, result.err)
    finally:
        os.umask(before)
    found = modes(shared)
    site = {path: mode for path, mode in found.items() if path.split("/")[0] == "archive"}
    rest = {path: mode for path, mode in found.items() if path not in site}
    folders = {path for path in found if (shared / path).is_dir()}
    assert {"veille.db", "veille.toml", "outbox", "now.db"} <= rest.keys()
    assert {mode for path, mode in rest.items() if path not in folders} == {0o660}
    assert {mode for path, mode in rest.items() if path in folders} <= {0o2770, 0o2775}
    assert {mode for path, mode in site.items() if path not in folders} == {0o664}
    assert {mode for path, mode in site.items() if path in folders} == {0o2775}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_two_users_work_in_one_workspace(shared: Path) -> None:
    """U8: the journal of the database included."""
    (shared / "bookmarks.html").write_text(BOOKMARKS)
    (shared / "bookmarks.html").chmod(0o644)
    mine = as_user(
        CAMILLE, shared, ["init", "."], ["import", "bookmarks.html"], ["keep", "1"], ["backup", "1.db"]
    )  # fmt: skip
    theirs = as_user(
        SACHA, shared, ["list", "--json"], ["comment", "1", "à lire"], ["skip", "2"], ["backup", "2.db"]
    )  # fmt: skip
    again = as_user(CAMILLE, shared, ["undo"], ["log", "--json"])
    for code, _, errors in (*mine, *theirs, *again):
        assert code == 0, errors
    assert {"user64002", "user64003"} <= {event["by"] for event in json.loads(again[1][1])}
    owners = {path.stat().st_uid for path in shared.glob("**/*")}
    assert {CAMILLE, SACHA} <= owners


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="the setgid bit is not inherited there"
)
def test_units_may_make_folders_for_the_group(shared: Path) -> None:
    """U8, G9: RestrictSUIDSGID of the units refuses any call that names the setgid bit, in a folder that has it."""
    (unit,) = {
        line for path in UNITS.glob("*.service")
        for line in path.read_text().splitlines() if line.startswith("UMask=")
    }  # fmt: skip
    for words in (["init", "."], ["run", "--job", "backup"], ["archive", "build"]):
        done = subprocess.run(
            [sys.executable, "-c", UNDER_A_UNIT, unit.removeprefix("UMask="), *words],
            cwd=shared, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    found = modes(shared)
    assert (found["backups"], found["archive"]) == (0o2770, 0o2775)
