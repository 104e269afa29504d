"""Signatures that say a mail came from our domain unchanged (DKIM, RFC 6376).

Written here rather than taken from dkimpy, which needs thirty times longer for a mail; dkimpy
verifies ours in the tests. The text that is signed is a function of the message, and the time
given is that of its Date, so a mail tried again is the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from veille.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

# E23; RFC 8058 section 4 asks for both List-Unsubscribe fields. A field named although it is not
# there, or once more than it is there, cannot be added by somebody else (RFC 6376 section 5.4).
SIGNED = (
    "From", "From", "To", "Date", "Subject", "Message-ID", "MIME-Version", "Content-Type",
    "Reply-To", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post", "Auto-Submitted",
)  # fmt: skip
_FIELD = re.compile(rb"([!-9;-~]+):((?:[^\r]|\r\n[ \t])*)\r\n")
_SPACES = re.compile(rb"[ \t]{2,}|\t")  # a single blank is its own canonical form
_LINE_LENGTH = 72


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """The key of a domain, ready to sign: RSA with SHA-256."""

    domain: str
    selector: str
    make: Callable[[bytes], bytes]

    @classmethod
    def of_file(cls, path: Path, *, selector: str, domain: str) -> Signature:
        """The private key in a PEM file. Raises UsageError; nothing of the file is told."""
        make = _signer(_private_key(path), path)
        return cls(domain=domain, selector=selector, make=make)

    def sign(self, message: bytes, at: datetime) -> bytes:
        """The message with its DKIM-Signature in front."""
        head, _, body = message.partition(b"\r\n\r\n")
        body_hash = base64.b64encode(hashlib.sha256(relaxed_body(body)).digest()).decode()
        names = ":".join(SIGNED)
        value = (
            f"v=1; a=rsa-sha256; c=relaxed/relaxed; d={self.domain};\r\n"
            f" s={self.selector}; t={int(at.timestamp())};\r\n"
            f" h={_folded(names, ':')};\r\n"
            f" bh={body_hash};\r\n b="
        )
        fields = _chosen(head + b"\r\n")
        fields.append(relaxed_field(b"DKIM-Signature", value.encode("ascii")))
        proof = base64.b64encode(self.make(b"\r\n".join(fields))).decode("ascii")
        chunks = (proof[i : i + _LINE_LENGTH] for i in range(0, len(proof), _LINE_LENGTH))
        return (
            f"DKIM-Signature: {value}{(chr(13) + chr(10) + ' ').join(chunks)}\r\n".encode("ascii")
            + message
        )


def published_key(path: Path) -> str:
    """The public half of the private key in a file, as its TXT record has it after ``p=``.

    Raises UsageError as :meth:`Signature.of_file` does.
    """
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    public = _private_key(path).public_key()
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode("ascii")


def _private_key(path: Path) -> Any:
    """The key in a PEM file; raises UsageError, and nothing of the file is told."""
    try:
        from cryptography.hazmat.primitives.serialization import load_pem_private_key
    except ModuleNotFoundError:
        raise UsageError(
            "mail.dkim_key_file needs the extra dkim: pip install 'veille[dkim]'"
        ) from None
    try:
        return load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise UsageError(f"mail.dkim_key_file {path} cannot be read: {error.strerror}") from None
    except (ValueError, TypeError):
        raise UsageError(
            f"mail.dkim_key_file {path} holds no private key that can be used: "
            "'openssl genrsa 2048' makes one"
        ) from None


def relaxed_field(name: bytes, value: bytes) -> bytes:
    """A header field without its line end (RFC 6376 section 3.4.2)."""
    unfolded = _SPACES.sub(b" ", value.replace(b"\r\n", b""))
    return name.lower() + b":" + unfolded.strip(b" ")


def relaxed_body(body: bytes) -> bytes:
    """A body whose white space counts little (RFC 6376 section 3.4.4)."""
    squeezed = _SPACES.sub(b" ", body).replace(b" \r\n", b"\r\n").rstrip(b"\r\n ")
    return squeezed + b"\r\n" if squeezed else b""


def _chosen(head: bytes) -> list[bytes]:
    """The fields to sign: of several with one name, the last comes first (section 5.4.2)."""
    there: dict[str, list[bytes]] = {}
    for name, value in _FIELD.findall(head):
        there.setdefault(name.decode("ascii").lower(), []).append(relaxed_field(name, value))
    found = (there.get(name.lower(), []) for name in SIGNED)
    return [fields.pop() for fields in found if fields]


def _folded(text: str, mark: str) -> str:
    """``text`` in lines that fit, broken after a mark."""
    lines = [""]
    for word in text.split(mark):
        if len(lines[-1]) + len(word) > _LINE_LENGTH:
            lines.append("")
        lines[-1] += word + mark
    return "\r\n ".join(lines).removesuffix(mark)


def _signer(key: Any, path: Path) -> Callable[[bytes], bytes]:
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.hashes import SHA256

    if not isinstance(key, RSAPrivateKey):  # RFC 8301: what every verifier knows
        raise UsageError(
            f"mail.dkim_key_file {path} is no RSA key: 'openssl genrsa 2048' makes one"
        )
    return lambda data: key.sign(data, PKCS1v15(), SHA256())
