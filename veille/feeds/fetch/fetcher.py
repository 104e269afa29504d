"""The synchronous face of fetching: one event loop in a thread, limits by host and over all."""

from __future__ import annotations

import asyncio
import queue
import socket
import threading
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Self, TypeVar

from veille.errors import FetchError
from veille.feeds import urls
from veille.feeds.fetch.guard import Blocked, Guard
from veille.model.fetched import Fetched, Request

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
    from concurrent.futures import Future

    from veille.feeds.fetch.exchange import Exchanges
    from veille.feeds.fetch.names import LookUp
    from veille.feeds.fetch.settings import FetchSettings

_T = TypeVar("_T")
_Result = tuple[Request, Fetched | FetchError]
_GRACE = 5.0  # seconds for connections to close
_LEAVING = 0.01  # seconds in which the first requests leave: they take some turns of the loop
_AHEAD = 2  # times ``concurrency``: answers that may wait for their reader
_TOGETHER = 0.02  # seconds in which answers are gathered: to wake their reader costs as much as one


@dataclass(slots=True)
class _Host:
    """What is remembered of a host while the fetcher lives."""

    slots: asyncio.Semaphore
    spacing: float
    waiting: int = 0
    asked: bool = False
    free_at: float = 0.0  # monotonic: the next request may start then

    def turn(self) -> float:
        """Take the next turn: the seconds until it comes."""
        now = time.monotonic()
        start = max(now, self.free_at)
        self.free_at = start + self.spacing
        return start - now


class _Handover:
    """Answers on their way from the loop's thread to their reader's, some at a time."""

    def __init__(self, room: asyncio.Semaphore) -> None:
        """``room`` is taken before an answer is asked for, and given back once it was read; at once
        when it has no body, since nothing much is held then.
        """
        self.room = room
        self._gathered: list[_Result] = []
        self._results: queue.SimpleQueue[list[_Result] | None] = queue.SimpleQueue()

    def put(self, result: _Result) -> None:
        """In the loop's thread: hand an answer over, soon."""
        if not self._gathered:
            asyncio.get_running_loop().call_later(_TOGETHER, self._pass_on)
        self._gathered.append(result)
        if not _has_body(result):
            self.room.release()

    def end(self) -> None:
        """There will be no more."""
        self._pass_on()
        self._results.put(None)

    def take(self) -> list[_Result] | None:
        """In the reader's thread: the next answers, once there are; None at the end."""
        return self._results.get()

    def make_room(self, results: Sequence[_Result]) -> None:
        """In the loop's thread: these were read."""
        for _ in filter(_has_body, results):
            self.room.release()

    def _pass_on(self) -> None:
        gathered, self._gathered = self._gathered, []
        if gathered:
            self._results.put(gathered)


def _has_body(result: _Result) -> bool:
    return isinstance(result[1], Fetched) and bool(result[1].body)


class Fetcher:
    """Asks for addresses, within the limits of its settings.

    Use it as a context manager, or call :meth:`close`.
    """

    def __init__(self, settings: FetchSettings, *, look_up: LookUp = socket.getaddrinfo) -> None:
        """``look_up`` resolves names. Raises ValueError when ``allow_private`` holds nonsense."""
        self._engine = _Engine(settings, look_up)
        self._ahead = settings.concurrency * _AHEAD

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def fetch(self, request: Request) -> Fetched:
        """The complete answer to one request; raises FetchError."""
        future = self._engine.submit(self._engine.one(request))
        try:
            return future.result()
        finally:
            future.cancel()

    def refusal(self, url: str) -> str | None:
        """Why an address would never be asked, as far as its spelling tells; None when it may be."""
        try:
            self._engine.guard.judge_host(urls.host_of(url), proxied=True)
        except Blocked as error:
            return str(error)
        return None

    def fetch_all(self, requests: Iterable[Request]) -> Iterator[_Result]:
        """All answers and failures, in the order they come in. The first requests have left when this
        returns, whether or not anybody looks at an answer. Closing the iterator stops the rest.

        Only a few more answers than ``concurrency`` are held at any time: a slow reader slows the
        requests down.
        """
        handover = _Handover(asyncio.Semaphore(self._ahead))
        left = threading.Event()
        sweep = self._engine.submit(self._engine.sweep(list(requests), handover, left))
        sweep.add_done_callback(lambda _: handover.end())
        sweep.add_done_callback(lambda _: left.set())
        # What the caller does meanwhile would share the processor with what has to be done first.
        left.wait()
        return self._results(sweep, handover)

    def _results(self, sweep: Future[None], handover: _Handover) -> Iterator[_Result]:
        try:
            while (results := handover.take()) is not None:
                yield from results
                self._engine.call(partial(handover.make_room, results))
            sweep.result()
        finally:
            sweep.cancel()

    def close(self) -> None:
        """Drop what is under way, and all connections."""
        self._engine.close()


