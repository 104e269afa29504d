"""Letters: what comes into the mailbox, and what was made of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class LetterKind(StrEnum):
    """What a letter is, before anybody asks what it is about."""

    FAILURE = "failure"  # a mail did not arrive, and will not (5.x.x)
    DELAY = "delay"  # it did not arrive yet, or this once (4.x.x)
    RECEIPT = "receipt"  # it arrived, was relayed, or read
    COMPLAINT = "complaint"  # somebody called it spam (RFC 5965)
    AUTOMATIC = "automatic"  # written by a machine: vacation, acknowledgement, a list
    PERSONAL = "personal"  # written by a person
    UNREADABLE = "unreadable"  # too deep, or broken beyond reading


class Outcome(StrEnum):
    """What was made of a letter."""

    BOUNCED = "bounced"
    DELAYED = "delayed"
    LEFT = "left"  # a reader does not receive a digest any more
    SUGGESTED = "suggested"
    ASKED = "asked"  # something that a person should look at
    IGNORED = "ignored"
    KNOWN = "known"  # the same letter was judged before, at another place


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What a report says of one recipient: an enhanced status (RFC 3463) and the server's words."""

    recipient: str | None
    action: str  # failed, delayed, delivered, relayed, expanded
    status: str  # 5.1.1
    said: str = ""

    @property
    def is_permanent(self) -> bool:
        """Whether trying again would not help."""
        return self.action == "failed" and not self.status.startswith("4")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A letter, read. ``names`` are the deliveries it may be about: whole Message-IDs, and keys.

    ``text`` are its sender's own words, without what they quote; ``links`` are those among them.
    """

    identity: str  # its Message-ID, or a hash of its bytes
    kind: LetterKind
    sender: str  # address, in lower case; empty when there is none to read
    subject: str
    names: tuple[str, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    text: str = ""
    links: tuple[str, ...] = ()
    doubtful: bool = False  # the receiving server could not confirm the sender (RFC 8601)
