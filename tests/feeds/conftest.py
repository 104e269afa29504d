"""A scripted HTTP server on loopback, and short ways to make the values feeds are made of."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
import trustme

from veille.model.fetched import Entry, Fetched, Parsed
from veille.model.source import Source, Validators
from veille.model.states import Identity, SourceState

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as the server saw it."""

    target: str
    headers: dict[str, str]
    at: float
    together: int  # how many were being answered when it came


@dataclass(slots=True)
class Answer:
    """What to send: ``pieces`` one by one, ``pause`` seconds before each but the first.

    ``hold`` keeps the connection open afterwards; ``reset`` ends it with a TCP reset.
    """

    pieces: list[bytes]
    pause: float = 0.0
    hold: float = 0.0
    reset: bool = False


def http(
    body: bytes = b"", status: str = "200 OK", *, length: int | None = None, **headers: str
) -> bytes:
    """A whole answer as bytes. Header names are given with underscores."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


Script = Callable[[Asked], Answer | bytes]


@dataclass
class Server:
    """Answers each path by its script; unknown paths get 404. One thread a connection.

    A ``deaf`` one does not close when it is told to. ``closed`` counts the connections that ended.
    """

    host: str = "127.0.0.1"
    scripts: dict[str, Script] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    deaf: bool = False

    def __post_init__(self) -> None:
        self._listener = socket.create_server((self.host, 0), backlog=256)
        self.port = int(self._listener.getsockname()[1])
        self._lock = threading.Lock()
        self._together = 0
        self.connections = 0
        self.closed = threading.Semaphore(0)
        self._stopped = threading.Event()
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def on(self, path: str, answer: Script | Answer | bytes) -> str:
        """Script a path; gives its address back."""
        self.scripts[path] = answer if callable(answer) else lambda _: answer
        return self.url + path

    def stop(self) -> None:
        self._stopped.set()
        self._listener.close()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            stream = connection.makefile("rb")
            with contextlib.suppress(OSError):
                while not self._stopped.is_set():
                    asked = self._read(stream)
                    if asked is None or not self._reply(connection, asked):
                        break
        self.closed.release()

    def _read(self, stream: Any) -> Asked | None:
        line = stream.readline().decode("latin-1").split()
        if len(line) < 2:
            return None
        headers: dict[str, str] = {}
        while (header := stream.readline().decode("latin-1").strip()) != "":
            name, _, value = header.partition(":")
            headers[name.lower()] = value.strip()
        with self._lock:
            self._together += 1
            asked = Asked(line[1], headers, time.monotonic(), self._together)
            self.asked.append(asked)
        return asked

    def _reply(self, connection: socket.socket, asked: Asked) -> bool:
        try:
            path = asked.target.partition("?")[0]
            script = self.scripts.get(path, lambda _: http(status="404 Not Found"))
            answer = script(asked)
            if isinstance(answer, bytes):
                answer = Answer([answer])
            for place, piece in enumerate(answer.pieces):
                if place and self._stopped.wait(answer.pause):
                    return False
                connection.sendall(piece)
            if answer.hold:
                self._stopped.wait(answer.hold)
            if answer.reset:
                linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                return False
            complete = answer.pieces[0].startswith(b"HTTP/1.1") and not answer.hold
            return complete and (self.deaf or asked.headers.get("connection") != "close")
        finally:
            with self._lock:
                self._together -= 1


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.stop()


@pytest.fixture
def other_server() -> Iterator[Server]:
    """A second host: 127.0.0.2."""
    running = Server("127.0.0.2")
    yield running
    running.stop()


@pytest.fixture
def source() -> Source:
    return Source(
        id=7,
        url="https://musee.example/feed.xml",
        key="musee.example/feed.xml",
        title="Le musée",
        titled=False,
        site="https://musee.example/",
        categories=("Musées",),
        tags=(),
        state=SourceState.ACTIVE,
        identity=Identity.GUID,
        added=datetime(2026, 1, 1, tzinfo=UTC),
        validators=Validators(),
        body_hash=None,
        last_fetch=None,
        last_success=None,
        next_fetch=None,
        errors=0,
        last_error=None,
    )


@pytest.fixture
def known_source(source: Source) -> Source:
    """The source after a first successful visit, an hour ago."""
    an_hour_ago = NOW.replace(hour=11)
    return replace(source, last_fetch=an_hour_ago, last_success=an_hour_ago)


def entry(number: int = 1, **changes: Any) -> Entry:
    """An entry that is complete but for what a test says."""
    plain = Entry(
        guid=f"g{number}",
        link=f"https://musee.example/{number}",
        title=f"Titre {number}",
        published=datetime(2026, 11, 1, number % 24, tzinfo=UTC),
        content=f"<p>Contenu {number}</p>",
        text=f"Contenu {number}",
    )
    return replace(plain, **changes)


def parsed(*entries: Entry, **changes: Any) -> Parsed:
    plain = Parsed(title="Le musée", site="https://musee.example/", language="fr", entries=entries)
    return replace(plain, **changes)


def fetched(
    body: bytes | str = b"",
    content_type: str = "application/rss+xml",
    url: str = "https://musee.example/feed.xml",
    **headers: str,
) -> Fetched:
    data = body.encode() if isinstance(body, str) else body
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Fetched(url=url, status=200, headers={"content-type": content_type, **named}, body=data)


@pytest.fixture
def make() -> Any:
    """The three makers above, for tests that import nothing from here."""

    class Make:
        entry = staticmethod(entry)
        parsed = staticmethod(parsed)
        fetched = staticmethod(fetched)
        http = staticmethod(http)
        answer = Answer
        now = NOW

    return Make


@pytest.fixture
def tls_server() -> Iterator[int]:
    """The port of a TLS server whose certificate was signed by an authority nobody trusts."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
                with context.wrap_socket(connection, server_side=True):
                    pass
            except ssl.SSLError:
                continue
            except OSError:
                return

    threading.Thread(target=serve, daemon=True).start()
    yield int(listener.getsockname()[1])
    listener.close()


@dataclass(frozen=True, slots=True)
class Site:
    """A server that speaks TLS: its port, and a file with the authority that signed for it."""

    port: int
    authority: str


@pytest.fixture
def tls_site(tmp_path: Any) -> Iterator[Callable[..., Site]]:
    """Opens TLS servers that answer everything with their name and what they were asked."""
    listeners = []

    def open_site(name: str = "musee.example", **certificate: Any) -> Site:
        authority = trustme.CA()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(name, **certificate).configure_cert(context)
        authority.cert_pem.write_to_path(str(tmp_path / f"{name}.pem"))
        listeners.append(socket.create_server(("127.0.0.1", 0)))
        threading.Thread(target=_serve_tls, args=(listeners[-1], context), daemon=True).start()
        return Site(listeners[-1].getsockname()[1], str(tmp_path / f"{name}.pem"))

    yield open_site
    for listener in listeners:
        listener.close()


def _serve_tls(listener: socket.socket, context: ssl.SSLContext) -> None:
    names = []
    context.sni_callback = lambda _, name, __: names.append(name)
    while True:
        try:
            connection, _ = listener.accept()
            with context.wrap_socket(connection, server_side=True) as secure:
                asked = secure.recv(65_536)
                secure.sendall(http(f"{names[-1]}\n".encode() + asked))
        except (ssl.SSLError, ConnectionError):
            continue
        except OSError:
            return
