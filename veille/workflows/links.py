"""Follow the links of an edition, politely and all at once, through the one door to the web."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from veille.digest.lint import Visit
from veille.errors import FailureKind, FetchError
from veille.feeds.robots import Robots
from veille.model.fetched import Fetched, Request
from veille.store import editions
from veille.workflows.fulltext import ACCEPT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from veille.store.database import Database

_NOT_THERE = frozenset({FailureKind.DNS, FailureKind.REFUSED, FailureKind.GONE})


class Web(Protocol):
    """Asks for addresses; :class:`veille.feeds.fetch.Fetcher`."""

    def fetch_all(
        self, requests: Iterable[Request]
    ) -> Iterator[tuple[Request, Fetched | FetchError]]:
        """All answers and failures, in the order they come in."""


def visit(web: Web, addresses: Sequence[str], *, agent: str) -> dict[str, Visit]:
    """What came of following each address; hosts are asked first what robots may read.

    ``agent`` is how we introduce ourselves.
    """
    robots = Robots(web, agent)
    robots.learn(addresses)
    objections = {url: robots.objection(url) for url in addresses}
    free = [Request(url=url, accept=ACCEPT) for url in addresses if objections[url] is None]
    visited = {url: _visit(url, no) for url, no in objections.items() if no is not None}
    return visited | {
        request.url: _visit(request.url, answer) for request, answer in web.fetch_all(free)
    }


def dead_in_archive(
    db: Database, web: Web, *, agent: str
) -> tuple[int, list[tuple[str, str, str]]]:
    """How many links of published editions there are, and those that lead nowhere any more, each
    with its edition and the reason."""
    with db.read() as connection:
        published = editions.published(connection)
    shown = {
        pick.url: one.content.ref for one in published for pick in one.content.picks if pick.url
    }
    visits = visit(web, list(shown), agent=agent)
    dead = [(shown[url], url, seen.problem) for url, seen in visits.items() if seen.problem]
    return len(shown), sorted(dead)


def _visit(url: str, answer: Fetched | FetchError) -> Visit:
    if isinstance(answer, Fetched):
        moved = answer.permanent is not None and answer.url != url
        return Visit(landed=answer.url, permanent=moved, status=answer.status)
    if answer.kind is FailureKind.TOO_LARGE:  # a big file is there
        return Visit(landed=url)
    return Visit(
        landed=None, status=answer.status, problem=str(answer), gone=answer.kind in _NOT_THERE
    )
