"""``veille serve`` as a service: it listens, says so, ends gracefully, and refuses what it cannot."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.program import veille
from veille.errors import UsageError, VeilleError
from veille.web.serving import Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["veille"]


def ask(
    port: int, path: str, *, method: str = "GET", body: str | None = None, **fields: str
) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(method, path, body, fields)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer, text


@pytest.fixture
def folder(tmp_path: Path, sqlite_template: Path) -> Path:
    """An empty workspace."""
    watch = tmp_path / "watch"
    watch.mkdir()
    (watch / "veille.toml").write_text('[veille]\nlocale = "fr"\n')
    shutil.copy(sqlite_template, watch / "veille.db")
    return watch


def test_the_service(veille, folder: Path, tmp_path: Path) -> None:
    """From the first login to SIGTERM: systemd hears of it, settings are read again on SIGHUP."""
    secret = veille("-w", folder, "token", "add", "phone", "--json").json["token"]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(60)
        words = [sys.executable, "-m", "veille", "-w", folder, "serve", "--listen", "127.0.0.1:0"]
        environ = {**os.environ, **veille.environ, "NOTIFY_SOCKET": str(tmp_path / "notify")}
        with subprocess.Popen(words, stderr=subprocess.PIPE, text=True, env=environ) as server:
            try:
                port = int(re.search(r":(\d+)/", server.stderr.readline())[1])
                assert manager.recv(200).decode() == f"READY=1\nSTATUS=serving 127.0.0.1:{port}"
                form = f"Email=camille&Passwd={secret}"
                login, text = ask(port, "/accounts/ClientLogin", method="POST", body=form)
                assert login.status == 200
                assert login.getheader("Date")
                assert login.getheader("Server") is None
                auth = {
                    "Authorization": f"GoogleLogin {text.splitlines()[2].lower().replace('auth=', 'auth=', 1)}"
                }
                assert ask(port, "/reader/api/0/token", **auth)[0].status == 200
                within = "/reader/api/0/stream/contents/feed/http://x.example/leave/abc"
                assert ask(port, within, **auth)[0].status == 200
                farewell, text = ask(port, "/veille/leave/abc")
                assert (farewell.status, "n’est pas valable" in text) == (404, True)
                (folder / "veille.toml").write_text("[veille]\nnmae = 1\n")
                server.send_signal(signal.SIGHUP)
                while ask(port, "/reader/api/0/token", **auth)[0].status != 503:
                    time.sleep(0.01)
                server.terminate()
                assert server.wait(60) == 0
                assert manager.recv(200).decode() == "STOPPING=1"
                assert "ended: all that was asked was answered" in server.stderr.read()
            finally:
                server.kill()


@pytest.mark.parametrize(
    ("listen", "code", "said"),
    [
        ("nowhere", 2, "is no HOST:PORT"),
        ("192.0.2.1:8085", 2, "nobody can listen at 192.0.2.1:8085"),
        ("127.0.0.1:99999", 2, "is no HOST:PORT"),
    ],
)
def test_places_where_nobody_can_listen(
    veille, folder: Path, listen: str, code: int, said: str
) -> None:
    """One line says why; and that an open door needs TLS."""
    done = veille("-w", folder, "serve", "--listen", listen)
    assert (done.code, said in done.err) == (code, True)
    assert ("put TLS before it" in done.err) == listen.startswith("192")


def test_a_workspace_that_cannot_be_served(veille, folder: Path) -> None:
    """It is told at the start, not at the first request."""
    (folder / "veille.db").unlink()
    done = veille("-w", folder, "serve", "--listen", "127.0.0.1:0")
    assert (done.code, "there is no database" in done.err) == (2, True)


@pytest.mark.parametrize("value", ["nowhere", ":80", "x:99999", "a b:1"])
def test_settings_of_places(veille, folder: Path, value: str) -> None:
    (folder / "veille.toml").write_text(f'[serve]\nlisten = "{value}"\n')
    done = veille("-w", folder, "token", "list")
    assert (done.code, "listen is HOST:PORT" in done.err) == (2, True)
    (folder / "veille.toml").write_text('[serve]\ntrusted_proxy = "proxy.example"\n')
    assert "trusted_proxy is one IP address" in veille("-w", folder, "token", "list").err


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "waitress", None)
    with pytest.raises(UsageError, match=r"pip install 'veille\[serve\]'"):
        Server(lambda *_: [], listen="127.0.0.1:0", trusted_proxy=None)


class Slow:
    """An application whose answer is begun, and ends when it is let."""

    def __init__(self) -> None:
        self.begun, self.go = threading.Event(), threading.Event()
        self.seen: dict[str, Any] = {}

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        self.seen = dict(environ)
        start_response("200 OK", [("Content-Type", "text/plain")])
        yield b"begun, "
        self.begun.set()
        self.go.wait(60)
        yield b"and ended"


def test_a_stop_waits_for_what_is_being_answered() -> None:
    """C7: to its last byte; who asks meanwhile is told to come back."""
    slow, stop = Slow(), threading.Event()
    server = Server(slow, listen="127.0.0.1:0", trusted_proxy="127.0.0.1")
    running = threading.Thread(target=server.run, args=(stop, lambda: None))
    running.start()
    got: list[str] = []
    asking = threading.Thread(
        target=lambda: got.append(ask(server.port, "/", **{"X-Forwarded-For": "192.0.2.9"})[1])
    )
    asking.start()
    assert slow.begun.wait(60)
    assert slow.seen["REMOTE_ADDR"] == "192.0.2.9"
    stop.set()
    while not server._door.closed:
        slow.go.wait(0.001)
    assert ask(server.port, "/")[0].status == 503
    slow.go.set()
    running.join(60)
    asking.join(60)
    assert got == ["begun, and ended"]


def test_who_forwards_is_believed_only_when_named() -> None:
    slow, stop = Slow(), threading.Event()
    slow.go.set()
    server = Server(slow, listen="127.0.0.1:0", trusted_proxy=None)
    running = threading.Thread(target=server.run, args=(stop, lambda: None))
    running.start()
    ask(server.port, "/", **{"X-Forwarded-For": "192.0.2.9"})
    stop.set()
    running.join(60)
    assert slow.seen["REMOTE_ADDR"] == "127.0.0.1"
    assert "HTTP_X_FORWARDED_FOR" not in slow.seen


def test_a_server_that_ends_by_itself_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """And one that lives beats for the watchdog."""
    monkeypatch.setattr("veille.web.serving._BEAT", 0.001)
    server = Server(Slow(), listen="127.0.0.1:0", trusted_proxy=None)
    beats: list[None] = []

    def beat() -> None:
        beats.append(None)
        if len(beats) == 2:
            server._end()

    with pytest.raises(VeilleError, match="ended by itself"):
        server.run(threading.Event(), beat)
    assert len(beats) >= 2


def test_who_says_nothing_keeps_nobody_out() -> None:
    """Two hundred connections on which no request ever comes, and one that asks."""

    def greet(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]

    server = Server(greet, listen="127.0.0.1:0", trusted_proxy=None)
    stop = threading.Event()
    serving = threading.Thread(target=server.run, args=(stop, lambda: None))
    serving.start()
    silent = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(200)]
    try:
        assert ask(server.port, "/")[1] == "ok"
    finally:
        for connection in silent:
            connection.close()
        stop.set()
        serving.join()
