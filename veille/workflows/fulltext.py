"""Read the pages of items for their whole text.

::

    items that want it → robots.txt → pages, as they come → read by workers → judged → stored

A page is asked once; one that failed for a reason that may pass, a few times more. What the feed
said is only replaced by a text that is longer and surely the article's.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from veille.errors import FailureKind, FetchError, NotFound, ParseError
from veille.feeds import urls
from veille.feeds.media import media_type
from veille.feeds.slugs import title_of_address
from veille.feeds.workers.jobs import Job
from veille.model.fetched import SIGNED, Article, Fetched, Request
from veille.model.item import PageReading
from veille.model.text import count_words
from veille.store import pages, reach
from veille.workflows.reaching import note_wish

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from datetime import datetime

    from veille.feeds.robots import Robots
    from veille.model.states import FullText
    from veille.store.database import Connection, Database
    from veille.store.pages import WantedPage
    from veille.workflows.acting import Act

PAGES_A_RUN = 500
PAGES_A_TRANSACTION = 20
ACCEPT = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.5"
# Waits between attempts; after the last one a page is given up.
RETRIES = (timedelta(hours=1), timedelta(days=1), timedelta(days=3), timedelta(days=7))
_MAY_PASS = frozenset(
    {
        FailureKind.TIMEOUT,
        FailureKind.DNS,
        FailureKind.REFUSED,
        FailureKind.TRUNCATED,
        FailureKind.NETWORK,
        FailureKind.RATE_LIMITED,
    }
)
_SERVER_ERROR = 500
_KEPT = "what the feed said is kept"


class Web(Protocol):
    """The door to the web, many requests at once."""

    def fetch_all(
        self, requests: Iterable[Request]
    ) -> Iterator[tuple[Request, Fetched | FetchError]]:
        """Answers and errors, in the order in which they come."""


class Readers(Protocol):
    """Those who read pages, elsewhere; :class:`veille.feeds.workers.Workers` in the program."""

    @property
    def full(self) -> bool:
        """Whether results should be taken before anything more is submitted."""

    def submit(self, ticket: Any, job: Job, page: Fetched, option: bytes = b"") -> None:
        """Have a page read; never waits."""

    def take(self, *, wait: bool = True) -> tuple[Any, Fetched, Any] | None:
        """What is read, with its ticket and its page; None when there is nothing (yet)."""


@dataclass(slots=True, kw_only=True)
class Texts:
    """What a run did. ``problems`` are the pages whose text was not taken, and why."""

    wanted: int = 0
    taken: int = 0
    problems: list[tuple[WantedPage, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A page with its answer, read as far as it could be."""

    page: WantedPage
    fetched: Fetched | None = None
    article: Article | None = None
    error: FetchError | ParseError | None = None


def read_wanted(
    db: Database,
    web: Web,
    readers: Readers,
    *,
    act: Act,
    default: FullText,
    agent: str = "",
    among: Collection[int] | None = None,
) -> Texts:
    """Read the pages that are wanted and due; ``default`` is the rule of the workspace.

    ``agent`` is how we introduce ourselves, which rules of robots.txt go by. ``among`` are the items
    to look at (default: all).
    """
    wanted = wanted_now(db, default=default, now=act.now, among=among)
    texts = Texts(wanted=len(wanted))
    batch: list[_Asked] = []
    try:
        for asked in _answers(web, readers, wanted, agent):
            batch.append(asked)
            if len(batch) >= PAGES_A_TRANSACTION:
                _store(db, batch, texts, act.now)
                batch = []
    finally:
        _store(db, batch, texts, act.now)
    return texts


def wanted_now(
    db: Database, *, default: FullText, now: datetime, among: Collection[int] | None = None
) -> list[WantedPage]:
    """The pages to ask for now; none of a host that wants to be left alone."""
    with db.read() as connection:
        waits = reach.waits(connection, now)
        wanted = pages.wanted(connection, default=default, now=now, limit=PAGES_A_RUN, among=among)
    return [page for page in wanted if urls.authority(page.url) not in waits]


def read_one(
    db: Database, web: Web, readers: Readers, item_id: int, *, act: Act, agent: str = ""
) -> Texts:
    """Read the page of one item now, whatever was tried before, unless its text is there already.

    Raises :class:`~veille.errors.NotFound` when the item has no address.
    """
    with db.read() as connection:
        page, known = pages.one(connection, item_id), pages.reading(connection, item_id)
    if page is None:
        raise NotFound(f"item {item_id} has no page whose text could be read")
    texts = Texts(wanted=0 if known and known.taken else 1)
    if texts.wanted:
        _store(db, list(_answers(web, readers, [page], agent)), texts, act.now)
    return texts


