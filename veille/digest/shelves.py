"""The archive's shelves: a digest with its published editions, and their feeds.

Identifiers and dates come from data, never from the clock, so that building twice gives the same
bytes (A09). Feed entries are named by UUIDs made from the workspace and the edition's reference:
they outlive a change of address (RFC 4287 section 4.2.6).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

from veille.digest.links import is_clickable
from veille.digest.view import EditionView, view

if TYPE_CHECKING:
    from collections.abc import Sequence

    from veille.model.edition import Digest, EditionContent, PublishedEdition, Sender

FEED_LENGTH = 30
"""Entries of a feed: readers come at least twice a year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """A published edition on its shelf. ``id`` is an urn; ``path`` leads there from the shelf."""

    content: EditionContent
    edition: EditionView
    id: str
    path: str
    published_at: datetime
    published: str  # RFC 3339, UTC

    @property
    def page(self) -> str:
        """The path of its page in the archive."""
        return f"{self.content.ref}/index.html"

    @property
    def link(self) -> str:
        """The permalink, or the path when the archive has no address yet."""
        return self.edition.url or self.path


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """A digest that has appeared: its editions, newest first. ``url`` is None when not online."""

    slug: str
    title: str
    locale: str
    language: str
    id: str
    url: str | None
    updated: str
    issues: tuple[Issue, ...]


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
            "date_modified": entry.issue.published,
        }
        for entry in entries
    ]
    return json.dumps(feed, ensure_ascii=False, indent=1) + "\n"


def _shelf(editions: Sequence[PublishedEdition], digest: Digest | None, sender: Sender) -> Shelf:
    newest_first = sorted(editions, key=lambda edition: -edition.content.number)
    issues = tuple(_issue(edition, sender) for edition in newest_first)
    latest = issues[0].edition
    online = is_clickable(sender.base_url) and sender.base_url
    return Shelf(
        slug=latest.digest,
        title=digest.title if digest else latest.digest_title,
        locale=digest.locale if digest else latest.locale,
        language=(digest.locale if digest else latest.locale).replace("_", "-"),
        id=_urn(sender.instance, latest.digest),
        url=f"{online.rstrip('/')}/{latest.digest}" if online else None,
        updated=max(issue.published for issue in issues),
        issues=issues,
    )


def _issue(published: PublishedEdition, sender: Sender) -> Issue:
    edition = view(published.content, sender, narrow=True)
    return Issue(
        content=published.content,
        edition=edition,
        id=_urn(sender.instance, edition.ref),
        path=f"{edition.number}/index.html",
        published_at=published.published_at,
        published=published.published_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    )


def _urn(instance: str, name: str) -> str:
    return uuid5(NAMESPACE_URL, f"veille:{instance}:{name}").urn
