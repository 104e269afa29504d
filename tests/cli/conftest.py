"""Workspaces for the commands: an empty one, and one with a few items to curate."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.program import Program, Result, veille
from veille.cli.demo.server import SAMPLE, serving
from veille.model.changes import Changes, ItemDraft, NewItem, SightingDraft
from veille.model.source import SourceDraft
from veille.model.states import Identity
from veille.store import ingest, sources
from veille.store.database import Database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["veille"]

NOW = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
TITLES = (
    "Une bibliothèque ouvre la nuit",
    "IIIF pour les manuscrits",
    "Œuvres d’art et droit d’auteur",
    "The museum as a commons",
    "Médiation culturelle en ligne",
)


@pytest.fixture(scope="session")
def new_workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What ``veille init`` makes, once: to be copied."""
    folder = tmp_path_factory.mktemp("new")
    environ = {"LOGNAME": "camille", "XDG_CONFIG_HOME": str(folder / "none")}
    assert Program(here=folder, environ=environ)("init", folder / "watch").code == 0
    return folder / "watch"


@pytest.fixture
def workspace(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    veille: Program,
    monkeypatch: pytest.MonkeyPatch,
    new_url: str | None,
) -> Path:
    """An empty workspace, as ``veille init`` makes it."""
    folder = tmp_path / "watch"
    if new_url is None:
        shutil.copytree(request.getfixturevalue("new_workspace"), folder)
    else:
        assert veille("init", folder, "--database", new_url).code == 0
    monkeypatch.setenv("VEILLE_WORKSPACE", str(folder))
    return folder


@pytest.fixture
def sample_web(veille: Program, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The sample's sites, reached through a proxy on loopback."""
    with serving() as proxy:
        monkeypatch.setenv("http_proxy", proxy)
        yield proxy


@pytest.fixture(scope="session")
def kept_template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[int]]:
    """The database of :func:`kept`, made once, and the items kept in it."""
    folder = tmp_path_factory.mktemp("kept")
    with serving() as proxy, pytest.MonkeyPatch.context() as patch:
        patch.setenv("http_proxy", proxy)
        environ = {"LOGNAME": "camille", "XDG_CONFIG_HOME": str(folder / "none")}
        program = Program(here=folder, environ=environ)
        assert program("init", folder / "watch").code == 0
        program.environ["VEILLE_WORKSPACE"] = str(folder / "watch")
        return folder / "watch" / "veille.db", _keep(program)


def _keep(program: Program) -> list[int]:
    assert program("source", "import", SAMPLE / "sources.opml").code == 0
    assert program("collect").code == 0
    ids = [item["id"] for item in program("inbox", "--limit", 5, "--json").json]
    assert program("keep", *ids).code == 0
    for item in ids:
        assert program("comment", item, f"Pourquoi lire le lien {item}.", "--blurb").code == 0
    assert program("digest", "create", "cinq-liens", "--title", "Cinq liens").code == 0
    return ids


@pytest.fixture
def kept(
    request: pytest.FixtureRequest, veille, workspace: Path, sample_web: str, new_url: str | None
) -> list[int]:
    """Five kept items, each with a blurb, and a digest for them."""
    if new_url is not None:
        return _keep(veille)
    database, ids = request.getfixturevalue("kept_template")
    shutil.copy(database, workspace / "veille.db")
    return ids


@pytest.fixture
def on_terminal(veille: Program) -> Callable[..., Result]:
    """The program on a terminal."""
    return partial(veille, terminal=True)


@pytest.fixture
def pool(tmp_path: Path, sqlite_template: Path, veille: Program, copied_url: str | None) -> Path:
    """A workspace with five items of one source, ids 1 (newest) to 5 (oldest)."""
    folder = _open(tmp_path / "watch", sqlite_template, veille, copied_url)
    _fill(url_of(folder))
    return folder