class _Engine:
    """The event loop's side. It starts with the first request."""

    def __init__(self, settings: FetchSettings, look_up: LookUp) -> None:
        self._settings = settings
        self._look_up = look_up
        self.guard = Guard(settings.allow_private)
        self._loop = asyncio.new_event_loop()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._hosts: dict[str, _Host] = {}
        self._slots = asyncio.Semaphore(settings.concurrency)
        self._exchanges: Exchanges | None = None

    def submit(self, work: Coroutine[Any, Any, _T]) -> Future[_T]:
        """Run a coroutine in the loop's thread."""
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._loop.run_forever, name="veille-fetch", daemon=True
                )
                self._thread.start()
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def call(self, act: Callable[[], None]) -> None:
        """Do something in the loop's thread."""
        self._loop.call_soon_threadsafe(act)

    async def sweep(
        self,
        requests: Sequence[Request],
        handover: _Handover,
        left: threading.Event,
    ) -> None:
        """Ask for everything; an expected failure is a result, an unexpected one ends the sweep.

        ``left`` is set once the first requests, as many as may be made at once, have left.
        """

        async def ask(request: Request) -> None:
            try:
                outcome: Fetched | FetchError = await self._in_turn(request, handover.room)
            except FetchError as error:
                outcome = error
            handover.put((request, outcome))

        for request in requests:
            self._host(request.url).waiting += 1
        async with asyncio.TaskGroup() as group:
            for request in requests:
                group.create_task(ask(request))
            await asyncio.sleep(_LEAVING)
            left.set()

    async def one(self, request: Request) -> Fetched:
        """One exchange; raises FetchError."""
        self._host(request.url).waiting += 1
        return await self._in_turn(request, asyncio.Semaphore())

    async def _in_turn(self, request: Request, room: asyncio.Semaphore) -> Fetched:
        """One exchange once it is its turn; the wait for it does not count for the deadline."""
        if self._exchanges is None:
            from veille.feeds.fetch.exchange import Exchanges  # a run that asks nobody needs none

            self._exchanges = Exchanges(
                self._settings, self.guard, self._look_up, lambda url: self._host(url).turn()
            )
        host = self._host(request.url)
        try:
            async with host.slots:
                if wait := host.turn():
                    await asyncio.sleep(wait)
                await room.acquire()
                async with self._slots:
                    last, only = host.waiting <= 1, not host.asked
                    host.asked = True
                    return await self._exchanges.ask(request, last=last, only=last and only)
        finally:
            host.waiting -= 1

    def close(self) -> None:
        """Cancel what runs, close the sessions, end the thread."""
        if self._loop.is_closed():
            return
        if self._thread is not None:
            self.submit(self._stop()).result(timeout=_GRACE)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(timeout=_GRACE)
        self._loop.close()

    async def _stop(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        if self._exchanges is not None:
            await self._exchanges.close()

    def _host(self, url: str) -> _Host:
        name = urls.host_of(url)
        if name not in self._hosts:
            spacing = self._settings.spacing_of(name)
            self._hosts[name] = _Host(asyncio.Semaphore(self._settings.per_host), spacing)
        return self._hosts[name]
