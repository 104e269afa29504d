"""A mail to one of us: plain text, from the house, answered by people."""

from __future__ import annotations

from email.message import EmailMessage
from typing import TYPE_CHECKING

from veille.delivery.headers import RawPolicy, ascii_address, mailbox, unstructured
from veille.delivery.message import date_field, domain_of
from veille.model.delivery import Message
from veille.model.text import one_line

if TYPE_CHECKING:
    from veille.model.delivery import Delivery
    from veille.model.edition import Sender

_POLICY = RawPolicy(linesep="\r\n", max_line_length=76, cte_type="7bit")


def compose(
    sender: Sender, row: Delivery, *, name: str | None, subject: str, text: str, locale: str
) -> Message:
    """The mail of ``row``: the same bytes whenever it is composed.

    Raises UsageError when the sender has no address, Refused when the recipient's cannot be written.
    """
    domain_of(sender)
    mail = EmailMessage(policy=_POLICY)
    fields = [
        ("Date", date_field(row.planned_at, sender)),
        (
            "From",
            mailbox("From", one_line(sender.mailbox_name or sender.name), sender.address or ""),
        ),
        ("To", mailbox("To", one_line(name or ""), row.address)),
        ("Reply-To", ascii_address(sender.contact or sender.address or "")),
        ("Subject", unstructured("Subject", one_line(subject))),
        ("Message-ID", row.message_id),
        ("Auto-Submitted", "auto-generated"),
        ("X-Auto-Response-Suppress", "OOF, AutoReply"),
    ]
    for field, value in fields:
        mail[field] = value
    mail.set_content(text, cte="quoted-printable")
    mail["Content-Language"] = locale.replace("_", "-")
    return Message(recipient=row.recipient, message_id=row.message_id, content=mail.as_bytes())
