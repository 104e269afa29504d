"""Who is let in, how often, and what every answer carries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.web.reader.conftest import ALL, Client, on_both
from veille.web.lease import PAUSE, SECONDS
from veille.web.reader.answers import Declined
from veille.web.reader.limits import FAILURES
from veille.web.reader.request import MAX_BODY, read

if TYPE_CHECKING:
    from tests.web.reader.conftest import Answered, Clocks, House

LOGIN = "/accounts/ClientLogin"


def login(client: Client, user: str, password: str) -> Answered:
    return client.post("", ("Email", user), ("Passwd", password), ("output", "json"), prefix=LOGIN)


def test_client_login(house: House) -> None:
    """The lines that apps look for; then the token they were given lets them in."""
    secret = house.client("camille").token
    app = Client(house.reader)
    answer = login(app, " Camille ", f" {secret.upper()} ")
    lines = dict(line.split("=", 1) for line in answer.text.splitlines())
    assert list(lines) == ["SID", "LSID", "Auth"]
    assert answer.fields["Content-Type"] == "text/plain; charset=utf-8"
    app.token = lines["Auth"]
    assert app.get("user-info").json == {
        "userId": "camille",
        "userName": "camille",
        "userProfileId": "camille",
        "userEmail": "",
    }
    assert len(app.get("token").text) == 57


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "PATCH"])
def test_other_methods_are_refused(house: House, method: str) -> None:
    phone = house.client()
    for path in ("user-info", "stream/contents/", "edit-tag", "nothing"):
        answer = phone.ask(method, path)
        assert (answer.status, answer.fields["Allow"]) == (405, "GET, HEAD, POST")
        assert "nothing was done" in answer.text


@pytest.mark.parametrize("prefix", ["", "/api/greader.php", "/veille/api", "/%C3%A9"])
def test_under_any_path(house: House, prefix: str) -> None:
    """A proxy may put the API anywhere; the address of a source may hold the same words."""
    phone = house.client()
    assert phone.get("user-info", prefix=f"{prefix}/reader/api/0/").status == 200
    assert phone.get("user-info/", prefix=f"{prefix}/reader/api/0/").status == 200
    within = "stream/contents/feed/http://x.example/reader/api/0/token"
    assert phone.get(within, prefix=f"{prefix}/reader/api/0/").json["items"] == []
    assert login(phone, "camille", phone.token).status == 200
    door = Client(house.reader).get("", prefix=prefix or "/")
    assert (door.status, "FreshRSS" in door.text) == (200, True)


@pytest.mark.parametrize(
    ("user", "change"),
    [
        ("alex", lambda secret: secret),
        ("", lambda secret: secret),
        ("camille", lambda secret: secret[:-1] + ("a" if secret[-1] != "a" else "b")),
        ("camille", lambda secret: secret[:5]),
        ("camille", lambda secret: ""),
        ("camille", lambda secret: "é" * 25),
    ],
)
def test_nobody_else_is_let_in(house: House, user: str, change) -> None:
    """Neither half alone, and the answer does not tell which was wrong."""
    phone = house.client()
    answer = login(phone, user, change(phone.token))
    assert answer.status == 401
    assert answer.fields["WWW-Authenticate"].startswith("GoogleLogin")
    if user == "camille":
        phone.token = change(phone.token)
        assert phone.get("user-info").status == 401
    assert phone.token not in phone.errors.getvalue() or not phone.token


@pytest.mark.parametrize(
    "field", ["", "Basic abc", "GoogleLogin", "GoogleLogin token=x", "GoogleLogin auth="]
)
def test_odd_authorizations(house: House, field: str) -> None:
    app = Client(house.reader)
    assert app.get("user-info", HTTP_AUTHORIZATION=field).status == 401
    assert app.errors.getvalue() == ""


def test_a_revoked_token_opens_nothing(house: House) -> None:
    phone, tablet = house.client(), house.client("camille", "tablet")
    assert phone.get("user-info").status == 200
    house.cli("token", "revoke", "phone")
    assert phone.get("user-info").status == 401
    assert login(phone, "camille", phone.token).status == 401
    assert tablet.get("user-info").status == 200


def test_wrong_logins_are_counted(house: House, clocks: Clocks) -> None:
    """Of one address (one network of IPv6); who holds a token is let in all the same; time forgives."""
    phone = house.client()
    thief = Client(house.reader, address="2001:db8::1")
    for _ in range(FAILURES):
        assert login(thief, "camille", "x").status == 401
    thief.address = "2001:db8::2"
    answer = login(thief, "camille", phone.token)
    assert (answer.status, int(answer.fields["Retry-After"]) > 0) == (429, True)
    thief.token = "x"
    assert thief.get("user-info").status == 429
    phone.address = "2001:db8::3"
    assert phone.get("user-info").status == 200
    phone.address = "an odd address"
    assert login(phone, "camille", phone.token).status == 200
    clocks.pass_(minutes=5)
    assert login(thief, "camille", phone.token).status == 200
    told = thief.errors.getvalue()
    assert "a wrong login as 'camille' from 2001:db8::1" in told
    assert "x\n" not in told


def test_requests_are_counted(house: House, clocks: Clocks) -> None:
    """So many a minute of one token, whoever sends them; another token has its own."""
    phone, tablet = house.client(), house.client("camille", "tablet")
    house.settings("[serve]\nrate = 10\n")
    assert [phone.get("token").status for _ in range(11)] == [200] * 10 + [429]
    assert tablet.get("token").status == 200
    clocks.pass_(seconds=6)
    assert [phone.get("token").status for _ in range(2)] == [200, 429]


def test_only_so_many_addresses_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who comes from everywhere must not fill the memory."""
    from veille.web.reader import limits

    monkeypatch.setattr(limits, "_MOST", 5)
    counted = limits.Limits(lambda: 0.0)
    for number in range(50):
        counted.failed(f"192.0.2.{number}")
    assert len(counted._buckets) == 5


