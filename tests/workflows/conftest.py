"""A web of scripted pages, readers in this process, and a pool of items: doors with knobs."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tests.feeds.conftest import Server
from tests.store.conftest import Pool
from veille.errors import FailureKind, FetchError, ParseError
from veille.feeds.workers.jobs import Job, function
from veille.model.event import Actor
from veille.model.fetched import Fetched, Request
from veille.workflows.acting import Act

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from veille.store.database import Database

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@dataclass
class FakeWeb:
    """Answers each address with what was scripted; everything else is not found (404)."""

    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def on(self, url: str, answer: str | bytes | Exception, *, at: str = "", **headers: str) -> str:
        """Script an address; ``at`` is where redirects lead to."""
        if isinstance(answer, Exception):
            self.answers[url] = answer
            return url
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers[url] = Fetched(
            url=at or url,
            status=200,
            headers={"content-type": "text/html; charset=utf-8", **named},
            body=answer.encode() if isinstance(answer, str) else answer,
        )
        return url

    def fetch_all(
        self, requests: Iterable[Request]
    ) -> Iterator[tuple[Request, Fetched | FetchError]]:
        for request in requests:
            self.asked.append(request.url)
            missing = FetchError(FailureKind.HTTP_STATUS, "404 Not Found", status=404)
            yield request, self.answers.get(request.url, missing)

    def fetch(self, request: Request) -> Fetched:
        ((_, outcome),) = self.fetch_all([request])
        if isinstance(outcome, FetchError):
            raise outcome
        return outcome


class Here:
    """Reads in this process, one page after the other."""

    def __init__(self) -> None:
        self._done: deque[tuple[Any, Fetched, Any]] = deque()
        self.full = False
        self.options: list[bytes] = []

    def warm_up(self) -> None:
        """Nothing is to be started."""

    def submit(self, ticket: Any, job: Job, page: Fetched, option: bytes = b"") -> None:
        self.options += [option] if option else []
        try:
            result = function(job)(page, option) if option else function(job)(page)
        except ParseError as error:
            result = error
        self._done.append((ticket, page, result))

    def take(self, *, wait: bool = True) -> tuple[Any, Fetched, Any] | None:
        return self._done.popleft() if self._done else None


@pytest.fixture
def web() -> FakeWeb:
    return FakeWeb()


@pytest.fixture
def here() -> Here:
    return Here()


@pytest.fixture
def pool(db: Database) -> Pool:
    return Pool(db)


@pytest.fixture
def act() -> Callable[..., Act]:
    """One command of camille, now or at another instant."""
    return lambda now=NOW: Act(actor=Actor(handle="camille", login="camille"), now=now, note=None)


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.stop()


@pytest.fixture
def forbidden() -> Iterator[Server]:
    """A host no request may reach: 127.0.0.2."""
    running = Server("127.0.0.2")
    yield running
    running.stop()
