"""A finished edition, its house and one delivery."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from veille.delivery.message import message_id
from veille.digest.render import Renderer
from veille.model.delivery import Delivery
from veille.model.edition import EditionContent, Rendered, Sender
from veille.model.states import DeliveryState

DATA = Path(__file__).parents[1] / "data" / "digest"
WHEN = datetime(2026, 11, 30, 23, 30, 15, tzinfo=UTC)
SECRET = b"a secret of the workspace"


@pytest.fixture
def sender() -> Sender:
    return Sender(
        name="Musée de la Grande Halle, œuvres & lecteurs",
        address="veille@musee.example",
        reply_to="documentation+veille@musee.example",
        base_url="https://veille.musee.example/archive",
        instance="0b0f9e0e-6c0c-4c0e-9b53-1f6a3a1c2d11",
        timezone="Europe/Paris",
    )


@pytest.fixture
def content() -> EditionContent:
    return msgspec.json.decode((DATA / "fr.json").read_bytes(), type=EditionContent)


@pytest.fixture
def rendered(content, sender) -> Rendered:
    return Renderer(overrides=None, sender=sender).edition(content)


@pytest.fixture
def delivery_to(rendered):
    """Makes the delivery of the edition to an address."""

    def make(address: str, name: str | None = None, identifier: int = 1) -> Delivery:
        return Delivery(
            id=identifier, recipient=address, address=address, name=name,
            message_id=message_id("i/cinq-liens/3", rendered.sha256, address, domain="musee.example", secret=SECRET),
            state=DeliveryState.PLANNED, attempts=0, planned_at=WHEN, code=None, reply=None, at=WHEN,
        )  # fmt: skip

    return make
