"""What apps look at: subscriptions, labels, counts, and pages of streams."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from veille.model.reading import NO_SOURCE, PageAsked, Stream, StreamKind
from veille.model.text import tag_key
from veille.store.bulk import chunks
from veille.web.reader import answers, shapes, streams
from veille.workflows import reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from veille.model.reading import Article
    from veille.web.reader.answers import Answer
    from veille.web.reader.desk import Desk

MOST_IDS, MOST_CONTENTS = 10_000, 1_000  # of a page; there is always a next one
_PIECE = 500  # items that are held at once
# Items bear the instant at which their collection began, and are there once it has ended: an app
# that asks for what came since its last visit is given an hour more, and knows what it has already.
_GRACE = timedelta(hours=1)


def token(desk: Desk) -> Answer:
    """What apps send back as ``T``, 57 characters as at Google's."""
    return answers.text(hashlib.sha256(desk.token.hash.encode()).hexdigest()[:57])


def user(desk: Desk) -> Answer:
    """Who it is."""
    desk.note_use()
    handle = desk.handle
    return answers.json(
        {"userId": handle, "userName": handle, "userProfileId": handle, "userEmail": ""}
    )


def subscriptions(desk: Desk) -> Answer:
    """All sources, and one for links that none of them shows."""
    _only_json(desk)
    sources, _ = reading.shelves(desk.db)
    listed = [shapes.subscription(source, desk.names) for source in sources]
    return answers.json({"subscriptions": [*listed, shapes.found_elsewhere(desk.names)]})


def tags(desk: Desk) -> Answer:
    """The star, the folders, the tags."""
    _only_json(desk)
    sources, tags = reading.shelves(desk.db)
    folders: dict[str, str] = {}
    for source in sources:
        for name in source.categories or (desk.names.unfiled,):
            folders.setdefault(tag_key(name), name)
    folders.setdefault(tag_key(desk.names.unfiled), desk.names.unfiled)
    named = [{"id": streams.LABELS + name, "type": "folder"} for name in folders.values()]
    named += [
        {"id": streams.LABELS + tag.name, "type": "tag"}
        for tag in tags
        if tag_key(tag.name) not in folders
    ]
    return answers.json({"tags": [{"id": f"{streams.STATES}starred"}, *named]})


def unread(desk: Desk) -> Answer:
    """How many items are unread, stream by stream, the sources without any included."""
    _only_json(desk)
    counts = reading.unread(desk.db, desk.handle)
    sources, _ = reading.shelves(desk.db)
    there = {one.stream for one in counts}
    rows = [shapes.unread(one, desk.names) for one in counts]
    rows += [
        shapes.nothing_unread(f"feed/{name}")
        for name in (*(str(source.id) for source in sources), NO_SOURCE)
        if Stream(StreamKind.SOURCE, name) not in there
    ]
    total = next((one.count for one in counts if one.stream.kind is StreamKind.ALL), 0)
    if not total:
        rows.append(shapes.nothing_unread(f"{streams.STATES}reading-list"))
    return answers.json({"max": total, "unreadcounts": rows})


def item_ids(desk: Desk) -> Answer:
    """The short ids of a page of one stream or several."""
    asked = _page(desk, desk.streams("s"), MOST_IDS)
    desk.note_use(listing=True)
    found = reading.page(desk.db, desk.handle, asked)
    document: dict[str, Any] = {"itemRefs": [{"id": str(key)} for key in found.ids]}
    return answers.json(_continued(document, found.ids, found.more))


def stream_contents(desk: Desk, name: str) -> Answer:
    """A page of a stream; without a name, of everything."""
    found, more = _contents(desk, name)
    document = {
        "id": name or f"{streams.STATES}reading-list",
        "updated": streams.seconds(desk.act.now),
        "items": [shapes.article(one, desk.names) for one in found],
    }
    return answers.json(_continued(document, [one.id for one in found], more))


def stream_as_atom(desk: Desk, name: str) -> Answer:
    """The same as a feed."""
    from veille.web.reader.atom import feed  # few apps want it

    found, more = _contents(desk, name)
    document = feed(
        found,
        stream=name or f"{streams.STATES}reading-list",
        continuation=str(found[-1].id) if more else None,
        names=desk.names,
        now=desk.act.now,
    )
    return answers.Answer(HTTPStatus.OK, "application/atom+xml; charset=utf-8", document)


def _contents(desk: Desk, name: str) -> tuple[list[Article], bool]:
    stream = streams.stream(name, desk.names) if name else Stream(StreamKind.ALL)
    asked = _page(desk, (stream,), MOST_CONTENTS)
    desk.note_use(listing=True)
    return reading.contents(desk.db, desk.handle, asked)


def item_contents(desk: Desk) -> Answer:
    """The items named, in the order asked, whatever their number: sent as they are read."""
    named = (streams.item(text) for text in desk.asked.every("i"))
    ids = [number for number in dict.fromkeys(named) if number is not None]
    head = {"id": f"{streams.STATES}reading-list", "updated": streams.seconds(desk.act.now)}
    first = answers.encoded(head)[:-1] + b',"items":['
    read = _pieces(desk, ids)
    return answers.pieces(first + next(read), read)


def _pieces(desk: Desk, ids: Sequence[int]) -> Iterator[bytes]:
    begun = b""
    for some in chunks(ids, _PIECE):
        found = reading.articles(desk.db, desk.handle, some)
        if found:
            yield begun + answers.encoded([shapes.article(one, desk.names) for one in found])[1:-1]
            begun = b","
    yield b"]}"


def _page(desk: Desk, wanted: tuple[Stream, ...], most: int) -> PageAsked:
    asked = desk.asked
    if not wanted:
        raise answers.bad_request(
            "s names the stream, such as user/-/state/com.google/reading-list"
        )
    limit = streams.whole(asked.first("n"), "n")
    since = streams.whole(asked.first("ot"), "ot")
    until = streams.whole(asked.first("nt"), "nt")
    after = streams.whole(asked.first("c"), "c")
    return PageAsked(
        streams=wanted,
        only=desk.streams("it"),
        without=desk.streams("xt"),
        since=streams.instant(since) - _GRACE if since else None,
        until=streams.instant(until) if until else None,
        oldest_first=asked.first("r") == "o",
        after=None if after is None else min(after, streams.MOST),
        limit=min(20 if limit is None else max(limit, 1), most),
    )


def _continued(document: dict[str, Any], ids: Sequence[int], more: bool) -> dict[str, Any]:
    return {**document, "continuation": str(ids[-1])} if more else document


def _only_json(desk: Desk) -> None:
    desk.note_use()
    if desk.asked.first("output") not in ("", "json"):
        raise answers.Declined(HTTPStatus.NOT_IMPLEMENTED, "there is output=json, and no other")


LISTING: dict[str, Callable[[Desk], Answer]] = {
    "token": token,
    "user-info": user,
    "subscription/list": subscriptions,
    "tag/list": tags,
    "unread-count": unread,
    "stream/items/ids": item_ids,
    "stream/items/contents": item_contents,
}
# What follows these names a stream.
STREAMS: dict[str, Callable[[Desk, str], Answer]] = {
    "stream/contents": stream_contents,
    "atom": stream_as_atom,
}
