"""One subscriber's mail as raw bytes: the same bytes whenever it is composed (E01-E20, E30-E36).

What differs between two subscribers is To, Message-ID, Date, the unsubscribe token and the
boundary, and nothing else (E50).
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b32encode
from dataclasses import replace
from email.message import EmailMessage
from email.utils import format_datetime
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote
from zoneinfo import ZoneInfo

from veille.delivery.headers import RawPolicy, ascii_address, list_id, mailbox, unstructured
from veille.errors import UsageError
from veille.model.delivery import Delivery, Message
from veille.model.edition import UNSUBSCRIBE, EditionContent, Rendered, Sender
from veille.model.text import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

_POLICY = RawPolicy(linesep="\r\n", max_line_length=76, cte_type="7bit")
_TOKEN_BYTES = 20  # 160 bits; RFC 8058 asks for an address nobody can guess
TOKEN_LENGTH = _TOKEN_BYTES * 8 // 5  # letters and figures of base32


def message_id(
    edition_key: str, revision: str, recipient: str, *, domain: str, secret: bytes
) -> str:
    """The Message-ID of an edition's revision to one recipient: the same on every retry (E09).

    ``edition_key`` is its reference, ``revision`` the SHA-256 that was approved, ``recipient`` the
    subscriber's key. It tells nobody who the recipient is (E20).
    """
    left = _keyed(secret, "message-id", edition_key, revision, recipient)
    return f"<{left}@{_ascii_domain(domain)}>"


def unsubscribe_token(secret: bytes, recipient: str, digest: str) -> str:
    """What a subscriber shows to leave ``digest``: 160 bits, the address not readable in it (E15)."""
    return _keyed(secret, "unsubscribe", recipient, digest)


def domain_of(sender: Sender) -> str:
    """The sending domain in ASCII. Raises UsageError when the sender has no address."""
    return _sender_address(sender).rpartition("@")[2]


def marked_as_test(rendered: Rendered) -> Rendered:
    """The same mail with a subject that says it is a test, and an identity of its own.

    With the real mail's identity, a mailbox that drops duplicates would drop the real one (RFC 7352).
    """
    return replace(
        rendered,
        subject=f"[test] {rendered.subject}",
        sha256=_hash("test", rendered.sha256),
    )


def compose(
    rendered: Rendered,
    *,
    sender: Sender,
    content: EditionContent,
    delivery: Delivery,
    token: str,
    date: datetime,
) -> Message:
    """The message of ``delivery``, in ``date``'s second, ready for the wire.

    Raises UsageError when the sender has no address, Refused when the recipient's address cannot be
    written in a mail (M10).
    """
    ways_out = _ways_out(sender, token)
    unsubscribe = ways_out[0]
    mail = EmailMessage(policy=_POLICY)
    for name, value in _fields(rendered, sender, content, delivery, date, ways_out):
        mail[name] = value
    # The part's charset and encoding are set here, after the reader's own link went in.
    mail.set_content(rendered.text.replace(UNSUBSCRIBE, unsubscribe), cte="quoted-printable")
    mail.add_alternative(
        rendered.html.replace(UNSUBSCRIBE, escape(unsubscribe)),
        subtype="html",
        cte="quoted-printable",
    )
    mail["Content-Language"] = content.locale.replace("_", "-")
    mail.set_boundary(boundary(rendered, delivery))
    return Message(
        recipient=delivery.recipient, message_id=delivery.message_id, content=mail.as_bytes()
    )


def _fields(
    rendered: Rendered,
    sender: Sender,
    content: EditionContent,
    delivery: Delivery,
    date: datetime,
    ways_out: Sequence[str],
) -> list[tuple[str, str]]:
    """The header fields in order, each value in its final form."""
    address = _sender_address(sender)
    contact = ascii_address(sender.contact or address)
    domain = address.rpartition("@")[2]
    fields = [
        ("Date", date_field(date, sender)),
        ("From", mailbox("From", one_line(sender.mailbox_name or sender.name), address)),
        ("To", mailbox("To", one_line(delivery.name or ""), delivery.address)),
        ("Reply-To", contact),
        ("Subject", unstructured("Subject", one_line(rendered.subject))),
        ("Message-ID", delivery.message_id),
        ("List-Id", list_id(one_line(content.digest_title, 60), f"{content.digest}.{domain}")),
        ("List-Unsubscribe", ",\r\n ".join(f"<{way}>" for way in ways_out)),
        ("List-Help", f"<{_mailto(contact, 'help')}>"),
        ("List-Owner", f"<{_mailto(contact)}>"),
        ("List-Post", "NO"),
        ("Auto-Submitted", "auto-generated"),
        ("X-Auto-Response-Suppress", "OOF, AutoReply"),
    ]
    if sender.one_click:
        fields.append(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    permalink = sender.permalink(content.folder)
    if permalink and sender.archive_url:
        fields += [
            ("List-Archive", f"<{_ascii_url(sender.archive_url)}>"),
            ("Archived-At", f"<{_ascii_url(permalink)}>"),
        ]
    return fields


def date_field(date: datetime, sender: Sender) -> str:
    """The value of Date, in the zone of the house (E05)."""
    return format_datetime(date.astimezone(ZoneInfo(sender.timezone)))


def _sender_address(sender: Sender) -> str:
    if not sender.address:
        raise UsageError(
            "no sender address for mails: set 'sender' in the section [mail] of veille.toml"
        )
    return ascii_address(sender.address)


def _ways_out(sender: Sender, token: str) -> list[str]:
    """How a reader leaves, the easiest way first: one click when there is an endpoint, a mail."""
    contact = ascii_address(sender.contact or _sender_address(sender))
    by_mail = _mailto(contact, f"unsubscribe {token}")
    if not sender.one_click:
        return [by_mail]
    return [f"{_ascii_url(sender.one_click.rstrip('/'))}/{token}", by_mail]


def _mailto(address: str, subject: str | None = None) -> str:
    """A mailto address (RFC 6068); a plus in an address stays a plus."""
    url = f"mailto:{quote(address, safe='@+')}"
    return f"{url}?subject={quote(subject)}" if subject else url


def _ascii_url(url: str) -> str:
    """``url`` as RFC 3986 has it; what is escaped already stays so."""
    return quote(url, safe="%:/?#[]@!$&'()*+,;=~")


def _ascii_domain(domain: str) -> str:
    return ascii_address(f"x@{domain}").rpartition("@")[2]


def boundary(rendered: Rendered, delivery: Delivery) -> str:
    """A boundary quoted-printable text cannot hold, since "=_" is no escape (RFC 2045 6.7) (E32)."""
    return f"=_{_hash(rendered.sha256, rendered.subject, delivery.message_id)[:32]}"


def _keyed(secret: bytes, *words: str) -> str:
    mac = hmac.new(secret, "\0".join(words).encode(), hashlib.sha256).digest()
    return b32encode(mac[:_TOKEN_BYTES]).decode("ascii").lower()


def _hash(*words: str) -> str:
    return hashlib.sha256("\0".join(words).encode()).hexdigest()
