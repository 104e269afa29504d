"""``veille init``, ``backup``, ``restore``, ``upgrade``, ``demo``: the workspace itself."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


def test_init_makes_what_a_workspace_needs(veille, tmp_path: Path) -> None:
    """Settings, sources to begin with, an empty database; readable by nobody else (G8)."""
    folder = tmp_path / "à l’étage" / "veille"
    made = veille("init", folder, "--name", 'L’« atelier » "A"', "--locale", "en")
    assert made.code == 0
    assert {path.name for path in folder.iterdir()} == {"veille.toml", "feeds.opml", "veille.db"}
    assert 'name = "L’« atelier » \\"A\\""' in (folder / "veille.toml").read_text()
    for path in folder.iterdir():
        assert path.stat().st_mode & 0o077 == 0
    assert veille("-w", folder, "list").code == 0
    assert (
        veille("-w", folder, "source", "import", folder / "feeds.opml", "--json").json["added"] > 30
    )


def test_init_never_overwrites(veille, workspace: Path) -> None:
    """A second init changes nothing; a lost part is made again."""
    (workspace / "veille.toml").write_text('[veille]\nname = "La nôtre"\n')
    before = {path.name: path.read_bytes() for path in workspace.iterdir()}
    again = veille("init", workspace, "--name", "Autre")
    assert again.code == 0
    assert "nothing was changed" in again.out
    assert {path.name: path.read_bytes() for path in workspace.iterdir()} == before
    (workspace / "feeds.opml").unlink()
    assert "made feeds.opml" in veille("init", workspace).out


def test_init_refuses_settings_that_cannot_be_used(veille, tmp_path: Path) -> None:
    """Before anything is made."""
    refused = veille("init", tmp_path / "w", "--database", "mysql://x/y")
    assert refused.code == 2
    assert not (tmp_path / "w").exists()


def test_init_where_nothing_can_be_written(veille, tmp_path: Path) -> None:
    """D4: exit 1, with the path."""
    (tmp_path / "file").write_text("")
    refused = veille("init", tmp_path / "file" / "w")
    assert refused.code == 1
    assert str(tmp_path / "file") in refused.err


def test_a_workspace_may_have_any_name_and_be_reached_by_a_link(veille, tmp_path: Path) -> None:
    """G7: spaces, accents, signs that addresses use, a symbolic link."""
    folder, link = tmp_path / "à lire #1 100% ?", tmp_path / "lien"
    assert veille("init", folder).code == 0
    link.symlink_to(folder)
    for words in (("list",), ("source", "import", "feeds.opml"), ("backup", "."), ("doctor",)):
        veille.here = link
        assert veille("-w", link, *words).code in (0, 1)
    assert len(list(folder.glob("veille-*.db"))) == 1
    assert veille("-w", folder, "source", "list", "--json").json


def test_no_workspace_names_init(veille, tmp_path: Path, monkeypatch) -> None:
    """Exit 2, and what to do."""
    monkeypatch.delenv("VEILLE_WORKSPACE", raising=False)
    refused = veille("list")
    assert refused.code == 2
    assert "veille init" in refused.err
    assert veille("-w", tmp_path / "nowhere", "list").code == 2


def test_the_nearest_folder_upwards_is_the_workspace(veille, workspace: Path, monkeypatch) -> None:
    """As git does."""
    monkeypatch.delenv("VEILLE_WORKSPACE")
    below = workspace / "a" / "b"
    below.mkdir(parents=True)
    veille.here = below
    assert veille("list").code == 0


@pytest.mark.parametrize("handle", ["", "x" * 61, "a\nb\x07"])
def test_a_curator_has_a_handle_that_can_be_shown(veille, workspace, handle: str) -> None:
    """An empty one falls back to the login name; others are refused."""
    result = veille("--as", handle, "list")
    assert result.code == (0 if handle == "" else 2)


def test_upgrade_says_that_nothing_is_to_do(veille, workspace) -> None:
    """The schema of a new database is the newest."""
    assert "up to date" in veille("upgrade").out


def test_demo_ends_with_the_paths(veille, tmp_path: Path) -> None:
    """The real commands, on the sample; page, mail and archive are where it says. Again, it starts
    afresh in its own folder only: another one that is not empty is left alone."""
    folder = tmp_path / "demo"
    assert veille("demo", folder).code == 0
    shown = veille("demo", folder)
    assert shown.code == 0, shown.err
    page = folder / "archive" / "cinq-liens" / "1" / "index.html"
    for path in (page, folder / "archive" / "index.html"):
        assert str(path) in shown.out
        assert path.is_file()
    assert "Compter juste" in page.read_text(encoding="utf-8")
    assert len(list((folder / "outbox").glob("*.eml"))) == 3
    assert "3 mails handed over" in shown.out
    other = tmp_path / "mine"
    other.mkdir()
    (other / "file").write_text("precious")
    refused = veille("demo", other)
    assert refused.code == 2
    assert (other / "file").read_text() == "precious"


def test_demo_serves_the_sample(tmp_path: Path) -> None:
    """For trying by hand: it says how, and ends with Ctrl-C."""
    command = [sys.executable, "-m", "veille", "demo", "--serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            process.stdout.readline()
            assert "export http_proxy=http://127.0.0.1:" in process.stdout.readline()
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=10) == 130
        finally:
            process.kill()  # where it failed, nobody waits for ever


def test_backup_and_restore(veille, pool: Path, tmp_path: Path) -> None:
    """D9: the drill as the administrator does it; what was done since is in the file aside."""
    made = veille("backup", "b.db", "--json")
    assert made.code == 0, made.err
    assert made.json["rows"]["item"] == 5
    assert (tmp_path / "b.db").stat().st_mode & 0o077 == 0, "G8"
    assert veille("backup", "b.db").code == 1
    assert "5 items, 1 source" in veille("backup", tmp_path, "--overwrite").out
    nowhere = veille("backup", "copies/")
    assert (nowhere.code, (tmp_path / "copies").exists()) == (2, False)
    assert "there is no folder" in nowhere.err
    veille("skip", "1-5", "--yes")
    assert veille("inbox", "--json").json == []
    done = veille("restore", "b.db", "--json")
    assert done.code == 0, done.err
    assert len(veille("inbox", "--json").json) == 5
    assert veille("log", "--json").json[0]["action"] == "restore"
    aside = veille("restore", done.json["aside"], "--yes")
    assert "5 items" in aside.out
    assert veille("inbox", "--json").json == []


def test_a_restore_can_be_declined(veille, pool: Path, tmp_path: Path) -> None:
    """Asked on a terminal; and while somebody works unattended, it ends with 75."""
    veille("backup", "b.db")
    before = (pool / "veille.db").read_bytes()
    assert veille("restore", "b.db", stdin="n\n", terminal=True).code == 1
    assert (pool / "veille.db").read_bytes() == before


def test_restore_tells_what_is_wrong(veille, pool: Path, tmp_path: Path) -> None:
    """D6: exit 2 for what is no backup; nothing is touched."""
    (tmp_path / "b.db").write_text("hello")
    refused = veille("restore", "b.db")
    assert refused.code == 2
    assert "b.db is not a database of veille" in refused.err


def test_upgrade_makes_a_backup_first(veille, pool: Path, monkeypatch) -> None:
    """D7: told where it is; --no-backup makes none."""
    from veille.store import schema
    from veille.workflows import upgrade

    monkeypatch.setattr(upgrade.schema, "pending", lambda url: [schema.head()])
    shown = veille("upgrade")
    assert "upgraded by 1 step" in shown.out
    assert len(list((pool / "backups").iterdir())) == 1
    assert veille("upgrade", "--no-backup", "--json").json == {
        "steps": [schema.head()],
        "backup": None,
        "queue": False,
    }


def test_a_team_moves_to_a_server_and_back(veille, pool: Path, tmp_path: Path, postgresql) -> None:
    """D15: everything is there, and found; nothing is written over; no password is shown."""
    from veille.store import schema

    veille("keep", "1")
    veille.here = pool
    server, back = postgresql.url("moved"), "sqlite:///back.db"
    done = veille("copy", "sqlite:///veille.db", server, "--json")
    assert done.code == 0, done.err
    assert done.json["rows"]["item"] == 5
    assert veille("copy", "sqlite:///veille.db", server).code == 2
    assert "5 items" in veille("copy", server, back).out
    assert veille("copy", server, back).code == 1
    for url in (server, back):
        listed = veille("list", "oeuvres", "--json", VEILLE_DATABASE_URL=url).json
        assert [item["id"] for item in listed] == [3]
        assert len(veille("list", "is:kept", "--json", VEILLE_DATABASE_URL=url).json) == 1
    assert (pool / "back.db").stat().st_mode & 0o077 == 0, "G8"
    assert schema.pending(f"sqlite:///{pool / 'back.db'}") == []
    postgresql.drop(server)
