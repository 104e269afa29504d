"""Addresses that readers hold stay, whatever database the archive is built from (A11, M13)."""

from __future__ import annotations

import posixpath
import re
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from tests.workflows.conftest import NOW
from veille.digest.render import Renderer
from veille.errors import Refused, UsageError
from veille.model.edition import EditionContent, Sender
from veille.model.states import Every
from veille.store import editions
from veille.workflows import digests, doctor, inspecting
from veille.workflows import publish as workflow
from veille.workflows.correct import Desk

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


@pytest.fixture
def desk(db: Any, tmp_path: Path, renderer: Renderer, act: Any) -> Desk:
    return Desk(db=db, publisher=renderer, archive=tmp_path / "archive", act=act(NOW))


def test_a_digest_that_moves_leaves_pages_that_lead_on(desk: Desk) -> None:
    """A11: each address that was ever given leads to the page, also after a second move and back;
    names in the feeds stay, and no other digest may take an address that readers hold."""
    publish(desk.db, 1, 2)
    workflow.build(desk.db, desk.publisher, archive=desk.archive)
    before = pages(desk.archive)
    moved = digests.move(desk, "cinq-liens", "signets")
    assert (moved.slug, moved.address) == ("cinq-liens", "signets")
    publish(desk.db, 3)
    workflow.build(desk.db, desk.publisher, archive=desk.archive)
    now = pages(desk.archive)
    assert {path for path in before if path.endswith(".html")} <= set(now)
    for path in ("index.html", "1/index.html", "2/index.html"):
        assert leads_to(now, f"cinq-liens/{path}") == f"signets/{path}"
    assert "cinq-liens/3/index.html" not in now
    assert ids(now["signets/feed.xml"])[1:] == ids(before["cinq-liens/feed.xml"])
    assert b"cinq-liens" not in now["index.html"] + now["search-index.js"]
    digests.move(desk, "cinq-liens", "veille")
    now = pages(desk.archive)
    for path in ("cinq-liens/2/index.html", "signets/2/index.html"):
        assert leads_to(now, path) == "veille/2/index.html"
    assert "cinq-liens/3/index.html" not in now
    assert leads_to(now, "signets/3/index.html") == "veille/3/index.html"
    with pytest.raises(Refused, match="is, or was, where the pages of cinq-liens are"):
        create(desk, "signets")
    create(desk, "autre")
    for name in ("veille", "signets", "cinq-liens"):
        with pytest.raises(Refused, match="take another name"):
            digests.move(desk, "autre", name)
    with pytest.raises(Refused, match="already"):
        digests.move(desk, "autre", "autre")
    with pytest.raises(UsageError, match="cannot name a digest"):
        digests.move(desk, "autre", "../etc")
    assert digests.move(desk, "cinq-liens", "cinq-liens").address is None
    now = pages(desk.archive)
    assert "refresh" not in now["cinq-liens/3/index.html"].decode()
    assert leads_to(now, "veille/3/index.html") == "cinq-liens/3/index.html"
    assert leads_to(now, "signets/1/index.html") == "cinq-liens/1/index.html"


def test_a_digest_that_never_came_out_moves_without_a_trace(desk: Desk) -> None:
    """A11: nobody holds its address, so it is free again."""
    create(desk, "autre")
    digests.move(desk, "autre", "ailleurs")
    assert digests.move(desk, "autre", "plus-loin").address == "plus-loin"
    create(desk, "ailleurs")
    assert not any(path.startswith("autre/") for path in pages(desk.archive))


def test_an_archive_online_keeps_its_feeds_where_they_were(desk: Desk) -> None:
    """A11: a program that reads a feed may not follow a page; pages and mails name the new address."""
    sender = Sender(
        name="M", address="a@b.example", reply_to=None, base_url="https://m.example/v",
        instance="i", timezone="Europe/Paris",
    )  # fmt: skip
    desk = replace(desk, publisher=Renderer(overrides=None, sender=sender))
    publish(desk.db, 1)
    digests.move(desk, "cinq-liens", "signets")
    now = pages(desk.archive)
    assert now["cinq-liens/feed.xml"] == now["signets/feed.xml"]
    assert now["cinq-liens/feed.json"] == now["signets/feed.json"]
    new = "https://m.example/v/signets/1/index.html"
    assert new in now["signets/feed.xml"].decode()
    assert f'rel="canonical" href="{new}"' in now["cinq-liens/1/index.html"].decode()
    assert "cinq-liens" not in now["sitemap.xml"].decode()
    with desk.db.read() as conn:
        (only,) = editions.published(conn)
    assert new in desk.publisher.edition(only.content).text
    found = list(inspecting.older_than_archive(desk.archive, doctor.known_pages(desk.db)))
    assert found == []


def create(desk: Desk, slug: str) -> None:
    digests.create(
        desk.db, slug=slug, title=slug, links=5, every=Every.MONTH, locale="fr", query=None,
        zone=ZoneInfo("UTC"), act=desk.act,
    )  # fmt: skip


def leads_to(found: dict[str, bytes], path: str) -> str:
    """Where a page sends its reader, at once and by its one link in words, both the same."""
    page = found[path].decode()
    at_once = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', page)
    assert at_once is not None
    assert f'<a href="{at_once[1]}">' in page
    target = posixpath.normpath(f"{posixpath.dirname(path)}/{at_once[1]}")
    assert target in found
    return target


def ids(feed: bytes) -> list[str]:
    return re.findall(r"<entry>\s*<id>(.*?)</id>", feed.decode())
