"""An answer as it comes in over the wire: its headers, then as much of its body as is wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from veille.errors import FailureKind, FetchError
from veille.feeds.fetch.decoding import Body

if TYPE_CHECKING:
    from collections.abc import Callable

_MAX_LINES = 256
_MAX_HEADERS = 65_536  # bytes
_STOP = -1  # what libcurl is told to end a transfer


class Answer:
    """Collects what libcurl hands over; ``wanted`` says of a status whether its body is read.

    ``headers`` are by lower-case name, repeated ones joined (RFC 9110 section 5.2); what is not ASCII
    is left out, as it could not be stored, nor sent back byte for byte. ``location`` is raw.
    ``failure`` is what made us stop, and ``dropped`` that nobody wants the rest.
    """

    def __init__(self, wanted: Callable[[int], bool], max_bytes: int, *, tunnel: bool) -> None:
        """The first answer through a ``tunnel`` is the proxy's own."""
        self.status = 0
        self.headers: dict[str, str] = {}
        self.location: bytes | None = None
        self.failure: Exception | None = None
        self.dropped = False
        self._wanted = wanted
        self._max_bytes = max_bytes
        self._tunnel = tunnel
        self._body: Body | None = None
        self._lines: list[bytes] = []
        self._size = 0

    @property
    def stopped(self) -> bool:
        """Whether it was us who ended the transfer."""
        return self.dropped or self.failure is not None

    @property
    def started(self) -> bool:
        """Whether all headers have come."""
        return self._body is not None or self.dropped

    def header(self, line: bytes) -> int | None:
        """libcurl's HEADERFUNCTION: a line of the headers, the empty one that ends them included."""
        return self._guarded(self._header, line)

    def chunk(self, data: bytes) -> int | None:
        """libcurl's WRITEFUNCTION: more of the body."""
        return self._guarded(self._chunk, data)

    def whole(self) -> bytes:
        """The decoded body; raises FetchError when the end of a compressed one is missing."""
        return self._body.whole() if self._body else b""

    def _guarded(self, take: Callable[[bytes], None], data: bytes) -> int | None:
        # An exception would be printed by the library, and lost.
        try:
            take(data)
        except Exception as error:
            self.failure = error
        return _STOP if self.stopped else None

    def _header(self, line: bytes) -> None:
        if self.started:
            return  # a trailer
        self._size += len(line)
        if self._size > _MAX_HEADERS or len(self._lines) > _MAX_LINES:
            raise FetchError(FailureKind.NETWORK, "the answer has too many headers")
        if line.strip():
            self._lines.append(line)
        else:
            lines, self._lines = self._lines, []
            self._read(lines)

    def _read(self, lines: list[bytes]) -> None:
        status = _status(lines[0] if lines else b"")
        if self._tunnel:
            self._tunnel = not 200 <= status < 300
        elif status >= 200:  # what is before is provisional (RFC 9110 section 15.2)
            self.status = status
            for header in lines[1:]:
                self._note(header)
            self._begin()

    def _note(self, header: bytes) -> None:
        name, _, value = map(bytes.strip, header.partition(b":"))
        key = name.lower().decode("ascii", "replace")
        if key == "location" and self.location is None:
            self.location = value
        if value.isascii() and key != "set-cookie":
            text = value.decode("ascii")
            self.headers[key] = f"{self.headers[key]}, {text}" if key in self.headers else text

    def _begin(self) -> None:
        if self._wanted(self.status):
            self._body = Body(self.headers.get("content-encoding", ""), self._max_bytes)
        elif self.status == 304 or self.headers.get("content-length") == "0":
            self._body = Body("", 0)  # nothing follows, and the connection can be used again
        else:
            self.dropped = True

    def _chunk(self, data: bytes) -> None:
        if self._body is not None:
            self._body.add(data)


def _status(line: bytes) -> int:
    """The number in ``HTTP/1.1 200 OK``, 0 when there is none."""
    words = line.split(None, 2)
    return int(words[1]) if len(words) > 1 and words[1].isdigit() else 0
