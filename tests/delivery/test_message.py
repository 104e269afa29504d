"""The raw bytes of a mail. Parsing them with Python's email would hide faults: it repairs them."""

from __future__ import annotations

import base64
import quopri
import re
from dataclasses import replace
from datetime import datetime, timedelta
from email import policy
from email.header import decode_header, make_header
from email.parser import BytesParser
from email.utils import parsedate_to_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veille.delivery.headers import RawPolicy, ascii_address, mailbox, unstructured
from veille.delivery.message import (
    compose,
    domain_of,
    marked_as_test,
    message_id,
    unsubscribe_token,
)
from veille.errors import Refused, UsageError
from veille.model.edition import UNSUBSCRIBE

SECRET = b"a secret of the workspace"
NAME = "Camille d'Été, documentaliste"


@pytest.fixture
def send(rendered, sender, content, delivery_to):
    """Composes the mail of somebody; keyword arguments replace what goes in."""

    def send(address="camille@musee.example", name=NAME, **changes):
        delivery = changes.get("delivery") or delivery_to(address, name)
        house = changes.get("sender", sender)
        return compose(
            changes.get("rendered", rendered),
            sender=house,
            content=changes.get("content", content),
            delivery=delivery,
            token=unsubscribe_token(SECRET, delivery.recipient, content.digest),
            date=changes.get("date", delivery.planned_at),
        ).content

    return send


@pytest.fixture
def raw(send) -> bytes:
    return send()


def head(raw: bytes) -> str:
    return raw.partition(b"\r\n\r\n")[0].decode("ascii")


def field(raw: bytes, name: str) -> str:
    """The one field ``name``, unfolded, as it stands in the bytes."""
    found = re.findall(rf"(?im)^{name}: ([^\r\n]*(?:\r\n[ \t][^\r\n]*)*)", head(raw))
    assert len(found) == 1, (name, found)
    return re.sub(r"\r\n(?=[ \t])", "", found[0])


def decoded(value: str) -> str:
    return str(make_header(decode_header(value)))


def parts(raw: bytes) -> list[tuple[str, str]]:
    """The head and the decoded text of each part, taken from the bytes."""
    boundary = re.search(rb'boundary="([^"]+)"', raw).group(1)
    pieces = raw.split(b"--" + boundary)[1:-1]
    found = []
    for piece in pieces:
        head, _, body = piece.partition(b"\r\n\r\n")
        found.append((head.decode("ascii"), quopri.decodestring(body).decode("utf-8", "strict")))
    return found


def test_bytes_are_ascii_with_crlf_and_short_lines(raw):
    """E01, E02, E03: ASCII, CRLF only, no control characters, no line over 78 but addresses."""
    assert raw.isascii()
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", raw)
    for line in raw.split(b"\r\n"):
        assert len(line) <= 998
        assert len(line) <= 78 or re.match(rb"(List-\w+|Archived-At|Message-ID): <", line)


def test_each_field_is_there_once(raw):
    """E04, E17, M20: what RFC 5322, 2369, 2919 and 3834 ask for, once each."""
    names = re.findall(r"(?m)^([\w-]+):", head(raw))
    assert len(names) == len(set(names))
    required = "Date From To Reply-To Subject Message-ID MIME-Version Content-Language List-Id List-Unsubscribe"
    listed = "List-Help List-Owner List-Post List-Archive Archived-At Auto-Submitted X-Auto-Response-Suppress"
    assert set(names) == {*required.split(), *listed.split(), "Content-Type"}
    assert "List-Unsubscribe-Post" not in names


def test_the_date_is_the_one_given_in_the_zone_of_the_house(raw):
    """E05: numeric offset, configured zone."""
    assert field(raw, "Date") == "Tue, 01 Dec 2026 00:30:15 +0100"
    assert parsedate_to_datetime(field(raw, "Date")) == datetime.fromisoformat(
        "2026-11-30T23:30:15Z"
    )


def test_from_is_one_mailbox(raw, sender):
    """E06, E08: a name with comma and accents decodes exactly; Reply-To is read."""
    name, _, address = field(raw, "From").rpartition(" ")
    assert decoded(name) == sender.name
    assert address == "<veille@musee.example>"
    parsed = BytesParser(policy=policy.default).parsebytes(raw)
    assert [a.display_name for a in parsed["From"].addresses] == [sender.name]
    assert field(raw, "Reply-To") == "documentation+veille@musee.example"


def test_to_is_the_recipient_and_nobody_else(raw):
    """E07: one address, no Bcc."""
    name, _, address = field(raw, "To").rpartition(" ")
    assert (decoded(name), address) == (NAME, "<camille@musee.example>")
    parsed = BytesParser(policy=policy.default).parsebytes(raw)
    assert len(parsed["To"].addresses) == 1
    assert "Bcc" not in head(raw)


