"""Header fields as raw ASCII text, folded by us.

The standard library's own folding writes encoded-words of 77 characters, encodes long URLs in
List-Unsubscribe (E10, E13) and, in some versions, splits a display name at its comma
(python/cpython#121284). So each value is made here in its final form, and :class:`RawPolicy` writes
it as it is.
"""

from __future__ import annotations

import re
from email.header import Header
from email.policy import EmailPolicy
from email.utils import quote
from functools import lru_cache

from veille.errors import Refused

_CRLF = "\r\n"
_SHORT = 60  # characters that fit on a header's line of 78 beside its name
# RFC 5322 section 3.2.3, dot-atom-text; no quoted local parts, no address literals.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_ADDRESS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_ATOM}(?:\.{_ATOM})*")
_PLAIN_PHRASE = re.compile(rf"{_ATOM}(?: {_ATOM})*")
_INJECTION = re.compile("\r\n(?![ \t])|\r(?!\n)|(?<!\r)\n|[^\x20-\x7e\r\n\t]")


class RawPolicy(EmailPolicy):
    """A policy that writes our fields as given, and only those of the MIME parts by itself."""

    def header_store_parse(self, name: str, value: str) -> tuple[str, str]:
        """Keeps ``value`` as it is. Raises ValueError when it could begin another field (M7)."""
        if name.lower().startswith(("content-", "mime-")):
            return super().header_store_parse(name, value)
        if _INJECTION.search(value):
            raise ValueError(
                f"the header {name} holds a line break or a character that is not ASCII"
            )
        return name, value

    def fold(self, name: str, value: str) -> str:
        """The field as text."""
        return f"{name}: {value}{_CRLF}" if type(value) is str else super().fold(name, value)

    def fold_binary(self, name: str, value: str) -> bytes:
        """The field as bytes."""
        return self.fold(name, value).encode("ascii")


def unstructured(name: str, text: str) -> str:
    """``text`` as the value of the field ``name``: as it is when short and plain, else in RFC 2047
    words of at most 75 characters."""
    if text.isascii() and len(text) <= _SHORT and "=?" not in text:
        return text
    return _encoded(name, text)


def mailbox(name: str, display: str | None, address: str) -> str:
    """One mailbox as the value of the field ``name``; ``display`` may hold commas and accents."""
    spec = f"<{ascii_address(address)}>"
    if not display:
        return spec[1:-1]
    phrase = _phrase(name, display)
    last = phrase.rpartition(_CRLF)[2]
    # The field's name stands before the first line only; counting it always is on the safe side.
    gap = " " if len(name) + 2 + len(last) + 1 + len(spec) <= 76 else f"{_CRLF} "
    return f"{phrase}{gap}{spec}"


def list_id(title: str, label: str) -> str:
    """The value of List-Id: phrase and identifier (RFC 2919 section 3)."""
    phrase = _phrase("List-Id", title)
    return f"{phrase}{_CRLF} <{label}>" if len(phrase) + len(label) > 64 else f"{phrase} <{label}>"


@lru_cache(maxsize=256)  # asked for the header and the envelope, and for our own in each mail
def ascii_address(address: str) -> str:
    """``address`` with its domain in ASCII. Raises Refused when it cannot be written so (M10)."""
    local, _, domain = address.strip().rpartition("@")
    try:
        candidate = f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        candidate = ""
    if not _ADDRESS.fullmatch(candidate):
        raise Refused(
            f"the address {address!r} cannot be used in a mail: it needs a plain name before the @ "
            "and a domain after it; correct it with 'veille subscriber' or in veille.toml"
        )
    return candidate


def _phrase(name: str, text: str) -> str:
    """``text`` as a phrase (RFC 5322 section 3.2.5): plain, quoted, or in encoded-words."""
    if not text.isascii() or len(text) > _SHORT or "=?" in text:
        return _encoded(name, text)
    return text if _PLAIN_PHRASE.fullmatch(text) else f'"{quote(text)}"'


def _encoded(name: str, text: str) -> str:
    return Header(text, "utf-8", maxlinelen=76, header_name=name).encode(linesep=_CRLF)
