"""What went wrong on the wire, in our words: one kind, one line, no credentials, no server text."""

from __future__ import annotations

import errno
from http import HTTPStatus
from typing import TYPE_CHECKING

import pycurl

from veille.errors import FailureKind, FetchError
from veille.feeds import urls
from veille.feeds.fetch.guard import Blocked
from veille.feeds.fetch.wire import TransferError
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
    if isinstance(error, TransferError):
        return _of_transfer(error, host, started=started)
    if isinstance(error, Blocked):
        return FetchError(FailureKind.BLOCKED, f"{host} may not be asked: {error}")
    if isinstance(error, TimeoutError):
        return _of_kind(_TIMEOUT, host)
    if isinstance(error, OSError):  # of the resolver
        return _of_kind(_UNKNOWN, host)
    return FetchError(FailureKind.NETWORK, f"{host} cannot be asked so: {error}")


def _of_transfer(error: TransferError, host: str, *, started: bool) -> FetchError:
    if error.refused:
        return FetchError(FailureKind.NETWORK, f"the proxy refused to connect to {host}")
    if error.code == pycurl.E_COULDNT_CONNECT and error.proxied:
        return FetchError(FailureKind.NETWORK, "the proxy could not be reached")
    if error.code == pycurl.E_COULDNT_CONNECT and error.errno == errno.ECONNREFUSED:
        return FetchError(
            FailureKind.REFUSED, f"{host} refused the connection: nothing listens there"
        )
    if error.code == pycurl.E_SSL_CONNECT_ERROR and error.errno == errno.ECONNRESET:
        return _of_kind(_CLOSED, host)
    if error.code == pycurl.E_PEER_FAILED_VERIFICATION:
        told = next((words for mark, words in _CERTIFICATES.items() if mark in str(error)), None)
        return _of_kind((FailureKind.TLS, told) if told else _UNTRUSTED, host)
    if started and error.code != pycurl.E_PARTIAL_FILE:
        return FetchError(FailureKind.TRUNCATED, f"the connection to {host} broke in mid-answer")
    return _of_kind(_MEANINGS.get(error.code, _CLOSED), host)


def _of_kind(meaning: _Meaning, host: str) -> FetchError:
    kind, message = meaning
    return FetchError(kind, message.format(host=host))


_Meaning = tuple[FailureKind, str]
_TIMEOUT = (FailureKind.TIMEOUT, "{host} did not answer in time")
_UNKNOWN = (FailureKind.DNS, "the name {host} is not known")
_CLOSED = (FailureKind.NETWORK, "{host} closed the connection without an answer")
_NO_ADDRESS = (FailureKind.BLOCKED, "this is no web address that can be asked")
_UNTRUSTED = (FailureKind.TLS, "the certificate or encryption of {host} cannot be trusted")
_NO_AUTHORITIES = (
    FailureKind.TLS,
    "{host} was not asked: the certificates this machine trusts cannot be read (SSL_CERT_FILE)",
)
_NO_TLS = (FailureKind.TLS, "{host} and this machine could not agree on an encryption")
_NO_HTTP = (FailureKind.NETWORK, "{host} does not speak proper HTTP")
_CUT = (FailureKind.TRUNCATED, "the answer of {host} stops before its end")
# What OpenSSL and libcurl write, and the server has no part in.
_CERTIFICATES = {
    "has expired": "the certificate of {host} has expired",
    "not yet valid": "the certificate of {host} is not valid yet",
    "subject name": "the certificate of {host} is for another name",
    "issuer": "the certificate of {host} is signed by nobody this machine trusts",
    "self-signed": "the certificate of {host} is signed by nobody this machine trusts",
}
_MEANINGS: dict[int, _Meaning] = {
    pycurl.E_OPERATION_TIMEDOUT: _TIMEOUT,
    pycurl.E_COULDNT_RESOLVE_HOST: _UNKNOWN,
    pycurl.E_COULDNT_CONNECT: (FailureKind.NETWORK, "{host} could not be reached"),
    pycurl.E_URL_MALFORMAT: _NO_ADDRESS,
    pycurl.E_SSL_CONNECT_ERROR: _NO_TLS,
    pycurl.E_SSL_CIPHER: _NO_TLS,
    pycurl.E_SSL_CACERT_BADFILE: _NO_AUTHORITIES,
    pycurl.E_UNSUPPORTED_PROTOCOL: _NO_HTTP,  # of HTTP 0.9, which has no headers
    pycurl.E_FTP_WEIRD_SERVER_REPLY: _NO_HTTP,
    pycurl.E_PARTIAL_FILE: _CUT,
}


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
