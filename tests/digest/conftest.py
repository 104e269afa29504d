"""Contents from data files, a house, a renderer, and files that rendered text is compared with."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from veille.digest.render import Renderer
from veille.model.edition import EditionContent, Sender

DATA = Path(__file__).parents[1] / "data" / "digest"
SNAPSHOTS = Path(__file__).parents[1] / "snapshots"


@pytest.fixture
def sender() -> Sender:
    return Sender(
        credits=True,
        name="Musée de la Grande Halle, service de documentation",
        address="veille@musee.example",
        reply_to="documentation@musee.example",
        base_url="https://veille.musee.example/archive/",
        instance="0b0f9e0e-6c0c-4c0e-9b53-1f6a3a1c2d11",
        timezone="Europe/Paris",
    )


@pytest.fixture
def load():
    """Reads a content of tests/data/digest by its language."""

    def load(name: str) -> EditionContent:
        return msgspec.json.decode((DATA / f"{name}.json").read_bytes(), type=EditionContent)

    return load


@pytest.fixture
def content(load) -> EditionContent:
    return load("fr")


@pytest.fixture
def renderer(sender) -> Renderer:
    return Renderer(overrides=None, sender=sender)


@pytest.fixture
def snapshot():
    """Compares with a file of tests/snapshots; ``SNAPSHOT_UPDATE=1 pytest`` writes it anew."""

    def compare(name: str, found: str | bytes) -> None:
        path = SNAPSHOTS / name
        data = found.encode() if isinstance(found, str) else found
        if os.environ.get("SNAPSHOT_UPDATE"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        assert path.exists(), f"no snapshot {name}: run with SNAPSHOT_UPDATE=1, then read it"
        assert data.decode() == path.read_bytes().decode(), f"{name} changed: see SNAPSHOT_UPDATE"

    return compare
