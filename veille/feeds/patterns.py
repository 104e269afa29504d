"""Feeds whose address follows from the page's: no need to ask where a site always puts them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import SplitResult, parse_qs, urlsplit

from veille.feeds import urls

if TYPE_CHECKING:
    from collections.abc import Callable

Found = tuple[str, str]  # a feed's address, and what it holds


class _Pattern(NamedTuple):
    host: re.Pattern[str]
    path: re.Pattern[str]
    feeds: Callable[[SplitResult, re.Match[str]], list[Found]]


# An address that may itself be a feed's is asked, never guessed at.
_FEED = re.compile(
    r"(?:\.(?:xml|rss|atom|rdf|json)|/(?:feed|rss|atom|feeds|backend)(?:/.*)?)$", re.IGNORECASE
)
_YOUTUBE = "https://www.youtube.com/feeds/videos.xml"
_CHANNEL = re.compile(r'"(?:externalId|channelId)"\s*:\s*"(UC[\w-]{22})"')
_MASTODON_NOT = re.compile(r"(?:^|\.)(?:medium|tiktok|youtube|threads)\.(?:com|net)$")


def _on_site(path: str, what: str) -> Callable[[SplitResult, re.Match[str]], list[Found]]:
    return lambda parts, _: [(f"{parts.scheme}://{parts.netloc}{path}", what)]


def _github(_: SplitResult, found: re.Match[str]) -> list[Found]:
    base = f"https://github.com/{found['owner']}"
    if not found["project"]:
        return [(f"{base}.atom", "public activity")]
    project = f"{base}/{found['project'].removesuffix('.git')}"
    return [(f"{project}/{kind}.atom", kind) for kind in ("releases", "commits", "tags")]


def _gitlab(parts: SplitResult, found: re.Match[str]) -> list[Found]:
    base = f"{parts.scheme}://{parts.netloc}/{found['project']}"
    return [(f"{base}/-/tags?format=atom", "tags"), (f"{base}.atom", "activity")]


def _playlist(parts: SplitResult, _: re.Match[str]) -> list[Found]:
    listed = parse_qs(parts.query).get("list", [])
    return [(f"{_YOUTUBE}?playlist_id={listed[0]}", "videos of the list")] if listed else []


def _pattern(
    host: str, path: str, feeds: Callable[[SplitResult, re.Match[str]], list[Found]]
) -> _Pattern:
    return _Pattern(re.compile(host), re.compile(path), feeds)


_PATTERNS = (
    _pattern(
        r"(?:www\.|m\.)?youtube\.com",
        r"/channel/(?P<id>UC[\w-]{22})(?:/.*)?",
        lambda _, found: [(f"{_YOUTUBE}?channel_id={found['id']}", "videos of the channel")],
    ),
    _pattern(r"(?:www\.|m\.)?youtube\.com", r"/playlist", _playlist),
    _pattern(
        r"(?:(?:www|old|new)\.)?reddit\.com",
        r"/(?P<what>(?:r|user)/[\w-]+)/?",
        lambda _, found: [(f"https://www.reddit.com/{found['what']}/.rss", "posts")],
    ),
    _pattern(r"(?:www\.)?github\.com", r"/(?P<owner>[\w-]+)(?:/(?P<project>[\w.-]+))?/?", _github),
    _pattern(r"gitlab\.com|gitlab\..+", r"/(?P<project>[\w.-]+/[\w.-]+)/?", _gitlab),
    _pattern(r".+\.substack\.com", r"/.*", _on_site("/feed", "posts")),
    _pattern(r".+\.blogspot\.[a-z.]+", r"/.*", _on_site("/feeds/posts/default", "posts")),
    _pattern(r"(?!www\.).+\.tumblr\.com", r"/.*", _on_site("/rss", "posts")),
    _pattern(r"(?!www\.).+\.wordpress\.com", r"/.*", _on_site("/feed/", "posts")),
    _pattern(r"(?!www\.).+\.hypotheses\.org", r"/.*", _on_site("/feed", "posts")),
    _pattern(
        r"journals\.openedition\.org",
        r"/(?P<journal>[\w-]+)(?:/.*)?",
        lambda _, found: [
            (
                f"https://journals.openedition.org/{found['journal']}/backend?format=rssdocuments",
                "documents of the journal",
            )
        ],
    ),
    _pattern(
        r"medium\.com",
        r"/(?P<who>@?[\w.-]+)(?:/.*)?",
        lambda _, found: [(f"https://medium.com/feed/{found['who']}", "stories")],
    ),
    _pattern(r"(?!www\.).+\.medium\.com", r"/.*", _on_site("/feed", "stories")),
)


def of_address(url: str) -> list[Found]:
    """The feeds that the address of a page tells, best first; none when it may be a feed's own.

    >>> of_address("https://github.com/veille/veille")[0]
    ('https://github.com/veille/veille/releases.atom', 'releases')
    """
    parts = urlsplit(urls.asked(url) or "")
    if _FEED.search(parts.path):
        return []
    host = parts.hostname or ""
    for pattern in _PATTERNS:
        found = pattern.path.fullmatch(parts.path)
        if found is not None and pattern.host.fullmatch(host):
            return pattern.feeds(parts, found)
    return []


def of_page(url: str, text: str) -> list[Found]:
    """The feeds that a page's address and text tell together: what only its site can know."""
    parts = urlsplit(urls.asked(url) or "")
    host = parts.hostname or ""
    if re.fullmatch(r"(?:www\.|m\.)?youtube\.com", host):
        found = _CHANNEL.search(text)
        return [(f"{_YOUTUBE}?channel_id={found[1]}", "videos of the channel")] if found else []
    profile = re.fullmatch(r"/@[\w.-]+", parts.path.rstrip("/"))
    if profile and not _MASTODON_NOT.search(host) and "mastodon" in text[:20_000].lower():
        return [(f"{parts.scheme}://{parts.netloc}{profile[0]}.rss", "posts of the profile")]
    if 'content="WordPress' in text[:100_000] or "/wp-content/" in text[:100_000]:
        return [(f"{parts.scheme}://{parts.netloc}/feed/", "posts (WordPress)")]
    return []
