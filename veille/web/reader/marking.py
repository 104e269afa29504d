"""What apps change: the same acts as at the command line, by the same person."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from veille.curation.tags import TagChanges, valid_tags
from veille.errors import FetchError, NotFound, ParseError, Refused, UsageError
from veille.model.reading import PageAsked, StreamKind
from veille.model.text import tag_key
from veille.web.reader import answers, streams
from veille.workflows import reading, subscribe, tagging

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from veille.model.reading import Stream
    from veille.web.reader.answers import Answer
    from veille.web.reader.desk import Desk

# States that only repeat what another one in the same request says.
_ECHOES = frozenset({"kept-unread", "tracking-kept-unread", "reading-list", "fresh"})
_TEAM = "it would change for the whole team"


def edit_tag(desk: Desk) -> Answer:
    """Read or not, starred or not, labels on and off."""
    ids = [streams.item(text) for text in desk.asked.every("i")]
    wish = _wish(desk.asked.every("a"), desk.asked.every("r"))
    reading.mark(desk.db, [key for key in ids if key is not None], wish, act=desk.act)
    return answers.OK


def _wish(put: list[str], take: list[str]) -> reading.Wish:
    states = dict.fromkeys(_states(take), False) | dict.fromkeys(_states(put), True)
    for state in states.keys() - {"read", "starred"} - _ECHOES:
        raise answers.bad_request(f"'{state}' is nothing that veille knows: star to keep, or label")
    changes = TagChanges(_labels(put), _labels(take))
    read = states.get("read")
    if read is None and states.get("kept-unread"):
        read = False
    return reading.Wish(
        read=read,
        starred=states.get("starred"),
        tags=changes if changes.add or changes.remove else None,
    )


def _states(texts: Iterable[str]) -> list[str]:
    states = []
    for text in filter(None, texts):
        state = streams.state(text)
        if state is None and streams.label(text) is None:
            raise answers.bad_request("a and r name a state or a label")
        states += [state] if state else []
    return states


def _labels(texts: Iterable[str]) -> tuple[str, ...]:
    return valid_tags(name for name in map(streams.label, texts) if name)


def mark_all(desk: Desk) -> Answer:
    """A whole stream is read: what the app may have shown, and came before ``ts``."""
    wanted = desk.streams("s")
    if len(wanted) != 1:
        raise answers.bad_request("s names one stream")
    before = streams.whole(desk.asked.first("ts"), "ts")
    asked = PageAsked(streams=wanted, until=streams.instant(before) if before else None)
    reading.mark_all(desk.db, asked, up_to=desk.token.listed or 0, act=desk.act)
    return answers.OK


def rename_tag(desk: Desk) -> Answer:
    """A tag is spelled otherwise, on all items that carry it."""
    old, new = _label(desk, "s"), _label(desk, "dest")
    sources, _ = reading.shelves(desk.db)
    if tag_key(old) in {tag_key(name) for source in sources for name in source.categories}:
        raise Refused(f"'{old}' is a folder, {_TEAM}: 'veille source edit' changes it")
    tagging.rename(desk.db, old, new, act=desk.act)
    return answers.OK


def disable_tag(desk: Desk) -> Answer:
    """Refused: one tap would take a word from all items."""
    name = _label(desk, "s")
    raise Refused(
        f"'{name}' is not removed from here, {_TEAM}: 'veille tag' and 'veille source edit' do"
    )


def _label(desk: Desk, parameter: str) -> str:
    name = streams.label(desk.asked.first(parameter))
    if name is None:
        raise answers.bad_request(f"{parameter} is a label, such as {streams.LABELS}iiif")
    return name


def quick_add(desk: Desk) -> Answer:
    """Subscribe to an address, or to the feed that its page leads to."""
    address = desk.asked.first("quickadd").removeprefix("feed/")
    try:
        source = _subscribe(desk, address)
    except (FetchError, ParseError, NotFound, UsageError) as error:
        return answers.json({"numResults": 0, "query": address, "error": str(error)})
    return answers.json(
        {
            "numResults": 1,
            "query": address,
            "streamId": f"feed/{source.id}",
            "streamName": source.name,
        }
    )


def _subscribe(desk: Desk, address: str, **given: Any) -> Any:
    # In a workspace of its own: asking the web may take longer than the one that is shared lives.
    with contextlib.closing(desk.reopen()) as app:
        return reading.subscribe(app.db, app.web, address, act=desk.act, **given).source


def edit_subscription(desk: Desk) -> Answer:
    """A source comes, gets another title, or goes into other folders; it does not go from here."""
    action, titles = desk.asked.first("ac"), desk.asked.every("t")
    put, take = _folder(desk, "a"), _folder(desk, "r")
    wanted = desk.streams("s")
    if not wanted or action not in ("subscribe", "unsubscribe", "edit"):
        raise answers.bad_request("s names a source, and ac is subscribe, unsubscribe or edit")
    if action == "unsubscribe":
        raise Refused(f"a source does not go from here, {_TEAM}: 'veille source remove' does it")
    for number, stream in enumerate(wanted):
        title = titles[number] if number < len(titles) else ""
        if action == "subscribe" and not stream.name.isdigit():
            given = {"title": title or None, "categories": [put] if put else []}
            _subscribe(desk, stream.name, **given)
        else:
            _edit(desk, stream, title, put, take)
    return answers.OK


def _folder(desk: Desk, parameter: str) -> str:
    """The folder that a parameter names; what has none is in no folder."""
    given = desk.streams(parameter)
    if any(stream.kind is not StreamKind.LABEL for stream in given):
        raise answers.bad_request(f"{parameter} is a label, such as {streams.LABELS}Museums")
    return given[0].name if given else ""


def _edit(desk: Desk, stream: Stream, title: str, put: str, take: str) -> None:
    reference = str(reading.source_of(desk.db, stream))
    changes: dict[str, Any] = {"title": title} if title else {}
    if put or take:
        source = subscribe.find(desk.db, reference)
        kept = [name for name in source.categories if name != take]
        changes["categories"] = [*kept, put] if put and put not in kept else kept
    if changes:
        subscribe.edit(desk.db, reference, act=desk.act, **changes)


MARKING: dict[str, Callable[[Desk], Answer]] = {
    "edit-tag": edit_tag,
    "mark-all-as-read": mark_all,
    "rename-tag": rename_tag,
    "disable-tag": disable_tag,
    "subscription/quickadd": quick_add,
    "subscription/edit": edit_subscription,
}