def test_message_ids_are_stable_and_tell_nothing(raw):
    """E09, E20, I4: a function of edition, revision and recipient."""
    known = field(raw, "Message-ID")
    assert re.fullmatch(r"<[a-z2-7]{32}@musee\.example>", known)
    keys = {"domain": "musee.example", "secret": SECRET}
    ids = {
        message_id("i/cinq-liens/3", revision, recipient, **keys)
        for revision in ("r1", "r2")
        for recipient in ("a@b.example", "c@d.example")
    }
    assert len(ids) == 4
    assert message_id("e", "r", "a", **keys) != message_id(
        "e", "r", "a", domain="musee.example", secret=b"x"
    )
    assert message_id("e", "r", "a", domain="musée.example", secret=b"x").endswith(
        "@xn--muse-dpa.example>"
    )


def test_the_subject_decodes_to_the_letter(raw, rendered):
    """E10: no-break spaces kept, encoded-words at most 75, their lines at most 76."""
    assert decoded(field(raw, "Subject")) == rendered.subject


@given(
    st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=200)
)
def test_any_subject_decodes_to_the_letter(text):
    """E10: for any subject, no character split between two words."""
    value = unstructured("Subject", text)
    lines = f"Subject: {value}".split("\r\n")
    words = re.findall(r"=\?utf-8\?[bq]\?[^?]*\?=", value)
    assert all(len(line) <= 76 for line in lines)
    assert all(len(word) <= 75 for word in words)
    for word in words:
        _, _, encoding, data, _ = word.split("?")
        octets = (
            base64.b64decode(data) if encoding == "b" else quopri.decodestring(data, header=True)
        )
        octets.decode("utf-8", "strict")
    assert decoded(re.sub(r"\r\n(?= )", "", value)) == text


@given(
    st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=120)
)
def test_any_name_stays_one_mailbox(text):
    """E06, M7: commas, quotes, angle brackets and at-signs in a name are a name."""
    value = mailbox("From", text, "a@b.example")
    assert all(len(line) <= 78 for line in f"From: {value}".split("\r\n"))
    raw = f"From: {value}\r\n\r\n".encode("ascii")
    addresses = BytesParser(policy=policy.default).parsebytes(raw)["From"].addresses
    assert [address.addr_spec for address in addresses] == ["a@b.example"]


def test_the_list_is_named_the_same_in_all_editions(send, content):
    """E12: phrase and label, no address in it, at most 255 octets."""
    first = field(send(), "List-Id")
    assert first == "Cinq liens <cinq-liens.musee.example>"
    assert field(send(content=replace(content, number=4, title="Autre")), "List-Id") == first
    long = field(send(content=replace(content, digest_title="Été " * 60)), "List-Id")
    assert len(long) <= 255
    assert decoded(long.rpartition(" ")[0]).startswith("Été Été")


def test_leaving_is_a_mailto_in_plain_sight(raw):
    """E13, E14, E15: literal in the bytes; the token has 160 bits and hides the address."""
    value = field(raw, "List-Unsubscribe")
    match = re.fullmatch(
        r"<mailto:documentation\+veille@musee\.example\?subject=unsubscribe%20([a-z2-7]{32})>",
        value,
    )
    assert match.group(1) == unsubscribe_token(SECRET, "camille@musee.example", "cinq-liens")
    assert unsubscribe_token(SECRET, "camille@musee.example", "autre") != match.group(1)
    assert unsubscribe_token(b"other", "camille@musee.example", "cinq-liens") != match.group(1)


def test_the_list_fields_lead_somewhere(raw):
    """E17, E18, E19."""
    assert field(raw, "List-Archive") == "<https://veille.musee.example/archive/index.html>"
    assert (
        field(raw, "Archived-At")
        == "<https://veille.musee.example/archive/cinq-liens/3/index.html>"
    )
    assert field(raw, "List-Help") == "<mailto:documentation+veille@musee.example?subject=help>"
    assert field(raw, "List-Owner") == "<mailto:documentation+veille@musee.example>"
    assert field(raw, "List-Post") == "NO"
    assert field(raw, "Auto-Submitted") == "auto-generated"
    assert field(raw, "X-Auto-Response-Suppress") == "OOF, AutoReply"


def test_a_long_archive_address_is_never_encoded(send, sender):
    """E13: stock policies encode what is longer than a line."""
    url = "https://veille.musee.example/" + "dossier/" * 20 + "été"
    raw = send(sender=replace(sender, base_url=url))
    assert field(raw, "List-Archive").startswith("<https://veille.musee.example/dossier/")
    assert field(raw, "List-Archive").endswith("/%C3%A9t%C3%A9/index.html>")


def test_a_house_without_archive_names_none(send, sender):
    """E17: no address, no field."""
    names = head(send(sender=replace(sender, base_url=None)))
    assert "List-Archive" not in names
    assert "Archived-At" not in names


def test_two_alternatives_plain_first(raw):
    """E30, E31, E33: text then HTML, UTF-8, strictly decodable, nothing attached."""
    heads = [head for head, _ in parts(raw)]
    assert 'Content-Type: text/plain; charset="utf-8"' in heads[0]
    assert 'Content-Type: text/html; charset="utf-8"' in heads[1]
    assert len(heads) == 2
    for part, text in parts(raw):
        assert "Content-Transfer-Encoding: quoted-printable" in part
        assert "Disposition" not in part
        assert not re.search("[\ufffd\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]|Ã©|â€™", text)
    assert re.search(r"(?m)^Content-Type: multipart/alternative;", head(raw))


