"""The web endpoint under real servers: one click leaves, a look changes nothing (RFC 8058)."""

from __future__ import annotations

import http.client
import re
import subprocess
import sys
import threading
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIRequestHandler, make_server
from wsgiref.validate import validator

import pytest

from tests.program import veille
from veille.app import open_app
from veille.delivery.message import unsubscribe_token
from veille.web import Leaving, application

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["veille"]

URLENCODED = ("application/x-www-form-urlencoded", b"List-Unsubscribe=One-Click")
MULTIPART = (
    "multipart/form-data; boundary=b",
    b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n',
)


@pytest.fixture
def watch(veille, tmp_path: Path, monkeypatch):
    """A workspace with two digests; zoe receives all of them, luc the first."""
    folder = tmp_path / "watch"
    veille("init", folder, "--locale", "fr", "--name", "Le réseau")
    monkeypatch.setenv("VEILLE_WORKSPACE", str(folder))
    for slug, title in (("cinq-liens", "Cinq liens"), ("images", "Images & musées")):
        veille("digest", "create", slug, "--title", title)
    veille("subscriber", "add", "zoe@lecteur.example")
    veille("subscriber", "add", "luc@lecteur.example", "--digest", "cinq-liens")
    return folder


@pytest.fixture
def token(watch):
    """Makes the token of a reader for a digest."""

    def make(reader: str, digest: str = "cinq-liens") -> str:
        with closing(open_app(watch, curator=None, environ={"LOGNAME": "x"})) as app:
            return unsubscribe_token(app.secret, reader, digest)

    return make


class Quiet(WSGIRequestHandler):
    def log_message(self, *words: object) -> None:
        pass


