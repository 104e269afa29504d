"""What passes over the wire: certificates, proxies, several addresses, and headers of all kinds."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veille.errors import FailureKind, FetchError
from veille.feeds.fetch import Fetcher, FetchSettings
from veille.feeds.fetch.answer import Answer
from veille.feeds.fetch.exchange import Exchanges
from veille.feeds.fetch.guard import Blocked, Guard
from veille.model.fetched import Fetched, Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Make = Any


class Names:
    """A resolver: what each name stands for, and which were asked."""

    def __init__(self, **known: list[str]) -> None:
        self.known = {f"{name}.example": addresses for name, addresses in known.items()}
        self.asked: list[str] = []

    def __call__(self, host: str, port: int, **_: Any) -> list[Any]:
        self.asked.append(host)
        return [
            (socket.AF_INET6 if ":" in one else socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port))
            for one in self.known[host]
        ]  # fmt: skip


def fetcher(names: Names, **settings: Any) -> Fetcher:
    settings = {"timeout": 5.0, "allow_private": ("127.0.0.0/8", "::1"), "spacing": 0, **settings}
    return Fetcher(FetchSettings(**settings), look_up=names)


@pytest.fixture
def trusting(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Trusts an authority, and no other."""

    def trust(path: str) -> None:
        monkeypatch.setenv("SSL_CERT_FILE", path)
        monkeypatch.setenv("SSL_CERT_DIR", "/nowhere")

    return trust


def test_a_server_is_asked_by_its_name_at_its_address(
    tls_site: Callable[..., Any], trusting: Callable[[str], None]
) -> None:
    """N10, N14: the name is in the handshake and in the request, whatever address was judged."""
    site = tls_site()
    trusting(site.authority)
    with fetcher(Names(musee=["127.0.0.1"])) as asking:
        found = asking.fetch(Request(url=f"https://musee.example:{site.port}/f"))
    name, request = found.body.decode().split("\n", 1)
    assert name == "musee.example"
    assert f"Host: musee.example:{site.port}\r\n" in request


