"""Ten thousand mails from one: each is what composing it alone gives, byte for byte."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from veille.delivery.message import compose, message_id, unsubscribe_token
from veille.delivery.press import press
from veille.digest.render import Renderer
from veille.errors import Refused, UsageError

WHEN = datetime(2026, 11, 30, 23, 30, 15, tzinfo=UTC)
SECRET = b"a secret of the workspace"


def both(rendered, sender, content, delivery, token, date=WHEN):
    """The same mail pressed, and composed alone."""
    quick = press(rendered, sender, content).message(delivery, token=token, date=date)
    slow = compose(
        rendered, sender=sender, content=content, delivery=delivery, token=token, date=date
    )
    return quick, slow


@given(
    name=st.none() | st.text(max_size=90),
    local=st.from_regex(r"[a-z0-9!#$%&'*+/=?^_`{|}~.-]{1,40}", fullmatch=True),
    domain=st.sampled_from(["lecteur.example", "bücher.example", "a.b.c.museum.example"]),
    seconds=st.integers(0, 4_000_000_000),
    one_click=st.sampled_from([None, "https://veille.musee.example/leave/"]),
    zone=st.sampled_from(["Europe/Paris", "America/Cayenne", "UTC"]),
)
@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_pressed_mail_is_a_composed_mail(
    rendered, sender, content, delivery_to, name, local, domain, seconds, one_click, zone
) -> None:
    """E50, E56: whatever the reader's name, address, token and date; refusals are the same too."""
    house = replace(sender, one_click=one_click, timezone=zone)
    delivery = delivery_to(f"{local}@{domain}", name)
    token = unsubscribe_token(SECRET, delivery.recipient, content.digest)
    date = datetime.fromtimestamp(seconds, UTC)
    try:
        quick, slow = both(rendered, house, content, delivery, token, date)
    except Refused:
        with pytest.raises(Refused):
            compose(
                rendered, sender=house, content=content, delivery=delivery, token=token, date=date
            )
        return
    assert quick == slow


@pytest.mark.parametrize("size", range(0, 60, 7))
def test_wherever_a_line_breaks_in_the_token(content, sender, delivery_to, size) -> None:
    """E31, E50: the token is cut by a soft line break at another place in each edition."""
    house = replace(sender, reply_to=f"{'d' * (size + 1)}@musee.example")
    rendered = Renderer(overrides=None, sender=house).edition(content)
    delivery = delivery_to("ana@lecteur.example", "Ana d’Été, lectrice")
    quick, slow = both(rendered, house, content, delivery, unsubscribe_token(SECRET, "ana", "x"))
    assert quick == slow


@pytest.mark.parametrize("token", ["short", "=" * 32, "A" * 32, "é" * 32])
def test_a_token_of_another_kind_takes_the_slow_way(
    rendered, sender, content, delivery_to, token
) -> None:
    """The promise never depends on where tokens come from."""
    quick, slow = both(rendered, sender, content, delivery_to("ana@lecteur.example"), token)
    assert quick == slow
    assert (b"=3D" in quick.content) or "=" not in token


def test_nothing_of_the_model_is_left(rendered, sender, content, delivery_to) -> None:
    """E07, E50: two mails share no personal word, and the model's own stand in neither."""
    one, other = (
        press(rendered, sender, content).message(
            delivery_to(address),
            token=unsubscribe_token(SECRET, address, content.digest),
            date=WHEN,
        )
        for address in ("ana@lecteur.example", "bob@lecteur.example")
    )
    assert b"ana@" not in other.content
    assert b".invalid" not in one.content + other.content
    heads = [mail.content.partition(b"\r\n\r\n")[0].splitlines() for mail in (one, other)]
    changed = [line for line, same in zip(*heads, strict=True) if line != same]
    kinds = {line.partition(b":")[0] for line in changed if line[:1] != b" "}
    assert kinds <= {b"To", b"Message-ID", b"List-Unsubscribe", b"Content-Type"}


def test_a_house_without_an_address_is_told(rendered, sender, content) -> None:
    """As when composing."""
    with pytest.raises(UsageError, match="no sender address"):
        press(rendered, replace(sender, address=None), content)


def test_a_message_id_is_that_of_the_delivery(rendered, sender, content, delivery_to) -> None:
    """E09: pressed mails keep the identity the ledger gave them."""
    delivery = delivery_to("ana@lecteur.example")
    quick, _ = both(rendered, sender, content, delivery, unsubscribe_token(SECRET, "a", "b"))
    name = message_id(
        "i/cinq-liens/3", rendered.sha256, "ana@lecteur.example", domain="musee.example", secret=SECRET
    )  # fmt: skip
    assert quick.message_id == name
    assert f"Message-ID: {name}\r\n".encode() in quick.content
