"""A plain mail to whoever looks after the house: text, and nothing else."""

from __future__ import annotations

import hashlib
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from veille.delivery.headers import RawPolicy, ascii_address, mailbox, unstructured
from veille.delivery.message import domain_of
from veille.model.delivery import Message
from veille.model.text import one_line

if TYPE_CHECKING:
    from datetime import datetime

    from veille.model.edition import Sender

_POLICY = RawPolicy(linesep="\r\n", max_line_length=76, cte_type="7bit")


def compose(sender: Sender, to: str, *, subject: str, text: str, at: datetime) -> Message:
    """The notice as a message; the same words at the same instant give the same message.

    Raises UsageError when the sender has no address, Refused when ``to`` cannot be written.
    """
    domain = domain_of(sender)
    name, address = parseaddr(to)
    said = f"{sender.instance}\0{to}\0{subject}\0{text}\0{at.isoformat()}"
    identifier = f"<{hashlib.sha256(said.encode()).hexdigest()[:40]}@{domain}>"
    mail = EmailMessage(policy=_POLICY)
    mail["Date"] = format_datetime(at.astimezone(ZoneInfo(sender.timezone)))
    mail["From"] = mailbox("From", one_line(sender.name), sender.address or "")
    mail["To"] = mailbox("To", one_line(name), address)
    mail["Subject"] = unstructured("Subject", one_line(subject))
    mail["Message-ID"] = identifier
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(f"{text}\n", cte="quoted-printable")
    return Message(recipient=ascii_address(address), message_id=identifier, content=mail.as_bytes())
