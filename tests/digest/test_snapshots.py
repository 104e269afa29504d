"""Finished mails and pages, compared letter by letter with files people have read."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from veille.delivery.message import compose, message_id, unsubscribe_token
from veille.model.delivery import Delivery
from veille.model.edition import PublishedEdition
from veille.model.states import DeliveryState

WHEN = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize("name", ["fr", "en"])
def test_mail(load, renderer, sender, snapshot, name):
    """E56: subject, text, HTML and raw message."""
    content = load(name)
    done = renderer.edition(content)
    for part in ("subject.txt", "body.txt", "body.html"):
        snapshot(
            f"mail/{name}/{part}",
            {"subject.txt": done.subject, "body.txt": done.text}.get(part, done.html),
        )
    delivery = Delivery(
        id=1, recipient="camille@musee.example", address="camille@musee.example", name="Camille, d'Été",
        message_id=message_id(content.ref, done.sha256, "camille@musee.example", domain="musee.example", secret=b"s"),
        state=DeliveryState.PLANNED, attempts=0, planned_at=WHEN, code=None, reply=None, at=WHEN,
    )  # fmt: skip
    token = unsubscribe_token(b"s", delivery.recipient, content.digest)
    mail = compose(done, sender=sender, content=content, delivery=delivery, token=token, date=WHEN)
    snapshot(f"mail/{name}/message.eml", mail.content)


@pytest.mark.parametrize("name", ["fr", "en"])
def test_site(load, renderer, snapshot, name):
    """A01: every page and feed of a one-edition archive."""
    files = renderer.site([PublishedEdition(content=load(name), published_at=WHEN)], [])
    for path, content in files.items():
        if not path.endswith((".css", ".js", ".png")):
            snapshot(f"site/{name}/{path}", content)
