"""TLS, logins and secrets: nothing in clear, nothing told."""

from __future__ import annotations

import base64
import time
from datetime import UTC, datetime, timedelta

import pytest
import trustme

from tests.delivery.sending import READERS, REF
from veille.delivery import password
from veille.delivery.smtp.line import Line, LineLost, Server, _refuse_strangers
from veille.errors import UsageError

CANARY = "k4n4ri-d'été"
BOTH = ("starttls", "tls")


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    """An authority of our own: gives the paths of its certificate and of a server's."""
    folder = tmp_path_factory.mktemp("ca")
    made = trustme.CA()
    made.cert_pem.write_to_path(folder / "ca.pem")
    for name in ("127.0.0.1", "other.example"):
        made.issue_cert(name).private_key_and_cert_chain_pem.write_to_path(folder / f"{name}.pem")
    past = datetime(2024, 1, 1, tzinfo=UTC)
    old = made.issue_cert("127.0.0.1", not_before=past, not_after=past + timedelta(days=30))
    old.private_key_and_cert_chain_pem.write_to_path(folder / "expired.pem")
    return folder


@pytest.fixture
def secured(newsroom, authority):
    """A newsroom whose server speaks TLS and wants a login."""

    def make(*rules, kind="starttls", name="127.0.0.1", trusted=True, auth=1, served=None, **smtp):
        given = {"security": kind, "user": "veille", "password_env": "THE_PASSWORD", **smtp}
        if trusted:
            given["ca_file"] = authority / "ca.pem"
        room, oracle = newsroom(
            *rules, smtp=given, tls=served or kind, cert=authority / f"{name}.pem", auth=auth
        )
        room.environ["THE_PASSWORD"] = CANARY
        return room, oracle

    return make


def silent(oracle, *outputs: str) -> bool:
    """Whether neither the words of the program nor what went in clear hold the password (M21)."""
    forms = (CANARY, base64.b64encode(CANARY.encode()).decode(), "k4n4ri")
    return not any(form in output for form in forms for output in outputs)


@pytest.mark.parametrize("kind", BOTH)
def test_mail_goes_over_verified_tls(secured, kind: str) -> None:
    """E22: implicit TLS, or STARTTLS; the login is UTF-8 (RFC 4616)."""
    room, oracle = secured(kind=kind)
    done = room.veille("-vv", "edition", "send", REF)
    assert done.code == 0, done.err
    assert oracle.recipients() == sorted(READERS)
    proof = base64.b64encode(f"\0veille\0{CANARY}".encode())
    assert b"AUTH PLAIN " + proof in oracle.wire()
    assert silent(oracle, done.out, done.err, room.veille("ledger", REF, "--json").out)


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize(("name", "trusted"), [("127.0.0.1", False), ("other.example", True)])
def test_a_certificate_that_is_not_the_servers(secured, kind, name, trusted) -> None:
    """M6, E22: an unknown authority or another name: exit 1, no login, no mail, states unchanged."""
    room, oracle = secured(kind=kind, name=name, trusted=trusted)
    refused = room.send()
    assert refused.code == 1
    assert "certificate" in refused.err
    assert b"AUTH" not in oracle.wire()
    assert b"MAIL" not in oracle.wire()
    assert set(room.states().values()) == {"planned"}


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ({"name": "expired"}, "certificate has expired: its administrator renews it"),
        ({"trusted": False}, "smtp.ca_file names an authority of your own"),
        (
            {"kind": "tls", "served": "starttls"},
            "does not begin with TLS (smtp.port, or smtp.security = starttls?)",
        ),
    ],
)
def test_what_mends_a_tls_that_fails_is_told(secured, how, told: str) -> None:
    """M6: each failure its own remedy."""
    room, oracle = secured(**how)
    refused = room.send()
    assert (refused.code, told in refused.err) == (1, True)
    assert b"AUTH" not in oracle.wire()
    assert set(room.states().values()) == {"planned"}


def test_a_server_without_starttls(newsroom) -> None:
    """M6: STARTTLS stripped by somebody in between: refused, no password byte on the wire."""
    room, oracle = newsroom(
        smtp={"security": "starttls", "user": "veille", "password_env": "THE_PASSWORD"}, auth=1
    )
    room.environ["THE_PASSWORD"] = CANARY
    refused = room.send()
    assert refused.code == 1
    assert "STARTTLS" in refused.err
    assert [line.split()[0] for line in oracle.wire().splitlines()] in (
        [b"ehlo"],
        [b"ehlo", b"quit"],
    )


def test_starttls_that_is_put_off(secured) -> None:
    """M6: 454 to STARTTLS is no reason to go on in clear: deferred."""
    room, oracle = secured({"phase": "STARTTLS", "do": "454 4.7.0 later"})
    assert room.send().code == 3
    assert b"AUTH" not in oracle.wire()
    assert set(room.states().values()) == {"deferred"}


def test_what_is_said_before_tls_is_forgotten(secured) -> None:
    """M6: a reply smuggled in clear behind the answer to STARTTLS counts for nothing."""
    room, oracle = secured({"phase": "STARTTLS", "do": "220 go ahead\r\n250 smuggled"})
    assert room.send().code == 0
    assert "smuggled" not in room.ledger()[READERS[0]]["reply"]
    assert oracle.recipients() == sorted(READERS)


