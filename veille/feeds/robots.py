"""What hosts let robots read: robots.txt, as RFC 9309 has it.

Asked before article pages. Feeds are not concerned: they are published for programs, and a person
subscribed to each.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from protego import Protego

from veille.errors import FailureKind, FetchError
from veille.feeds import urls
from veille.model.fetched import Fetched, Request

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_ACCEPT = "text/plain,*/*;q=0.5"
_READ = 512 * 1024  # bytes: RFC 9309 section 2.5 asks for at least 500 kibibytes
_PRODUCT = re.compile(r"[A-Za-z_-]+")  # section 2.2.1
_ALLOW_ALL = ""
_TOO_MANY = 429


class Web(Protocol):
    """The door to the web, many requests at once."""

    def fetch_all(
        self, requests: Iterable[Request]
    ) -> Iterator[tuple[Request, Fetched | FetchError]]:
        """Answers and errors, in the order in which they come."""


class Robots:
    """The rules of hosts, each asked once while this lives.

    ``agent`` is how we introduce ourselves: groups of rules are chosen by its product name.
    """

    def __init__(self, web: Web, agent: str) -> None:
        self._web = web
        found = _PRODUCT.match(agent)
        self._product = found.group() if found else "veille"
        self._rules: dict[str, Protego | FetchError] = {}

    def learn(self, addresses: Iterable[str]) -> None:
        """Ask the hosts of these addresses for their rules, together."""
        asked = {}
        for origin in dict.fromkeys(map(_origin, addresses)):
            if origin not in self._rules:
                asked[Request(url=f"{origin}/robots.txt", accept=_ACCEPT)] = origin
        for request, outcome in self._web.fetch_all(list(asked)) if asked else ():
            self._rules[asked[request]] = _rules(outcome)

    def objection(self, url: str) -> FetchError | None:
        """Why a page may not be asked; None when it may.

        The kind is ``blocked`` when a rule says so. When the rules could not be had, everything is
        forbidden for now (section 2.3.1.4), and the kind is what went wrong.
        """
        self.learn([url])
        rules, host = self._rules[_origin(url)], urls.host_of(url)
        if isinstance(rules, FetchError):
            if rules.status is None:  # the host does not answer: nor would the page
                return rules
            return FetchError(
                rules.kind,
                f"the robots.txt of {host} could not be asked: {rules}",
                status=rules.status,
                retry_after=rules.retry_after,
            )
        if rules.can_fetch(url, self._product):
            return None
        return FetchError(
            FailureKind.BLOCKED, f"the robots.txt of {host} does not let programs read this page"
        )


def _origin(url: str) -> str:
    parts = urlsplit(urls.asked(url) or url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _rules(outcome: Fetched | FetchError) -> Protego | FetchError:
    if isinstance(outcome, Fetched):
        return Protego.parse(outcome.body[:_READ].decode("utf-8-sig", "replace"))
    # Section 2.3.1.3: without the file, everything may be read.
    status = outcome.status or 0
    absent = 400 <= status < 500 and status != _TOO_MANY
    return Protego.parse(_ALLOW_ALL) if absent else outcome
