"""``…/TOKEN``: GET asks, POST leaves, and nothing else changes anything.

Mail programs POST by themselves, without cookie and without following redirects (RFC 8058 section
3.2), and others fetch every link of a mail to look for malware: so only a POST acts, its answer is
a page and never a redirect, and what its body says does not matter, since the token says it all.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

from veille.errors import VeilleError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from contextlib import AbstractContextManager

    from veille.app import App
    from veille.workflows.leaving import Farewell

    StartResponse = Callable[[str, list[tuple[str, str]]], Any]

_READ = 65_536  # bytes of a body that are taken from the wire before the answer
_RETRY = "120"  # seconds
_STYLE = re.compile("<style>(.*?)</style>", re.DOTALL)


class _Page(NamedTuple):
    status: HTTPStatus
    html: str
    fields: tuple[tuple[str, str], ...] = ()


class Leaving:
    """The application; ``open_app`` opens the workspace for the time of one request."""

    def __init__(self, open_app: Callable[[], AbstractContextManager[App]]) -> None:
        self._open_app = open_app

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        method = environ["REQUEST_METHOD"]
        _take(environ)
        try:
            with self._open_app() as app:
                page = _Desk(app).answer(method, environ.get("PATH_INFO", ""))
        except VeilleError as error:
            print(f"veille.web: {error}", file=environ["wsgi.errors"])
            page = _Page(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "<!doctype html><html lang=en><title>Later</title><p>This does not work right now: "
                "nothing was changed. Please try again in a few minutes.",
                (("Retry-After", _RETRY),),
            )
        body = page.html.encode()
        start_response(f"{page.status.value} {page.status.phrase}", _fields(page, len(body)))
        return [b"" if method == "HEAD" else body]


class _Desk:
    """One request, in an open workspace."""

    def __init__(self, app: App) -> None:
        self._app = app

    def answer(self, method: str, path: str) -> _Page:
        token = path.rstrip("/").rpartition("/")[2]
        if method in ("GET", "HEAD"):
            farewell = self._whose(token)
            return self._page(farewell, "ask" if farewell and farewell.received else "done")
        if method == "POST":
            return self._page(self._leave(token), "done")
        allowed = (("Allow", "GET, HEAD, POST"),)
        return _Page(HTTPStatus.METHOD_NOT_ALLOWED, self._html(None, "unknown"), allowed)

    def _whose(self, token: str) -> Farewell | None:
        from veille.workflows import leaving

        return leaving.whose(self._app.db, token, self._secret)

    def _leave(self, token: str) -> Farewell | None:
        from veille.workflows import leaving
        from veille.workflows.acting import Act

        act = Act(actor=None, now=self._app.clock(), note="with one click")
        return leaving.leave(self._app.db, token, self._secret, act=act)

    @cached_property
    def _secret(self) -> bytes:
        return self._app.secret

    def _page(self, farewell: Farewell | None, step: str) -> _Page:
        if farewell is None:
            return _Page(HTTPStatus.NOT_FOUND, self._html(None, "unknown"))
        return _Page(HTTPStatus.OK, self._html(farewell, step))

    def _html(self, farewell: Farewell | None, step: str) -> str:
        title = farewell.digest.title if farewell else ""
        locale = farewell.digest.locale if farewell else self._app.settings.veille.locale
        return self._app.renderer.leaving(title, locale, step)


def _take(environ: dict[str, Any]) -> None:
    """Read what was sent, within bounds: some servers drop a connection with unread bytes."""
    try:
        length = int(environ.get("CONTENT_LENGTH") or 0)
    except ValueError:
        length = 0
    if length > 0:
        environ["wsgi.input"].read(min(length, _READ))


def _fields(page: _Page, length: int) -> list[tuple[str, str]]:
    style = _STYLE.search(page.html)
    allowed = f"'sha256-{_hash(style[1])}'" if style else "'none'"
    policy = (
        f"default-src 'none'; style-src {allowed}; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )
    return [
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Length", str(length)),
        ("Content-Security-Policy", policy),
        ("Cache-Control", "no-store"),
        ("Referrer-Policy", "no-referrer"),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Robots-Tag", "noindex"),
        *page.fields,
    ]


def _hash(style: str) -> str:
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")


def application(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    """The application for the workspace of ``VEILLE_WORKSPACE``, or of the folder it runs in.

    It is opened anew for each request: a reader leaves rarely, and a server may fork, be upgraded,
    or run for a year.
    """
    return Leaving(_workspace)(environ, start_response)


def _workspace() -> AbstractContextManager[App]:
    from contextlib import closing

    from veille.app import open_app

    return closing(open_app(None, curator=None, environ=os.environ))
