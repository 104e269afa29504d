"""From a request to its answer: who asks, how often, and what for."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from veille.errors import Busy, NotFound, Refused, SchemaError, StoreError, UsageError, VeilleError
from veille.model.event import Actor
from veille.model.text import one_line
from veille.web.lease import Lease
from veille.web.reader import answers, request
from veille.web.reader.desk import Desk
from veille.web.reader.limits import Limits
from veille.web.reader.listing import LISTING, STREAMS
from veille.web.reader.marking import MARKING
from veille.workflows import tokens
from veille.workflows.acting import Act

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from veille.app import App
    from veille.model.reading import AppToken
    from veille.web.reader.answers import Answer
    from veille.web.reader.request import Request

    StartResponse = Callable[[str, list[tuple[str, str]]], Any]

_MINUTE = 60.0
_METHODS = ("GET", "HEAD", "POST")
_CHANGES = ("POST",)
_STATUSES: dict[type[VeilleError], HTTPStatus] = {
    NotFound: HTTPStatus.NOT_FOUND,
    UsageError: HTTPStatus.BAD_REQUEST,
    Refused: HTTPStatus.FORBIDDEN,
}
_DOOR = "the reader API of veille is here: give this address to a reader app, as one of FreshRSS"


class Reader:
    """The application; ``open_app`` opens the workspace, which is kept open between requests.

    No cookie is set or read, so a page in a browser can do nothing in somebody's name, and the
    ``T`` that apps send with each change guards nothing: it is given, and not looked at.
    """

    def __init__(
        self,
        open_app: Callable[[], App],
        *,
        read_only: bool = False,
        log: Callable[[str], None] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.lease = Lease(open_app, monotonic)
        self._limits = Limits(monotonic)
        self._now = monotonic
        self._complained = "", 0.0
        self._read_only = read_only
        self._log = log

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        log = self._log or (lambda line: print(f"veille.web: {line}", file=environ["wsgi.errors"]))
        try:
            answer = self._answer(request.read(environ), log)
        except answers.Declined as declined:
            answer = declined.answer
        start_response(*answer.head())
        if environ["REQUEST_METHOD"] == "HEAD":
            return [b""]
        return [answer.body] if answer.rest is None else _whole(answer.body, answer.rest)

    def _answer(self, asked: Request, log: Callable[[str], None]) -> Answer:
        _only(_METHODS, asked)
        if not asked.endpoint:
            return answers.text(_DOOR)
        try:
            app = self.lease.app()
        except VeilleError as error:
            self._complain(str(error), log)
            raise answers.unavailable() from error
        try:
            if asked.endpoint == "login":
                return self._login(app, asked, log)
            return _do(self._desk(app, asked, log))
        except (StoreError, Busy, SchemaError) as error:
            self._complain(str(error), log)
            self.lease.renew()
            raise answers.unavailable() from error
        except VeilleError as error:
            raise answers.Declined(_status(error), str(error)) from error

    def _complain(self, message: str, log: Callable[[str], None]) -> None:
        """Say what is wrong once a minute, however many ask meanwhile."""
        now = self._now()
        if message != self._complained[0] or now >= self._complained[1]:
            self._complained = message, now + _MINUTE
            log(message)

    def _login(self, app: App, asked: Request, log: Callable[[str], None]) -> Answer:
        """ClientLogin: the user is a handle, the password a token, and what is given is the token."""
        _only(_CHANGES, asked)  # an address is written into logs
        self._limits.may_fail(asked.address)
        handle, password = asked.first("Email"), asked.first("Passwd")
        with app.db.read() as connection:
            token = tokens.check(connection, password, handle)
        if token is None:
            self._limits.failed(asked.address)
            log(f"a wrong login as '{one_line(handle, 60)}' from {asked.address}")
            raise answers.unauthorised()
        auth = "".join(password.split())
        return answers.text(f"SID={auth}\nLSID=null\nAuth={auth}\n")

    def _desk(self, app: App, asked: Request, log: Callable[[str], None]) -> Desk:
        if not asked.authorization:
            raise answers.unauthorised()
        with app.db.read() as connection:
            token = tokens.check(connection, asked.authorization)
        if token is None:
            self._limits.failed(asked.address)  # beyond the limit nothing is logged either
            log(f"a token that opens nothing, from {asked.address}")
            raise answers.unauthorised()
        self._limits.ask(token.id, app.settings.serve.rate)
        read_only = self._read_only or token.read_only or app.settings.serve.read_only
        return Desk(
            app=app,
            asked=asked,
            token=token,
            act=_act(app, token),
            read_only=read_only,
            reopen=self.lease.open_app,
        )


def _status(error: VeilleError) -> HTTPStatus:
    """What an error is called here; what is left is a site that did not answer as it should."""
    known = (status for kind, status in _STATUSES.items() if isinstance(error, kind))
    return next(known, HTTPStatus.BAD_GATEWAY)


def _act(app: App, token: AppToken) -> Act:
    """The curator acts, through the app that the token is for."""
    return Act(actor=Actor(handle=token.handle, login=token.name), now=app.clock())


def _do(desk: Desk) -> Answer:
    endpoint = desk.asked.endpoint
    for prefix, look in STREAMS.items():
        if endpoint == prefix or endpoint.startswith(f"{prefix}/"):
            return look(desk, endpoint[len(prefix) + 1 :])
    endpoint = endpoint.rstrip("/")
    if endpoint in LISTING:
        return LISTING[endpoint](desk)
    change = MARKING.get(endpoint)
    if change is None:
        raise answers.Declined(HTTPStatus.NOT_FOUND, f"there is no '{one_line(endpoint, 60)}' here")
    _only(_CHANGES, desk.asked)
    if desk.read_only:
        raise answers.forbidden("read only: nothing was changed")
    return change(desk)


def _only(methods: Sequence[str], asked: Request) -> None:
    if asked.method not in methods:
        allowed = ", ".join(methods)
        message = f"this answers {allowed} only: nothing was done"
        raise answers.Declined(HTTPStatus.METHOD_NOT_ALLOWED, message, ("Allow", allowed))


def _whole(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest
