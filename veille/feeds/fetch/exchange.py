"""One exchange: a request, the redirects it leads through, one complete answer."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urljoin, urlsplit

from veille.errors import FailureKind, FetchError
from veille.feeds import urls
from veille.feeds.fetch import failures
from veille.feeds.fetch.answer import Answer
from veille.feeds.fetch.decoding import ACCEPTED
from veille.feeds.fetch.guard import Blocked, Guard, is_this_machine
from veille.feeds.fetch.proxies import Proxies, basic
from veille.feeds.fetch.settings import FEEDS, FetchSettings
from veille.feeds.fetch.wire import TransferError, Wire
from veille.model.fetched import Fetched, Request
from veille.model.source import Validators

if TYPE_CHECKING:
    from collections.abc import Callable

    from veille.feeds.fetch.names import LookUp

_MAX_REDIRECTS = 5
_MOVED = frozenset({301, 302, 303, 307, 308})
_FOR_GOOD = frozenset({301, 308})
_UNREADABLE = frozenset({204, 205, 206})
_LEFT_ALONE = 3600.0  # seconds at least, for a host that asked for it


@dataclass(frozen=True, slots=True)
class _Moved:
    """An answer that points elsewhere."""

    location: str
    for_good: bool


class Exchanges:
    """Makes exchanges inside a running event loop; close it there too."""

    def __init__(
        self,
        settings: FetchSettings,
        guard: Guard,
        look_up: LookUp,
        turn: Callable[[str], float],
    ) -> None:
        """``turn`` takes an address's turn at its host and tells the seconds until it comes."""
        self._settings = settings
        self._guard = guard
        self._turn = turn
        self._proxies = Proxies(settings.environ)
        self._left_alone: dict[str, float] = {}  # hosts that asked for it, until when (monotonic)
        self._wire = Wire(guard, look_up)

    async def close(self) -> None:
        """Drop all connections."""
        await self._wire.close()

    async def ask(self, request: Request, *, last: bool, only: bool) -> Fetched:
        """The complete answer to a request, within the deadline; raises FetchError.

        ``last`` says that this host is not asked again soon: it is told to close the connection.
        When this is the ``only`` request, we do, whatever the server does: a sweep has a connection
        for each of thousands of hosts.
        """
        host = urls.host_of(request.url) or "this address"
        try:
            async with asyncio.timeout(self._settings.timeout) as deadline:
                return await self._follow(request, deadline, last=last, only=only)
        except TimeoutError as error:
            raise failures.of_exception(error, host, started=False) from error

    async def _follow(
        self, request: Request, deadline: asyncio.Timeout, *, last: bool, only: bool
    ) -> Fetched:
        url = urls.asked(request.url)
        for_good = True
        for hop in range(_MAX_REDIRECTS + 1):
            answer = await self._hop(_checked(url), request, last=last, only=only)
            if isinstance(answer, Fetched):
                unchanged = hop == 0 or not for_good or "@" in urlsplit(request.url).netloc
                permanent = None if unchanged else answer.url
                return Fetched(
                    url=answer.url,
                    status=answer.status,
                    headers=answer.headers,
                    body=answer.body,
                    permanent=permanent,
                )
            await self._wait_for_turn(url, answer.location, deadline)
            url = urls.asked(answer.location)
            for_good = for_good and answer.for_good
        raise FetchError(
            FailureKind.REDIRECTS, f"the answer is behind more than {_MAX_REDIRECTS} redirects"
        )

    async def _wait_for_turn(self, url: str | None, target: str, deadline: asyncio.Timeout) -> None:
        """Another host that is led to is spaced as if it had been asked first (H19).

        Many sources may lead to one host: the wait for it does not count for the deadline.
        """
        host = urls.host_of(target)
        if not host or host == urls.host_of(url or ""):
            return
        wait = self._turn(target)
        if wait:
            deadline.reschedule((deadline.when() or 0.0) + wait)
            await asyncio.sleep(wait)

    async def _hop(self, url: str, request: Request, *, last: bool, only: bool) -> Fetched | _Moved:
        parts = urlsplit(url)
        host = parts.hostname or ""
        proxy = self._proxies.proxy_for(parts)
        self._respect(url)
        given = _validators_for(url, request)
        tunnel = proxy is not None and parts.scheme == "https"
        answer = Answer(_is_read, self._settings.max_bytes, tunnel=tunnel)
        try:
            self._guard.judge_host(host, proxied=proxy is not None)
            await self._wire.get(
                urls.without_credentials(url),
                parts,
                answer,
                self._headers(request, parts, given, last=last),
                proxy=proxy,
                once=only,
            )
        except (TransferError, Blocked, OSError, ValueError) as error:
            raise failures.of_exception(error, host, started=answer.started) from error
        return self._outcome(url, answer, conditional=given != Validators())

    def _outcome(self, url: str, answer: Answer, *, conditional: bool) -> Fetched | _Moved:
        status, headers = answer.status, answer.headers
        shown = urls.without_credentials(url)
        if status in _MOVED and answer.location is not None:
            return _Moved(_target(shown, answer.location), status in _FOR_GOOD)
        if status == 304 and conditional:
            return Fetched(url=shown, status=status, headers=headers, body=b"")
        if not _is_read(status):
            raise self._noted(failures.of_status(status, headers, shown, datetime.now(UTC)))
        return Fetched(url=shown, status=status, headers=headers, body=answer.whole())

    def _respect(self, url: str) -> None:
        """Raise FetchError when the host asked to be left alone since we were started (H14)."""
        authority = urls.authority(url)
        left = self._left_alone.get(authority, 0.0) - time.monotonic()
        if left > 0:
            raise failures.of_wait(authority, left)

    def _noted(self, error: FetchError) -> FetchError:
        # A server on this machine stands in for many hosts: one of them does not speak for all.
        if error.host and not is_this_machine(urls.host_of(f"http://{error.host}/")):
            wait = max(error.retry_after or 0.0, _LEFT_ALONE)
            self._left_alone[error.host] = time.monotonic() + wait
        return error

    def _headers(
        self, request: Request, parts: SplitResult, given: Validators, *, last: bool
    ) -> dict[str, str]:
        headers = {
            "User-Agent": self._settings.user_agent,
            "Accept": request.accept or FEEDS,
            "Accept-Encoding": ACCEPTED,
        }
        if last:
            headers["Connection"] = "close"
        if given.etag:
            headers["If-None-Match"] = given.etag
        if given.last_modified:
            headers["If-Modified-Since"] = given.last_modified
        authorization = basic(request.url)
        if authorization and _origin(parts) == _origin(urlsplit(request.url)):
            headers["Authorization"] = authorization
        return headers


def _checked(url: str | None) -> str:
    if url is None:
        raise FetchError(
            FailureKind.BLOCKED,
            "only http and https addresses are asked, and redirects to others refused",
        )
    return url


def _is_read(status: int) -> bool:
    """Whether the body of such an answer is content. Others could be anything, of any size."""
    return 200 <= status < 300 and status not in _UNREADABLE


def _target(url: str, location: bytes) -> str:
    """The absolute target of a redirect; servers write it in UTF-8, and some in ISO 8859-1.

    An address that cannot be read comes back empty, and is refused as any other that is not http(s).
    """
    try:
        target = location.decode("utf-8")
    except UnicodeDecodeError:
        target = location.decode("latin-1")
    try:
        return urljoin(url, target)
    except ValueError:
        return ""


def _origin(parts: SplitResult) -> tuple[str, str | None, int]:
    """Scheme, host and port (RFC 6454): credentials go nowhere else."""
    return parts.scheme, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)


def _validators_for(url: str, request: Request) -> Validators:
    """The validators to send on this hop: only to the address that gave them."""
    giver = request.validators.url or urls.asked(request.url) or ""
    same = urls.without_credentials(url) == urls.without_credentials(giver)
    return request.validators if same else Validators()
