"""smtplib's commands, over a reader that takes nothing but a whole reply for a reply."""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
import time
from typing import TYPE_CHECKING, Any, NoReturn

from veille.model.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_REPLY = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?", re.DOTALL)
_LONGEST_REPLY = 64_000  # bytes of all lines; RFC 5321 section 4.5.3.1.5 asks for 512 a line
_CHUNK = 4096


class Dialogue(smtplib.SMTP):
    """smtplib's commands, over a strict reader of replies with one deadline for each.

    smtplib takes ``250`` without its line end, or a line too long, for an answer; after the dot
    that would turn doubt into certainty.
    """

    _unread: bytes = b""
    _read_from: socket.socket | None = None

    def __init__(self, sock: socket.socket, host: str, hello: str, deadline: float) -> None:
        super().__init__(local_hostname=hello, timeout=deadline)
        self.sock = sock
        self._host = host  # the name smtplib checks the certificate against
        self.deadline = deadline

    def send(self, s: Any) -> None:
        """Write all of ``s``, with a patience of its own."""
        if self.sock is not None:
            self.sock.settimeout(self.deadline)
        super().send(s)

    def ask_all(self, commands: Sequence[str]) -> Iterator[tuple[int, bytes]]:
        """Write several commands in one go (RFC 2920), and read a reply each, as they are asked for."""
        self.send("".join(f"{command}\r\n" for command in commands))
        return (self.getreply() for _ in commands)

    def getreply(self) -> tuple[int, bytes]:
        """One whole reply. Raises SMTPServerDisconnected for anything else."""
        end = time.monotonic() + self.deadline
        texts: list[bytes] = []
        size = 0
        while True:
            line = self._line(end)
            size += len(line)
            found = _REPLY.fullmatch(line.rstrip(b"\r\n"))
            if found is None or size > _LONGEST_REPLY:
                self._lost("it says what is no SMTP reply")
            texts.append((found[3] or b"").strip())
            if found[2] != b"-":
                return int(found[1]), b"\n".join(texts)

    def restless(self) -> bool:
        """Whether the server already said something, or left, before it was asked."""
        if self._unread or self.sock is None:
            return True
        self.sock.settimeout(0)
        try:
            self._unread = self.sock.recv(_CHUNK)
        except (BlockingIOError, ssl.SSLWantReadError):
            return False
        except OSError:
            return True
        return True

    def _line(self, end: float) -> bytes:
        if self._read_from is not self.sock:  # what came in clear before TLS is no reply
            self._read_from, self._unread = self.sock, b""
        while b"\n" not in self._unread:
            if len(self._unread) > _LONGEST_REPLY:
                self._lost("it says what is no SMTP reply")
            self._unread += self._more(end - time.monotonic())
        line, _, self._unread = self._unread.partition(b"\n")
        return line

    def _more(self, patience: float) -> bytes:
        if self.sock is None:
            self._lost("the connection is closed")
        try:
            self.sock.settimeout(max(patience, 0.001))
            data = self.sock.recv(_CHUNK)
        except OSError as error:
            self._lost(f"no answer: {error.strerror or error}")
        if not data:
            self._lost("it closed the connection")
        return data

    def _lost(self, why: str) -> NoReturn:
        self.close()
        raise smtplib.SMTPServerDisconnected(why)


def text(said: bytes) -> str:
    """What a server said, as it may be kept and shown (I1)."""
    return one_line(said.decode("utf-8", "replace"), 300)


def words(error: Exception) -> str:
    """Why a server cannot be spoken with, in a few words."""
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        return f"{error.smtp_code} {text(said if isinstance(said, bytes) else said.encode())}"
    if isinstance(error, socket.gaierror):
        return "its name is not known (smtp.host)"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return one_line(str(error), 300)
