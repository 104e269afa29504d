"""Letters read within bounds: what they are, what they name, what their writers said."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from veille.delivery.mailbox import read_letter
from veille.delivery.mailbox.bounds import MAX_BYTES
from veille.delivery.mailbox.prose import links
from veille.model.letter import LetterKind

LETTERS = Path(__file__).parents[1] / "data" / "letters"
KEY = "abcdefghijklmnopqrstuvwxyz234567"
KINDS = {
    "dsn-postfix": "failure",
    "dsn-by-message-id": "failure",
    "delay": "delay",
    "exim-in-words": "failure",
    "not-ours": "failure",
    "vacation": "automatic",
    "vacation-unmarked": "automatic",
    "complaint": "complaint",
    "unsubscribe-token": "personal",
    "unsubscribe-words": "personal",
    "quoting-the-way-out": "personal",
    "suggestion": "personal",
    "suggestion-html": "personal",
    "stranger": "personal",
    "question": "personal",
    "doubtful": "personal",
}


def sample(name: str) -> bytes:
    data = (LETTERS / f"{name}.eml").read_bytes()
    return data.replace(b"@KEY@", KEY.encode()).replace(
        b"@MESSAGE_ID@", f"<{KEY}@reseau.example>".encode()
    )


@pytest.mark.parametrize("ends", [b"\n", b"\r\n"])
@pytest.mark.parametrize(("name", "kind"), KINDS.items())
def test_what_it_is(name: str, kind: str, ends: bytes) -> None:
    """5.7: RFC 3464, 3834, 5965, and texts of servers; whatever ends the lines."""
    letter = read_letter(sample(name).replace(b"\n", ends))
    assert letter.kind.value == kind
    named = {
        "dsn-postfix": KEY, "dsn-by-message-id": f"<{KEY}@reseau.example>", "delay": KEY,
        "exim-in-words": KEY, "complaint": f"<{KEY}@reseau.example>",
    }  # fmt: skip
    if name in named:
        assert letter.names == (named[name],)


def test_what_a_report_says() -> None:
    (refusal,) = read_letter(sample("dsn-postfix")).refusals
    assert (refusal.recipient, refusal.status) == ("zoe@lecteur.example", "5.1.1")
    assert refusal.said == "smtp; 550 5.1.1 User unknown"
    assert refusal.is_permanent
    (later,) = read_letter(sample("delay")).refusals
    assert (later.action, later.status, later.is_permanent) == ("delayed", "4.2.2", False)
    (told,) = read_letter(sample("exim-in-words")).refusals
    assert (told.recipient, told.status) == ("zoe@lecteur.example", "5.1.1")


def test_what_its_writer_said() -> None:
    """Their own words: no signature, no quotation, and a charset that is what it says."""
    letter = read_letter(sample("suggestion"))
    assert letter.text.startswith("Bonjour, vous avez vu ça ?")
    assert letter.text.endswith("Œuvre à suivre.")
    assert letter.links == ("http://127.0.0.1:1/expo.html",)
    html = read_letter(sample("suggestion-html"))
    assert html.links == ("http://127.0.0.1:1/visite?a=1&b=2",)
    assert "la visite" in html.text
    assert "alert" not in html.text
    assert read_letter(sample("unsubscribe-words")).text == "Désabonnement, merci."


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("voir https://a.example/x, puis (https://b.example/y).", ["https://a.example/x", "https://b.example/y"]),
        ("<https://a.example/x_(y)> et https://a.example/x_(y)!", ["https://a.example/x_(y)"]),
        ("ftp://a.example javascript:alert(1) www.a.example", []),
        (" ".join(f"https://a.example/{n}" for n in range(9)), [f"https://a.example/{n}" for n in range(5)]),
    ],
)  # fmt: skip
def test_links_in_a_sentence(words: str, found: list[str]) -> None:
    assert list(links(words)) == found


HOSTILE = {
    "nothing": b"",
    "no header": b"\n\nhello",
    "endless nesting": b"".join(
        b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(5_000)
    ),
    "messages in messages": b"Content-Type: message/rfc822\n\n" * 20_000,
    "a million boundaries": b'Content-Type: multipart/mixed; boundary="x"\n\n' + b"--x\n\n" * 300_000,
    "a header without end": b"Subject: " + b"=?utf-8?q?=C3?= " * 200_000,
    "a lying charset": b"Subject: =?klingon?b?w6k=?=\nContent-Type: text/plain; charset=klingon\n\n\xe9\xff",
    "a broken base64": b"Content-Transfer-Encoding: base64\nContent-Type: text/plain\n\n=====AAA\x00!!",
    "uuencode": b"Content-Transfer-Encoding: x-uuencode\nContent-Type: text/plain\n\nbegin 666 x\n\xff\xff\nend\n",
    "unfinished parameters": b"Content-Type: multipart/report; report-type*0*=\"; boundary*=x''%\n\n--\n",
    "a status of nothing": b"Content-Type: message/delivery-status\n\n" + b"\n\n\n:\n" * 1000,
    "addresses": b"From: " + b"(" * 100_000 + b"\nTo: " + b"<a@b>," * 50_000 + b"\n\nx",
    "one long line": b"Subject: x\n\n" + b"a" * 5_000_000,
    "html bomb": b"From: a@b.example\nContent-Type: text/html\n\n" + b"<div>" * 100_000,
    "nul": b"\x00" * 10_000,
    "json": b'Content-Type: text/plain\n\n{"notificationType": [[[[[[{{',
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_letters_cost_little(name: str) -> None:
    """5.7: MIME bombs, huge letters, broken charsets: a value comes back, within bounded work."""
    letter = read_letter(HOSTILE[name])
    assert letter.kind in (LetterKind.PERSONAL, LetterKind.UNREADABLE, LetterKind.FAILURE)
    assert len(letter.text) <= 4_000
    assert letter.subject.isprintable() or "\xa0" in letter.subject


def test_only_the_beginning_counts() -> None:
    """A failure that quotes ten megabytes is read like any other."""
    data = sample("dsn-postfix")
    assert read_letter(data + b"x" * 10 * MAX_BYTES).kind is LetterKind.FAILURE


@settings(max_examples=150, deadline=None)
@given(st.data())
@example(None)
def test_no_letter_raises(data) -> None:
    """Whatever is cut out of, or put into, a real letter."""
    if data is None:
        return
    letter = bytearray(sample(data.draw(st.sampled_from(sorted(KINDS)))))
    for _ in range(data.draw(st.integers(0, 4))):
        start = data.draw(st.integers(0, len(letter)))
        end = data.draw(st.integers(start, min(len(letter), start + 80)))
        letter[start:end] = data.draw(st.binary(max_size=40))
    read_letter(bytes(letter))


@pytest.mark.parametrize("name", ["Subject", "From", "Message-ID", "Return-Path"])
@pytest.mark.parametrize(
    "value", ["=?utf-8?b?A?=", "=?utf-8?b?////A?= <a@b.example>", "=?bogus?q?=C3?=", "=?utf-8?b??="]
)
def test_words_that_cannot_be_decoded_hide_no_letter(name: str, value: str) -> None:
    """RFC 2047: a subject cut in the middle of its Base64 is shown as it is, and stops no mailbox."""
    assert read_letter(f"{name}: {value}\nX: y\n\nBonjour".encode()).text == "Bonjour"


@given(st.binary(max_size=2_000))
def test_no_bytes_raise(data: bytes) -> None:
    read_letter(data)