def url_of(folder: Path) -> str:
    """The URL of a workspace's database."""
    return os.environ.get("VEILLE_DATABASE_URL", f"sqlite:///{folder / 'veille.db'}")


def _open(folder: Path, database: Path, veille: Program, url: str | None = None) -> Path:
    folder.mkdir()
    (folder / "veille.toml").write_text('[veille]\ntimezone = "Europe/Paris"\n')
    shutil.copy(database, folder / "veille.db")
    veille.environ["VEILLE_WORKSPACE"] = str(folder)
    if url is not None:
        veille.environ["VEILLE_DATABASE_URL"] = url
    veille.clock = lambda: NOW
    return folder


@pytest.fixture(scope="session")
def edited_template(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Path:
    """The database of :func:`edited`, made once."""
    folder = tmp_path_factory.mktemp("edited")
    environ = {"LOGNAME": "camille", "XDG_CONFIG_HOME": str(folder / "none")}
    program = Program(here=folder, environ=environ)
    _fill(f"sqlite:///{_open(folder / 'watch', sqlite_template, program) / 'veille.db'}")
    _edit(program)
    return folder / "watch" / "veille.db"


def _edit(program: Program) -> None:
    for item in (1, 2, 3):
        assert program("keep", item).code == 0
        program("comment", item, f"Pourquoi lire le lien {item}.", "--blurb")
    program("digest", "create", "trois-liens", "--title", "Trois liens", "--links", 3)
    assert program("edition", "draft", "trois-liens", "--period", "2026-11").code == 0


@pytest.fixture
def edited(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    sqlite_template: Path,
    veille: Program,
    copied_url: str | None,
) -> str:
    """The pool, three items of it kept and commented, in an edition: its reference."""
    if copied_url is None:
        _open(tmp_path / "watch", request.getfixturevalue("edited_template"), veille)
    else:
        _open(tmp_path / "watch", sqlite_template, veille, copied_url)
        _fill(copied_url)
        _edit(veille)
    return "trois-liens/1"


def _fill(url: str) -> None:
    db = Database.open(url)
    with db.write() as connection:
        draft = SourceDraft(
            url="https://example.org/feed", key="example.org/feed", title="Actualités"
        )
        source = sources.add(connection, draft, at=NOW)
        new = tuple(_new(number, title) for number, title in enumerate(TITLES, 1))
        changes = Changes(identity=Identity.GUID, new=new)
        ingest.apply(connection, source.id, changes, at=NOW, batch="0" * 16)
    db.close()


def _new(number: int, title: str) -> NewItem:
    published = NOW - timedelta(days=number)
    draft = ItemDraft(
        url=f"https://example.org/{number}",
        raw_url=None,
        key=f"example.org/{number}",
        title=title,
        published=published,
        order=published,
        language="en" if title.startswith("The") else "fr",
        summary=f"Résumé {number}.",
        text=f"Texte {number}.",
    )
    return NewItem(
        draft=draft, sighting=SightingDraft(key=f"g{number}", guid=f"g{number}", hash="h")
    )


@pytest.fixture
def rename_item(pool: Path):
    """Give an item the title a hostile feed would give it, past all cleaning."""
    from sqlalchemy import text

    def renaming(item: int, title: str) -> None:
        db = Database.open(url_of(pool))
        with db.write() as connection:
            connection.execute(
                text("UPDATE item SET title = :title WHERE id = :id"), {"title": title, "id": item}
            )
        db.close()

    return renaming


@pytest.fixture
def published(pool: Path, veille: Program) -> int:
    """Item 3, which came out in five-links/1."""
    for words in (
        ("comment", "3", "Pour le droit d’auteur, en dix exemples.", "--blurb"),
        ("keep", "3"),
        ("digest", "create", "five-links", "--title", "Five links", "--links", "1"),
        ("edition", "draft", "five-links"),
        ("edition", "approve", "five-links/1"),
        ("edition", "publish", "five-links/1"),
    ):
        result = veille(*words)
        assert result.code == 0, result.err
    return 3
