"""A link found elsewhere joins the same pool as what sources bring."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from veille.curation import triage
from veille.curation.tags import TagChanges, valid_tags
from veille.errors import FetchError, ParseError, UsageError
from veille.feeds import identifiers, urls
from veille.model.changes import ItemDraft
from veille.model.event import Action
from veille.model.fetched import Article
from veille.model.identifier import Scheme
from veille.model.item import PageReading
from veille.model.text import count_words, one_line
from veille.store import identifiers as named
from veille.store import ingest, marks, pages
from veille.workflows.curate import annotate
from veille.workflows.fulltext import read_page
from veille.workflows.thesaurus import meant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from veille.model.identifier import Identifier
    from veille.store.database import Connection, Database
    from veille.workflows.acting import Act
    from veille.workflows.fulltext import Readers, Web

MAX_TITLE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundLink:
    """A link somebody brought. ``warning`` says why its page could not be read."""

    item: int
    created: bool
    warning: str | None


def add_link(
    db: Database,
    web: Web,
    readers: Readers,
    url: str,
    *,
    title: str | None = None,
    comment: str | None = None,
    tags: Sequence[str] = (),
    act: Act,
    agent: str = "",
) -> FoundLink:
    """Put a link in the pool: title, text, date and language come from its page when it answers.

    A link that is known already only gets the tags and the comment. Raises
    :class:`~veille.errors.UsageError` when the address is not http(s).
    """
    shown = _shown(url)
    changes = TagChanges(add=valid_tags(tags))
    with db.read() as connection:
        changes = meant(connection, changes)
        known = _known(connection, shown)
    article, warning = None, None
    if known is None:
        try:
            article = read_page(web, readers, url.strip(), agent=agent)
        except (FetchError, ParseError) as error:
            warning = str(error)
    with db.write() as connection:
        item_id, created = _store(connection, shown, url, title, article, act)
        if created:
            if article is not None:
                read = PageReading(at=act.now, taken=bool(article.text), canonical=article.url)
                pages.record(connection, item_id, read)
            act.log(connection, act.event(Action.ADD, item=item_id, after={"url": shown}))
        _annotate(connection, item_id, changes, comment, act)
    return FoundLink(item=item_id, created=created, warning=warning)


def _shown(url: str) -> str:
    shown = urls.canonical(url.strip())
    if shown is None:
        raise UsageError(
            f"'{url}' is no address of the web: it must start with http:// or https://"
        )
    return shown


def _store(
    connection: Connection,
    shown: str,
    raw: str,
    title: str | None,
    article: Article | None,
    act: Act,
) -> tuple[int, bool]:
    """Store the link under the page's own canonical address, when it names one."""
    named = urls.canonical(article.url) if article else None
    address = named or shown
    # The address asked for is looked up too: a page may name another one than it is known by.
    known = _known(connection, shown)
    if known is not None:
        return known, False
    return ingest.add_link(connection, _draft(address, raw, title, article, act), at=act.now)


def _known(connection: Connection, address: str) -> int | None:
    """The item that an address leads to, by the work it names or as an address."""
    work = identifiers.of_url(address)
    keys = [*([work.key] if work else []), urls.key(address)]
    found = named.items_by_key(connection, keys)
    return next((found[key] for key in keys if key in found), None)


def _identifiers(address: str, page: Article) -> tuple[Identifier, ...]:
    """What names the work: its address, then its page; not the ISBN of a book it reviews."""
    work = identifiers.of_url(address)
    of_page = (one for one in page.identifiers if one.scheme is not Scheme.ISBN)
    return tuple(dict.fromkeys((*([work] if work else []), *of_page)))


def _draft(
    address: str, raw: str, title: str | None, article: Article | None, act: Act
) -> ItemDraft:
    page = article or Article(url=address, title=None)
    published = page.published
    return ItemDraft(
        url=address,
        raw_url=raw,
        key=urls.key(address),
        title=one_line(title or page.title or address, MAX_TITLE),
        authors=page.authors,
        published=published,
        order=published if published is not None and published <= act.now else act.now,
        language=page.language,
        words=count_words(page.text) or None,
        summary=page.summary,
        text=page.text,
        identifiers=_identifiers(raw, page),
    )


def _annotate(
    connection: Connection, item_id: int, changes: TagChanges, comment: str | None, act: Act
) -> None:
    before = marks.marks_of(connection, [item_id])[item_id]
    tagged = triage.retag(before, changes)
    if tagged != before:
        marks.write(connection, item_id, before, tagged, at=act.now)
        old, new = triage.difference(before, tagged)
        act.log(connection, act.event(Action.TAG, item=item_id, before=old, after=new))
    if comment and comment.strip():
        annotate(connection, item_id, comment, blurb=False, act=act)
