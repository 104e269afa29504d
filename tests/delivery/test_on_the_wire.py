"""What a whole sending promises, looked at where it arrives: at the server, and in the archive."""

from __future__ import annotations

import re
import socket
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from importlib.metadata import version

from tests.delivery.sending import READERS, REF

BASE = "https://veille.musee.example/v"


def head_of(raw: bytes) -> bytes:
    """The fields, unfolded."""
    return re.sub(rb"\r\n(?=[ \t])", b"", raw.partition(b"\r\n\r\n")[0])


def test_the_page_is_there_before_a_server_hears_of_a_mail(newsroom) -> None:
    """E18, E52, C6: Archived-At names a file of the archive, which is there before the first MAIL; the
    first link of both parts is the same address."""
    room, oracle = newsroom({"phase": "MAIL", "do": "pause"})
    room.environ["VEILLE_VEILLE_BASE_URL"] = BASE
    room.veille("edition", "approve", REF)
    page = room.folder / "archive" / REF / "index.html"
    assert not page.exists()
    sender = room.start()
    oracle.wait_until_paused()
    assert page.exists()
    assert oracle.accepted() == []
    (oracle.folder / "go").touch()
    sender.communicate(timeout=60)
    for mail in oracle.accepted():
        raw = oracle.content(mail)
        (place,) = re.findall(rb"(?m)^Archived-At: <([^>]+)>", head_of(raw))
        address = place.decode()
        assert room.folder / "archive" / address.removeprefix(f"{BASE}/") == page
        body = raw.partition(b"\r\n\r\n")[2].replace(b"=\r\n", b"").replace(b"=3D", b"=").decode()
        text, html = body.split("<html", 1)
        assert re.findall(r"https?://[^\s\"<>]+", text)[0] == address
        assert re.findall(r'<a [^>]*href="([^"]+)"', html)[0] == address


def test_a_mail_is_dated_when_it_was_sent_and_names_no_machine(newsroom) -> None:
    """E05, E20: the date lies within the run; neither fields nor greeting tell the machine's name, the
    login, a folder or a version."""
    room, oracle = newsroom()
    before = datetime.now(UTC).replace(microsecond=0)
    assert room.send().code == 0
    after = datetime.now(UTC) + timedelta(seconds=1)
    assert len(oracle.accepted()) == len(READERS)
    telling = [socket.gethostname(), socket.getfqdn(), "camille", str(room.folder)]
    telling += ["python", "veille/", version("veille"), "localhost", "127.0.0.1"]
    for mail in oracle.accepted():
        head = head_of(oracle.content(mail)).decode("ascii")
        date = parsedate_to_datetime(re.findall(r"(?m)^Date: (.+)$", head)[0])
        assert before <= date <= after
        boundary = re.findall(r'boundary="([^"]+)"', head)[0]
        for word in telling:
            assert not re.search(rf"(?i)(?<![\w.-]){re.escape(word)}(?![\w.-])", head), word
            assert word.casefold() not in boundary
    greetings = re.findall(rb"(?mi)^(?:EHLO|HELO) (\S+)", oracle.wire())
    assert set(greetings) == {b"musee.example"}


def test_nothing_of_readers_or_of_the_team_is_in_the_archive(newsroom) -> None:
    """A17, O13: no address, name or token of a reader, no comment between colleagues, no item that was
    not chosen, nobody's profile, in any file."""
    room, oracle = newsroom()
    room.veille("add", "http://127.0.0.1:1/canari-non-choisi", "--title", "Canari non choisi")
    room.veille("keep", 3)
    room.veille("comment", 1, "canari entre nous")
    room.veille(
        "subscriber", "add", "canari@secret.example", "--name", "Zoé Canari",
        "--digest", "cinq-liens", "--profile", "canariprofil",
    )  # fmt: skip
    assert room.send().code == 0
    tokens = {
        re.findall(rb"unsubscribe%20([a-z2-7]{32})", head_of(oracle.content(mail)))[0]
        for mail in oracle.accepted()
    }
    names = {
        mail["message_id"].strip("<>").partition("@")[0].encode() for mail in oracle.accepted()
    }
    assert len(tokens) == len(names) == len(READERS) + 1
    private = {*tokens, *names, *(reader.encode() for reader in READERS), b"canari", b"Canari"}
    files = [path for path in (room.folder / "archive").rglob("*") if path.is_file()]
    assert len(files) > 10
    for path in files:
        content = path.read_bytes()
        assert not [word for word in private if word in content], path
    page = (room.folder / "archive" / REF / "index.html").read_text()
    assert "À lire pour ses images." in page  # what is for readers is there
