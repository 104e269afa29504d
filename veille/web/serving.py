"""``veille serve``: the applications of this room under waitress, until somebody says stop.

A stop is graceful: what is being answered is answered to its last byte, within
:data:`GRACE` seconds; who asks meanwhile is told to come back.
"""

from __future__ import annotations

import logging
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

from veille.errors import UsageError, VeilleError
from veille.web.reader.answers import unavailable
from veille.web.reader.request import MAX_BODY
from veille.web.site import Site

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from veille.schedule.journal import Journal
    from veille.schedule.systemd import Supervisor
    from veille.web.reader import Reader

    Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

THREADS = 4
GRACE = 10.0  # seconds
_BEAT = 30.0  # seconds
_IDLE = 60  # seconds of silence after which a connection is closed
_CONNECTIONS = 500  # at once; beyond, who comes waits until one is closed


class Door:
    """An application that can be closed: who asks then is told to come back."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self.closed = False

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        if not self.closed:
            return self._application(environ, start_response)
        answer = unavailable().answer
        start_response(*answer.head())
        return [answer.body]


class Server:
    """A server that listens from its making on; ``port`` is where, also when 0 was asked for."""

    def __init__(self, application: Application, *, listen: str, trusted_proxy: str | None) -> None:
        """Raises :class:`~veille.errors.UsageError` when it cannot listen there, or is not there."""
        try:
            from waitress import create_server
        except ImportError as error:
            raise UsageError(
                "veille serve needs the extra serve: pip install 'veille[serve]'"
            ) from error
        logging.getLogger("waitress").setLevel(logging.ERROR)  # its notes of full queues
        self._door = Door(application)
        self._open: dict[int, Any] = {}  # what is open, by its descriptor
        listening = _listening(listen)
        self.port: int = listening.getsockname()[1]
        proxy = {"trusted_proxy_headers": {"x-forwarded-for"}} if trusted_proxy else {}
        self._waitress = create_server(
            self._door,
            map=self._open,
            sockets=[listening],
            threads=THREADS,
            ident=None,
            max_request_body_size=MAX_BODY + 1,  # so that the answer to more is ours
            channel_timeout=_IDLE,
            connection_limit=_CONNECTIONS,
            asyncore_use_poll=True,  # select() knows descriptors below 1024 only
            clear_untrusted_proxy_headers=True,
            trusted_proxy=trusted_proxy,
            **proxy,
        )
        self._thread = threading.Thread(target=self._waitress.run, name="serve", daemon=True)

    def run(self, stop: threading.Event, beat: Callable[[], None]) -> None:
        """Serve until ``stop`` is set; ``beat`` is called now and then while all is well.

        Raises VeilleError when the server ended by itself.
        """
        self._thread.start()
        try:
            while not stop.wait(_BEAT):
                if not self._thread.is_alive():
                    raise VeilleError("the server ended by itself: start it again, and see its log")
                beat()
            self._door.closed = True
            end = time.monotonic() + GRACE
            while self._busy() and time.monotonic() < end:
                time.sleep(0.02)
        finally:
            self._end()

    def _busy(self) -> bool:
        """Whether an answer is being made, or is not sent to its last byte."""
        channels = list(self._waitress.active_channels.values())
        return any(channel.requests or channel.total_outbufs_len for channel in channels)

    def _end(self) -> None:
        """Close all connections, in the thread that owns them, and with the last one end it."""
        from waitress.wasyncore import close_all

        if self._thread.is_alive():
            self._waitress.trigger.pull_trigger(lambda: close_all(self._open))
            self._thread.join(GRACE)
        self._waitress.task_dispatcher.shutdown(timeout=0)


def place(listen: str) -> tuple[str, int]:
    """The host and the port of ``HOST:PORT``; raises :class:`~veille.errors.UsageError`."""
    host, _, port = listen.rpartition(":")
    host = host.strip("[]")
    if not host or not (port.isascii() and port.isdigit()) or int(port) > 65_535:
        raise UsageError(f"'{listen}' is no HOST:PORT, such as 127.0.0.1:8085")
    return host, int(port)


def _listening(listen: str) -> socket.socket:
    """An open door; raises UsageError when nobody can listen there."""
    host, port = place(listen)
    try:
        return socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET
        )
    except OSError as error:
        raise UsageError(f"nobody can listen at {listen}: {error}: see serve.listen") from error


def serve(
    reader: Reader,
    *,
    listen: str,
    trusted_proxy: str | None,
    journal: Journal,
    supervisor: Supervisor,
    stop: threading.Event,
) -> None:
    """Serve until ``stop``; raises what :class:`Server` does."""
    server = Server(Site(reader), listen=listen, trusted_proxy=trusted_proxy)
    where = f"{listen.rpartition(':')[0]}:{server.port}"
    journal.info("serve", f"for reader apps: http://{where}/; Ctrl-C ends it")
    status = f"serving {where}"
    supervisor.ready(status)
    try:
        server.run(stop, lambda: supervisor.alive(status))
    finally:
        supervisor.stopping()
        reader.lease.close()
    journal.info("serve", "ended: all that was asked was answered")
