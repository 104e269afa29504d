"""What went wrong on the wire, in our words: one kind, one line, no credentials, no server text."""

from __future__ import annotations

import errno
from http import HTTPStatus
from typing import TYPE_CHECKING

import aiohttp

from veille.errors import FailureKind, FetchError
from veille.feeds import urls
from veille.feeds.fetch.guard import Blocked
from veille.feeds.freshness import retry_after

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_UNUSABLE = {
    204: "it has no content",
    205: "it has no content",
    206: "it is a part that was not asked for",
}


def of_exception(error: Exception, host: str, *, started: bool) -> FetchError:
    """The failure an exception means. ``started`` says that the answer's headers had come."""
    for kinds, kind, message in _MEANINGS:
        if isinstance(error, kinds):
            return FetchError(kind, message.format(host=host))
    if isinstance(error, Blocked):
        return FetchError(FailureKind.BLOCKED, f"{host} may not be asked: {error}")
    if started:
        return FetchError(FailureKind.TRUNCATED, f"the connection to {host} broke in mid-answer")
    if isinstance(error, OSError) and error.errno == errno.ECONNREFUSED:
        return FetchError(
            FailureKind.REFUSED, f"{host} refused the connection: nothing listens there"
        )
    if isinstance(error, OSError):
        return FetchError(FailureKind.NETWORK, f"{host} could not be reached")
    return FetchError(FailureKind.NETWORK, f"{host} closed the connection without an answer")


_MEANINGS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], FailureKind, str], ...] = (
    (TimeoutError, FailureKind.TIMEOUT, "{host} did not answer in time"),
    (
        (aiohttp.ClientConnectorCertificateError, aiohttp.ClientSSLError),
        FailureKind.TLS,
        "the certificate or encryption of {host} cannot be trusted",
    ),
    (aiohttp.ClientConnectorDNSError, FailureKind.DNS, "the name {host} is not known"),
    (aiohttp.ClientProxyConnectionError, FailureKind.NETWORK, "the proxy could not be reached"),
    (aiohttp.ClientHttpProxyError, FailureKind.NETWORK, "the proxy refused to connect to {host}"),
    (aiohttp.InvalidURL, FailureKind.BLOCKED, "this is no web address that can be asked"),
    (
        aiohttp.ClientPayloadError,
        FailureKind.TRUNCATED,
        "the answer of {host} stops before its end",
    ),
    (aiohttp.ClientResponseError, FailureKind.NETWORK, "{host} does not speak proper HTTP"),
)


def of_status(status: int, headers: Mapping[str, str], url: str, now: datetime) -> FetchError:
    """The failure that the status of ``url`` means when it gives no content to read."""
    host = urls.host_of(url)
    if status == HTTPStatus.GONE:
        return FetchError(
            FailureKind.GONE, f"{host} says that this address is gone for good", status=status
        )
    wait = retry_after(headers, now)
    if status == HTTPStatus.TOO_MANY_REQUESTS or (
        status == HTTPStatus.SERVICE_UNAVAILABLE and wait is not None
    ):
        return FetchError(
            FailureKind.RATE_LIMITED,
            f"{host} asks to be left alone for a while (HTTP {status})",
            status=status,
            retry_after=wait,
            host=urls.authority(url),
        )
    reason = _UNUSABLE.get(status)
    message = f"{host} answered HTTP {status}{_phrase(status)}"
    return FetchError(
        FailureKind.HTTP_STATUS, f"{message}: {reason}" if reason else message, status=status
    )


def of_wait(authority: str, seconds: float) -> FetchError:
    """That nothing was sent, since the host asked to be left alone a moment ago."""
    return FetchError(
        FailureKind.RATE_LIMITED,
        f"{authority} asked to be left alone for a while: it was not asked",
        retry_after=seconds,
        host=authority,
        asked=False,
    )


def _phrase(status: int) -> str:
    """The standard phrase: the server's own could hold anything."""
    try:
        return f" {HTTPStatus(status).phrase}"
    except ValueError:
        return ""
