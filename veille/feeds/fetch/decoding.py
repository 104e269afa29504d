"""Bodies decoded in bounded steps: no more is unpacked than may be kept (RFC 9110 section 8.4)."""

from __future__ import annotations

import sys
import zlib
from typing import TYPE_CHECKING, Any

from veille.errors import FailureKind, FetchError

if TYPE_CHECKING:
    from collections.abc import Callable

ACCEPTED = "gzip, br, zstd"  # all that is asked for is decoded here

_GZIP = 31  # wbits: a gzip header, 32 kB of window
_GZIP_MAGIC = b"\x1f\x8b"


class Body:
    """Collects a body chunk by chunk; raises FetchError as soon as it is too large or damaged."""

    def __init__(self, coding: str, max_bytes: int) -> None:
        """``coding`` is the ``Content-Encoding``; raises FetchError for one we did not ask for."""
        self._max = max_bytes
        self._parts: list[bytes] = []
        self._size = 0
        self._began = False
        codings = [
            name for name in coding.lower().replace(" ", "").split(",") if name != "identity"
        ]
        self._inflate = _inflater([name for name in codings if name])

    def add(self, chunk: bytes) -> None:
        """Take the next chunk as it came over the wire."""
        while chunk:
            self._began = True
            part, chunk = self._inflate(chunk, self._max - self._size + 1)
            self._parts.append(part)
            self._size += len(part)
            if self._size > self._max:
                raise FetchError(
                    FailureKind.TOO_LARGE,
                    f"the answer is larger than {self._max} bytes (collect.max_bytes)",
                )

    def whole(self) -> bytes:
        """The decoded body; raises FetchError when the end of a compressed one is missing."""
        if self._began and not self._inflate.finished:
            raise FetchError(FailureKind.TRUNCATED, "the answer stops before its end")
        return b"".join(self._parts)


class _Inflater:
    """One way to decode: ``(chunk, most) -> (decoded, what is left of the chunk)``."""

    finished = True

    def __call__(self, chunk: bytes, most: int) -> tuple[bytes, bytes]:
        return chunk[:most], b""


class _Zlib(_Inflater):
    """gzip, or deflate with or without the zlib header that many servers forget."""

    def __init__(self, wbits: int) -> None:
        self._wbits = wbits
        self._decoder = zlib.decompressobj(wbits)
        self._started = False

    @property
    def finished(self) -> bool:  # type: ignore[override]
        return self._decoder.eof

    def __call__(self, chunk: bytes, most: int) -> tuple[bytes, bytes]:
        if self._decoder.eof:
            # A gzip body may have several members; anything else after the end is padding.
            if self._wbits != _GZIP or not chunk.startswith(_GZIP_MAGIC):
                return b"", b""
            self._decoder = zlib.decompressobj(self._wbits)
        try:
            part = self._decoder.decompress(chunk, most)
        except zlib.error as error:
            if self._started or self._wbits != zlib.MAX_WBITS:
                raise _damaged() from error
            self._wbits = -zlib.MAX_WBITS
            self._decoder = zlib.decompressobj(self._wbits)
            return self(chunk, most)
        self._started = True
        return part, self._decoder.unconsumed_tail or self._decoder.unused_data


class _Brotli(_Inflater):
    """br (RFC 7932)."""

    def __init__(self) -> None:
        import brotli

        self._decoder: Any = brotli.Decompressor()
        self._error: type[Exception] = brotli.error

    @property
    def finished(self) -> bool:  # type: ignore[override]
        return bool(self._decoder.is_finished())

    def __call__(self, chunk: bytes, most: int) -> tuple[bytes, bytes]:
        if self._decoder.is_finished():
            return b"", b""
        try:
            part = self._decoder.process(chunk, output_buffer_limit=most)
            while len(part) < most and not self._decoder.can_accept_more_data():
                part += self._decoder.process(b"", output_buffer_limit=most - len(part))
        except self._error as error:
            raise _damaged() from error
        return part, b""


class _Zstandard(_Inflater):
    """zstd (RFC 8878), with windows of at most 8 MB (RFC 9659)."""

    _WINDOW = 23  # bits
    _MAGIC = b"\x28\xb5\x2f\xfd"

    def __init__(self) -> None:
        if sys.version_info >= (3, 14):
            from compression import zstd
        else:
            from backports import zstd

        self._zstd: Any = zstd
        self._begin()

    def _begin(self) -> None:
        window = {self._zstd.DecompressionParameter.window_log_max: self._WINDOW}
        self._decoder: Any = self._zstd.ZstdDecompressor(options=window)

    @property
    def finished(self) -> bool:  # type: ignore[override]
        return bool(self._decoder.eof)

    def __call__(self, chunk: bytes, most: int) -> tuple[bytes, bytes]:
        if self._decoder.eof:
            # A body may have several frames; anything else after the end is padding.
            if not chunk.startswith(self._MAGIC):
                return b"", b""
            self._begin()
        try:
            part = self._decoder.decompress(chunk, most)
        except self._zstd.ZstdError as error:
            raise _damaged() from error
        return part, self._decoder.unused_data if self._decoder.eof else b""


def _damaged() -> FetchError:
    return FetchError(FailureKind.DECODING, "the compressed answer is damaged")


def _inflater(codings: list[str]) -> _Inflater:
    makers: dict[str, Callable[[], _Inflater]] = {
        "gzip": lambda: _Zlib(_GZIP),
        "x-gzip": lambda: _Zlib(_GZIP),
        "deflate": lambda: _Zlib(zlib.MAX_WBITS),
        "br": _Brotli,
        "zstd": _Zstandard,
    }
    if not codings:
        return _Inflater()
    if len(codings) > 1 or codings[0] not in makers:
        raise FetchError(
            FailureKind.DECODING, "the answer is in a compression that was not asked for"
        )
    return makers[codings[0]]()
