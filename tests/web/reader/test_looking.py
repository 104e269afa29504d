"""What apps look at: subscriptions, labels, counts, pages of streams."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from tests.web.reader.conftest import ALL, NOW, READ, STARRED, on_both
from veille.web.reader.streams import long_id

if TYPE_CHECKING:
    from tests.web.reader.conftest import Client, Clocks, House

ATOM = {"a": "http://www.w3.org/2005/Atom", "gr": "http://www.google.com/schemas/reader/atom/"}
TYPE = ("output", "json")


def test_subscriptions_have_what_apps_need(house: House) -> None:
    """Each has an id, a title, an address without its password, and a folder: Read You fails without."""
    filed = house.pool.source(
        "Musée & <arts>",
        url="https://nom:secret@musee.example/feed",
        categories=("Musées", "France/Sud"),
        site="https://musee.example/",
    )
    bare = house.pool.source("Sans rien")
    listed = house.client().get("subscription/list", TYPE).json["subscriptions"]
    assert listed[0] == {
        "id": f"feed/{filed.id}",
        "title": "Musée & ＜arts＞",
        "categories": [
            {"id": "user/-/label/Musées", "label": "Musées"},
            {"id": "user/-/label/France/Sud", "label": "France/Sud"},
        ],
        "url": "https://***@musee.example/feed",
        "htmlUrl": "https://musee.example/",
        "iconUrl": "",
    }
    assert [(each["id"], each["categories"][0]["label"]) for each in listed[1:]] == [
        (f"feed/{bare.id}", "Sans dossier"),
        ("feed/0", "Sans dossier"),
    ]
    assert all(each["url"].startswith("https://") for each in listed)


def test_labels_are_folders_and_tags(house: House) -> None:
    house.pool.source(categories=("Musées",))
    (item,) = house.pool.items(1)
    house.cli("tag", item, "+iiif", "+musees")
    assert house.client().get("tag/list", TYPE).json["tags"] == [
        {"id": STARRED},
        {"id": "user/-/label/Musées", "type": "folder"},
        {"id": "user/-/label/Sans dossier", "type": "folder"},
        {"id": "user/-/label/iiif", "type": "tag"},
    ]


@pytest.fixture
def shelf(house: House) -> tuple[Client, dict[str, int]]:
    """A source in a folder, one without, a link that somebody added; the first of each is tagged."""
    filed, bare = house.pool.source("A", categories=("Musées",)), house.pool.source("B")
    here, here_too = sorted(house.pool.collect(filed, house.pool.draft(), house.pool.draft()))
    there = house.pool.collect(bare, house.pool.draft())[0]
    found = house.pool.item()
    for item in (here, there, found):
        house.cli("tag", item, "+iiif")
    house.cli("keep", here)
    ids = {"filed": filed.id, "bare": bare.id, "here": here, "here_too": here_too}
    return house.client(), {**ids, "there": there, "found": found}


@on_both
def test_streams(shelf: tuple[Client, dict[str, int]]) -> None:
    """An item is under the source that brought it first, so under one; a link added is under feed/0."""
    phone, ids = shelf
    expected = {
        ALL: ["found", "there", "here_too", "here"],
        READ: ["here"],
        "user/-/state/com.google/unread": ["found", "there", "here_too"],
        STARRED: ["here"],
        "reading-list": ["found", "there", "here_too", "here"],
        f"feed/{ids['filed']}": ["here_too", "here"],
        f"feed/{ids['bare']}": ["there"],
        "feed/https://feed2.example/atom": ["there"],
        "feed/0": ["found"],
        "feed/999": [],
        "feed/99999999999999": [],
        "feed/http://nowhere.example/": [],
        "feed/nonsense": [],
        "user/-/label/musees": ["here_too", "here"],
        "user/camille/label/IIIF": ["found", "there", "here"],
        "user/-/label/Sans dossier": ["found", "there"],
        "user/-/label/unknown": [],
        "user/-/state/com.google/broadcast": [],
    }
    for stream, names in expected.items():
        assert phone.ids(s=stream) == [ids[name] for name in names], stream


def test_several_streams_and_targets(shelf: tuple[Client, dict[str, int]]) -> None:
    """``s`` may be repeated, ``it`` narrows and ``xt`` leaves out."""
    phone, ids = shelf
    both = phone.ids(("s", "feed/0"), s=f"feed/{ids['bare']}")
    assert both == [ids["found"], ids["there"]]
    assert phone.ids(("it", STARRED)) == [ids["here"]]
    assert phone.ids(("it", "user/-/label/iiif"), ("xt", READ)) == [ids["found"], ids["there"]]
    assert phone.ids(("xt", "feed/0"), ("xt", "user/-/label/Musées"), ("it", "")) == [ids["there"]]


@on_both
def test_counts(shelf: tuple[Client, dict[str, int]]) -> None:
    """Of each source, also those where nothing is unread; of folders, tags, and everything."""
    phone, ids = shelf
    told = phone.get("unread-count", TYPE, ("all", 1)).json
    assert told["max"] == 3
    assert {row["id"]: row["count"] for row in told["unreadcounts"]} == {
        f"feed/{ids['filed']}": 1,
        f"feed/{ids['bare']}": 1,
        "feed/0": 1,
        "user/-/label/Musées": 1,
        "user/-/label/Sans dossier": 2,
        "user/-/label/iiif": 2,
        ALL: 3,
    }
    newest = next(row for row in told["unreadcounts"] if row["id"] == ALL)
    assert int(newest["newestItemTimestampUsec"]) > 10**15
    phone.ids()
    phone.post("mark-all-as-read", ("s", ALL))
    after = phone.get("unread-count", TYPE).json
    assert after["max"] == 0
    assert {row["count"] for row in after["unreadcounts"]} == {0}


def test_an_item_has_what_apps_need(house: House, clocks: Clocks) -> None:
    """The keys that newsboat, NetNewsWire and Read You read, with the types they read them as."""
    source = house.pool.source(
        "Carnet",
        categories=("Musées",),
        site="https://carnet.example/",
        url="https://carnet.example/f",
    )
    draft = house.pool.draft(
        "R&D, a < b & &lt;i&gt;",
        authors=("Ana", "Bo"),
        content="<p>Texte</p>",
        published=NOW,
        updated=NOW,
    )
    (item,) = house.pool.collect(source, draft)
    phone = house.client()
    phone.edit(("i", item), ("a", STARRED), ("a", "user/-/label/iiif"))
    page = phone.get(f"stream/contents/feed%2F{source.id}".replace("%2F", "/"), ("n", 5)).json
    assert page["id"] == f"feed/{source.id}"
    assert page["updated"] == int(clocks.now.timestamp())
    (shown,) = page["items"]
    assert shown["id"] == long_id(item) == f"tag:google.com,2005:reader/item/{item:016x}"
    assert shown["published"] == shown["updated"] == int(NOW.timestamp())
    assert shown["title"] == "R&D, a ＜ b & ＆lt;i＆gt;"
    assert shown["author"] == "Ana, Bo"
    assert shown["summary"] == {"content": "<p>Texte</p>"}
    assert shown["canonical"][0]["href"] == shown["alternate"][0]["href"] == draft.url
    assert shown["categories"] == [
        ALL, READ, STARRED, "user/-/label/Musées", "user/-/label/iiif",
    ]  # fmt: skip
    assert shown["origin"] == {
        "streamId": f"feed/{source.id}",
        "title": "Carnet",
        "htmlUrl": "https://carnet.example/",
    }
    assert int(shown["timestampUsec"]) // 1000 == int(shown["crawlTimeMsec"])


def test_an_item_of_which_little_is_known(house: House) -> None:
    """No address, no date, no author, no source: what apps look at without asking is there."""
    item = house.pool.item(
        "Sans adresse", url=None, raw_url=None, key=None, text="Un.\n\n<Deux> & trois."
    )
    (shown,) = house.client().post("stream/items/contents", ("i", long_id(item))).json["items"]
    assert shown["origin"]["streamId"] == "feed/0"
    assert shown["summary"]["content"] == "<p>Un.</p><p>&lt;Deux&gt; &amp; trois.</p>"
    assert shown["canonical"] == [{"href": ""}]
    assert shown["alternate"][0]["href"] == ""
    assert not {"author", "updated"} & shown.keys()
    assert shown["published"] > 0


def test_no_content_is_too_long_for_a_telephone(house: House) -> None:
    """Its text is shown then, as far as it goes."""
    source = house.pool.source()
    draft = house.pool.draft(content="<b>x</b>" * 100_000, text="mot " * 200_000)
    (item,) = house.pool.collect(source, draft)
    (shown,) = house.client().post("stream/items/contents", ("i", item)).json["items"]
    assert shown["summary"]["content"].startswith("<p>mot mot")
    assert len(shown["summary"]["content"]) < 500_010


def test_contents_by_any_form_of_id(house: House) -> None:
    """In the order asked, each once, whatever the form; what is gone is left out."""
    source = house.pool.source()
    ids = sorted(house.pool.collect(source, *(house.pool.draft() for _ in range(12))))
    wanted = [ids[10], ids[2], ids[2], 9_999]
    phone = house.client()
    for form in ("{:d}", "{:016x}", "tag:google.com,2005:reader/item/{:016x}", "x/{:x}"):
        named = [("i", form.format(item)) for item in wanted]
        answer = phone.post("stream/items/contents", ("output", "json"), *named)
        assert [item["id"] for item in answer.json["items"]] == [long_id(ids[10]), long_id(ids[2])]
    assert phone.get("stream/items/contents", ("i", "9999")).json["items"] == []


def test_many_contents_come_in_pieces(house: House) -> None:
    """However many are asked for: the document is one, made while it is sent."""
    source = house.pool.source()
    ids = house.pool.collect(source, *(house.pool.draft() for _ in range(600)))
    named = [("i", long_id(item)) for item in (*ids[:300], *range(2_000, 2_300), *ids[300:])]
    answer = house.client().post("stream/items/contents", *named)
    assert [item["id"] for item in answer.json["items"]] == [long_id(item) for item in ids]
    assert "Content-Length" not in answer.fields


@pytest.mark.parametrize("order", ["n", "o"])
def test_pages_hold_each_item_once(house: House, order: str) -> None:
    """Whatever comes or goes between two pages; the last one names no other."""
    ids = house.pool.items(7)
    phone = house.client()
    seen: list[int] = []
    continuation: tuple[tuple[str, object], ...] = ()
    while True:
        page = phone.get(
            "stream/items/ids", ("s", ALL), ("n", 3), ("r", order), ("xt", READ), *continuation
        ).json
        seen += [int(ref["id"]) for ref in page["itemRefs"]]
        if "continuation" not in page:
            break
        continuation = (("c", page["continuation"]),)
        house.cli("skip", seen[-1])  # the last one of the page is no longer in the stream
        if order == "n":
            house.pool.items(1)
    assert seen == (ids if order == "o" else ids[::-1])
    contents = phone.get("stream/contents", ("n", 4), ("c", ids[5])).json
    assert [item["id"] for item in contents["items"]] == [long_id(item) for item in ids[4:0:-1]]
    assert contents["continuation"] == str(ids[1])


@on_both
def test_since_and_until(house: House, clocks: Clocks) -> None:
    """``ot`` and ``nt`` are seconds of arrival; ``ot`` gives an hour more, since a collection takes time."""
    old = house.pool.item(title="ancien")  # the pool's own now, a day before
    phone = house.client()
    arrived = house.pool.draft().order.replace(hour=9, minute=0)
    later = int((arrived + timedelta(hours=2)).timestamp())
    assert phone.ids(("ot", later)) == []
    assert phone.ids(("ot", int((arrived + timedelta(minutes=59)).timestamp()))) == [old]
    assert phone.ids(("nt", int(arrived.timestamp()) - 1)) == []
    assert phone.ids(("nt", later), ("ot", 0)) == [old]
    assert phone.ids(("ot", ""), ("nt", ""), ("c", ""), ("n", "")) == [old]


def test_what_cannot_be_read_is_told(house: House) -> None:
    phone = house.client()
    for parameter in (("n", "many"), ("ot", "yesterday"), ("nt", "-1"), ("c", "x"), ("xt", "bah")):
        assert phone.get("stream/items/ids", ("s", ALL), parameter).status == 400
    assert phone.get("stream/items/ids", ("s", "")).status == 400
    assert phone.get("stream/contents/bah").status == 400
    assert phone.get("stream/items/ids", ("s", ALL), ("c", 10**17), ("ot", 10**17)).status == 200
    for path in ("subscription/list", "tag/list", "unread-count"):
        assert phone.get(path, ("output", "xml")).status == 501
        assert phone.get(path).status == 200
    assert phone.get("nothing/like/that").status == 404


def test_a_stream_as_atom(house: House) -> None:
    """What newsboat asks of FeedHQ: ``fresh`` for unread, so that it follows what was read elsewhere."""
    source = house.pool.source("Carnet")
    one, two, three = sorted(
        house.pool.collect(source, *(house.pool.draft(content="<p>é</p>") for _ in range(3)))
    )
    house.cli("tag", three, "+read")
    phone = house.client()
    phone.edit(("i", two), ("a", READ))
    answer = phone.get(f"feed/{source.id}", ("n", 2), prefix="/reader/atom/")
    assert answer.fields["Content-Type"] == "application/atom+xml; charset=utf-8"
    root = ET.fromstring(answer.body)
    entries = root.findall("a:entry", ATOM)
    assert [entry.findtext("a:id", "", ATOM) for entry in entries] == [long_id(three), long_id(two)]
    labels = [
        {each.get("label") for each in entry.findall("a:category", ATOM)} for entry in entries
    ]
    assert ("fresh" in labels[0], "read" in labels[0]) == (True, False)
    assert ("fresh" in labels[1], "read" in labels[1]) == (False, True)
    assert entries[0].findtext("a:summary", "", ATOM) == "<p>é</p>"
    assert root.findtext("gr:continuation", "", ATOM) == str(two)
    last = ET.fromstring(phone.get("", ("c", two), prefix="/reader/atom/").body)
    assert [entry.findtext("a:id", "", ATOM) for entry in last.findall("a:entry", ATOM)] == [
        long_id(one)
    ]
    assert last.find("gr:continuation", ATOM) is None
