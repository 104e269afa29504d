"""Transfers by libcurl, which dials nothing but what the guard leaves open."""

from __future__ import annotations

import asyncio
import socket
import ssl
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pycurl

from veille.feeds.fetch.guard import Blocked, literal
from veille.feeds.fetch.names import LookUp, Names

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from urllib.parse import SplitResult

    from veille.feeds.fetch.answer import Answer
    from veille.feeds.fetch.guard import Guard
    from veille.feeds.fetch.proxies import Proxy

_CONNECT = 10_000  # ms: a host that drops packets must not cost the whole timeout
_IDLE = 10  # seconds
_BUFFER = 65_536
_PORTS = {"http": 80, "https": 443}


class TransferError(Exception):
    """A transfer that libcurl could not make: its ``code``, and the system's ``errno`` if any.

    ``proxied`` says that a proxy was between, ``refused`` that it would not let us through.
    """

    def __init__(self, error: pycurl.error, curl: pycurl.Curl, *, proxied: bool) -> None:
        """``curl`` is the handle it happened to."""
        self.code, text = error.args
        super().__init__(text)
        self.errno: int = curl.getinfo(pycurl.OS_ERRNO)
        self.proxied = proxied
        self.refused = proxied and curl.getinfo(pycurl.HTTP_CONNECTCODE) >= 300


class Wire:
    """Makes transfers inside a running event loop; close it there too."""

    def __init__(self, guard: Guard, look_up: LookUp) -> None:
        """``look_up`` resolves names."""
        self._guard = guard
        self._names = Names(guard, look_up)
        self._multi = pycurl.AsyncCurlMulti()
        self._always = _always()

    async def close(self) -> None:
        """End what is under way, and close all connections."""
        await self._multi.aclose()

    async def get(
        self,
        url: str,
        parts: SplitResult,
        answer: Answer,
        headers: Mapping[str, str],
        *,
        proxy: Proxy | None,
        once: bool,
    ) -> None:
        """Ask for ``url``, which has these ``parts``, and let ``answer`` take what comes.

        The connection is used again unless this is ``once``. Raises what ``answer`` failed with,
        TransferError, Blocked when an address is closed, OSError when the name has none, ValueError
        for a header that cannot be sent. A proxy is trusted, and asked whatever its address.
        """
        curl = self._prepared(url, answer, headers, once=once)
        blocked: list[Blocked] = []
        if proxy is None:
            curl.setopt(pycurl.OPENSOCKETFUNCTION, self._dialler(blocked))
            await self._resolve(curl, parts, judged=True)
        else:
            await self._go_through(curl, proxy)
        try:
            await self._multi.perform(curl)
        except pycurl.error as error:
            if blocked:
                raise blocked[0] from error
            if not answer.stopped:
                raise TransferError(error, curl, proxied=proxy is not None) from error
        if answer.failure:
            raise answer.failure

    def _prepared(
        self, url: str, answer: Answer, headers: Mapping[str, str], *, once: bool
    ) -> pycurl.Curl:
        """A handle that asks for an address, and for nothing else on anybody's behalf."""
        curl = pycurl.Curl()
        for option, value in self._always:
            curl.setopt(option, value)
        curl.setopt(pycurl.URL, url)
        curl.setopt(pycurl.HTTPHEADER, [_line(name, value) for name, value in headers.items()])
        curl.setopt(pycurl.HEADERFUNCTION, answer.header)
        curl.setopt(pycurl.WRITEFUNCTION, answer.chunk)
        curl.setopt(pycurl.FORBID_REUSE, once)
        return curl

    def _dialler(self, blocked: list[Blocked]) -> Callable[[int, Any], Any]:
        """libcurl's OPENSOCKETFUNCTION: a socket for an address that may be dialled."""

        def dial(_: int, address: Any) -> Any:
            try:
                self._guard.judge(str(address.addr[0]))
            except Blocked as error:
                blocked.append(error)
                return pycurl.SOCKET_BAD
            opened = socket.socket(address.family, address.socktype, address.protocol)
            asyncio.get_running_loop().call_soon(opened.close)  # libcurl takes a duplicate
            return opened

        return dial

    async def _resolve(self, curl: pycurl.Curl, parts: SplitResult, *, judged: bool) -> None:
        """Tell libcurl the addresses of a host, that it may ask no resolver itself."""
        host = parts.hostname or ""
        if literal(host) is not None:
            return
        port = parts.port or _PORTS[parts.scheme]
        found = await self._names.addresses(host, port, judged=judged)
        numbers = ",".join(f"[{one}]" if ":" in one else one for one in found)
        curl.setopt(pycurl.RESOLVE, [f"+{host}:{port}:{numbers}"])

    async def _go_through(self, curl: pycurl.Curl, proxy: Proxy) -> None:
        curl.setopt(pycurl.PROXY, proxy.url)
        if proxy.authorization:
            # To the proxy only: the server reads what is sent inside the tunnel.
            curl.setopt(pycurl.HEADEROPT, pycurl.HEADER_SEPARATE)
            curl.setopt(pycurl.PROXYHEADER, [f"Proxy-Authorization: {proxy.authorization}"])
        await self._resolve(curl, urlsplit(proxy.url), judged=False)


def _always() -> tuple[tuple[int, Any], ...]:
    """What holds for every transfer: neither redirects nor ~/.netrc nor the environment's proxies
    are followed, and no cookie is kept. Certificates are those that Python would trust.
    """
    paths = ssl.get_default_verify_paths()
    trusted = ((pycurl.CAINFO, paths.cafile), (pycurl.CAPATH, paths.capath))
    return (
        (pycurl.NOSIGNAL, 1),
        (pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS),
        (pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1),
        (pycurl.PATH_AS_IS, 1),
        (pycurl.PROXY, ""),
        (pycurl.NOPROXY, ""),
        (pycurl.CONNECTTIMEOUT_MS, _CONNECT),
        (pycurl.MAXAGE_CONN, _IDLE),
        (pycurl.BUFFERSIZE, _BUFFER),
        *((option, path) for option, path in trusted if path),
    )


def _line(name: str, value: str) -> bytes:
    """A header as it is sent; raises ValueError for one that would be two."""
    line = f"{name}: {value}".encode()
    if set(line) & set(b"\r\n\0"):
        raise ValueError(f"the header {name} holds a line break")
    return line
