"""Amazon SES tells of failures by SNS: JSON in the text of a mail, not RFC 3464."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from veille.delivery.mailbox.bounds import content
from veille.model.letter import LetterKind, Refusal
from veille.model.text import one_line

if TYPE_CHECKING:
    from veille.delivery.mailbox.bounds import Part

_SIGNATURE = re.compile(r"(?m)^--[ ]?\r?$")
_FOLD = re.compile(r"!\r?\n ?")  # how it breaks lines that are too long


class _Recipient(msgspec.Struct):
    email: str = msgspec.field(name="emailAddress", default="")
    action: str = "failed"
    status: str = ""
    said: str = msgspec.field(name="diagnosticCode", default="")


class _Bounce(msgspec.Struct):
    type: str = msgspec.field(name="bounceType", default="")
    recipients: list[_Recipient] = msgspec.field(name="bouncedRecipients", default_factory=list)


class _Field(msgspec.Struct):
    name: str = ""
    value: str = ""


class _Mail(msgspec.Struct):
    headers: list[_Field] = []


class _Envelope(msgspec.Struct):
    message: str | None = msgspec.field(name="Message", default=None)


class _Notice(msgspec.Struct):
    type: str = msgspec.field(name="notificationType")
    bounce: _Bounce = msgspec.field(default_factory=_Bounce)
    mail: _Mail = msgspec.field(default_factory=_Mail)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What a notification says; ``original`` are the Message-IDs it quotes."""

    kind: LetterKind
    refusals: tuple[Refusal, ...]
    original: str


def read(letter: Part) -> Notice | None:
    """The notification in a letter; None when there is none."""
    if letter.get_content_type() != "text/plain":
        return None
    text = _FOLD.sub("", content(letter)).strip()
    if not text.startswith("{") or "notificationType" not in text:
        return None
    try:
        told = _SIGNATURE.split(text, maxsplit=1)[0]
        if (wrapped := msgspec.json.decode(told, type=_Envelope).message) is not None:
            told = wrapped
        notice = msgspec.json.decode(told, type=_Notice)
    except msgspec.DecodeError:
        return None
    kinds = {"Bounce": LetterKind.FAILURE, "Complaint": LetterKind.COMPLAINT}
    default = "5.0.0" if notice.bounce.type == "Permanent" else "4.0.0"
    return Notice(
        kind=kinds.get(notice.type, LetterKind.RECEIPT),
        refusals=tuple(_refusal(one, default) for one in notice.bounce.recipients),
        original=" ".join(
            one.value for one in notice.mail.headers if one.name.lower() == "message-id"
        ),
    )


def _refusal(one: _Recipient, default: str) -> Refusal:
    return Refusal(
        recipient=one_line(one.email, 320) or None,
        action=one_line(one.action, 40).lower() or "failed",
        status=one_line(one.status, 20) or default,
        said=one_line(one.said, 300),
    )
