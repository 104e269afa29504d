"""Signatures, verified by dkimpy on the bytes of the wire."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.delivery.sending import READERS
from veille.delivery.dkim import SIGNED, Signature
from veille.delivery.message import compose
from veille.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

WHEN = datetime(2025, 11, 30, 23, 30, 15, tzinfo=UTC)


def pem(key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


@pytest.fixture(scope="module")
def key(tmp_path_factory) -> tuple[Path, bytes]:
    """A key's file, and what the DNS says of it."""
    return made_key(tmp_path_factory.mktemp("keys") / "dkim.pem", 2048)


@pytest.fixture(scope="module")
def short_key(tmp_path_factory) -> tuple[Path, bytes]:
    """One that signs six times as fast, where what is signed is what matters."""
    return made_key(tmp_path_factory.mktemp("keys") / "short.pem", 1024)


def made_key(path: Path, size: int) -> tuple[Path, bytes]:
    made = rsa.generate_private_key(public_exponent=65537, key_size=size)
    path.write_bytes(pem(made))
    public = made.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return path, b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)


def verified(raw: bytes, record: bytes) -> bool:
    try:
        return dkim.DKIM(raw).verify(dnsfunc=lambda name, timeout=5: record)
    except dkim.ValidationError:
        return False


@pytest.fixture
def raw(rendered, sender, content, delivery_to) -> bytes:
    delivery = delivery_to("camille@musee.example", "Camille d’Été")
    return compose(
        rendered, sender=sender, content=content, delivery=delivery, token="t" * 32, date=WHEN
    ).content


def test_dkimpy_verifies_what_we_sign(key, raw) -> None:
    """E23: dkim.verify passes on the wire bytes, and no longer when one byte changes."""
    path, record = key
    signature = Signature.of_file(path, selector="veille", domain="musee.example")
    signed = signature.sign(raw, WHEN)
    assert signed.endswith(raw)
    assert verified(signed, record)
    assert signature.sign(raw, WHEN) == signed  # I4
    assert not verified(signed.replace(b"Date: Mon", b"Date: Wed"), record)
    assert not verified(signed[:-100] + b"x" + signed[-99:], record)
    added = signed.replace(b"From: ", b"List-Unsubscribe-Post: x\r\nFrom: ", 1)
    assert not verified(added, record)
    assert not verified(b"From: evil@c.example\r\n" + signed, record)


def test_what_is_signed(key, raw) -> None:
    """E23, RFC 8058 section 4: h= covers both List-Unsubscribe fields; d= is the sender's domain."""
    signature = Signature.of_file(key[0], selector="veille", domain="musee.example")
    head = signature.sign(raw, WHEN).partition(b"\r\nDate:")[0].decode("ascii")
    fields = re.sub(r"\r\n ", "", head)
    covered = re.search(r"h=([^;]+)", fields).group(1).split(":")
    assert covered == list(SIGNED)
    asked = "From To Date Subject Message-ID MIME-Version Content-Type List-Id List-Unsubscribe"
    assert {*asked.split(), "List-Unsubscribe-Post"} <= set(covered)
    assert "d=musee.example" in fields
    assert all(len(line) <= 78 for line in head.split("\r\n"))


FIELD = st.text(st.characters(codec="ascii", categories=["L", "N", "P", "Zs"]), max_size=80)
BODY = st.text(st.sampled_from("ab. \t\n"), max_size=200)


@settings(max_examples=60, deadline=None)
@given(subject=FIELD, body=BODY)
def test_any_white_space_is_canonical(short_key, subject: str, body: str) -> None:
    """RFC 6376 section 3.4: runs of blanks, folded fields, empty lines at the end."""
    path, record = short_key
    text = body.replace("\n", "\r\n")
    raw = (
        f"From: a@musee.example\r\nSubject:  {subject}\r\n \tx\r\nTo: b@c.example\r\n\r\n{text}\r\n"
    )
    signature = Signature.of_file(path, selector="s", domain="musee.example")
    assert verified(signature.sign(raw.encode(), WHEN), record)


def test_a_key_that_cannot_be_used(tmp_path) -> None:
    """M21: the file is named, its content never."""
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("k4n4ri")
    curve = tmp_path / "curve.pem"
    curve.write_bytes(pem(ec.generate_private_key(ec.SECP256R1())))
    for path, why in (
        (tmp_path / "none.pem", "cannot be read"),
        (wrong, "holds no private key"),
        (curve, "is no RSA key"),
    ):
        with pytest.raises(UsageError, match=why) as caught:
            Signature.of_file(path, selector="s", domain="musee.example")
        assert "k4n4ri" not in str(caught.value)


def test_signed_mails_reach_the_server(newsroom, key) -> None:
    """E23: what the server gets verifies; a selector is asked for; a readable key is told (G3)."""
    room, oracle = newsroom()
    path, record = key
    path.chmod(0o644)
    room.environ["VEILLE_MAIL_DKIM_KEY_FILE"] = str(path)
    assert "dkim_selector" in room.send().err
    room.environ["VEILLE_MAIL_DKIM_SELECTOR"] = "veille"
    done = room.send()
    assert done.code == 0, done.err
    assert "can be read by others" in done.err
    assert oracle.recipients() == sorted(READERS)
    assert all(verified(oracle.content(mail), record) for mail in oracle.accepted())
