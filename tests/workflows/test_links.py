"""Following an edition's links through the one door: a scripted server, and scripted failures."""

from __future__ import annotations

import pytest

from tests.feeds.conftest import http
from veille.errors import FailureKind, FetchError
from veille.feeds.fetch import Fetcher, FetchSettings
from veille.workflows import links


def test_what_servers_answer(server) -> None:
    """Dead, moved, elsewhere, there: one request an address, all through the guarded door (N18)."""
    answers = {
        "/there": http(b"<p>here", Content_Type="text/html"),
        "/gone": http(status="410 Gone"),
        "/missing": http(status="404 Not Found"),
        "/closed": http(status="403 Forbidden"),
        "/old": http(status="301 Moved Permanently", Location="/there"),
        "/today": http(status="302 Found", Location="/there"),
    }
    for path, answer in answers.items():
        server.on(path, answer)
    with Fetcher(FetchSettings(allow_private=("127.0.0.1",))) as web:
        visited = links.visit(web, [f"{server.url}{path}" for path in answers], agent="veille/1")
    by_path = {url.removeprefix(server.url): visit for url, visit in visited.items()}
    there = f"{server.url}/there"
    assert {path: visit.landed for path, visit in by_path.items()} == {
        "/there": there, "/gone": None, "/missing": None, "/closed": None,
        "/old": there, "/today": there,
    }  # fmt: skip
    assert [path for path, visit in by_path.items() if visit.permanent] == ["/old"]
    assert [by_path[path].status for path in ("/gone", "/missing", "/closed")] == [410, 404, 403]
    assert by_path["/gone"].gone
    assert "403" in by_path["/closed"].problem


def test_robots_are_obeyed(web) -> None:
    """H24: a page that robots may not read is left unchecked, not called dead."""
    web.on("https://a.example/robots.txt", "User-agent: *\nDisallow: /private")
    open_page = web.on("https://a.example/open", "<p>here")
    closed = web.on("https://a.example/private/x", "<p>here")
    visited = links.visit(web, [open_page, closed], agent="veille/1")
    assert web.asked == ["https://a.example/robots.txt", open_page]
    assert (visited[open_page].landed, visited[closed].landed) == (open_page, None)
    assert not visited[closed].gone


def test_a_private_address_is_not_asked(server) -> None:
    """N18: the link check has the same guard; blocked is not dead."""
    with Fetcher(FetchSettings()) as web:
        (visit,) = links.visit(web, [f"{server.url}/x"], agent="veille/1").values()
    assert server.asked == []
    assert (visit.landed, visit.gone) == (None, False)


@pytest.mark.parametrize(
    ("kind", "gone", "landed"),
    [
        (FailureKind.DNS, True, False),
        (FailureKind.REFUSED, True, False),
        (FailureKind.TIMEOUT, False, False),
        (FailureKind.TLS, False, False),
        (FailureKind.RATE_LIMITED, False, False),
        (FailureKind.TOO_LARGE, False, True),
    ],
)
def test_what_a_failure_means(web, kind, gone, landed) -> None:
    """A name that is not there is a dead link, a slow machine is not; a large file is there."""
    url = web.on("https://a.example/x", FetchError(kind, "why"))
    (visit,) = links.visit(web, [url], agent="veille/1").values()
    assert (visit.gone, visit.landed is not None) == (gone, landed)