@pytest.mark.parametrize(
    ("certificate", "trusted", "told"),
    [
        ({"not_after": datetime(2020, 1, 1, tzinfo=UTC), "not_before": datetime(2019, 1, 1, tzinfo=UTC)}, True,
         "the certificate of musee.example has expired"),
        ({"not_before": datetime(2090, 1, 1, tzinfo=UTC), "not_after": datetime(2091, 1, 1, tzinfo=UTC)}, True,
         "the certificate of musee.example is not valid yet"),
        ({"name": "archives.example"}, True, "the certificate of musee.example is for another name"),
        ({}, False, "the certificate of musee.example is signed by nobody this machine trusts"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_certificate_is_said(
    tls_site: Callable[..., Any], trusting: Callable[[str], None],
    certificate: dict[str, Any], trusted: bool, told: str,
) -> None:  # fmt: skip
    """N10."""
    site, other = tls_site(**certificate), tls_site("other.example")
    trusting((site if trusted else other).authority)
    with fetcher(Names(musee=["127.0.0.1"])) as asking, pytest.raises(FetchError) as refusal:
        asking.fetch(Request(url=f"https://musee.example:{site.port}/f"))
    assert (refusal.value.kind, str(refusal.value)) == (FailureKind.TLS, told)


def test_trusted_certificates_that_cannot_be_read_are_said(
    tls_site: Callable[..., Any], trusting: Callable[[str], None], tmp_path: Path
) -> None:
    """N10: a fault of this machine is not laid at the server's door."""
    broken = tmp_path / "broken.pem"
    broken.write_text("no certificate")
    trusting(str(broken))
    with fetcher(Names(musee=["127.0.0.1"])) as asking, pytest.raises(FetchError) as refusal:
        asking.fetch(Request(url=f"https://musee.example:{tls_site().port}/f"))
    assert refusal.value.kind is FailureKind.TLS
    assert "SSL_CERT_FILE" in str(refusal.value)


def test_what_speaks_no_tls_is_said() -> None:
    """N10: a web server without encryption on the port of one with it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

        threading.Thread(target=serve, daemon=True).start()
        with fetcher(Names()) as asking, pytest.raises(FetchError) as refusal:
            asking.fetch(Request(url=f"https://127.0.0.1:{listener.getsockname()[1]}/f"))
    told = "127.0.0.1 and this machine could not agree on an encryption"
    assert (refusal.value.kind, str(refusal.value)) == (FailureKind.TLS, told)


@contextlib.contextmanager
def proxy(port: int) -> Iterator[tuple[int, list[bytes]]]:
    """A proxy that lets everything through to a port; what it was asked."""
    asked: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def pump(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def serve() -> None:
        with contextlib.suppress(OSError):
            client, _ = listener.accept()
            with client, socket.create_connection(("127.0.0.1", port)) as there:
                asked.append(client.recv(65_536))
                client.sendall(b"HTTP/1.1 200 Connection established\r\nVia: 1.1 p\r\n\r\n")
                back = threading.Thread(target=pump, args=(there, client), daemon=True)
                back.start()
                pump(client, there)
                back.join()

    threading.Thread(target=serve, daemon=True).start()
    with listener:
        yield listener.getsockname()[1], asked


def test_a_tunnel_hides_the_request_from_the_proxy_and_its_password_from_the_server(
    tls_site: Callable[..., Any], trusting: Callable[[str], None]
) -> None:
    """N19, N20."""
    site = tls_site()
    trusting(site.authority)
    url = f"https://musee.example:{site.port}/secret"
    with proxy(site.port) as (port, asked):
        environ = {"https_proxy": f"http://p:q@127.0.0.1:{port}"}
        names = Names()
        with fetcher(names, allow_private=False, environ=environ) as asking:
            found = asking.fetch(Request(url=url))
    assert asked[0].startswith(f"CONNECT musee.example:{site.port} HTTP/1.1\r\n".encode())
    assert b"Proxy-Authorization: Basic cDpx\r\n" in asked[0]
    assert b"secret" not in asked[0]
    assert b"GET /secret HTTP/1.1" in found.body
    assert b"proxy" not in found.body.lower()
    assert "via" not in found.headers
    assert names.asked == []  # the proxy knows what names mean


def test_the_next_address_is_tried_when_one_refuses(server: Any, make: Make) -> None:
    """N1: a host with a dead IPv6 is not a dead host."""
    server.on("/f", make.http(b"x"))
    for dead in ("::1", "127.0.0.9"):
        with fetcher(Names(musee=[dead, "127.0.0.1"])) as asking:
            found = asking.fetch(Request(url=f"http://musee.example:{server.port}/f"))
        assert found.body == b"x"


def test_a_name_is_looked_up_once_for_all_that_is_asked_of_it(server: Any, make: Make) -> None:
    server.on("/f", make.http(b"x"))
    names = Names(musee=["127.0.0.1"])
    asked = [Request(url=f"http://musee.example:{server.port}/f?{n}") for n in range(6)]
    with fetcher(names, per_host=3) as asking:
        answers = [answer for _, answer in asking.fetch_all(asked)]
    assert all(isinstance(answer, Fetched) for answer in answers)
    assert names.asked == ["musee.example"]


def test_an_address_is_sent_as_it_is_written(server: Any, make: Make) -> None:
    """Servers tell /a/../b from /b, and %7E from ~."""
    path = "/a/../b/./%7Ecamille"
    server.on(path, make.http(b"x"))
    with fetcher(Names()) as asking:
        asking.fetch(Request(url=f"{server.url}{path}?a=[1]&b=%20;c"))
    assert server.asked[0].target == f"{path}?a=[1]&b=%20;c"


def test_headers_of_all_kinds_are_read(server: Any, make: Make) -> None:
    """N21, RFC 9112 section 5.2: early hints, a value in two lines, one given twice, a trailer."""
    answer = (
        b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\nX-Early: 1\r\n\r\n"
        b"HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\nTrailer: X-Late\r\nX-Long: un\r\n  deux\r\n"
        b"VARY: a\r\nvary: b\r\nSet-Cookie: c=d\r\nX-Empty:\r\nX-Accent: \xe9\r\n\r\n"
        b"3\r\nfin\r\n0\r\nX-Late: 2\r\n\r\n"
    )
    url = server.on("/f", answer)
    with fetcher(Names()) as asking:
        found = asking.fetch(Request(url=url))
    assert found.body == b"fin"
    assert found.headers["x-long"].split() == ["un", "deux"]
    assert found.headers["vary"] == "a, b"
    assert not {"x-early", "x-late", "set-cookie", "x-accent"} & found.headers.keys()


def test_a_proxy_that_wants_a_password_is_named(server: Any, make: Make) -> None:
    """N19: its page is nobody's answer."""
    needed = make.http(
        b"<p>login</p>", "407 Proxy Authentication Required", Proxy_Authenticate="Basic"
    )
    server.scripts["musee.example:443"] = lambda _: needed
    environ = {"https_proxy": server.url}
    with fetcher(Names(), environ=environ) as asking, pytest.raises(FetchError) as refusal:
        asking.fetch(Request(url="https://musee.example/f"))
    assert refusal.value.kind is FailureKind.NETWORK
    assert str(refusal.value) == "the proxy refused to connect to musee.example"


@given(
    lines=st.lists(
        st.one_of(
            st.binary(max_size=40),
            st.sampled_from(
                [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 302\r\n", b"HTTP/1.1\r\n", b"\r\n", b" \t\r\n", b"Location: x\r\n",
                 b"Content-Encoding: gzip\r\n", b"Content-Length: 0\r\n", b"A: \xff\r\n", b"  more\r\n"]
            ),
        ),
        max_size=12,
    ),
    tunnel=st.booleans(),
)  # fmt: skip
def test_any_lines_leave_an_answer_that_can_be_judged(lines: list[bytes], tunnel: bool) -> None:
    """N21: nothing that a server sends raises in the library's callbacks."""
    answer = Answer(lambda status: status == 200, 1_000, tunnel=tunnel)
    for line in lines:
        if answer.header(line) is not None:
            break
    assert answer.failure is None or isinstance(answer.failure, FetchError)
    assert all(value.isascii() for value in answer.headers.values())
    assert answer.started == bool(answer.status) or answer.failure


class TurnedGuard(Guard):
    """Leaves a number of addresses open, then closes all."""

    left = 1

    def judge(self, address: str) -> None:
        self.left -= 1
        if self.left < 0:
            raise Blocked(f"{address} is closed by now")


def test_what_is_dialled_is_judged_once_more(server: Any, make: Make) -> None:
    """N14: whatever was resolved before."""
    server.on("/f", make.http(b"x"))

    async def ask() -> Fetched:
        names = Names(musee=["127.0.0.1"])
        exchanges = Exchanges(FetchSettings(), TurnedGuard(True), names, lambda _: 0.0)
        request = Request(url=f"http://musee.example:{server.port}/f")
        try:
            return await exchanges.ask(request, last=True, only=True)
        finally:
            await exchanges.close()

    with pytest.raises(FetchError) as refusal:
        asyncio.run(ask())
    assert refusal.value.kind is FailureKind.BLOCKED
    assert server.connections == 0
