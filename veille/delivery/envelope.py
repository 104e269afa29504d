"""The envelope of one mail: what the server is told beside the message (RFC 5321, RFC 3461).

One recipient a mail, since the unsubscribe link is personal. Where failures come back to is told
apart by ENVID when the server speaks DSN, else by the address they are sent to (VERP).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from veille.delivery.headers import ascii_address

if TYPE_CHECKING:
    from veille.model.delivery import Delivery

_KEY = re.compile(r"<([a-z2-7]+)@")
_NOT_XCHAR = re.compile(r"[^!-*,-<>-~]")  # RFC 3461 section 4: printable ASCII but + and =


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Sender, recipient and the name by which a failure report finds the delivery again."""

    sender: str
    recipient: str
    key: str
    verp: bool

    def mail_from(self, features: dict[str, str], size: int) -> str:
        """The argument of MAIL, for a server that offers ``features`` (E21)."""
        options = [f"SIZE={size}"] if "size" in features else []
        if "dsn" in features:
            options += ["RET=HDRS", f"ENVID={xtext(self.key)}"]
            return " ".join([f"FROM:<{self.sender}>", *options])
        sender = verp_address(self.sender, self.key) if self.verp else self.sender
        return " ".join([f"FROM:<{sender}>", *options])

    def rcpt_to(self, features: dict[str, str]) -> str:
        """The argument of RCPT."""
        if "dsn" not in features:
            return f"TO:<{self.recipient}>"
        return f"TO:<{self.recipient}> NOTIFY=FAILURE ORCPT=rfc822;{xtext(self.recipient)}"


def envelope(delivery: Delivery, bounce_address: str, *, verp: bool = True) -> Envelope:
    """The envelope of ``delivery``. Raises Refused for an address that needs SMTPUTF8 (M10)."""
    return Envelope(
        sender=ascii_address(bounce_address),
        recipient=ascii_address(delivery.address),
        key=key_of(delivery.message_id),
        verp=verp,
    )


def key_of(message_id: str) -> str:
    """The part of a Message-ID that names a delivery: in ENVID, and in a VERP address."""
    found = _KEY.match(message_id)
    return found[1] if found else ""


def verp_address(sender: str, key: str) -> str:
    """``retours+abc@musee.example``: failures of the delivery ``key`` come back there."""
    local, _, domain = sender.rpartition("@")
    return f"{local}+{key}@{domain}" if key else sender


def xtext(text: str) -> str:
    """``text`` as an ESMTP value (RFC 3461 section 4)."""
    return _NOT_XCHAR.sub(lambda found: f"+{ord(found[0]):02X}", text)
