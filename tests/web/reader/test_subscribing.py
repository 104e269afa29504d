"""Sources come from an app too; they do not go from there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from veille.cli.demo.server import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.web.reader.conftest import House

FEED = "http://musee.example/atom.xml"


@pytest.fixture
def web(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The sample's sites, reached through a proxy on loopback."""
    with serving() as proxy:
        house.environ["http_proxy"] = proxy
        yield


@pytest.mark.usefixtures("web")
def test_an_address_is_added(house: House) -> None:
    """A feed, or a page: its feed is found; whoever is there already is named, and nothing changes."""
    phone = house.client()
    added = phone.post(
        "subscription/quickadd", ("quickadd", "http://musee.example/index.html")
    ).json
    assert added == {
        "numResults": 1,
        "query": "http://musee.example/index.html",
        "streamId": "feed/1",
        "streamName": "Le Musée en ligne",
    }
    again = phone.post("subscription/quickadd", ("quickadd", f"feed/{FEED}")).json
    assert again["streamId"] == "feed/1"
    (event,) = [e for e in house.cli("log", "--json").json if e["action"] == "source-add"]
    assert (event["by"], event["login"]) == ("camille", "phone")


@pytest.mark.usefixtures("web")
def test_what_is_no_feed_is_told(house: House) -> None:
    """In the answer, as apps expect it: nothing was added, and why."""
    phone = house.client()
    for address in ("", "ftp://x.example/", "http://musee.example/nowhere", "http://127.0.0.1:1/"):
        told = phone.post("subscription/quickadd", ("quickadd", address))
        assert (told.status, told.json["numResults"]) == (200, 0)
        assert told.json["error"]
    gone = phone.post("subscription/edit", ("ac", "subscribe"), ("s", "feed/http://127.0.0.1:1/"))
    assert (gone.status, "127.0.0.1" in gone.text) == (502, True)
    assert house.cli("source", "list", "--json").json == []


@pytest.mark.usefixtures("web")
def test_a_source_comes_and_is_filed(house: House) -> None:
    """``subscribe`` with title and folder; ``edit`` gives others, and moves it as apps do."""
    phone = house.client()
    label = "user/-/label/"

    def edit(*words: tuple[str, str]) -> str:
        return phone.post("subscription/edit", *words).text

    def source() -> tuple[str, list[str]]:
        (only,) = house.cli("source", "list", "--json").json
        return only["title"], only["categories"]

    subscribe = ("ac", "subscribe"), ("s", f"feed/{FEED}"), ("t", "Musée"), ("a", f"{label}Art")
    assert edit(*subscribe) == "OK"
    assert source() == ("Musée", ["Art"])
    assert edit(*subscribe) == "OK"
    here = ("ac", "edit"), ("s", "feed/1")
    assert edit(*here, ("t", "Le musée")) == "OK"
    assert edit(*here, ("a", f"{label}Sud")) == "OK"
    assert source() == ("Le musée", ["Art", "Sud"])
    assert edit(*here, ("a", f"{label}Nord"), ("r", f"{label}Sud")) == "OK"
    assert source() == ("Le musée", ["Art", "Nord"])
    assert edit(*here, ("a", f"{label}Art"), ("r", f"{label}Sans dossier")) == "OK"
    assert edit(*here) == "OK"
    assert source() == ("Le musée", ["Art", "Nord"])
    assert edit(("ac", "edit"), ("s", f"feed/{FEED}"), ("r", f"{label}Nord")) == "OK"
    assert source() == ("Le musée", ["Art"])


def test_what_is_not_done_from_an_app(house: House) -> None:
    """One tap must not take a source from the whole team; what names nothing is told."""
    source = house.pool.source()
    phone = house.client()

    def edit(*words: tuple[str, str]) -> tuple[int, str]:
        answer = phone.post("subscription/edit", *words)
        return answer.status, answer.text

    here = ("s", f"feed/{source.id}")
    status, text = edit(("ac", "unsubscribe"), here)
    assert (status, "veille source remove" in text) == (403, True)
    assert edit(("ac", "dance"), here)[0] == 400
    assert edit(("ac", "edit"))[0] == 400
    assert edit(("ac", "edit"), here, ("a", "feed/2"))[0] == 400
    assert edit(("ac", "edit"), ("s", "feed/99"), ("t", "x"))[0] == 404
    assert edit(("ac", "edit"), ("s", "feed/nowhere"), ("t", "x"))[0] == 404
    assert edit(("ac", "edit"), ("s", "user/-/label/x"), ("t", "x"))[0] == 404
    assert len(house.cli("source", "list", "--json").json) == 1
