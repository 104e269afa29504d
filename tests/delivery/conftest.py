"""A finished edition, its house and one delivery."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from tests.delivery.oracle import Oracle
from tests.delivery.sending import READERS, REF, SENDER, Newsroom
from tests.program import Program
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
        credits=True,
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


@pytest.fixture(scope="session")
def newsroom_template(tmp_path_factory) -> Path:
    """A workspace with an approved edition of two links and three readers, made once."""
    folder = tmp_path_factory.mktemp("newsroom") / "watch"
    program = Program(
        here=folder.parent,
        environ={
            "LOGNAME": "camille",
            "XDG_CONFIG_HOME": str(folder.parent / "none"),
            "VEILLE_MAIL_SENDER": SENDER,
        },
    )
    assert program("init", folder).code == 0
    program.environ["VEILLE_WORKSPACE"] = str(folder)
    for number in (1, 2):
        url = f"http://127.0.0.1:1/{number}"
        assert program("add", url, "--title", f"Une trouvaille nº {number}").code in (0, 3)
        program("keep", number)
        program("comment", number, "À lire pour ses images.", "--blurb")
    program("digest", "create", "cinq-liens", "--title", "Cinq liens")
    program("edition", "draft", "cinq-liens", "--period", "2026-11")
    for reader in READERS:
        program("subscriber", "add", reader)
    assert program("edition", "approve", REF).code == 0
    return folder


@pytest.fixture
def newsroom(newsroom_template, tmp_path):
    """Makes a workspace beside a mail server that follows rules; both end with the test."""
    oracles = []

    def make(*rules, smtp=(), **options) -> tuple[Newsroom, Oracle]:
        folder = tmp_path / f"watch{len(oracles)}"
        shutil.copytree(newsroom_template, folder)
        oracle = Oracle(tmp_path / f"oracle{len(oracles)}", *rules, **options)
        oracles.append(oracle)
        return Newsroom(folder, oracle.port, **dict(smtp)), oracle

    yield make
    for oracle in oracles:
        oracle.close()
