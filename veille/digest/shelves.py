"""The archive's shelves: a digest with its published editions, and their feeds.

Identifiers and dates come from data, never from the clock, so that building twice gives the same
bytes (A09). Feed entries are named by UUIDs made from the workspace and the edition's reference:
they outlive a change of address (RFC 4287 section 4.2.6).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

from veille.digest.dates import instant
from veille.digest.errata import ErratumView, corrected, notices, withdrawn
from veille.digest.links import is_clickable
from veille.digest.view import EditionView, PickView, typesetter, view
from veille.model.states import Visibility
from veille.model.text import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from veille.model.edition import Digest, EditionContent, FormerAddress, PublishedEdition, Sender

FEED_LENGTH = 30
"""Entries of a feed: readers come at least twice a year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """A published edition on its shelf. ``id`` is an urn; ``path`` leads there from the shelf.

    ``content`` and ``edition`` are as corrected since, ``errata`` tells what; ``links`` are the
    picks that are still there.
    """

    content: EditionContent
    edition: EditionView
    id: str
    path: str
    published_at: datetime
    published: str  # RFC 3339, UTC
    updated: str
    errata: tuple[ErratumView, ...]
    links: tuple[PickView, ...]

    @property
    def page(self) -> str:
        """The path of its page in the archive."""
        return f"{self.content.folder}/index.html"

    @property
    def link(self) -> str:
        """The permalink, or the path when the archive has no address yet."""
        return self.edition.url or self.path


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """An edition of which the archive holds a notice only (A23). ``at`` is when that was decided,
    ``reason`` (None when it is nobody's business) why it was withdrawn; ``withdrawn`` is False for
    one that those who received it keep."""

    edition: EditionView
    page: str  # its path in the archive
    withdrawn: bool
    at: datetime
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """A digest that has appeared: its editions, newest first. ``url`` is None when not online.

    ``slug`` is the folder of its pages, ``former`` where they were.
    """

    slug: str
    title: str
    locale: str
    language: str
    id: str
    url: str | None
    updated: str
    issues: tuple[Issue, ...]
    withheld: tuple[Withheld, ...]
    former: tuple[FormerAddress, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An issue in a feed, with its links as HTML."""

    issue: Issue
    html: str


def arrange(
    editions: Sequence[PublishedEdition], digests: Sequence[Digest], sender: Sender
) -> list[Shelf]:
    """The shelves of the archive, the one with the newest edition first.

    A digest's title and language are today's; one that is not among ``digests`` (renamed, removed)
    takes those of its newest edition.
    """
    known = {digest.slug: digest for digest in digests}
    by_slug = sorted(editions, key=lambda edition: edition.content.digest)
    groups = [list(group) for _, group in groupby(by_slug, lambda edition: edition.content.digest)]
    found = [_shelf(group, known.get(group[0].content.digest), sender) for group in groups]
    return sorted(found, key=lambda shelf: (shelf.updated, shelf.slug), reverse=True)


def json_feed(shelf: Shelf, entries: Sequence[Entry], sender: Sender) -> str:
    """The feed as JSON Feed 1.1: the same ids, order and dates as the Atom feed (A04)."""
    feed: dict[str, object] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": shelf.title,
        "language": shelf.language,
        "authors": [{"name": sender.name}],
    }
    if shelf.url:
        feed |= {"home_page_url": f"{shelf.url}/index.html", "feed_url": f"{shelf.url}/feed.json"}
    feed["items"] = [
        {
            "id": entry.issue.id,
            "url": entry.issue.link,
            "title": entry.issue.edition.full_title,
            "content_html": entry.html.strip(),
            "date_published": entry.issue.published,
            "date_modified": entry.issue.updated,
        }
        for entry in entries
    ]
    return json.dumps(feed, ensure_ascii=False, indent=1) + "\n"


def _shelf(editions: Sequence[PublishedEdition], digest: Digest | None, sender: Sender) -> Shelf:
    newest_first = sorted(editions, key=lambda edition: -edition.content.number)
    issues = tuple(_issue(each, sender) for each in newest_first if each.restriction is None)
    withheld = tuple(_withheld(each, sender) for each in newest_first if each.restriction)
    latest = view(newest_first[0].content, sender, narrow=True)
    folder = newest_first[0].content.address or latest.digest
    online = is_clickable(sender.base_url) and sender.base_url
    locale = digest.locale if digest else latest.locale
    changes = [each.restriction.at for each in editions if each.restriction]
    return Shelf(
        slug=folder,
        title=digest.title if digest else latest.digest_title,
        locale=locale,
        language=locale.replace("_", "-"),
        id=_urn(sender.instance, latest.digest),
        url=f"{online.rstrip('/')}/{folder}" if online else None,
        updated=max([*(issue.updated for issue in issues), *map(instant, changes)]),
        issues=issues,
        withheld=withheld,
        former=digest.former if digest else (),
    )


def _issue(published: PublishedEdition, sender: Sender) -> Issue:
    content = corrected(published.content, published.errata)
    edition = view(content, sender, narrow=True)
    gone = withdrawn(published.errata)
    return Issue(
        content=content,
        edition=edition,
        id=_urn(sender.instance, edition.ref),
        path=f"{edition.number}/index.html",
        published_at=published.published_at,
        published=instant(published.published_at),
        updated=instant(published.updated_at),
        errata=notices(content, published.errata),
        links=tuple(
            shown
            for pick, shown in zip(content.picks, edition.picks, strict=True)
            if pick.item not in gone
        ),
    )


def _withheld(published: PublishedEdition, sender: Sender) -> Withheld:
    """The notice, made from a content without title, words and links: they cannot leak from it."""
    bare = replace(published.content, title=published.content.digest_title, intro=None, picks=())
    restriction = published.restriction
    assert restriction is not None  # noqa: S101  only such editions come here
    typeset = typesetter(published.content.locale, narrow=True)
    for_nobody = restriction.visibility is Visibility.WITHDRAWN
    return Withheld(
        edition=view(bare, sender, narrow=True),
        page=f"{bare.folder}/index.html",
        withdrawn=for_nobody,
        at=restriction.at,
        reason=typeset(one_line(restriction.reason)) if for_nobody and restriction.reason else None,
    )


def _urn(instance: str, name: str) -> str:
    return uuid5(NAMESPACE_URL, f"veille:{instance}:{name}").urn
