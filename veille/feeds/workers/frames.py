"""Messages between a worker and its master: a length in eight bytes, then as many bytes."""

from __future__ import annotations

import struct
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket

_LENGTH = struct.Struct("!Q")


def send(channel: socket.socket, *parts: bytes) -> None:
    """Send one message. Raises OSError when the other side is gone."""
    channel.sendall(_LENGTH.pack(sum(map(len, parts))))
    for part in parts:
        channel.sendall(part)


def receive(channel: socket.socket, *, limit: int, deadline: float | None = None) -> bytearray:
    """The next message. Raises EOFError when the other side is gone, ValueError when it is longer
    than ``limit``, TimeoutError when ``deadline`` (monotonic) passes.
    """
    (length,) = _LENGTH.unpack(_exactly(channel, _LENGTH.size, deadline))
    if length > limit:
        raise ValueError(f"a message of {length} bytes: at most {limit} are read")
    return _exactly(channel, length, deadline)


def _exactly(channel: socket.socket, length: int, deadline: float | None) -> bytearray:
    data = bytearray(length)
    view = memoryview(data)
    while view:
        if deadline is not None:
            channel.settimeout(max(deadline - time.monotonic(), 0.001))
        count = channel.recv_into(view)
        if not count:
            raise EOFError("the other side is gone")
        view = view[count:]
    return data
