"""Reports by machines on a mail of ours: delivery status (RFC 3464), complaints (RFC 5965),
receipts (RFC 8098); and the many servers that only write a text.

What a report says is believed only when it names a delivery: that is not decided here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.parser import HeaderParser
from typing import TYPE_CHECKING

from veille.delivery.mailbox import aws
from veille.delivery.mailbox.bounds import Part, content, field, sender
from veille.model.letter import LetterKind, Refusal
from veille.model.text import fold, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_TROUBLE = re.compile(r"(?<![\d.])([45]\.\d{1,3}\.\d{1,3})(?![\d.])")
_REPLY = re.compile(r"(?<![\d.@:-])([45]\d\d)(?=[ -][A-Za-z(<#]|[ -][45]\.\d)")
_ADDRESS = re.compile(r"[^\s<>()\[\]:;,\"']+@[^\s<>()\[\]:;,\"']+\.[a-z]{2,}", re.IGNORECASE)
_DAEMONS = (
    "mailer-daemon",
    "postmaster",
    "post_master",
    "mail delivery system",
    "mail delivery subsystem",
)
_UNDELIVERED = re.compile(
    r"(undeliver|delivery (status )?(notification|failure|report)|delivery failed|failure notice|"
    r"mail failure|returned mail|mail delivery failed|non remis|echec de (la )?remise|"
    r"warning: (message|could not send)|nondeliverable)"
)
_LATER = re.compile(
    r"(\bdelay|\bwarning|will (be )?retr|still trying|no action is required|temporar)"
)
# Where the text of a server ends and what it quotes of our mail begins.
_ORIGINAL = re.compile(
    r"(?im)^\W*(this is a copy of (the|your) message|original message( follows)?|message header follow|"
    r"below this line is a copy|(---+ )?(the )?(header of the )?original message|return-path:|received: )"
)
_LONGEST = 60_000  # characters of a text that are looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report. ``original`` is what it quotes of our mail, as far as it names it."""

    kind: LetterKind
    refusals: tuple[Refusal, ...] = ()
    envelope_id: str = ""
    original: str = ""


def read(letter: Part) -> Report | None:
    """What a report says; None for what is none."""
    kinds = {part.get_content_type() for part in letter.walk()}
    original = _original(letter)
    if "message/feedback-report" in kinds:
        return Report(kind=LetterKind.COMPLAINT, original=original)
    blocks = [block for part in letter.walk() if _is_status(part) for block in _blocks(part)]
    refusals = tuple(_refusal(block) for block in blocks if block.get("Final-Recipient"))
    if refusals:
        envelope = next((str(b["Original-Envelope-Id"]) for b in blocks if _is_named(b)), "")
        return Report(
            kind=_kind(refusals), refusals=refusals, envelope_id=envelope.strip(),
            original=original,
        )  # fmt: skip
    if kinds & {"message/disposition-notification", "message/delivery-receipt"}:
        return Report(kind=LetterKind.RECEIPT, original=original)
    if (notice := aws.read(letter)) is not None:
        kind = _kind(notice.refusals) if notice.refusals else notice.kind
        return Report(kind=kind, refusals=notice.refusals, original=notice.original)
    if _is_told_in_words(letter):
        refusals = _pasted(letter) or _in_words(letter)
        return Report(kind=_kind(refusals), refusals=refusals, original=original)
    return None


def is_daemon(letter: Part) -> bool:
    """Whether the sender is a mail server."""
    written = fold(" ".join(sender(letter)))
    return any(daemon in written for daemon in _DAEMONS)


def _is_status(part: Part) -> bool:
    return part.get_content_type() in (
        "message/delivery-status",
        "message/global-delivery-status",
    )


def _is_named(block: Part) -> bool:
    return block.get("Original-Envelope-Id") is not None


def _blocks(part: Part) -> Iterator[Part]:
    """The groups of fields of a status: the message's first, then one a recipient."""
    payload = part.get_payload()
    if isinstance(payload, list):
        text = "\n\n".join(str(block) for block in payload)
    else:
        text = content(part)
    for block in re.split(r"\n[ \t]*\n+", text[:_LONGEST]):
        if block.strip():
            yield HeaderParser().parsestr(block.strip("\n"))


def _refusal(block: Part) -> Refusal:
    said = one_line(str(block.get("Diagnostic-Code", "")), 300)
    status = _STATUS.search(str(block.get("Status", "")))
    recipient = str(block.get("Final-Recipient", "")).partition(";")[2]
    return Refusal(
        recipient=one_line(recipient.strip("<> \t"), 320) or None,
        action=one_line(str(block.get("Action", "failed")), 40).lower().split(" ")[0] or "failed",
        status=status[1] if status else "5.0.0",
        said=said,
    )


def _kind(refusals: tuple[Refusal, ...]) -> LetterKind:
    if any(one.is_permanent for one in refusals):
        return LetterKind.FAILURE
    if any(one.action in ("failed", "delayed") for one in refusals):
        return LetterKind.DELAY
    return LetterKind.RECEIPT


def _is_told_in_words(letter: Part) -> bool:
    """Whether a server tells in words alone that our mail did not arrive."""
    if letter.get("X-Failed-Recipients") is not None:
        return True
    told = _UNDELIVERED.match(fold(field(letter, "Subject"))) is not None
    if "auto-replied" in field(letter, "Auto-Submitted").lower():
        return told and is_daemon(letter)
    return told or is_daemon(letter)


def _in_words(letter: Part) -> tuple[Refusal, ...]:
    text = _server_text(letter)
    status = _TROUBLE.search(text)
    reply = _REPLY.search(text)
    subject = fold(field(letter, "Subject"))
    if status:
        code = status[1]
    elif reply:
        code = f"{reply[1][0]}.0.0"
    else:
        code = "4.0.0" if _LATER.search(f"{subject} {fold(text[:2_000])}") else "5.0.0"
    action = "delayed" if _LATER.search(subject) else "failed"
    named = [one.strip() for one in field(letter, "X-Failed-Recipients").split(",") if one.strip()]
    found: list[str | None] = [*(named or _ADDRESS.findall(text)[:1])]
    said = one_line(status.string[status.start() :], 300) if status else ""
    return tuple(
        Refusal(recipient=one, action=action, status=code, said=said) for one in found or [None]
    )


def _pasted(letter: Part) -> tuple[Refusal, ...]:
    """The groups of a status that some gateway turned into plain text."""
    texts = (content(part) for part in letter.walk() if part.get_content_type() == "text/plain")
    blocks = re.split(r"\n[ \t]*\n+", next(texts, "")[:_LONGEST])
    groups = (b.strip("\n") for b in blocks if b.lstrip().startswith("Final-Recipient:"))
    return tuple(_refusal(HeaderParser().parsestr(group)) for group in groups)


def _server_text(letter: Part) -> str:
    for part in letter.walk():
        if part.get_content_type() == "text/plain":
            text = content(part)[:_LONGEST]
            quoted = _ORIGINAL.search(text)
            return text[: quoted.start()] if quoted and quoted.start() > 0 else text
    return ""


def _original(letter: Part) -> str:
    """The Message-IDs that a report quotes, whatever way it quotes our mail."""
    found: list[str] = []
    for part in letter.walk():
        if part is not letter and part.get("Message-ID"):
            found.append(str(part["Message-ID"]))
        elif part.get_content_type() in (
            "text/rfc822-headers",
            "text/plain",
            "message/rfc822-headers",
        ):
            text = content(part)[:_LONGEST]
            found += re.findall(r"(?im)^\W*message-id:\s*(<[^>\s]{1,300}>)", text)
    return " ".join(found)
