"""Whether the sending domain says of itself what mail providers want to hear: SPF, DKIM, DMARC (E24).

Pure but for the door: ``look_up`` gives the text records of a name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from veille.errors import VeilleError
from veille.workflows.findings import Finding, Level

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    LookUp = Callable[[str], Sequence[str]]

_POLICIES = ("none", "quarantine", "reject")


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """What is to be published: the domain of From, that of bounces, and the key that signs.

    ``selector`` is None when veille does not sign; ``key`` is the public half as DNS has it.
    """

    sender: str
    bounces: str
    selector: str | None = None
    signing: str | None = None
    key: str | None = None


def examine(domain: Domain, look_up: LookUp) -> list[Finding]:
    """What is said of the domain, and what is missing; a name that nobody answers for is a finding."""
    found: list[Finding] = []
    for check in (_spf, _dkim, _dmarc):
        try:
            found += check(domain, look_up)
        except VeilleError as error:
            found.append(_said(check.__name__.strip("_"), Level.WARNING, str(error)))
    return found


def _spf(domain: Domain, look_up: LookUp) -> Iterator[Finding]:
    """RFC 7208: one record at the domain that bounces come back to."""
    name = domain.bounces
    records = [text for text in look_up(name) if re.match(r"v=spf1( |$)", text, re.IGNORECASE)]
    if not records:
        yield _said("spf", Level.WRONG, f"{name} has no SPF record: many servers refuse its mails",
                    f"publish at {name} the TXT record that your mail server's operator gives")  # fmt: skip
    elif len(records) > 1:
        yield _said("spf", Level.WRONG, f"{name} has {len(records)} SPF records, so none counts",
                    "join them into one (RFC 7208 section 4.5)")  # fmt: skip
    elif re.search(r"(?:^| )\+?all\b", records[0]):
        yield _said("spf", Level.WRONG, f"the SPF record of {name} lets the whole world send",
                    "end it with -all or ~all")  # fmt: skip
    else:
        yield _said("spf", Level.OK, f"SPF: {name} says who may send")
    if not _aligned(name, domain.sender):
        yield _said("spf", Level.WARNING, f"bounces go to {name}, mails come from {domain.sender}",
                    "DMARC then rests on the signature alone: use one domain for both")  # fmt: skip


def _dkim(domain: Domain, look_up: LookUp) -> Iterator[Finding]:
    """RFC 6376: the key under its selector, and that it is ours."""
    if domain.selector is None or domain.signing is None:
        yield _said("dkim", Level.WARNING, "veille does not sign: your mail server should",
                    "look for DKIM-Signature in a mail that arrived, or set mail.dkim_key_file")  # fmt: skip
        return
    name = f"{domain.selector}._domainkey.{domain.signing}"
    records = [text for text in look_up(name) if "p" in _tags(text)]
    published = re.sub(r"\s", "", _tags(records[0])["p"]) if records else None
    if published is None:
        yield _said("dkim", Level.WRONG, f"{name} publishes no key: signatures cannot be verified",
                    "publish it as docs/sending.md says")  # fmt: skip
    elif not published:
        yield _said("dkim", Level.WRONG, f"{name} has an empty key: it was withdrawn",
                    "publish the new key, or choose another selector")  # fmt: skip
    elif domain.key is not None and published != domain.key:
        yield _said("dkim", Level.WRONG, f"{name} publishes another key than mail.dkim_key_file",
                    "publish the public half of this key: docs/sending.md says how")  # fmt: skip
    else:
        yield _said("dkim", Level.OK, f"DKIM: {name} publishes the key that signs")
    if not _aligned(domain.signing, domain.sender):
        yield _said("dkim", Level.WRONG, f"mails come from {domain.sender}, signed by {domain.signing}",
                    "set mail.dkim_domain to the sender's domain (RFC 7489 section 3.1)")  # fmt: skip


def _dmarc(domain: Domain, look_up: LookUp) -> Iterator[Finding]:
    """RFC 7489: a policy at the domain of From, or at the domain above it."""
    labels = domain.sender.split(".")
    places = [domain.sender] + ([".".join(labels[-2:])] if len(labels) > 2 else [])
    for place in places:
        name = f"_dmarc.{place}"
        records = [text for text in look_up(name) if re.match(r"v=DMARC1\b", text.strip())]
        if not records:
            continue
        policy = _tags(records[0]).get("p", "").strip().lower()
        if len(records) > 1 or policy not in _POLICIES:
            yield _said("dmarc", Level.WRONG, f"{name} is no policy that counts: {records[0][:80]}",
                        "publish one record: v=DMARC1; p=none; rua=mailto:…")  # fmt: skip
        else:
            yield _said("dmarc", Level.OK, f"DMARC: {name} asks for {policy}")
        return
    yield _said("dmarc", Level.WRONG,
                f"{domain.sender} has no DMARC policy: large providers want one",
                f"publish at _dmarc.{domain.sender}: v=DMARC1; p=none")  # fmt: skip


def _tags(record: str) -> dict[str, str]:
    """``v=DKIM1; k=rsa; p=…`` as a table (RFC 6376 section 3.2)."""
    parts = (part.partition("=") for part in record.split(";"))
    return {name.strip().lower(): value.strip() for name, _, value in parts if name.strip()}


def _aligned(one: str, other: str) -> bool:
    """Whether two domains belong together, as relaxed alignment has it (RFC 7489 section 3.1.1)."""
    shorter, longer = sorted((one.lower(), other.lower()), key=len)
    return longer == shorter or longer.endswith(f".{shorter}")


def _said(check: str, level: Level, message: str, remedy: str | None = None) -> Finding:
    return Finding(check=check, level=level, message=message, remedy=remedy)
