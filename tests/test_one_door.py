"""The architecture of requests: one module opens connections to the web."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "veille"
SPEAKERS = {
    "aiohttp", "asyncio", "ftplib", "http.client", "http.server", "httpx", "pycurl", "requests", "smtplib",
    "socket", "socketserver", "ssl", "urllib.request", "urllib3", "xmlrpc",
}  # fmt: skip
DOOR = "feeds/fetch/"
# Other doors: those of mail servers, and two that only ever listen: the sample's own server, on
# loopback, and that of reader apps.
OTHER_DOORS = (
    "delivery/smtp/", "delivery/mailbox/imap.py", "cli/demo/server.py", "web/serving.py",
)  # fmt: skip
# The screens' library is asynchronous: its own loop, and nothing else of asyncio.
SCREENS = "tui/"
# So is the queue's, which speaks to the database and to nobody else.
STATION = "store/queue/station.py"
# Parsing happens in processes of our own, spoken to over a pair of sockets without an address.
PAIRS = "feeds/workers/"
# What reader apps ask comes in by a socket that listens.
EAR = "web/serving.py"
# A datagram to the service manager of this machine, by a path.
MANAGER = "schedule/systemd.py"
DIALS = {"connect", "connect_ex", "create_connection", "open_connection", "getaddrinfo"}


@cache
def modules() -> list[tuple[str, ast.Module]]:
    return [
        (path.relative_to(PACKAGE).as_posix(), ast.parse(path.read_text("utf-8")))
        for path in sorted(PACKAGE.rglob("*.py"))
    ]


def imported(tree: ast.Module) -> set[str]:
    """What a module imports, at its top or later, for types only or not."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def speakers(tree: ast.Module) -> set[str]:
    """The libraries that speak to the network among what a module imports."""
    names = imported(tree)
    return {wire for wire in SPEAKERS for name in names if f"{name}.".startswith(f"{wire}.")}


def test_only_the_door_imports_what_opens_connections() -> None:
    """N18: collect, add, discovery, articles and link checks have no other way out."""
    strangers = {
        name: found
        for name, tree in modules()
        if not name.startswith((DOOR, *OTHER_DOORS, PAIRS, MANAGER, EAR))
        and (found := speakers(tree))
        - ({"asyncio"} if name.startswith((SCREENS, STATION)) else set())
    }
    assert strangers == {}


def test_screens_the_queue_and_the_server_dial_nowhere() -> None:
    """N18."""
    for name, tree in modules():
        if name.startswith((SCREENS, STATION, EAR)):
            called = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
            assert not called & DIALS, name


def test_the_processes_that_parse_dial_nowhere() -> None:
    """N18."""
    for name, tree in modules():
        if name.startswith(PAIRS):
            called = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
            assert not called & DIALS, name
            assert speakers(tree) <= {"socket"}, name


def test_no_library_fetches_behind_our_back() -> None:
    """N18, E1, E6: feedparser given an address, and trafilatura's downloader, would."""
    for name, tree in modules():
        assert not {one for one in imported(tree) if one.startswith("trafilatura.downloads")}, name
        called = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        assert not called & {"fetch_url", "urlopen", "urlretrieve"}, name


@pytest.mark.parametrize(
    "code", ["import socket", "from http import client", "def f():\n import aiohttp.web", "from urllib.request import urlopen"]
)  # fmt: skip
def test_the_look_at_imports_sees_them(code: str) -> None:
    assert speakers(ast.parse(code))
