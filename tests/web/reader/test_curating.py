"""A reader app curates: unread is the inbox, a star keeps, a label tags, and read decides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.web.reader.conftest import ALL, READ, STARRED, on_both
from veille.web.reader.streams import long_id

if TYPE_CHECKING:
    from tests.web.reader.conftest import Clocks, House


@on_both
def test_unread_is_the_inbox(house: House) -> None:
    """Whoever decides, at the command line or in an app: what is decided is read, for everybody."""
    one, two, three = house.pool.items(3)
    phone, tablet = house.client(), house.client("alex", "tablet")
    assert phone.unread() == tablet.unread() == [three, two, one]
    house.cli("skip", two)
    assert phone.edit(("i", long_id(three)), ("a", STARRED)).text == "OK"
    assert phone.unread() == tablet.unread() == [one]


def test_a_star_keeps_as_that_curator(house: House) -> None:
    """The event is the one of ``veille keep``, with the app beside the name; undo takes it back."""
    (item,) = house.pool.items(1)
    phone = house.client()
    phone.edit(("i", item), ("a", STARRED))
    shown = house.item(item)
    assert (shown["state"], shown["kept_by"]) == ("kept", ["camille"])
    (kept,) = [event for event in shown["history"] if event["action"] == "keep"]
    assert (kept["by"], kept["login"]) == ("camille", "phone")
    assert phone.ids(s=STARRED) == [item]
    assert house.client("alex").ids(s=STARRED) == []
    house.cli("undo")
    assert house.item(item)["state"] == "inbox"
    assert (phone.unread(), phone.ids(s=STARRED)) == ([item], [])


@on_both
def test_a_star_taken_off_leaves_what_others_keep(house: House) -> None:
    """One's own keeping is withdrawn, and undo restores it; nobody left, it is in the inbox again."""
    (item,) = house.pool.items(1)
    phone = house.client()
    phone.edit(("i", item), ("a", STARRED))
    house.cli("keep", item, by="alex")
    phone.edit(("i", item), ("r", STARRED))
    assert (house.item(item)["state"], house.item(item)["kept_by"]) == ("kept", ["alex"])
    assert "withdraw" in house.cli("log", item).out
    house.cli("undo")
    assert house.item(item)["kept_by"] == ["alex", "camille"]
    house.cli("undo", by="alex")
    phone.edit(("i", item), ("r", STARRED))
    assert (house.item(item)["state"], house.item(item)["kept_by"]) == ("inbox", [])


@on_both
def test_labels_are_tags(house: House) -> None:
    """Put on and taken off in one request, one event, whatever the spelling."""
    (item,) = house.pool.items(1)
    house.cli("tag", item, "+Numérisation", "+brouillon")
    phone = house.client()
    phone.edit(
        ("i", item),
        ("a", "user/-/label/iiif"),
        ("a", "user/camille/label/numerisation"),
        ("r", "user/-/label/Brouillon"),
    )
    assert house.item(item)["tags"] == ["Numérisation", "iiif"]
    assert phone.ids(s="user/-/label/IIIF") == [item]
    house.cli("undo")
    assert house.item(item)["tags"] == ["Numérisation", "brouillon"]


def test_to_have_read_decides_nothing(house: House) -> None:
    """Read is one's own: the item stays in the inbox of all, and the log and undo do not know of it."""
    one, two = house.pool.items(2)
    phone, tablet = house.client(), house.client("alex")
    house.cli("keep", one)
    before = house.cli("log").out
    phone.edit(("i", two), ("a", READ), ("r", "user/-/state/com.google/kept-unread"))
    assert (phone.unread(), tablet.unread()) == ([], [two])
    assert phone.ids(s=READ) == [two, one]
    assert house.item(two)["state"] == "inbox"
    assert house.cli("log").out == before
    assert [row["id"] for row in house.cli("inbox", "--json").json] == [two]
    assert [row["id"] for row in house.cli("list", "is:inbox seen:Camille", "--json").json] == [two]
    assert house.cli("list", "seen:alex", "--json").json == []
    house.cli("skip", "--where", "is:inbox seen:camille", "--yes")
    assert house.item(two)["state"] == "skipped"