def test_what_changes_something_is_a_post(house: House) -> None:
    phone = house.client()
    for path in ("edit-tag", "mark-all-as-read", "subscription/edit"):
        answer = phone.get(path, ("s", ALL))
        assert (answer.status, answer.fields["Allow"]) == (405, "POST")
    in_the_log = phone.get("", ("Email", "camille"), ("Passwd", phone.token), prefix=LOGIN)
    assert in_the_log.status == 405


def test_a_field_that_was_sent_twice(house: House) -> None:
    """Some proxies do; WSGI joins the two with a comma."""
    phone = house.client()
    twice = ", ".join([f"GoogleLogin auth={phone.token}"] * 2)
    assert phone.get("token", HTTP_AUTHORIZATION=twice).status == 200


def test_every_answer_is_private(house: House) -> None:
    """No cookie, no word for other sites, nothing to cache or to frame; HEAD says the same, shorter."""
    phone = house.client()
    nobody = Client(house.reader)
    for answer in (
        phone.get("token"),
        phone.get("nope"),
        nobody.get("token"),
        nobody.get("", prefix="/"),
    ):
        assert answer.fields["Cache-Control"] == "no-store"
        assert answer.fields["X-Content-Type-Options"] == "nosniff"
        assert answer.fields["Content-Security-Policy"].startswith("default-src 'none'")
        assert not [
            name for name in answer.fields if name.startswith(("Set-Cookie", "Access-Control"))
        ]
    head = phone.ask("HEAD", "token")
    assert (head.status, head.body, head.fields["Content-Length"]) == (200, b"", "57")


def test_bodies_have_bounds(house: House) -> None:
    phone = house.client()
    assert phone.post("edit-tag", CONTENT_LENGTH=str(MAX_BODY + 1)).status == 413
    with pytest.raises(Declined) as odd:  # a server may hand over what a client wrote
        read({"REQUEST_METHOD": "POST", "CONTENT_LENGTH": "many"})
    assert odd.value.answer.status == 400
    assert phone.post("edit-tag", *[("x", "")] * 20_001).status == 400
    ids = [("i", f"tag:google.com,2005:reader/item/{number:016x}") for number in range(1, 10_001)]
    assert phone.edit(*ids, ("a", "user/-/label/iiif")).text == "OK"


def test_a_broken_workspace_is_told_politely(house: House, clocks: Clocks) -> None:
    """503, to be tried again; why is in the server's log, once. Mended, it serves again by itself."""
    phone = house.client()
    assert phone.get("token").status == 200
    toml = house.folder / "veille.toml"
    good = toml.read_text()
    toml.write_text("[veille]\nnmae = 'x'\n")
    assert phone.get("token").status == 200
    clocks.pass_(seconds=SECONDS)
    for _ in range(3):
        answer = phone.get("token")
        assert (answer.status, answer.fields["Retry-After"]) == (503, "60")
        assert str(house.folder) not in answer.text
    clocks.pass_(seconds=PAUSE)
    assert phone.get("token").status == 503
    assert phone.errors.getvalue().count("nmae") == 1
    toml.write_text(good)
    assert phone.get("token").status == 503
    clocks.pass_(seconds=PAUSE)
    assert phone.get("token").status == 200


def test_a_database_that_fails_is_told_politely(house: House) -> None:
    """While it is held by another writer, or gone, the app is told to come back."""
    phone = house.client()
    app = house.reader.lease.app()
    with app.db.write() as connection:
        connection.exec_driver_sql("ALTER TABLE app_token RENAME TO gone")
    answer = phone.get("token")
    assert (answer.status, answer.fields["Retry-After"]) == (503, "60")
    assert "app_token" not in answer.text


def test_a_database_of_another_version(house: House) -> None:
    with house.reader.lease.app().db.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    house.reader.lease.renew()
    assert Client(house.reader, "x").get("token").status == 503


@on_both
def test_uses_are_noted_to_the_hour(house: House, clocks: Clocks) -> None:
    """And never in the way: what cannot be written now is not."""
    phone = house.client()

    def used() -> str:
        return house.cli("token", "list", "--json").json[0]["used"]

    assert used() is None
    phone.unread()
    first = used()
    clocks.pass_(minutes=59)
    phone.unread()
    assert used() == first
    clocks.pass_(minutes=1)
    phone.unread()
    assert used() > first
