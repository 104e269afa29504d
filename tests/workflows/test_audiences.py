"""The texts of selections: made when they are wanted, few of them kept, always the same."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from veille.digest.render import Renderer
from veille.digest.selection import part
from veille.model.edition import EditionContent, Rendered, Sender
from veille.workflows import audiences
from veille.workflows.compose import Table

SAMPLE = Path(__file__).parents[1] / "data" / "digest" / "fr.json"
CONTENT = msgspec.json.decode(SAMPLE.read_bytes(), type=EditionContent)


@dataclass
class Counting:
    """A writer that says what it wrote."""

    renderer: Renderer
    wrote: Counter[str] = field(default_factory=Counter)

    def mail(self, content: EditionContent) -> Rendered:
        self.wrote[",".join(str(pick.item) for pick in content.picks)] += 1
        return self.renderer.mail(content)


@pytest.fixture
def writer() -> Counting:
    sender = Sender(
        name="Musée", address="a@b.example", reply_to=None, base_url=None, instance="i",
        timezone="Europe/Paris",
    )  # fmt: skip
    return Counting(Renderer(overrides=None, sender=sender))


def test_a_selection_is_written_once_and_again_alike(
    writer: Counting, monkeypatch: pytest.MonkeyPatch, delivery: Any
) -> None:
    """I4: mails of one selection share a text; one that had to be forgotten is the same when made anew;
    the page, and the hash of all that was approved, are the common ones."""
    monkeypatch.setattr(audiences, "_KEPT", 2)
    pooled = replace(CONTENT, picks=CONTENT.picks[:1], pool=CONTENT.picks)
    common = replace(writer.renderer.edition(part(pooled, None)), sha256="of all")
    table = Table(edition=None, content=pooled, rendered=common)  # type: ignore[arg-type]
    tables = audiences.Tables(table, writer)
    first = tables.of(delivery("2"))
    assert tables.of(delivery("2")) is first
    assert tables.of(delivery(None)) is table
    for selection in ("1", "3", "2"):
        again = tables.of(delivery(selection))
    assert again is not first
    assert again == first
    assert (first.rendered.page, first.rendered.sha256) == (common.page, "of all")
    whole = writer.renderer.edition(part(pooled, "2"))
    assert (first.rendered.subject, first.rendered.text, first.rendered.html) == (
        whole.subject,
        whole.text,
        whole.html,
    )
    assert sorted(writer.wrote.values()) == [1, 1, 2]


@pytest.fixture
def delivery() -> Any:
    """Makes a delivery of a selection."""
    from tests.workflows.conftest import NOW
    from veille.model.delivery import Delivery
    from veille.model.states import DeliveryState

    def make(selection: str | None) -> Delivery:
        return Delivery(
            id=1, recipient="a@b", address="a@b", name=None, message_id="<a@b>",
            state=DeliveryState.PLANNED, attempts=0, planned_at=NOW, code=None, reply=None, at=NOW,
            selection=selection,
        )  # fmt: skip

    return make
