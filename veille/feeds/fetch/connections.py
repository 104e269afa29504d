"""Connections made with the guard's leave: names resolved here, addresses judged when dialled."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

if TYPE_CHECKING:
    from veille.feeds.fetch.guard import Guard

LookUp = Callable[..., list[Any]]  # with the signature of socket.getaddrinfo

_LOOKUPS = 64  # at once; asyncio's own pool has 6 threads on two cores
_CONNECT = 10.0  # seconds: a host that drops packets must not cost the whole timeout
_MAX_LINE = 16_384
_IDLE = 10.0


class Resolver(AbstractResolver):
    """The system's resolver in daemon threads, so that a stuck look-up never delays the exit."""

    def __init__(self, guard: Guard | None, look_up: LookUp) -> None:
        """With a ``guard``, a name with one closed address is closed as a whole."""
        self._guard = guard
        self._look_up = look_up
        self._slots = asyncio.Semaphore(_LOOKUPS)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of a name; raises OSError when it has none, Blocked when one is closed."""
        async with self._slots:
            found = await _in_thread(self._look_up, host, port, family)
        results = []
        for kind, _, protocol, _, address in found:
            number = str(address[0])
            if self._guard is not None:
                self._guard.judge(number)
            results.append(
                ResolveResult(
                    hostname=host,
                    host=number,
                    port=port,
                    family=kind,
                    proto=protocol,
                    flags=socket.AI_NUMERICHOST,
                )
            )
        return results

    async def close(self) -> None:
        """Nothing is held."""


async def _in_thread(look_up: LookUp, host: str, port: int, family: int) -> list[Any]:
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
            found = look_up(host, port, family=family, type=socket.SOCK_STREAM)
        except OSError as error:
            failure = error
        except UnicodeError:
            failure = socket.gaierror(socket.EAI_NONAME, "no such name")
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, found, failure)

    threading.Thread(target=ask, name="veille-resolve", daemon=True).start()
    return await answer


def open_session(
    guard: Guard | None, look_up: LookUp, *, keep: bool = True
) -> aiohttp.ClientSession:
    """A session without cookies, environment or automatic decoding; connections are used again
    unless it is told not to ``keep`` them.

    With a ``guard`` nothing is dialled that it closes; without, it may only be used for a proxy.
    All connections share the library's own TLS context, which verifies: one more would read the
    system's certificates once more.
    """

    def dial(address: Any) -> socket.socket:
        family, kind, protocol, _, target = address
        if guard is not None:
            guard.judge(str(target[0]))
        return socket.socket(family=family, type=kind, proto=protocol)

    connector = aiohttp.TCPConnector(
        resolver=Resolver(guard, look_up),
        ssl=True,
        limit=0,
        keepalive_timeout=_IDLE if keep else None,
        force_close=not keep,
        ttl_dns_cache=30,
        socket_factory=dial,
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT),
        max_line_size=_MAX_LINE,
        max_field_size=_MAX_LINE,
    )
