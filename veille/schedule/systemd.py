"""What systemd wants to hear of a service (sd_notify(3)): a datagram, no library."""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Supervisor:
    """The service manager of this process, if it has one; without one, nothing is said."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        address = environ.get("NOTIFY_SOCKET", "")
        # A name that begins with @ lives in the kernel alone ("abstract").
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self.watches = bool(environ.get("WATCHDOG_USEC"))

    def ready(self, status: str) -> None:
        """The start is over."""
        self._say(f"READY=1\nSTATUS={status}")

    def alive(self, status: str) -> None:
        """All is well; without this the watchdog starts the service again."""
        self._say(f"WATCHDOG=1\nSTATUS={status}")

    def reloading(self, microseconds: int) -> None:
        """The settings are read again; :meth:`ready` ends that."""
        self._say(f"RELOADING=1\nMONOTONIC_USEC={microseconds}")

    def stopping(self) -> None:
        """The end has begun."""
        self._say("STOPPING=1")

    def _say(self, words: str) -> None:
        if not self._address:
            return
        # A manager that went away must not end the watch.
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            line.connect(self._address)
            line.sendall(words.encode())