@pytest.mark.parametrize(
    "words",
    [
        [("r", READ)],
        [("a", "user/-/state/com.google/kept-unread")],
        [
            ("r", READ),
            ("a", "user/-/state/com.google/kept-unread"),
            ("a", "user/-/state/com.google/tracking-kept-unread"),
        ],
    ],
)
def test_unread_again(house: House, words: list[tuple[str, str]]) -> None:
    """What was read is unread again; what was decided is too, for this curator, and stays decided."""
    one, two = house.pool.items(2)
    phone = house.client()
    phone.edit(("i", one), ("i", two), ("a", READ))
    house.cli("keep", two)
    phone.edit(("i", one), ("i", two), *words)
    assert phone.unread() == [two, one]
    assert house.item(two)["kept_by"] == ["camille"]
    house.cli("keep", one)
    assert phone.unread() == [two]
    phone.edit(("i", two), ("a", READ))
    assert phone.unread() == []


@on_both
def test_what_is_put_back_was_seen_by_nobody(house: House) -> None:
    """``veille reset`` says that nobody looked, so it is unread in every app again."""
    (item,) = house.pool.items(1)
    phone = house.client()
    phone.edit(("i", item), ("a", READ))
    house.cli("skip", item, by="alex")
    assert phone.unread() == []
    house.cli("reset", item, by="alex")
    assert phone.unread() == [item]


@on_both
def test_all_of_a_stream_at_once(house: House, clocks: Clocks) -> None:
    """``mark-all-as-read`` is one event, taken back as a whole, what was kept unread included."""
    here, there = house.pool.source("Ici"), house.pool.source("Là-bas")
    ours = house.pool.collect(here, *(house.pool.draft() for _ in range(3)))
    theirs = house.pool.collect(there, house.pool.draft())
    phone = house.client()
    house.cli("keep", ours[0])
    phone.edit(("i", ours[0]), ("r", READ))
    assert len(phone.unread()) == 4
    assert phone.post("mark-all-as-read", ("s", f"feed/{here.id}")).text == "OK"
    assert phone.unread() == theirs
    (event,) = [e for e in house.cli("log", "--json").json if e["action"] == "seen"]
    assert (event["by"], event["subject"]) == ("camille", f"source {here.id}")
    assert f"seen source {here.id}, 3 items" in house.cli("log").out
    assert house.cli("undo").out == f"undone: seen {' '.join(map(str, ours))}\n"
    assert phone.unread() == sorted((*ours, *theirs), reverse=True)
    assert "(undone)" in house.cli("log").out
    assert house.cli("undo").out == f"undone: keep {ours[0]}\n"
    assert phone.unread() == sorted((*ours, *theirs), reverse=True)


@on_both
def test_what_an_app_has_not_seen_is_not_marked(house: House, clocks: Clocks) -> None:
    """What came since the app looked is unread still, whether it sends ``ts`` or not."""
    old = house.pool.items(2)
    phone = house.client()
    phone.ids()
    clocks.pass_(minutes=5)
    (new,) = house.pool.items(1)
    phone.post("mark-all-as-read", ("s", ALL), ("ts", int(clocks.now.timestamp() * 1_000_000)))
    assert phone.ids(("xt", READ), ("n", 50)) == [new]
    phone.post("mark-all-as-read", ("s", ALL))
    assert phone.ids(("xt", READ)) == []
    assert phone.post("mark-all-as-read", ("s", ALL)).text == "OK"  # nothing, and no event of it
    assert len([e for e in house.cli("log", "--json").json if e["action"] == "seen"]) == 2
    assert phone.post("mark-all-as-read", ("s", ALL), ("s", STARRED)).status == 400
    phone.edit(*(("i", item) for item in old), ("r", READ))
    phone.post("mark-all-as-read", ("s", ALL), ("ts", 1_000_000_000))  # in 2001
    assert len(phone.unread()) == 2


