"""Workspaces for the commands: an empty one, and one with a few items to curate."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.program import Program, Result, veille
from veille.cli.demo.server import serving
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


@pytest.fixture
def workspace(tmp_path: Path, veille: Program, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty workspace, as ``veille init`` makes it."""
    folder = tmp_path / "watch"
    assert veille("init", folder).code == 0
    monkeypatch.setenv("VEILLE_WORKSPACE", str(folder))
    return folder


@pytest.fixture
def sample_web(veille: Program, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The sample's sites, reached through a proxy on loopback."""
    with serving() as proxy:
        monkeypatch.setenv("http_proxy", proxy)
        yield proxy


@pytest.fixture
def on_terminal(veille: Program) -> Callable[..., Result]:
    """The program on a terminal."""
    return partial(veille, terminal=True)


@pytest.fixture
def pool(tmp_path: Path, sqlite_template: Path, veille: Program) -> Path:
    """A workspace with five items of one source, ids 1 (newest) to 5 (oldest)."""
    folder = tmp_path / "watch"
    folder.mkdir()
    (folder / "veille.toml").write_text('[veille]\ntimezone = "Europe/Paris"\n')
    shutil.copy(sqlite_template, folder / "veille.db")
    _fill(f"sqlite:///{folder / 'veille.db'}")
    veille.environ["VEILLE_WORKSPACE"] = str(folder)
    veille.clock = lambda: NOW
    return folder


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
        db = Database.open(f"sqlite:///{pool / 'veille.db'}")
        with db.write() as connection:
            connection.execute(
                text("UPDATE item SET title = :title WHERE id = :id"), {"title": title, "id": item}
            )
        db.close()

    return renaming