@contextmanager
def served(app):
    with make_server("127.0.0.1", 0, validator(app), handler_class=Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def port(watch):
    with served(application) as port:
        yield port


def ask(port: int, method: str, path: str, kind: str = "", body: bytes | None = None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(method, path, body, {"Content-Type": kind} if kind else {})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer, text


def readers(veille) -> dict[str, list[str]]:
    return {row["email"]: row["digests"] for row in veille("subscriber", "list", "--json").json}


@pytest.mark.parametrize("form", [URLENCODED, MULTIPART, ("", None)])
def test_one_click_leaves_the_digest(veille, port: int, token, form) -> None:
    """E16: POST in both forms, no cookie: 200, no redirect, and no reader any more; twice is harmless."""
    for _ in range(2):
        answer, text = ask(port, "POST", f"/leave/{token('luc@lecteur.example')}", *form)
        assert answer.status == 200
        assert answer.getheader("Set-Cookie") is None
        assert "Vous ne recevrez plus «\xa0Cinq liens\xa0»." in text
    assert "luc@lecteur.example" not in readers(veille)
    events = [e for e in veille("log", "--json").json if e["action"] == "subscriber-leave"]
    assert [(e["by"], e["subject"], e["note"]) for e in events] == [
        (None, "luc@lecteur.example", "with one click")
    ]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_look_changes_nothing(veille, port: int, token, method: str) -> None:
    """E16: GET and HEAD change nothing: mail filters fetch all links of a mail."""
    before = readers(veille)
    answer, text = ask(port, method, f"/{token('zoe@lecteur.example', 'images')}")
    assert answer.status == 200
    assert readers(veille) == before
    assert "subscriber-leave" not in veille("log").out
    if method == "HEAD":
        assert text == ""
        return
    assert "Ne plus recevoir «\xa0Images &amp; musées\xa0»\xa0?" in text
    assert '<form method="post">' in text
    assert "zoe" not in text


def test_who_receives_everything_goes_on_with_the_rest(veille, port: int, token) -> None:
    ask(port, "POST", f"/{token('zoe@lecteur.example', 'images')}", *URLENCODED)
    assert readers(veille)["zoe@lecteur.example"] == ["cinq-liens"]
    answer, text = ask(port, "GET", f"/{token('zoe@lecteur.example', 'images')}")
    assert (answer.status, "Vous ne recevrez plus" in text) == (200, True)
    assert veille("subscriber", "add", "zoe@lecteur.example", "--digest", "images").code == 0
    _, text = ask(port, "GET", f"/{token('zoe@lecteur.example', 'images')}")
    assert "Ne plus recevoir" in text


@pytest.mark.parametrize("path", ["/", "/leave/", "/leave/abc", "/" + "a" * 32, "/" + "é" * 9000])
def test_what_is_no_token_of_ours(veille, port: int, path: str) -> None:
    """E15, E16: a token that was not made here is 404 for everybody, and changes nothing."""
    from urllib.parse import quote

    for method in ("GET", "POST"):
        answer, text = ask(port, method, quote(path))
        assert answer.status == 404
        assert "n’est pas valable" in text
    assert len(readers(veille)) == 2


def test_other_methods_and_fields(port: int, token) -> None:
    """405 says what is allowed; each page forbids scripts, frames, caches and referrers."""
    answer, _ = ask(port, "DELETE", f"/{token('luc@lecteur.example')}")
    assert (answer.status, answer.getheader("Allow")) == (405, "GET, HEAD, POST")
    policy = answer.getheader("Content-Security-Policy")
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.getheader("Cache-Control") == "no-store"
    assert answer.getheader("Referrer-Policy") == "no-referrer"


def test_a_broken_workspace_is_told_politely(watch: Path, capfd) -> None:
    """503, to be tried again; the reason goes to the server's log, never to the reader."""
    (watch / "veille.db").unlink()
    with served(application) as port:
        answer, text = ask(port, "POST", "/" + "a" * 32, *URLENCODED)
    assert (answer.status, answer.getheader("Retry-After")) == (503, "120")
    assert "nothing was changed" in text
    assert str(watch) not in text
    assert "there is no database" in capfd.readouterr().err


def test_an_odd_length_is_no_length() -> None:
    """A server may hand over what a client wrote."""
    import io

    from veille.web.leaving import _take

    taken = io.BytesIO(b"x" * 100_000)
    _take({"CONTENT_LENGTH": "many", "wsgi.input": taken})
    assert taken.tell() == 0
    _take({"CONTENT_LENGTH": "100000", "wsgi.input": taken})
    assert taken.tell() == 65_536


def test_under_waitress(veille, watch: Path, token) -> None:
    """E16 once more under a server for production, started as the documentation says."""
    words = [sys.executable, "-m", "waitress", "--listen=127.0.0.1:0", "veille.web:application"]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as server:
        try:
            port = int(re.search(r":(\d+)\s*$", server.stderr.readline())[1])
            look, _ = ask(port, "GET", f"/leave/{token('luc@lecteur.example')}")
            assert (look.status, len(readers(veille))) == (200, 2)
            done, _ = ask(port, "POST", f"/leave/{token('luc@lecteur.example')}", *MULTIPART)
            assert done.status == 200
        finally:
            server.kill()
    assert list(readers(veille)) == ["zoe@lecteur.example"]


def test_the_mails_carry_the_address(veille, watch: Path, token, monkeypatch) -> None:
    """E13, E14, E15: https and mailto, One-Click, and the link in both parts; and it works."""
    monkeypatch.setenv("VEILLE_WEB_LEAVE_URL", "http://reseau.example/leave")
    assert veille("subscriber", "list").code == 2
    monkeypatch.setenv("VEILLE_WEB_LEAVE_URL", "https://reseau.example/leave/")
    monkeypatch.setenv("VEILLE_MAIL_SENDER", "Veille <veille@reseau.example>")
    veille("add", "http://127.0.0.1:1/1", "--title", "Une trouvaille")
    veille("keep", 1)
    veille("comment", 1, "À lire.", "--blurb")
    veille("edition", "draft", "cinq-liens", "--period", "2026-11")
    veille("edition", "approve", "cinq-liens/1")
    assert veille("edition", "send", "cinq-liens/1").code == 0
    (mail,) = (path for path in (watch / "outbox").iterdir() if ".zoe-" in path.name)
    raw = mail.read_bytes()
    url = f"https://reseau.example/leave/{token('zoe@lecteur.example')}"
    assert (
        f"List-Unsubscribe: <{url}>,\r\n <mailto:veille@reseau.example?subject=unsubscribe%20".encode()
        in raw
    )
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw
    unfolded = raw.replace(b"=\r\n", b"")
    assert unfolded.count(url.encode()) == 3
    assert veille("lint", mail).code == 0


def test_a_mail_under_way_is_stopped(watch: Path, token, veille) -> None:
    """M11, I6: who leaves between the plan and the claim gets no mail of that digest."""
    from veille.model.delivery import DeliveryDraft, Move
    from veille.model.states import DeliveryState
    from veille.store import deliveries, editions

    veille("edition", "draft", "cinq-liens", "--period", "2026-11")
    veille("edition", "draft", "images", "--period", "2026-11")
    with closing(open_app(watch, curator=None, environ={"LOGNAME": "x"})) as app:
        key = "zoe@lecteur.example"
        with app.db.write() as connection:
            rows = {}
            for slug in ("cinq-liens", "images"):
                edition = editions.get(connection, slug, 1)
                draft = DeliveryDraft(
                    recipient=key, address=key, name=None, message_id=f"<{slug}@x>"
                )
                rows[slug] = deliveries.freeze(
                    connection, edition.id, "r", [draft], at=app.clock()
                )[0]
        with served(
            Leaving(lambda: closing(open_app(watch, curator=None, environ={"LOGNAME": "x"})))
        ) as port:
            ask(port, "POST", f"/{token(key)}")
        with app.db.write() as connection:
            for slug, row in rows.items():
                claimed = deliveries.move(
                    connection,
                    Move(
                        mail=row.id,
                        expected=DeliveryState.PLANNED,
                        to=DeliveryState.CLAIMED,
                        phase="claim",
                    ),
                    at=app.clock(),
                    run="r",
                )
                assert claimed == (slug == "images")
