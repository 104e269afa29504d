"""What the fields say: E05 to E23."""

from __future__ import annotations

import re
from email.utils import getaddresses, parsedate_to_datetime
from typing import TYPE_CHECKING

from veille.delivery.audit.findings import Finding, error, warning
from veille.delivery.audit.raw import decoded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from veille.delivery.audit.raw import Part

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+"
_MESSAGE_ID = re.compile(rf"<{_ATOM}@{_ATOM}>")
_LIST_ID = re.compile(r".*<[a-z0-9.-]+>", re.IGNORECASE | re.DOTALL)
_PLACEHOLDER = re.compile(r"\{\{|\}\}|\bTK\b|\bTODO\b|\bFIXME\b")
_NO_REPLY = re.compile(r"^(no|do|ne)[._-]?(not)?[._-]?(reply|repond)", re.IGNORECASE)
_TELLS = ("X-Mailer", "User-Agent", "X-PHP-Originating-Script", "X-Originating-IP")
_SIGNED = (
    "from", "to", "date", "subject", "message-id", "mime-version", "content-type", "list-id",
    "list-unsubscribe", "list-unsubscribe-post",
)  # fmt: skip


def check(mail: Part) -> Iterator[Finding]:
    """All fields."""
    yield from _people(mail)
    yield from _identity(mail)
    yield from _subject(mail)
    yield from _list(mail)
    yield from _leaving(mail)
    yield from _automatic(mail)
    yield from _signature(mail)


def _people(mail: Part) -> Iterator[Finding]:
    if len(getaddresses(mail.values("From"))) != 1:
        yield error("E06", "From is not one mailbox", "RFC 5322 section 3.6.2")
    if len(getaddresses(mail.values("To"))) != 1 or mail.values("Cc"):
        yield warning("E07", "the mail names more than its one reader", "privacy of readers")
    if mail.values("Bcc"):
        yield error("E07", "Bcc is in the mail: everybody can read it", "RFC 5322 section 3.6.3")
    answers = mail.value("Reply-To") or mail.value("From")
    if any(_NO_REPLY.match(address) for _, address in getaddresses([answers])):
        yield warning("E08", "nobody reads the answers", "courtesy to readers")


def _identity(mail: Part) -> Iterator[Finding]:
    date = mail.value("Date")
    try:
        right = parsedate_to_datetime(date).tzinfo is not None
    except (ValueError, TypeError, OverflowError):
        right = False
    if date and not (right and re.search(r"[+-]\d{4}( \([^)]*\))?$", date)):
        yield error("E05", "Date has no numeric offset, or is no date", "RFC 5322 section 3.3")
    name = mail.value("Message-ID")
    if name and not _MESSAGE_ID.fullmatch(name):
        yield error("E09", "Message-ID is not <name@domain>", "RFC 5322 section 3.6.4")
    domain = name.rpartition("@")[2].rstrip(">").lower()
    if domain in ("localhost", "localhost.localdomain") or domain.endswith((".local", ".lan")):
        yield warning("E20", "Message-ID names the machine", "RFC 5322 section 3.6.4")
    for told in _TELLS:
        if mail.values(told):
            yield warning("E20", f"{told} tells which software, or machine, wrote it", "privacy")


def _subject(mail: Part) -> Iterator[Finding]:
    subject = decoded(mail.value("Subject"))
    if _PLACEHOLDER.search(subject):
        yield error("E11", "the subject holds a placeholder", "what was meant to be replaced")
    if mail.values("Subject") and not 10 <= len(subject) <= 78:
        told = f"the subject has {len(subject)} characters, not 10 to 78"
        yield warning("E11", told, "phones cut it")


def _list(mail: Part) -> Iterator[Finding]:
    identity = mail.value("List-Id")
    if not identity:
        yield warning("E12", "there is no List-Id to sort mails by", "RFC 2919")
    elif not _LIST_ID.fullmatch(identity) or len(identity) > 255:
        yield error("E12", "List-Id is not 'phrase <label.domain>'", "RFC 2919 sections 2 and 3")
    for name in ("List-Help", "List-Owner", "List-Archive", "List-Post"):
        if not mail.values(name):
            yield warning("E17", f"there is no {name}", "RFC 2369 section 3")
    at = mail.value("Archived-At")
    if not at:
        yield warning("E18", "there is no Archived-At", "RFC 5064 section 2")
    elif not re.fullmatch(r"<https?://[!-~]+>", at):
        yield error("E18", "Archived-At is not <address>", "RFC 5064 section 2.2")


def _leaving(mail: Part) -> Iterator[Finding]:
    ways = mail.value("List-Unsubscribe")
    if not ways:
        yield error("E13", "there is no List-Unsubscribe", "RFC 2369 section 3.2, RFC 8058")
        return
    if "=?" in ways or not re.search(r"<(https|mailto):[!-~]+?>", ways):
        told = "List-Unsubscribe holds no <https:…> or <mailto:…> in plain sight"
        yield error("E13", told, "RFC 2369 section 2, RFC 8058 section 3.1")
    if ways.count("<https:") > 1:
        yield error("E13", "List-Unsubscribe has two https addresses", "RFC 8058 section 3.1")
    post = mail.values("List-Unsubscribe-Post")
    if ("<https:" in ways) != bool(post):
        told = "List-Unsubscribe-Post goes with an https address, and only with one"
        yield error("E14", told, "RFC 8058 sections 3.1 and 5")
    if post and post != ["List-Unsubscribe=One-Click"]:
        yield error("E14", "List-Unsubscribe-Post has another value", "RFC 8058 section 5")
    readers = [address for _, address in getaddresses(mail.values("To")) if address]
    if any(address in ways for address in readers):
        yield warning(
            "E15", "the reader's address can be read in the link to leave", "RFC 8058 3.1"
        )


def _automatic(mail: Part) -> Iterator[Finding]:
    if mail.value("Auto-Submitted").partition(";")[0].strip() != "auto-generated":
        told = "Auto-Submitted is not auto-generated: absence notes will come back"
        yield warning("E19", told, "RFC 3834 section 5")
    if "all" in mail.value("X-Auto-Response-Suppress").lower().replace(" ", "").split(","):
        yield warning(
            "E19", "X-Auto-Response-Suppress: All stops delivery reports too", "MS-OXCMAIL"
        )


def _signature(mail: Part) -> Iterator[Finding]:
    signature = re.sub(r"\s", "", mail.value("DKIM-Signature"))
    if not signature:
        return
    tags = dict(tag.partition("=")[::2] for tag in signature.split(";"))
    covered = tags.get("h", "").lower().split(":")
    there = {field.name.lower() for field in mail.fields}
    missing = [name for name in _SIGNED if name in there and name not in covered]
    if missing:
        told = f"the signature leaves out {', '.join(missing)}"
        yield error("E23", told, "RFC 6376 section 5.4, RFC 8058 section 4")
    sender = next((address for _, address in getaddresses(mail.values("From"))), "")
    domain = sender.rpartition("@")[2].lower()
    signing = tags.get("d", "").lower()
    if domain != signing and not domain.endswith(f".{signing}"):
        yield error("E23", f"the signature is of {signing}, not of {domain}", "DMARC, RFC 7489 3.1")
