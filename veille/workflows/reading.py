"""Read in an app: what reader apps list, show, and mark; every decision is one of curation's own.

To have read something decides nothing: the item stays in the inbox, for this curator at the command
line as for everybody else. It is a bookmark of one's own, so the log does not tell of it, but for
a whole stream marked at once, which undo takes back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from veille.errors import NotFound
from veille.feeds import urls
from veille.model.event import Action
from veille.model.reading import NO_SOURCE, Article, PageAsked, Stream, StreamKind
from veille.store import articles as articles_of
from veille.store import marks, reading, sources
from veille.workflows import curate, discovery
from veille.workflows import subscribe as subscribing
from veille.workflows.acting import whole
from veille.workflows.wanted import draft

if TYPE_CHECKING:
    from collections.abc import Sequence

    from veille.curation.tags import TagChanges
    from veille.model.item import TagCount
    from veille.model.reading import PageOfIds, Unread
    from veille.model.source import Source
    from veille.store.database import Connection, Database
    from veille.workflows.acting import Act
    from veille.workflows.discovery import Web
    from veille.workflows.subscribe import Added


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What an app asks to be done to items: True to do it, False to take it back, None for neither."""

    read: bool | None = None
    starred: bool | None = None
    tags: TagChanges | None = None


def page(db: Database, handle: str, asked: PageAsked) -> PageOfIds:
    """The items of a page of a stream."""
    with db.read() as connection:
        return reading.page(connection, handle, _resolved(connection, asked))


def contents(db: Database, handle: str, asked: PageAsked) -> tuple[list[Article], bool]:
    """A page with what is in it, and whether there is another one: one state of the database."""
    with db.read() as connection:
        found = reading.page(connection, handle, _resolved(connection, asked))
        return articles_of.get_many(connection, handle, found.ids), found.more


def articles(db: Database, handle: str, ids: Sequence[int]) -> list[Article]:
    """These items in the order asked; those that are gone are left out."""
    with db.read() as connection:
        return articles_of.get_many(connection, handle, ids)


def unread(db: Database, handle: str) -> list[Unread]:
    """How much is unread: of everything, of each source, and under each label."""
    with db.read() as connection:
        return reading.unread(connection, handle)


def shelves(db: Database) -> tuple[list[Source], list[TagCount]]:
    """The sources and the tags, as the folders and labels of an app."""
    with db.read() as connection:
        return sources.everything(connection, counts=False), marks.tags(connection)


def mark(db: Database, ids: Sequence[int], wish: Wish, *, act: Act) -> None:
    """Do to items what an app asks; those that are gone are passed over.

    An app repeats what fails, so one item too many must not hold up the others.
    """
    with db.read() as connection:
        present = marks.exists(connection, ids)
    ids = [key for key in dict.fromkeys(ids) if key in present]
    if wish.tags is not None:
        curate.tag(db, ids, wish.tags, act=act)
    if wish.starred is not None:
        decide = curate.keep if wish.starred else curate.withdraw
        decide(db, ids, act=act)
    if wish.read is not None:
        note = reading.set_read if wish.read else reading.set_unread
        with db.write() as connection:
            note(connection, act.by, ids)


@whole
def mark_all(db: Database, asked: PageAsked, *, up_to: int, act: Act) -> int:
    """Mark all of a stream as read, of items up to a number; how many these were."""
    with db.write() as connection:
        asked = _resolved(connection, asked)
        count, again = reading.set_all_read(connection, act.by, asked, up_to=up_to, batch=act.batch)
        if count:
            after = {"items": count, "again": again}
            subject = _subject(asked.streams[0])
            act.log(connection, act.event(Action.SEEN, subject=subject, after=after))
    return count


def _subject(stream: Stream) -> str:
    if stream.kind is StreamKind.SOURCE:
        return "links without a source" if stream.name == NO_SOURCE else f"source {stream.name}"
    return stream.name if stream.kind is StreamKind.LABEL and stream.name else "everything"


def subscribe(db: Database, web: Web, address: str, *, act: Act, **given: Any) -> Added:
    """Subscribe to an address, or to the best of the feeds it leads to.

    Raises what :func:`veille.workflows.discovery.candidates` does, and UsageError.
    """
    asked = draft(address, **given)
    known = subscribing.known(db, asked)
    if known is not None:
        return subscribing.Added(source=known, created=False)
    best = discovery.candidates(web, asked.url)[0]
    return subscribing.add(db, draft(best.url, **given), seen=best, act=act)


def source_of(db: Database, stream: Stream) -> int:
    """The number of the source of a stream; raises :class:`~veille.errors.NotFound`."""
    with db.read() as connection:
        found = _numbered(connection, stream)
    if stream.kind is not StreamKind.SOURCE or found.kind is not StreamKind.SOURCE:
        raise NotFound(f"there is no source '{stream.name}': see 'veille source list'")
    return int(found.name)


def _resolved(connection: Connection, asked: PageAsked) -> PageAsked:
    def numbered(streams: tuple[Stream, ...]) -> tuple[Stream, ...]:
        return tuple(_numbered(connection, stream) for stream in streams)

    return replace(
        asked,
        streams=numbered(asked.streams),
        only=numbered(asked.only),
        without=numbered(asked.without),
    )


def _numbered(connection: Connection, stream: Stream) -> Stream:
    """Some apps name a source by its address."""
    if stream.kind is not StreamKind.SOURCE or stream.name.isdigit():
        return stream
    address = urls.asked(stream.name)
    source = sources.by_key(connection, urls.key(address)) if address else None
    return Stream(StreamKind.SOURCE, str(source.id)) if source else Stream(StreamKind.NOTHING)
