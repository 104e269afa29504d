"""The audit of any mail: ours pass, and each rule finds what it is for. Numbers as in email.md."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from veille.delivery.audit import Severity, audit
from veille.delivery.message import compose, unsubscribe_token


@pytest.fixture
def raw(rendered, sender, content, delivery_to) -> bytes:
    delivery = delivery_to("camille@lecteur.example", "Camille d’Été, documentaliste")
    return compose(
        rendered,
        sender=sender,
        content=content,
        delivery=delivery,
        token=unsubscribe_token(b"s", delivery.recipient, content.digest),
        date=delivery.planned_at,
    ).content


def found(raw: bytes, severity: Severity | None = None) -> set[str]:
    return {one.rule for one in audit(raw) if severity in (None, one.severity)}


def test_our_own_mail_is_right(raw) -> None:
    """E01 to E56: no finding at all on what veille sends."""
    assert list(audit(raw)) == []


# What is done to a good mail, and the number that must say so.
HEAD = [
    ("E01", rb"Subject: ", "Subject: é".encode()),
    ("E02", rb"\r\nTo:", b"\nTo:"),
    ("E02", rb"Auto-Submitted: ", b"Auto-Submitted: \x0b"),
    ("E03", rb"\r\nReply-To:", b"\r\nX-Long: " + b"x" * 999 + b"\r\nReply-To:"),
    ("E03", rb"\r\nReply-To:", b"\r\nX-Long: " + b"x " * 50 + b"\r\nReply-To:"),
    ("E04", rb"\r\nReply-To:", b"\r\nDate: Mon, 30 Nov 2026 10:00:00 +0100\r\nReply-To:"),
    ("E04", rb"MIME-Version: 1.0\r\n", b""),
    ("E04", rb"List-Post: NO\r\n", b"List-Post: NO\r\nList-Post: NO\r\n"),
    ("E05", rb"(?m)^Date: [^\r]*", b"Date: Tue, 01 Dec 2026 00:30:15 GMT"),
    ("E05", rb"(?m)^Date: [^\r]*", b"Date: tomorrow"),
    ("E06", rb"<veille@musee.example>", b"<veille@musee.example>, b@c.example"),
    ("E07", rb"\r\nReply-To:", b"\r\nBcc: b@c.example\r\nReply-To:"),
    ("E07", rb"<camille@lecteur.example>", b"<camille@lecteur.example>, b@c.example"),
    ("E08", rb"Reply-To: [^\r]*", b"Reply-To: no-reply@musee.example"),
    ("E09", rb"Message-ID: <([^@]*)@[^\r]*", rb"Message-ID: \1"),
    ("E10", rb"=\?utf-8\?", b"=?utf-8?q?" + b"a" * 80 + b"?= =?utf-8?"),
    ("E10", rb"Subject: ", b"Subject: =?utf-8?q?=C3?= "),
    ("E11", rb"Subject: ", b"Subject: TODO "),
    ("E11", rb"Subject: (?:[^\r]|\r\n )*", b"Subject: Court"),
    ("E12", rb"List-Id: [^\r]*(?:\r\n [^\r]*)*", b"List-Id: https://musee.example/"),
    ("E12", rb"List-Id: [^\r]*(?:\r\n [^\r]*)*\r\n", b""),
    ("E13", rb"List-Unsubscribe: [^\r]*", b"List-Unsubscribe: =?utf-8?q?=3Chttps=3A?="),
    ("E13", rb"List-Unsubscribe: [^\r]*\r\n", b""),
    ("E13", rb"List-Unsubscribe: ", b"List-Unsubscribe: <https://a.example/>, <https://b.example/>, "),
    ("E14", rb"List-Unsubscribe: ", b"List-Unsubscribe: <https://a.example/x>, "),
    ("E14", rb"List-Post: NO", b"List-Post: NO\r\nList-Unsubscribe-Post: Yes"),
    ("E15", rb"subject=unsubscribe", b"subject=camille@lecteur.example"),
    ("E17", rb"List-Help: [^\r]*\r\n", b""),
    ("E18", rb"Archived-At: [^\r]*\r\n", b""),
    ("E18", rb"Archived-At: [^\r]*", b"Archived-At: here"),
    ("E19", rb"Auto-Submitted: [^\r]*\r\n", b""),
    ("E19", rb"X-Auto-Response-Suppress: [^\r]*", b"X-Auto-Response-Suppress: All"),
    ("E20", rb"\r\nReply-To:", b"\r\nX-Mailer: x 1.0\r\nReply-To:"),
    ("E20", rb"@musee.example>\r\nList-Id", b"@machine.local>\r\nList-Id"),
    ("E23", rb"^", b"DKIM-Signature: v=1; d=musee.example; h=From:To; b=x\r\n"),
    ("E23", rb"^", b"DKIM-Signature: v=1; d=other.example; h=From; b=x\r\n"),
]  # fmt: skip
BODY = [
    ("E30", rb"multipart/alternative", b"multipart/mixed"),
    ("E33", rb"<h1", b"<img alt=3D'' src=3D'cid:logo'><h1"),
    ("E33", rb"Content-Type: text/html", b"Content-ID: <logo@x>\r\nContent-Type: text/html"),
    ("E45", rb"<h1", b"<img alt=3D'' width=3D'900'><h1"),
    ("E46", rb"<h1", b"<a href=3D'https://a.example/' style=3D'text-decoration:none'>Ici et l=C3=A0</a><h1"),
    ("E52", rb"Archived-At: <https://", b"Archived-At: <https://other."),
    ("E30", rb"text/plain", b"text/enriched"),
    ("E30", rb"text/html", b"text/calendar"),
    ("E31", rb'text/plain; charset="utf-8"', b'text/plain; charset="iso-8859-1"'),
    ("E31", rb'text/plain; charset="utf-8"', b"text/plain"),
    ("E31", rb"quoted-printable", b"8bit"),
    ("E31", rb"=C3=A9", b"=E9"),
    ("E31", rb"=C3=A9", b"=C3=83=C2=A9"),
    ("E33", rb"quoted-printable", b"quoted-printable\r\nContent-Disposition: attachment"),
    ("E35", rb"\r\n\r\n1\. ", b"\r\n\r\n" + b"word " * 30 + b"\r\n\r\n1. "),
    ("E35", rb"\r\n\r\n1\. ", b"\r\n\r\n<b>x</b> &nbsp;\r\n\r\n1. "),
    ("E36", rb"</body>", b"<p>" + b"x " * 45_000 + b"</p></body>"),
    ("E36", rb"</body>", b"<p>" + b"x " * 55_000 + b"</p></body>"),
    ("E36", rb"</body>", b"<p>" + b"x " * 260_000 + b"</p></body>"),
    ("E34", rb"</body>", b'<p><a href=3D"https://a.example/more">Un autre texte</a></p></body>'),
    ("E40", rb"(?i)<!doctype html>", b""),
    ("E40", rb"<html lang=3D", b"<html data-x=3D"),
    ("E40", rb" dir=3D\"ltr\"(?=[^>]*>\s*<div)", b""),
    ("E41", rb"<title>", b"<title>Autre "),
    ("E41", rb'name=3D"viewport"', b'name=3D"other"'),
    ("E42", rb"</body>", b"<table></table></body>"),
    ("E43", rb"</body>", b'<img src=3D"cid:a"></body>'),
    ("E44", rb"</body>", b"<script></script></body>"),
    ("E47", rb"</body>", b"<h1>x</h1></body>"),
    ("E47", rb"</body>", b"<h4>x</h4></body>"),
    ("E48", rb"</body>", b'<a href=3D"https://a.example/">Cliquez ici</a></body>'),
    ("E48", rb"</body>", b'<a href=3D"https://a.example/">https://a.example/</a></body>'),
    ("E49", rb"</body>", b'<a href=3D"https://a.example/?utm_source=3Dx">Un titre</a></body>'),
    ("E49", rb"</body>", b'<a href=3D"https://bit.ly/x">Un titre</a></body>'),
    ("E49", rb"</body>", b'<a href=3D"javascript:x">Un titre</a></body>'),
    ("E50", rb"</body>", b'<img alt=3D"" width=3D"1" height=3D"1" src=3D"https://a.example/p"></body>'),
    ("E50", rb"</body>", b'<img alt=3D"" width=3D"90" height=3D"90" src=3D"https://a.example/p"></body>'),
    ("E50", rb"</body>", b'<p style=3D"background: url(x)">x</p></body>'),
    ("E53", rb"</body>", b"<p>Est-ce vrai ?</p></body>"),
    ("E54", rb"unsubscribe", b"leave"),
    ("E55", rb"</body>", b"<p onclick=3D\"x\">x</p></body>"),
    ("E55", rb"</body>", b"<p>=E2=80=AE</p></body>"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "pattern", "change"), HEAD + BODY)
def test_each_rule_finds_its_fault(raw, rule: str, pattern: bytes, change: bytes) -> None:
    """E01 to E55: one fault put into a good mail is told under its number."""
    replacement = change if b"\\1" in change else change.replace(b"\\", b"\\\\")
    broken, count = re.subn(pattern, replacement, raw, count=0 if rule in ("E31", "E54") else 1)
    assert count, "the fault was not put in"
    assert rule in found(broken)


def test_a_boundary_inside_a_part(raw) -> None:
    """E32."""
    boundary = re.search(rb'boundary="([^"]+)"', raw).group(1)
    assert "E32" in found(raw.replace(b"</body>", b"--" + boundary + b"x</body>"))


def test_every_finding_has_a_source(raw) -> None:
    """Each finding cites its rule and says in words what is wrong."""
    for one in audit(b"Subject: x\n\n<html><script>"):
        assert re.fullmatch(r"E\d\d", one.rule)
        assert one.source
        assert one.message


@pytest.mark.parametrize(
    "junk",
    [b"", b"\r\n\r\n", b"\xff\xfe", b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x", b"a" * 2000,
     b"Content-Type: text/html; charset=none\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!"],
)  # fmt: skip
def test_junk_is_told_and_never_raises(junk: bytes) -> None:
    """I14: whatever the file is."""
    assert found(junk, Severity.ERROR)


def test_a_one_click_address_is_fine(raw) -> None:
    """E14: https and -Post together."""
    with_post = raw.replace(
        b"List-Unsubscribe: ",
        b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nList-Unsubscribe: <https://a.example/u/x>, ",
        1,
    )
    assert found(with_post) == set()


@given(
    edits=st.lists(
        st.tuples(st.floats(0, 1), st.binary(max_size=12), st.integers(0, 40)), max_size=25
    )
)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_bytes_break_the_audit(raw, edits) -> None:
    """Any mail is judged, however broken: findings, never an exception."""
    for place, piece, gone in edits:
        at = int(place * len(raw))
        raw = raw[:at] + piece + raw[at + gone :]
    assert all(one.rule and one.message and one.source for one in audit(raw))


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"\r\n", b"\x00\xff", b"Content-Type: multipart/alternative; boundary=x",
        b"Content-Type: multipart/alternative; boundary=x\r\n\r\n--x", b"From: a@[\r\n\r\n",
        b"Subject: =?x?b?====?=\r\n\r\n",
        b"Subject: =?utf-8?q?\x80?=\r\n\r\n",
        b"Subject: =?utf\xff?q?a?=\r\n\r\n", b'Content-Type: text/plain; charset="\x00"\r\n\r\nx', b"Date: Mon, 99 Foo 99999 99:99:99 +9999\r\n\r\n",
        b"Content-Type: text/html; charset=utf-7\r\n\r\n<img width='99999999999999'>",
    ],
)  # fmt: skip
def test_odd_mails_are_judged(raw) -> None:
    """From nothing at all to a calendar nobody has."""
    assert {"E04", "E13"} <= found(raw)


def test_a_file_that_is_no_mail_is_judged_at_once() -> None:
    """A line without end, a thousand times longer than any field: no rule looks at it twice over."""
    assert "E03" in found(b"x" * 2_000_000)