def test_no_login_in_clear(newsroom) -> None:
    """M6: user and security none together are refused before any connection."""
    room, oracle = newsroom(smtp={"user": "veille", "password_env": "X"})
    assert room.send().code == 2
    assert oracle.wire() == b""
    line = Line(Server(host="127.0.0.1", port=oracle.port, security="none", user="veille"))
    with pytest.raises(UsageError, match="never travels in clear"):
        line.open()


def test_mails_in_clear_stay_on_this_machine() -> None:
    """E22: security none is for loopback, judged on the address that was dialled."""

    class Far:
        def getpeername(self) -> tuple[str, int]:
            return ("192.0.2.1", 25)

    with pytest.raises(UsageError, match="another machine"):
        _refuse_strangers(Far(), "mx.example")


def test_a_wrong_password_stops_at_once(secured) -> None:
    """M5, M21: one attempt, exit 1, states unchanged; the server's echo of the password is not told."""
    echo = f"535 5.7.8 no: {base64.b64encode(CANARY.encode()).decode()}"
    room, oracle = secured({"phase": "AUTH", "do": echo, "times": 9}, connections=1)
    refused = room.veille("-vv", "edition", "send", REF)
    assert refused.code == 1
    assert "refuses the login of veille (535)" in refused.err
    assert oracle.wire().count(b"AUTH") == 1
    assert set(room.states().values()) == {"planned"}
    assert silent(oracle, refused.out, refused.err)


def test_a_login_that_is_put_off(secured) -> None:
    """M1: 454 to AUTH is temporary."""
    room, _ = secured({"phase": "AUTH", "do": "454 4.7.0 later"})
    assert room.send().code == 3
    assert set(room.states().values()) == {"deferred"}


def test_other_logins(secured, authority) -> None:
    """AUTH LOGIN where there is no PLAIN; none of both is told, without trying."""
    room, oracle = secured(auth=0)
    assert "offers no login" in room.send().err
    offering = {"phase": "EHLO", "do": "250-x\r\n250 AUTH LOGIN", "skip": 1, "times": 9}
    room, oracle = secured(offering, auth=0)
    assert room.send().code == 0
    assert base64.b64encode(CANARY.encode()) in oracle.wire()


@pytest.mark.parametrize("way", ["password_file", "password_command"])
def test_the_password_from_elsewhere(secured, tmp_path, way) -> None:
    """G3: a file that others can read is told; a command prints it."""
    secret = tmp_path / "secret"
    secret.write_text(f"{CANARY}\n")
    secret.chmod(0o644)
    value = secret if way == "password_file" else f"cat {secret}"
    room, oracle = secured(password_env="", **{way: value})
    done = room.send()
    assert done.code == 0, done.err
    assert ("can be read by others" in done.err) == (way == "password_file")
    assert silent(oracle, done.out, done.err)
    secret.chmod(0o600)
    assert "read by others" not in room.send().err


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (f"printf {CANARY[:6]}\\\\nmore", "one line"), (f"sh -c 'echo {CANARY[:6]} >&2; exit 3'", "exit 3"),
        ("/no/such/command", "No such file"), ("true", "one line"), ("'", "no command"), ("", "no command"),
    ],
)  # fmt: skip
def test_a_command_that_gives_no_password(command: str, why: str) -> None:
    """G4, M21: exit 2, and nothing it printed is repeated."""
    with pytest.raises(UsageError, match=why) as caught:
        password.from_command(command)
    assert "k4n4ri" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_command_that_hangs() -> None:
    """G4: ended in time, with what it started."""
    began = time.monotonic()
    with pytest.raises(UsageError, match=r"no answer within 0\.2 seconds"):
        password.from_command("sh -c 'sleep 60; echo x'", patience=0.2)
    assert time.monotonic() - began < 5
    assert password.PATIENCE == 10


def test_a_password_that_is_not_there(tmp_path) -> None:
    """G4: a variable or a file that is missing, empty or no text."""
    with pytest.raises(UsageError, match="not set"):
        password.from_environment("NOPE", {})
    assert password.from_environment("YES", {"YES": "x"}) == "x"
    with pytest.raises(UsageError, match="cannot be read"):
        password.from_file(tmp_path / "none")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="not in UTF-8"):
        password.from_file(tmp_path / "binary")
    (tmp_path / "empty").write_text("\n")
    with pytest.raises(UsageError, match="one line"):
        password.from_file(tmp_path / "empty")
    (tmp_path / "two").write_text("first\nnotes\n")
    assert password.from_file(tmp_path / "two") == "first"
    assert password.exposed(tmp_path / "none") is None


def test_a_user_needs_a_password(secured) -> None:
    """The message names the three ways."""
    room, _ = secured(password_env="")
    refused = room.send()
    assert refused.code == 2
    assert "password_command" in refused.err


def test_an_authority_that_cannot_be_read(secured, tmp_path) -> None:
    room, _ = secured(trusted=False, ca_file=tmp_path / "none.pem")
    refused = room.send()
    assert refused.code == 2
    assert "none.pem" in refused.err


def test_a_name_that_is_not_known() -> None:
    """M1: no such server is a delay, told in words."""
    line = Line(Server(host="nowhere.invalid", port=25, security="tls", timeout=5))
    with pytest.raises(LineLost, match=r"nowhere\.invalid:25: its name is not known"):
        line.open()
    with pytest.raises(LineLost, match="no connection"):
        line.commit()
    assert not line.is_open
    line.close()