def test_an_undo_leaves_what_was_read_otherwise_since(house: House) -> None:
    one, two = house.pool.items(2)
    phone = house.client()
    phone.unread()
    phone.post("mark-all-as-read", ("s", ALL))
    phone.edit(("i", one), ("i", two), ("r", READ))
    refused = house.program("--as", "camille", "undo")
    assert (refused.code, "it all changed since" in refused.err) == (1, True)


def test_a_story_is_decided_once(house: House) -> None:
    """A star keeps all that tells the story, as ``veille keep`` does, and without it all of it goes."""
    one, two = house.pool.items(2)
    house.cli("story", "join", one, two)
    phone = house.client()
    phone.edit(("i", one), ("a", STARRED))
    assert phone.ids(s=STARRED) == [two, one]
    phone.edit(("i", one), ("r", STARRED))
    assert phone.unread() == [two, one]


def test_items_that_are_gone_hold_nothing_up(house: House) -> None:
    """An app repeats a request that failed for ever: what is not there is passed over."""
    (item,) = house.pool.items(1)
    phone = house.client()
    done = phone.edit(("i", 4_000), ("i", 2**62), ("i", item), ("i", item), ("a", STARRED))
    assert (done.status, done.text) == (200, "OK")
    assert house.item(item)["kept_by"] == ["camille"]
    assert phone.edit(("a", STARRED)).text == "OK"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([("a", "user/-/state/com.google/broadcast")], "broadcast"),
        ([("a", "user/-/state/com.google/like")], "like"),
        ([("a", "starred")], "a and r name"),
        ([("a", "user/-/label/a/b")], "holds '/'"),
        ([("i", "xyz"), ("a", STARRED)], "no id of an item"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(house: House, words, said: str) -> None:
    """A share that goes nowhere must not look as if it did."""
    (item,) = house.pool.items(1)
    phone = house.client()
    answer = phone.edit(("i", item), *words)
    assert (answer.status, said in answer.text) == (400, True)
    assert (house.item(item)["state"], house.item(item)["tags"]) == ("inbox", [])


@pytest.mark.parametrize("how", ["token", "setting"])
def test_read_only(house: House, how: str) -> None:
    """By its token, or for all: an app may look, and changes nothing."""
    (item,) = house.pool.items(1)
    phone = house.client("camille", "wall", *(("--read-only",) if how == "token" else ()))
    if how == "setting":
        house.settings("[serve]\nread_only = true\n")
    assert phone.unread() == [item]
    for path in ("edit-tag", "mark-all-as-read", "subscription/quickadd"):
        answer = phone.post(path, ("i", item), ("a", STARRED), ("s", ALL), ("quickadd", "x"))
        assert (answer.status, answer.text) == (403, "read only: nothing was changed")
    assert house.item(item)["state"] == "inbox"


def test_tags_are_renamed_and_nothing_is_deleted(house: House) -> None:
    """What would change something for the whole team by one tap says where it is done."""
    (item,) = house.pool.items(1)
    house.pool.source(categories=("Musées",))
    house.cli("tag", item, "+iif")
    phone = house.client()
    labels = ("s", "user/-/label/iif"), ("dest", "user/-/label/iiif")
    assert phone.post("rename-tag", *labels).text == "OK"
    assert house.item(item)["tags"] == ["iiif"]
    assert phone.post("rename-tag", *labels).status == 404
    folder = phone.post("rename-tag", ("s", "user/-/label/musees"), ("dest", "user/-/label/M"))
    assert (folder.status, "veille source edit" in folder.text) == (403, True)
    assert phone.post("rename-tag", ("s", "feed/1"), ("dest", "user/-/label/M")).status == 400
    gone = phone.post("disable-tag", ("s", "user/-/label/iiif"))
    assert (gone.status, "whole team" in gone.text) == (403, True)
    assert house.item(item)["tags"] == ["iiif"]
