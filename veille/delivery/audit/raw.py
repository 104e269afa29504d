"""A mail taken apart without repairing anything."""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from dataclasses import dataclass
from email.errors import MessageError
from email.header import decode_header, make_header
from functools import cached_property
from typing import NamedTuple

_FIELD = re.compile(rb"^([!-9;-~]+)[ \t]*:((?:[^\n]|\n[ \t])*)(?:\n|\Z)", re.MULTILINE)
_BOUNDARY = re.compile(r'boundary="?([^";\r\n]+)"?', re.IGNORECASE)
_CHARSET = re.compile(r'charset="?([^";\s]+)"?', re.IGNORECASE)


class Field(NamedTuple):
    """A header field: its name as written, its value unfolded."""

    name: str
    value: str


@dataclass(frozen=True)
class Part:
    """A header and what follows it; the whole mail is one."""

    raw: bytes

    @cached_property
    def _cut(self) -> tuple[bytes, bytes]:
        found = re.search(rb"\r?\n\r?\n", self.raw)
        return (self.raw[: found.start()], self.raw[found.end() :]) if found else (self.raw, b"")

    @property
    def head(self) -> bytes:
        """The header, with its line ends."""
        return self._cut[0]

    @property
    def body(self) -> bytes:
        """What follows the empty line, still encoded."""
        return self._cut[1]

    @cached_property
    def fields(self) -> list[Field]:
        """All fields in order."""
        text = self.head.replace(b"\r\n", b"\n")
        return [
            Field(name.decode("ascii"), _unfolded(value)) for name, value in _FIELD.findall(text)
        ]

    def values(self, name: str) -> list[str]:
        """The values of all fields of that name."""
        return [field.value for field in self.fields if field.name.lower() == name.lower()]

    def value(self, name: str) -> str:
        """The first value, or nothing."""
        return next(iter(self.values(name)), "")

    @property
    def kind(self) -> str:
        """The media type, in lower case."""
        return self.value("Content-Type").partition(";")[0].strip().lower() or "text/plain"

    @property
    def charset(self) -> str:
        """The charset that the part declares, nothing when it does not."""
        found = _CHARSET.search(self.value("Content-Type"))
        return found[1].lower() if found else ""

    @property
    def boundary(self) -> str:
        """What separates the parts in it."""
        found = _BOUNDARY.search(self.value("Content-Type"))
        return found[1] if found else ""

    @cached_property
    def parts(self) -> list[Part]:
        """The parts of a multipart, none for anything else."""
        if not self.kind.startswith("multipart/") or not self.boundary:
            return []
        mark = re.escape(b"--" + self.boundary.encode("ascii", "replace"))
        pieces = re.split(rb"(?:\A|\r?\n)" + mark + rb"(?:--)?[ \t]*(?=\r?\n|\Z)", self.body)
        return [Part(piece.lstrip(b"\r\n")) for piece in pieces[1:-1]]

    @cached_property
    def decoded(self) -> bytes | None:
        """The content without its transfer encoding; None when that cannot be undone."""
        encoding = self.value("Content-Transfer-Encoding").strip().lower()
        if encoding == "base64":
            try:
                return base64.b64decode(re.sub(rb"\s", b"", self.body), validate=True)
            except binascii.Error:
                return None
        return quopri.decodestring(self.body) if encoding == "quoted-printable" else self.body

    @cached_property
    def text(self) -> str | None:
        """The content as text; None when the bytes are not what the charset says."""
        try:
            return None if self.decoded is None else self.decoded.decode(self.charset or "ascii")
        except (ValueError, LookupError):
            return None

    def leaves(self) -> list[Part]:
        """All parts that hold no others, in order."""
        if not self.parts:
            return [self]
        return [leaf for part in self.parts for leaf in part.leaves()]

    def leaf(self, kind: str) -> Part | None:
        """The first leaf of a media type."""
        return next((leaf for leaf in self.leaves() if leaf.kind == kind), None)


def read(raw: bytes) -> Part:
    """A mail."""
    return Part(raw)


def decoded(value: str) -> str:
    """A field's value in words; as it is when its encoded-words cannot be read."""
    try:
        return str(make_header(decode_header(value)))
    except (ValueError, LookupError, MessageError):
        return value


def _unfolded(value: bytes) -> str:
    return re.sub(r"\n(?=[ \t])", "", value.decode("utf-8", "replace")).strip(" \t")
