"""Addresses that readers hold stay, whatever database the archive is built from (A11, M13)."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.workflows.conftest import NOW
from veille.digest.render import Renderer
from veille.errors import Refused
from veille.model.edition import EditionContent, Sender
from veille.model.states import Every
from veille.store import editions
from veille.workflows import publish as workflow

SAMPLE = Path(__file__).parents[1] / "data" / "digest" / "fr.json"
CONTENT = msgspec.json.decode(SAMPLE.read_bytes(), type=EditionContent)


@pytest.fixture
def renderer() -> Renderer:
    sender = Sender(
        name="Musée", address="a@b.example", reply_to=None, base_url=None, instance="i",
        timezone="Europe/Paris",
    )  # fmt: skip
    return Renderer(overrides=None, sender=sender)


def publish(db: Any, *numbers: int) -> None:
    """Editions that came out."""
    slug = CONTENT.digest
    with db.write() as conn:
        digest = editions.digest(conn, slug) or editions.create_digest(
            conn, slug=slug, title="Cinq liens", links=5, every=Every.MONTH, locale="fr",
            query=None, at=NOW,
        )  # fmt: skip
        for number in numbers:
            edition = editions.create(conn, digest, f"2026-{number:02}", at=NOW)
            assert edition.number == number
            at = NOW + timedelta(days=number)
            content = replace(CONTENT, number=number)
            editions.publish(conn, edition.id, at=at, content=content)


def pages(archive: Path) -> dict[str, bytes]:
    return {
        path.relative_to(archive).as_posix(): path.read_bytes()
        for path in archive.rglob("*")
        if path.is_file()
    }


def test_an_older_database_takes_no_page_away(db: Any, tmp_path: Path, renderer: Renderer) -> None:
    """A11, M13: built from a database of before, the archive stays as it is; the editions are named,
    with the way out; whoever means it may let them go."""
    archive = tmp_path / "archive"
    publish(db, 1)
    workflow.build(db, renderer, archive=archive)
    old = pages(archive)
    before = _later(db, renderer, archive)
    assert set(before) > set(old)
    with pytest.raises(Refused) as refused:
        workflow.build(db, renderer, archive=archive)
    said = str(refused.value)
    assert "cinq-liens/2, cinq-liens/3, " in said
    assert "backup" in said
    assert "'veille archive build --forget'" in said
    assert pages(archive) == before
    done = workflow.build(db, renderer, archive=archive, forget=True)
    assert "cinq-liens/3/index.html" in done.removed
    assert pages(archive) == old
    assert not workflow.build(db, renderer, archive=archive).written


def test_many_lost_editions_are_told_in_a_line(db: Any, tmp_path: Path, renderer: Renderer) -> None:
    """A11: five by name, the rest by number."""
    archive = tmp_path / "archive"
    publish(db, 1)
    _later(db, renderer, archive, up_to=9)
    with pytest.raises(Refused, match="cinq-liens/6 and 3 more, of which"):
        workflow.build(db, renderer, archive=archive)


class Undone(Exception):  # noqa: N818
    """The transaction is not kept."""


def _later(db: Any, renderer: Renderer, archive: Path, up_to: int = 3) -> dict[str, bytes]:
    """The archive as it was made when more had come out than the database now knows."""
    transaction = db.write()
    conn = transaction.__enter__()
    digest = editions.digest(conn, CONTENT.digest)
    assert digest is not None
    for number in range(2, up_to + 1):
        made = editions.create(conn, digest, f"2026-{number:02}", at=NOW)
        editions.publish(conn, made.id, at=NOW, content=replace(CONTENT, number=number))
    workflow.write_archive(conn, renderer, archive)
    with suppress(Undone):
        transaction.__exit__(Undone, Undone(), None)
    return pages(archive)
