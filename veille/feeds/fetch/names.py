"""Names resolved with the guard's leave, by the system, in threads that delay nobody's exit."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from veille.feeds.fetch.guard import Guard

LookUp = Callable[..., list[Any]]  # with the signature of socket.getaddrinfo

_LOOKUPS = 64  # at once; asyncio's own pool has 6 threads on two cores
_REMEMBERED = 30.0  # seconds


class Names:
    """The addresses of names; those of a moment ago are remembered."""

    def __init__(self, guard: Guard, look_up: LookUp) -> None:
        """A name with one address that ``guard`` closes is closed as a whole."""
        self._guard = guard
        self._look_up = look_up
        self._slots = asyncio.Semaphore(_LOOKUPS)
        self._known: dict[tuple[str, int], tuple[float, asyncio.Task[list[str]]]] = {}

    async def addresses(self, host: str, port: int, *, judged: bool) -> list[str]:
        """The numeric addresses of a name, at least one.

        Raises OSError when it has none; Blocked when one of them is closed, unless nobody is to be
        ``judged``, as the proxy the user chose.
        """
        until, task = self._known.get((host, port), (0.0, None))
        if task is None or until < time.monotonic():
            task = asyncio.create_task(self._asked(host, port))
            task.add_done_callback(_seen)  # who waited for it may be gone
            self._known[host, port] = (time.monotonic() + _REMEMBERED, task)
        try:
            found = await asyncio.shield(task)  # others may wait for it, too
        except OSError:
            self._known.pop((host, port), None)
            raise
        if judged:
            for address in found:
                self._guard.judge(address)
        return found

    async def _asked(self, host: str, port: int) -> list[str]:
        async with self._slots:
            found = await _in_thread(self._look_up, host, port)
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return list(dict.fromkeys(str(address[0]) for *_, address in found))


def _seen(task: asyncio.Task[list[str]]) -> None:
    if not task.cancelled():
        task.exception()


async def _in_thread(look_up: LookUp, host: str, port: int) -> list[Any]:
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[Any]] = loop.create_future()

    def settle(found: list[Any] | None, error: OSError | None) -> None:
        if answer.done():
            return
        if error is not None:
            answer.set_exception(error)
        else:
            answer.set_result(found or [])

    def ask() -> None:
        found, failure = None, None
        try:
            found = look_up(host, port, family=socket.AF_UNSPEC, type=socket.SOCK_STREAM)
        except OSError as error:
            failure = error
        except UnicodeError:
            failure = socket.gaierror(socket.EAI_NONAME, "no such name")
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, found, failure)

    threading.Thread(target=ask, name="veille-resolve", daemon=True).start()
    return await answer
