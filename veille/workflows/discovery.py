"""Discover: from the address somebody has to the sources it leads to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from veille.errors import FailureKind, FetchError, NotFound, ParseError
from veille.model.fetched import Fetched, Parsed, Request

if TYPE_CHECKING:
    from veille.feeds.discover import Candidate as Feed
    from veille.model.states import SourceKind

# Answers that say "not here": subscribing to such an address would be a mistake. Anything else may
# be better tomorrow, and the collector reports it until it is.
_DEFINITE = frozenset({FailureKind.BLOCKED, FailureKind.GONE, FailureKind.NOT_A_FEED})
_ABSENT = frozenset({401, 403, 404})


class Web(Protocol):
    """The door to the web; :class:`veille.feeds.fetch.Fetcher` in the program."""

    def fetch(self, request: Request) -> Fetched:
        """One complete answer; raises :class:`~veille.errors.FetchError`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A source that an address leads to, and why it is offered.

    ``warning`` says why it could not be looked at; ``arrived`` is where redirects led to.
    """

    url: str
    title: str | None
    site: str | None = None
    warning: str | None = None
    reason: str = ""
    arrived: str | None = None


def candidates(web: Web, url: str) -> list[Candidate]:
    """The feeds that an address leads to, best first: itself, those its page names or its site has.

    Where the address tells, nobody is asked. A server that does not answer now gives one candidate
    with a warning. Raises :class:`~veille.errors.FetchError` when the answer is definite (blocked,
    gone, not found) and :class:`~veille.errors.NotFound` when there is no feed.
    """
    from veille.feeds import discover
    from veille.feeds.parse import parse

    told = discover.feeds_by_address(url)
    if told:
        return _offered(told, site=url)
    try:
        fetched = web.fetch(Request(url=url))
    except FetchError as error:
        return [_silent(url, error)]
    try:
        return [_looked_at(url, fetched, parse(fetched))]
    except ParseError as error:
        found = discover.find_feeds(fetched) or discover.feeds_of_site(fetched)
        offered = _offered(found, site=fetched.url) or _well_known(web, fetched)
        if not offered:
            raise NotFound(
                f"{url} is no feed and its page names none: {error}; "
                "'veille source add --page' watches a page for new links"
            ) from error
        return offered


def watched(web: Web, url: str, kind: SourceKind, selector: str | None) -> Candidate:
    """A page or a site map to be collected: looked at once, since a mistake is told at once.

    Raises FetchError and ParseError, but for a server that does not answer now, and UsageError for
    a selector that is none.
    """
    from veille.feeds.reading import read

    if selector is not None:
        from veille.feeds.watch import selector_of

        selector_of(selector)
    try:
        fetched = web.fetch(Request(url=url))
    except FetchError as error:
        return _silent(url, error)
    return _looked_at(url, fetched, read(kind, selector, fetched))


def _silent(url: str, error: FetchError) -> Candidate:
    if error.kind in _DEFINITE or error.status in _ABSENT:
        raise error
    return Candidate(url=url, title=None, warning=str(error))


def _looked_at(url: str, fetched: Fetched, parsed: Parsed) -> Candidate:
    return Candidate(url=url, title=parsed.title, site=parsed.site, arrived=fetched.url)


def _offered(found: list[Feed], *, site: str) -> list[Candidate]:
    return [
        Candidate(url=feed.url, title=feed.title, site=site, reason=feed.reason) for feed in found
    ]


def _well_known(web: Web, page: Fetched) -> list[Candidate]:
    """The first feed found where feeds usually are, asked one after the other."""
    from veille.feeds.discover import well_known
    from veille.feeds.parse import parse

    for url in well_known(page.url):
        try:
            fetched = web.fetch(Request(url=url))
            parsed = parse(fetched)
        except (FetchError, ParseError):
            continue
        reason = "it was found where feeds usually are"
        return [Candidate(url=fetched.url, title=parsed.title, site=page.url, reason=reason)]
    return []
