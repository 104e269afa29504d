"""What is sent back: JSON, or a line of text, with the fields that every answer carries."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

Fields = tuple[tuple[str, str], ...]
RETRY = 60  # seconds

_ALWAYS = (
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Robots-Tag", "noindex"),
)
_encode = msgspec.json.Encoder().encode


class Answer(NamedTuple):
    """One answer; a long one comes in ``rest``, piece by piece."""

    status: HTTPStatus
    kind: str
    body: bytes
    fields: Fields = ()
    rest: Iterator[bytes] | None = None

    def head(self) -> tuple[str, list[tuple[str, str]]]:
        """The status line and all fields."""
        fields = [("Content-Type", self.kind), *_ALWAYS, *self.fields]
        if self.rest is None:
            fields.append(("Content-Length", str(len(self.body))))
        return f"{self.status.value} {self.status.phrase}", fields


class Declined(Exception):  # noqa: N818  not everything that is asked is done
    """Why a request is not answered as the app hoped."""

    def __init__(self, status: HTTPStatus, message: str, *fields: tuple[str, str]) -> None:
        super().__init__(message)
        self.answer = text(message, status, fields)


def text(message: str, status: HTTPStatus = HTTPStatus.OK, fields: Fields = ()) -> Answer:
    """A line of text; ``OK`` must be these two letters alone."""
    return Answer(status, "text/plain; charset=utf-8", message.encode(), fields)


OK = text("OK")


def json(value: Any) -> Answer:
    """A JSON document."""
    return Answer(HTTPStatus.OK, "application/json; charset=utf-8", _encode(value))


def pieces(first: bytes, rest: Iterator[bytes]) -> Answer:
    """A JSON document that is made while it is sent."""
    return Answer(HTTPStatus.OK, "application/json; charset=utf-8", first, rest=rest)


def encoded(value: Any) -> bytes:
    """A part of a JSON document."""
    return _encode(value)


def bad_request(message: str) -> Declined:
    """The app asked what cannot be."""
    return Declined(HTTPStatus.BAD_REQUEST, message)


def forbidden(message: str) -> Declined:
    """That is not done from an app."""
    return Declined(HTTPStatus.FORBIDDEN, message)


def unauthorised() -> Declined:
    """Nobody we know. Nothing says which half of it was wrong."""
    return Declined(
        HTTPStatus.UNAUTHORIZED,
        "Unauthorized: the user is a curator's handle, the password a token of 'veille token add'",
        ("WWW-Authenticate", 'GoogleLogin realm="veille"'),
    )


def too_many(wait: float) -> Declined:
    """Later."""
    seconds = str(max(1, round(wait)))
    message = f"too many requests: try again in {seconds} s"
    return Declined(HTTPStatus.TOO_MANY_REQUESTS, message, ("Retry-After", seconds))


def unavailable() -> Declined:
    """The workspace cannot be used now; the reason is in the server's log alone."""
    message = "this does not work right now, and what was asked may be asked again"
    return Declined(HTTPStatus.SERVICE_UNAVAILABLE, message, ("Retry-After", str(RETRY)))
