"""Whole syncs, request by request as each app sends them, read as strictly as it reads them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from tests.web.reader.conftest import ALL, READ, STARRED, Client

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.web.reader.conftest import Answered, Clocks, House

LOGIN = "/accounts/ClientLogin"
JSON = ("output", "json")
LONG = "tag:google.com,2005:reader/item/"


@dataclass
class Synced:
    """What an app holds after a sync: feeds, unread and starred items, and the articles it shows."""

    feeds: dict[str, str] = field(default_factory=dict)
    unread: set[int] = field(default_factory=set)
    starred: set[int] = field(default_factory=set)
    articles: dict[int, str] = field(default_factory=dict)


def log_in(app: Client, *more: tuple[str, str]) -> None:
    secret, app.token = app.token, ""
    answer = app.post("", *more, ("Email", "camille"), ("Passwd", secret), prefix=LOGIN)
    lines = dict(line.split("=") for line in answer.text.split("\n") if line)
    app.token = lines["Auth"]


def ids(answer: Answered) -> list[int]:
    """As Swift decodes them: strings, and no other keys asked for."""
    assert all(isinstance(ref["id"], str) for ref in answer.json["itemRefs"])
    assert isinstance(answer.json.get("continuation", ""), str)
    return [int(ref["id"]) for ref in answer.json["itemRefs"]]


def subscriptions(answer: Answered) -> dict[str, str]:
    """With the first folder of each, which no app can do without."""
    return {each["id"]: each["categories"][0]["label"] for each in answer.json["subscriptions"]}


def shown(answer: Answered, feeds: Iterable[str]) -> dict[int, str]:
    """The articles of an answer, under feeds that the app knows."""
    assert (answer.json["id"], type(answer.json["updated"])) == (ALL, int)
    articles = {}
    for item in answer.json["items"]:
        assert item["origin"]["streamId"] in feeds
        assert isinstance(item["published"], int)
        assert isinstance(item["categories"], list)
        assert int(item["timestampUsec"]) // 1000 == int(item["crawlTimeMsec"])
        assert item["canonical"][0]["href"] == item["alternate"][0]["href"]
        assert isinstance(item["summary"]["content"], str)
        articles[int(item["id"].removeprefix(LONG), 16)] = item["title"]
    return articles


def batches(wanted: Iterable[int], size: int) -> list[list[int]]:
    numbers = sorted(wanted)
    return [numbers[start : start + size] for start in range(0, len(numbers), size)]


def netnewswire(app: Client, clocks: Clocks) -> Synced:
    """Tags, subscriptions, ids page by page, then what is missing, by ids without leading zeros."""
    log_in(app)
    token = app.get("token").text
    synced = Synced()
    folders = [tag for tag in app.get("tag/list", JSON).json["tags"] if tag.get("type") == "folder"]
    synced.feeds = subscriptions(app.get("subscription/list", JSON))
    assert set(synced.feeds.values()) <= {each["id"].split("/label/")[1] for each in folders}
    month = int(clocks.now.timestamp()) - 90 * 86_400
    streams: dict[str, list[tuple[str, Any]]] = {
        "all": [("ot", month), ("s", ALL)],
        "unread": [("s", ALL), ("xt", READ)],
        "starred": [("s", STARRED)],
    }
    found: dict[str, set[int]] = {name: set() for name in streams}
    for name, words in streams.items():
        page = app.get("stream/items/ids", ("n", 3), JSON, *words)
        found[name].update(ids(page))
        while "continuation" in page.json:
            following = ("c", page.json["continuation"])
            page = app.get("stream/items/ids", ("n", 3), JSON, *words, following)
            found[name].update(ids(page))
    synced.unread, synced.starred = found["unread"], found["starred"]
    for some in batches(set().union(*found.values()), 150):
        named = [("i", f"{LONG}{number:x}") for number in some]
        answer = app.post("stream/items/contents", ("T", token), JSON, *named)
        synced.articles |= shown(answer, synced.feeds)
    return synced


def _by_ids(app: Client, clocks: Clocks, token: str) -> Synced:
    """What Reeder and Read You share: three lists, then contents by a hundred bare hexadecimal ids."""
    synced = Synced(feeds=subscriptions(app.get("subscription/list", JSON)))
    month = int(clocks.now.timestamp()) - 30 * 86_400
    all_of = ("n", 10_000), JSON
    synced.unread = set(ids(app.get("stream/items/ids", ("s", ALL), ("xt", READ), *all_of)))
    synced.starred = set(ids(app.get("stream/items/ids", ("s", STARRED), *all_of)))
    read = ids(app.get("stream/items/ids", ("s", READ), ("ot", month), *all_of))
    for some in batches(synced.unread | synced.starred | set(read), 100):
        named = [("i", f"{number:016x}") for number in some]
        answer = app.post("stream/items/contents", *named, ("T", token))
        synced.articles |= shown(answer, synced.feeds)
    return synced


def read_you(app: Client, clocks: Clocks) -> Synced:
    """It asks for JSON at the login too, and takes the lines that come."""
    log_in(app, JSON, ("accountType", "HOSTED_OR_GOOGLE"), ("service", "reader"))
    assert app.get("user-info", JSON).json["userName"] == "camille"
    return _by_ids(app, clocks, app.get("token").text)


def reeder(app: Client, clocks: Clocks) -> Synced:
    """With ``x`` for the token of a change."""
    log_in(app)
    assert app.get("user-info", JSON).status == 200
    return _by_ids(app, clocks, "x")


@pytest.mark.parametrize("sync", [netnewswire, read_you, reeder])
def test_a_whole_sync(
    house: House, clocks: Clocks, sync: Callable[[Client, Clocks], Synced]
) -> None:
    """It holds what veille has, and what it marks is there at the next sync, from any device."""
    filed, bare = house.pool.source("A", categories=("Musées",)), house.pool.source("B")
    items = house.pool.collect(filed, *(house.pool.draft(f"Numéro {n}") for n in range(1, 8)))
    items += house.pool.collect(bare, house.pool.draft("Seul"))
    items.append(house.pool.item("Trouvé", url=None, raw_url=None, key=None))
    kept, skipped, *_ = items
    house.cli("keep", kept)
    house.cli("skip", skipped, by="alex")
    app = house.client()
    synced = sync(app, clocks)
    assert set(synced.feeds) == {f"feed/{filed.id}", f"feed/{bare.id}", "feed/0"}
    assert synced.unread == set(items) - {kept, skipped}
    assert synced.starred == {kept}
    assert synced.articles == {item: house.item(item)["title"] for item in items}

    read, starred = sorted(synced.unread)[:2]
    named = ("i", f"{LONG}{read:016x}"), ("i", f"{LONG}{starred:016x}")
    assert app.post("edit-tag", ("T", "x"), *named, ("a", READ)).text == "OK"
    assert app.post("edit-tag", ("T", "x"), named[1], ("a", STARRED)).text == "OK"
    again = sync(house.client(name="tablet"), clocks)
    assert again.unread == synced.unread - {read, starred}
    assert again.starred == {kept, starred}
