"""What an archive is made from: told apart when it would differ, and not otherwise."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from veille.digest.render import Renderer
from veille.model.edition import PublishedEdition

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def told(content, sender, tmp_path):
    """The fingerprint of an archive of one edition, with the house's templates in a folder."""
    published = PublishedEdition(content=content, published_at=datetime(2026, 11, 30, tzinfo=UTC))

    def told(folder: str = "templates", **house: str) -> str:
        renderer = Renderer(overrides=tmp_path / folder, sender=replace(sender, **house))
        return renderer.fingerprint([published], [])

    return told


def put(folder: Path, name: str, text: str = "{% extends 'veille/site/edition.html' %}") -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


def test_a_template_that_moves_makes_another_archive(told, tmp_path: Path) -> None:
    """A10: the same file for another digest, or under another of the archive's names, is no less a
    change than other words in it."""
    house = tmp_path / "templates"
    found = [told()]
    for name in (
        "digests/cinq-liens/site/edition.html",
        "digests/autre/site/edition.html",
        "site/edition.html",
        "email/edition.html",
    ):
        put(house, name)
        found.append(told())
        (house / name).unlink()
    put(house, "site/edition.html", "other words")
    found.append(told())
    assert len(set(found)) == len(found)


def test_an_archive_is_not_made_again_for_nothing(told, tmp_path: Path) -> None:
    """A10: the workspace may be elsewhere, its files newer and its folders empty."""
    put(tmp_path / "templates", "site/edition.html")
    put(tmp_path / "elsewhere" / "templates", "site/edition.html")
    before = told()
    assert told("elsewhere/templates") == before
    os.utime(tmp_path / "templates" / "site" / "edition.html", (1, 1))
    (tmp_path / "templates" / "digests").mkdir()
    assert told() == before
    assert told(name="Une autre maison") != before
