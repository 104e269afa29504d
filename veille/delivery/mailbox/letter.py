"""A letter as a value: what kind it is, which deliveries it names, what its writer said."""

from __future__ import annotations

import hashlib
import re

from veille.delivery.mailbox import prose, report
from veille.delivery.mailbox.bounds import Part, Unreadable, field, open_letter, sender
from veille.model.letter import Letter, LetterKind
from veille.model.text import fold

# A delivery's name, as veille.delivery.message makes it: 160 bits in base 32.
_KEY = r"[a-z2-7]{32}"
_MESSAGE_ID = re.compile(rf"<({_KEY})@[a-z0-9.-]+>", re.IGNORECASE)
_VERP = re.compile(rf"\+({_KEY})@", re.IGNORECASE)
_ARRIVED_AT = ("To", "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To")
_ANSWERS_TO = ("In-Reply-To", "References")
# What machines write into a subject when they say so nowhere else.
_AWAY = re.compile(
    r"(auto(matic|matique)?[ -]?(reply|response|respons|reponse)|reponse automatique|"
    r"autom(atische|atisch) (antwort|antwoord)|respuesta automatica|out of (the )?office|"
    r"absen(t|ce)( du bureau)?\b|abwesenheit|away (until|from)|vacation)"
)
_BULK = ("bulk", "junk", "list", "auto_reply")


def read_letter(data: bytes) -> Letter:
    """Read a letter; whatever it is made of, something comes back and nothing is raised."""
    try:
        letter = open_letter(data)
        return _read(letter, data)
    except Unreadable:
        return Letter(identity=_hash(data), kind=LetterKind.UNREADABLE, sender="", subject="")


def _read(letter: Part, data: bytes) -> Letter:
    told = report.read(letter)
    kind = told.kind if told else LetterKind.PERSONAL
    if told is None and is_automatic(letter):
        kind = LetterKind.AUTOMATIC
    words = prose.own_words(letter) if kind is LetterKind.PERSONAL else ""
    return Letter(
        identity=_identity(letter, data),
        kind=kind,
        sender=sender(letter)[1].casefold(),
        subject=field(letter, "Subject"),
        names=_names(letter, told),
        refusals=told.refusals if told else (),
        text=words,
        links=prose.links(words),
        doubtful="dmarc=fail" in fold(str(letter.get("Authentication-Results", ""))),
    )


def is_automatic(letter: Part) -> bool:
    """Whether a machine wrote it by itself (RFC 3834; Precedence and habits from before it)."""
    submitted = field(letter, "Auto-Submitted").partition(";")[0].strip().lower()
    if submitted not in ("", "no"):
        return True
    if any(letter.get(name) is not None for name in ("X-Autoreply", "X-Autorespond", "List-Id")):
        return True
    if field(letter, "Precedence").lower() in _BULK:
        return True
    if report.is_daemon(letter):
        return True
    return _AWAY.match(fold(field(letter, "Subject"))) is not None


def _names(letter: Part, told: report.Report | None) -> tuple[str, ...]:
    """The deliveries it names: by the address it came to (VERP), by ENVID, by Message-ID."""
    found: list[str] = []
    for name in _ARRIVED_AT:
        for value in letter.get_all(name, [])[:20]:
            found += _VERP.findall(str(value)[:2_000])
    if told:
        found += re.findall(rf"^{_KEY}$", told.envelope_id, re.IGNORECASE)
        found += [match[0] for match in _MESSAGE_ID.finditer(told.original)]
    for name in _ANSWERS_TO:
        found += [match[0] for match in _MESSAGE_ID.finditer(str(letter.get(name, ""))[:4_000])]
    return tuple(dict.fromkeys(one.lower() for one in found))


def _identity(letter: Part, data: bytes) -> str:
    name = str(letter.get("Message-ID", "")).strip()
    return name if 0 < len(name) <= 300 and name.isprintable() else _hash(data)


def _hash(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
