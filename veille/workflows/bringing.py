"""Bring in the bookmarks that somebody kept elsewhere: links, dates, tags and notes."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from veille.curation import triage
from veille.curation.names import MAX_NAME, valid_name
from veille.curation.tags import TagChanges
from veille.errors import UsageError
from veille.feeds import identifiers, language, urls
from veille.model.changes import ItemDraft
from veille.model.event import Action
from veille.model.states import ItemState
from veille.model.text import one_line
from veille.store import ingest, items, marks
from veille.workflows.acting import whole
from veille.workflows.curate import MAX_COMMENT, annotate
from veille.workflows.thesaurus import preferred

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from veille.feeds.bookmarks import Bookmark
    from veille.model.event import NewEvent
    from veille.model.item import Marks
    from veille.store.database import Connection, Database
    from veille.workflows.acting import Act

MAX_SUMMARY = 500
_NOT_IN_TAGS = re.compile(r"""[,/#"]+""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What came of it: new items, known ones, and those of both on which anything changed."""

    added: tuple[int, ...]
    known: tuple[int, ...]
    changed: tuple[int, ...]


@whole
def bring_bookmarks(
    db: Database, links: Sequence[Bookmark], *, into: ItemState, folders: bool, act: Act
) -> Brought:
    """Put bookmarks in the pool, in one transaction; ``folders`` become tags too, when asked.

    New items enter as ``into`` says. A link that is known gets the tags and the note it lacks, and
    is endorsed when ``into`` is kept; doing it twice changes nothing.
    """
    drafts = [_draft(link, into, act) for link in links]
    with db.write() as connection:
        stored = ingest.add_links(connection, drafts, at=act.now)
        arrived = [(key, link) for (key, new), link in zip(stored, links, strict=True) if new]
        act.log(connection, *(_arrival(key, link, act) for key, link in arrived))
        given = _by_item([key for key, _ in stored], links)
        changed = _mark(connection, given, into, act, folders=folders)
        noted = _note(connection, given, act)
    added = [key for key, _ in arrived]
    return Brought(
        added=tuple(added),
        known=tuple(key for key in given if key not in set(added)),
        changed=tuple(dict.fromkeys((*changed, *noted))),
    )


def _draft(link: Bookmark, into: ItemState, act: Act) -> ItemDraft:
    """The item: it was collected when somebody saved it, since when it was published is not known."""
    shown = urls.canonical(link.url) or link.url
    saved = link.added if link.added is not None and link.added < act.now else act.now
    return ItemDraft(
        url=shown,
        raw_url=link.url,
        key=urls.key(shown),
        title=link.title,
        order=saved,
        collected=saved,
        language=language.guess(f"{link.title}. {link.note}"),
        summary=one_line(link.note, MAX_SUMMARY),
        identifiers=(work,) if (work := identifiers.of_url(link.url)) else (),
        state=ItemState.SKIPPED if into is ItemState.SKIPPED else ItemState.INBOX,
    )


def _arrival(item_id: int, link: Bookmark, act: Act) -> NewEvent:
    saved = {"saved": link.added.isoformat()} if link.added else {}
    return act.event(Action.ADD, item=item_id, after={"url": link.url, **saved})


def _by_item(ids: Sequence[int], links: Sequence[Bookmark]) -> dict[int, list[Bookmark]]:
    """What a file says of each item: it may list a link twice."""
    given: dict[int, list[Bookmark]] = {}
    for item_id, link in zip(ids, links, strict=True):
        given.setdefault(item_id, []).append(link)
    return given


def _mark(
    connection: Connection,
    given: Mapping[int, Sequence[Bookmark]],
    into: ItemState,
    act: Act,
    *,
    folders: bool,
) -> list[int]:
    """Put tags on, and endorse what was brought to be kept: the items on which that changed anything."""
    known = marks.marks_of(connection, list(given))
    changes: list[tuple[int, Marks, Marks]] = []
    events: list[NewEvent] = []
    for item_id, links in given.items():
        before = known[item_id]
        kept = triage.keep(before, act.by, act.now) if into is ItemState.KEPT else before
        tags = preferred(connection, _tags(links, folders=folders))
        after = triage.retag(kept, TagChanges(add=tags))
        events += _told(act, item_id, Action.KEEP, before, kept)
        events += _told(act, item_id, Action.TAG, kept, after)
        if after != before:
            changes.append((item_id, before, after))
    marks.write_many(connection, changes, at=act.now)
    act.log(connection, *events)
    return [item_id for item_id, _, _ in changes]


def _told(
    act: Act, item_id: int, action: Action, before: Marks, after: Marks
) -> Iterator[NewEvent]:
    if before != after:
        old, new = triage.difference(before, after)
        yield act.event(action, item=item_id, before=old, after=new)


def _tags(links: Sequence[Bookmark], *, folders: bool) -> tuple[str, ...]:
    """The tags of a link, as far as they are tags here; folders are tags only when asked for."""
    named = [name for link in links for name in (*link.tags, *(link.folders if folders else ()))]
    return tuple(dict.fromkeys(tag for tag in map(_tag, named) if tag))


def _tag(name: str) -> str | None:
    """A tag of elsewhere as one of ours: signs that end a tag become spaces."""
    with contextlib.suppress(UsageError):
        return valid_name(_NOT_IN_TAGS.sub(" ", name).strip(" +-")[:MAX_NAME], "tag")
    return None


def _note(connection: Connection, given: Mapping[int, Sequence[Bookmark]], act: Act) -> list[int]:
    """Make a comment of each note that the item does not have yet: the items that got one."""
    noted = {key: links for key, links in given.items() if any(link.note for link in links)}
    present = {found.id: found for found in items.get_many(connection, list(noted))}
    changed = []
    for item_id, links in noted.items():
        there = {comment.text for comment in present[item_id].comments}
        for note in dict.fromkeys(link.note[:MAX_COMMENT] for link in links):
            if note and note not in there:
                annotate(connection, item_id, note, blurb=False, act=act)
                changed.append(item_id)
    return changed