def test_the_parts_are_the_approved_text(raw, rendered):
    """E56: the bytes sent are those approved, apart from the reader's own link."""
    link = field(raw, "List-Unsubscribe").strip("<>")
    text, html = (body.replace("\r\n", "\n") for _, body in parts(raw))
    assert text.rstrip("\n") == rendered.text.replace(UNSUBSCRIBE, link).rstrip("\n")
    assert html.rstrip("\n") == rendered.html.replace(UNSUBSCRIBE, link).rstrip("\n")
    assert UNSUBSCRIBE.encode() not in raw


def test_the_boundary_is_a_function_of_the_mail(raw, send):
    """E20, E32: the same bytes twice; the boundary occurs in no part and names no machine."""
    assert send() == raw
    boundary = re.search(rb'boundary="(=_[0-9a-f]{32})"', raw).group(1)
    assert raw.count(boundary) == 4


def test_size(raw):
    """E36: far below the limits, encoded too."""
    assert len(raw) < 60_000


def test_two_readers_get_the_same_mail(send):
    """E50: only To, Message-ID, Date, token and boundary differ; no other address anywhere (E07)."""
    one, other = send("camille@musee.example", "Camille"), send("robin@lecteur.example", "Robin")
    assert b"robin" not in one
    assert b"camille@" not in other

    def neutral(raw: bytes) -> str:
        text = head(raw) + "".join(body for _, body in parts(raw))
        text = text.replace(re.search(r'boundary="([^"]+)"', text).group(1), "B")
        text = text.replace(re.search(r"unsubscribe%20(\w+)", text).group(1), "T")
        return re.sub(r"(?m)^(To|Message-ID|Date): .*$", r"\1", text)

    assert neutral(one) == neutral(other)


def test_a_later_date_changes_only_the_date(send, raw, delivery_to):
    later = delivery_to("camille@musee.example").planned_at + timedelta(hours=1)
    changed = [
        (a, b)
        for a, b in zip(raw.split(b"\r\n"), send(date=later).split(b"\r\n"), strict=True)
        if a != b
    ]
    assert [a[:5] for a, _ in changed] == [b"Date:"]


@pytest.mark.parametrize(
    "words",
    [
        "a\r\nBcc: evil@c.example",
        "x\u2028y\u0085z\x0b",
        'q"uo\\te',
        "<a@b>, c",
        "=?utf-8?q?x?=",
        "\x1b[31m",
    ],
)
def test_hostile_words_stay_in_their_field(send, sender, rendered, content, words):
    """M7, E14, E55: names and titles never begin another field; the run is not stopped."""
    raw = send(
        name=words,
        sender=replace(sender, name=words),
        rendered=replace(rendered, subject=words),
        content=replace(content, digest_title=words),
    )
    assert not re.search(r"(?m)^Bcc:", head(raw))
    parsed = BytesParser(policy=policy.default).parsebytes(raw)
    assert [len(parsed[name].addresses) for name in ("From", "To")] == [1, 1]
    assert raw.isascii()


@pytest.mark.parametrize(
    "address",
    ["é@b.example", "a@b, evil@c.example", "x@y>\r\nRCPT TO:<z@b.example>", "", "a b@c.example", "a@", "@b.example",
     "a..b@c.example", "a@b\n.example", "a@" + "x" * 70 + ".example"],
)  # fmt: skip
def test_an_address_that_needs_more_than_ascii_is_refused(send, address):
    """M8, M10: this one mail is refused, by name, and no other."""
    with pytest.raises(Refused, match="cannot be used in a mail"):
        send(address)


def test_a_domain_with_accents_is_written_in_ascii():
    assert ascii_address("Camille@Musée.example") == "Camille@xn--muse-dpa.example"


def test_a_house_needs_an_address(send, sender):
    with pytest.raises(UsageError, match="set 'sender'"):
        send(sender=replace(sender, address=None))
    with pytest.raises(UsageError, match="set 'sender'"):
        domain_of(replace(sender, address=None))
    assert domain_of(sender) == "musee.example"


def test_replies_go_to_the_sender_when_nobody_else_reads(send, sender):
    """E08: there is always a read mailbox."""
    assert field(send(sender=replace(sender, reply_to=None)), "Reply-To") == "veille@musee.example"


def test_a_test_is_marked_and_has_its_own_identity(rendered):
    """M18: a test must not make a mailbox drop the real mail."""
    test = marked_as_test(rendered)
    assert test.subject == f"[test] {rendered.subject}"
    assert test.sha256 != rendered.sha256
    assert test.html == rendered.html


def test_a_name_without_words_is_left_out():
    assert mailbox("To", "", "a@b.example") == "a@b.example"
    assert mailbox("To", None, "a@b.example") == "a@b.example"


@pytest.mark.parametrize("value", ["a\r\nBcc: x", "a\nb", "a\rb", "é", "a\x00"])
def test_the_policy_refuses_what_would_break_out(value):
    """M7: the last door before the wire."""
    with pytest.raises(ValueError, match="line break"):
        RawPolicy().header_store_parse("Subject", value)