def read_page(web: Web, readers: Readers, url: str, *, agent: str = "") -> Article:
    """The article at an address.

    Raises FetchError or ParseError when it cannot be had, may not be read, or is no article.
    """
    page = pages.WantedPage(item=0, url=url, title="", text="", attempts=0, signed=False)
    (asked,) = _answers(web, readers, [page], agent)
    if asked.error is not None:
        raise asked.error
    article, doubt = asked.article, _doubt(asked)
    assert article is not None  # noqa: S101  what has no error was read
    if doubt:
        raise ParseError(f"this is not the page that was asked: {doubt}")
    return article


def _answers(
    web: Web, readers: Readers, wanted: Sequence[WantedPage], agent: str
) -> Iterator[_Asked]:
    """Every page with what came of it, in the order in which they end."""
    if not wanted:
        return
    from veille.feeds.robots import Robots

    robots = Robots(web, agent)
    robots.learn(page.url for page in wanted)
    asked: dict[Request, WantedPage] = {}
    for page in wanted:
        objection = robots.objection(page.url)
        if objection is not None:
            yield _Asked(page, error=objection)
        else:
            asked.setdefault(Request(url=page.url, accept=ACCEPT), page)
    for request, outcome in web.fetch_all(list(asked)):
        page = asked[request]
        error = outcome if isinstance(outcome, FetchError) else _objection(robots, page, outcome)
        if isinstance(outcome, FetchError) or error is not None:
            yield _Asked(page, error=error)
        else:
            readers.submit(page, Job.READ_ARTICLE, outcome, SIGNED if page.signed else b"")
        yield from _read(readers, wait=lambda: readers.full)
    yield from _read(readers, wait=lambda: True)


def _objection(robots: Robots, page: WantedPage, fetched: Fetched) -> FetchError | None:
    """What the host that redirects led to says of robots: its rules hold there."""
    elsewhere = urls.host_of(fetched.url) != urls.host_of(page.url)
    return robots.objection(fetched.url) if elsewhere else None


def _read(readers: Readers, *, wait: Callable[[], bool]) -> Iterator[_Asked]:
    """What the readers have done, and what they still do as long as we have to ``wait``."""
    while (read := readers.take(wait=wait())) is not None:
        page, fetched, result = read
        if isinstance(result, ParseError):
            yield _Asked(page, fetched, error=result)
        else:
            yield _Asked(page, fetched, result)


def _store(db: Database, batch: Sequence[_Asked], texts: Texts, now: datetime) -> None:
    if not batch:
        return
    with db.write() as connection:
        for asked in sorted(batch, key=lambda asked: asked.page.item):
            note_wish(connection, asked.page.url, asked.error, now)
            reading = _settle(connection, asked, now)
            if reading.taken:
                texts.taken += 1
            else:
                texts.problems.append((asked.page, reading.problem or ""))


def _settle(connection: Connection, asked: _Asked, now: datetime) -> PageReading:
    """Note what came of a page, and take from it what the item lacked."""
    page, article = asked.page, asked.article
    reading = _reading(asked, now)
    # What a page to log in says of itself is nobody's title, author or date.
    if article is None or _doubt(asked):
        pages.record(connection, page.item, reading)
        return reading
    if article.published is not None and article.published > now:
        article = replace(article, published=None)
    title = article.title if page.title in (page.url, title_of_address(page.url)) else None
    pages.record(
        connection, page.item, reading, article, words=count_words(article.text), title=title
    )
    return reading


def _reading(asked: _Asked, now: datetime) -> PageReading:
    """What to note of a page: whether its text is taken, else why not and when to ask again."""
    noted = PageReading(
        at=now,
        taken=False,
        attempts=asked.page.attempts + 1,
        media_type=media_type(asked.fetched) or None if asked.fetched else None,
    )
    if asked.error is not None:
        return replace(
            noted, problem=str(asked.error), next_try=_next_try(asked.error, asked.page, now)
        )
    assert asked.article is not None  # noqa: S101  what has no error was read
    noted = replace(noted, canonical=asked.article.url)
    problem = _doubt(asked) or _worse(asked.page.text, asked.article.text)
    return replace(noted, taken=problem is None, problem=problem and f"{problem}: {_KEPT}")


def _doubt(asked: _Asked) -> str | None:
    if asked.article is None or asked.fetched is None:
        return None
    from veille.feeds import doubts  # most runs read no page at all

    arrived = doubts.of_arrival(asked.page.url, asked.fetched.url, asked.article.text)
    return asked.article.doubt or arrived


def _worse(known: str, text: str) -> str | None:
    """Why a text is not better than the one that is known; None when it is."""
    found, there = count_words(text), count_words(known)
    if not found:
        return "no text was found on the page"
    if found < there:
        return f"the page gives {found} words, fewer than the {there} there are"
    return None


def _next_try(error: FetchError | ParseError, page: WantedPage, now: datetime) -> datetime | None:
    passing = error.kind in _MAY_PASS or (getattr(error, "status", None) or 0) >= _SERVER_ERROR
    if not passing or page.attempts >= len(RETRIES):
        return None
    asked = timedelta(seconds=getattr(error, "retry_after", None) or 0)
    return now + max(RETRIES[page.attempts], asked)
