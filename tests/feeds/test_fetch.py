"""The one door to the network, against scripted servers on loopback."""

from __future__ import annotations

import gzip
import itertools
import socket
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import brotli
import pytest
from backports import zstd

from veille.errors import FailureKind, FetchError
from veille.feeds.fetch import Fetcher, FetchSettings
from veille.model.fetched import Fetched, Request
from veille.model.source import Validators

LOOPBACK = ("127.0.0.1",)
Make = Any  # the makers of conftest.py
Open = Callable[..., Fetcher]

# The time within would make a test's name another at each run.
_gzip = partial(gzip.compress, mtime=0)


@pytest.fixture
def opened() -> Iterator[Open]:
    """Opens fetchers that may ask 127.0.0.1, and closes them."""
    fetchers: list[Fetcher] = []

    def make(**settings: Any) -> Fetcher:
        settings = {"timeout": 5.0, "allow_private": LOOPBACK, **settings}
        fetchers.append(Fetcher(FetchSettings(**settings)))
        return fetchers[-1]

    yield make
    for fetcher in fetchers:
        fetcher.close()


def failure(fetcher: Fetcher, url: str, **request: Any) -> FetchError:
    with pytest.raises(FetchError) as refusal:
        fetcher.fetch(Request(url=url, **request))
    assert "\n" not in str(refusal.value)
    return refusal.value


def test_a_complete_answer_comes_back_with_its_headers(
    server: Any, make: Make, opened: Open
) -> None:
    url = server.on("/f", make.http(b"<rss/>", ETag='W/"a"', Last_Modified="hier", X_A="1"))
    found = opened(user_agent="veille/1 (+https://x.example)").fetch(Request(url=url))
    assert (found.url, found.status, found.body, found.permanent) == (url, 200, b"<rss/>", None)
    assert found.validators == Validators(etag='W/"a"', last_modified="hier")
    assert found.headers["x-a"] == "1"
    asked = server.asked[0].headers
    assert asked["user-agent"] == "veille/1 (+https://x.example)"
    assert asked["accept-encoding"] == "gzip, br, zstd"
    assert "application/atom+xml" in asked["accept"]
    assert not {"cookie", "referer", "authorization", "if-none-match"} & asked.keys()


@pytest.mark.parametrize(
    "validators",
    [
        Validators(etag='"a"'),
        Validators(etag="sans guillemets"),
        Validators(etag='W/"a"', last_modified="Mon, 1 Jan 01 00:00:00 GMT"),
        Validators(last_modified="hier"),
    ],
)
def test_validators_go_back_byte_for_byte(
    server: Any, make: Make, opened: Open, validators: Validators
) -> None:
    """H1."""
    url = server.on("/f", make.http(status="304 Not Modified"))
    found = opened().fetch(Request(url=url, validators=validators))
    assert found.not_modified
    assert found.body == b""
    asked = server.asked[0].headers
    assert asked.get("if-none-match") == validators.etag
    assert asked.get("if-modified-since") == validators.last_modified


def test_validators_go_to_the_address_that_gave_them_only(
    server: Any, make: Make, opened: Open
) -> None:
    """H1, H18: of two addresses behind a redirect, one tag means two things."""
    url = server.on("/f", make.http(status="302 Found", Location="/there"))
    server.on("/there", make.http(b"x", ETag='"1"'))
    fetcher = opened()
    given = fetcher.fetch(Request(url=url)).validators
    server.on("/there", make.http(status="304 Not Modified"))
    assert fetcher.fetch(Request(url=url, validators=given)).not_modified
    server.on("/f", make.http(status="302 Found", Location="/elsewhere"))
    server.on("/elsewhere", make.http(b"y", ETag='"1"'))
    assert fetcher.fetch(Request(url=url, validators=given)).body == b"y"
    sent = [(one.target, one.headers.get("if-none-match")) for one in server.asked]
    assert sent == [
        ("/f", None), ("/there", None), ("/f", None), ("/there", '"1"'), ("/f", None), ("/elsewhere", None),
    ]  # fmt: skip


def test_validators_that_cannot_be_sent_back_are_not_kept(
    server: Any, make: Make, opened: Open
) -> None:
    url = server.on("/f", make.http(b"x", ETag='"\xe9"', Set_Cookie="a=b"))
    found = opened().fetch(Request(url=url))
    assert found.validators == Validators()
    assert "set-cookie" not in found.headers


@pytest.mark.parametrize(
    ("status", "headers", "kind", "wait"),
    [
        ("401 No", {}, FailureKind.HTTP_STATUS, None),
        ("403 No", {}, FailureKind.HTTP_STATUS, None),
        ("404 \x1b[31mNo", {}, FailureKind.HTTP_STATUS, None),
        ("410 No", {}, FailureKind.GONE, None),
        ("429 No", {}, FailureKind.RATE_LIMITED, None),
        ("429 No", {"Retry_After": "120"}, FailureKind.RATE_LIMITED, 120.0),
        ("429 No", {"Retry_After": "Fri, 20 Nov 2026 13:00:00 GMT", "Date": "Fri, 20 Nov 2026 12:00:00 GMT"},
         FailureKind.RATE_LIMITED, 3600.0),
        ("503 No", {"Retry_After": "60"}, FailureKind.RATE_LIMITED, 60.0),
        ("503 No", {}, FailureKind.HTTP_STATUS, None),
        ("500 No", {}, FailureKind.HTTP_STATUS, None),
        ("599 No", {}, FailureKind.HTTP_STATUS, None),
        ("304 Not Modified", {}, FailureKind.HTTP_STATUS, None),
        ("300 Choose", {}, FailureKind.HTTP_STATUS, None),
        ("204 Nothing", {}, FailureKind.HTTP_STATUS, None),
        ("206 Part", {}, FailureKind.HTTP_STATUS, None),
    ],
)  # fmt: skip
def test_statuses_become_kinds(
    server: Any, make: Make, opened: Open, status: str, headers: dict[str, str],
    kind: FailureKind, wait: float | None,
) -> None:  # fmt: skip
    """H12-H14, H23; I1: the server's own words are never repeated."""
    error = failure(opened(), server.on("/f", make.http(status=status, **headers)))
    assert (error.kind, error.status, error.retry_after) == (kind, int(status[:3]), wait)
    assert "No" not in str(error).replace("Not ", "").replace("No Content", "")
    assert "\x1b" not in str(error)


def test_a_closed_port_is_refused_and_an_unknown_name_unknown(opened: Open) -> None:
    """N1, N2."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert failure(opened(), f"http://127.0.0.1:{port}/").kind is FailureKind.REFUSED
    assert failure(opened(), "http://no-such-name.invalid/").kind is FailureKind.DNS


class Names:
    """A resolver with answers in turn, the last one for ever; ``pause`` seconds each."""

    def __init__(self, *answers: list[str], pause: float = 0.0) -> None:
        self.answers = list(answers)
        self.pause = pause

    def __call__(self, host: str, port: int, **_: Any) -> list[Any]:
        time.sleep(self.pause)
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        kinds = [socket.AF_INET6 if ":" in one else socket.AF_INET for one in found]
        return [
            (kind, socket.SOCK_STREAM, 6, "", (one, port))
            for kind, one in zip(kinds, found, strict=True)
        ]


def named(names: Names, **settings: Any) -> Fetcher:
    settings = {"timeout": 2.0, "allow_private": LOOPBACK, **settings}
    return Fetcher(FetchSettings(**settings), look_up=names)


def test_a_name_is_asked_at_the_address_that_was_judged(
    server: Any, other_server: Any, make: Make
) -> None:
    """N14: a second answer of the resolver, now a closed address, changes nothing."""
    url = server.on("/f", make.http(b"x")).replace("127.0.0.1", "musee.example")
    with named(Names(["127.0.0.1"], ["127.0.0.2"])) as fetcher:
        assert fetcher.fetch(Request(url=url)).body == b"x"
    with named(Names(["127.0.0.2"], ["127.0.0.1"])) as fetcher:
        assert failure(fetcher, url).kind is FailureKind.BLOCKED
    assert other_server.connections == 0


@pytest.mark.parametrize(
    "addresses", [["127.0.0.1", "127.0.0.2"], ["8.8.8.8", "::1"], ["64:ff9b::a00:1"]]
)
def test_a_name_with_one_closed_address_is_refused(
    server: Any, make: Make, addresses: list[str]
) -> None:
    """N17, N16."""
    url = server.on("/f", make.http(b"x")).replace("127.0.0.1", "musee.example")
    with named(Names(addresses)) as fetcher:
        assert failure(fetcher, url).kind is FailureKind.BLOCKED
    assert server.connections == 0


def test_a_slow_resolver_ends_at_the_deadline_and_delays_no_exit() -> None:
    """N2."""
    before = time.monotonic()
    with named(Names(["127.0.0.1"], pause=5), timeout=0.5) as fetcher:
        assert failure(fetcher, "http://musee.example/").kind is FailureKind.TIMEOUT
    assert time.monotonic() - before < 2


def test_a_name_no_resolver_can_take_is_unknown(opened: Open) -> None:
    """N2."""
    assert (
        failure(opened(), f"http://{'a' * 63}.{'b' * 63}.{'c' * 63}.{'d' * 61}/").kind
        is FailureKind.DNS
    )


SLOW = {
    "N4": (b"HTTP/1.1 200 OK\r\n", b"A: b\r\n" * 1, 0.5),
    "N5": (b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"x", 0.1),
}


@pytest.mark.parametrize("case", SLOW)
def test_the_deadline_bounds_the_whole_exchange(
    server: Any, make: Make, opened: Open, case: str
) -> None:
    """N4, N5, E7: not only the time between two bytes."""
    first, more, pause = SLOW[case]
    url = server.on("/f", make.answer([first, *[more] * 100], pause=pause))
    before = time.monotonic()
    assert failure(opened(timeout=1.0), url).kind is FailureKind.TIMEOUT
    assert time.monotonic() - before < 2


def test_a_full_backlog_ends_at_the_deadline(opened: Open) -> None:
    """N3."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        address = full.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(address)
        before = time.monotonic()
        assert (
            failure(opened(timeout=1.0), f"http://127.0.0.1:{address[1]}/").kind
            is FailureKind.TIMEOUT
        )
        assert time.monotonic() - before < 2
        for one in waiting:
            one.close()


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ncourt",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\ncourt\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + _gzip(b"x" * 10_000)[:40],
        b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\n"
        + brotli.compress(b"".join(b"%d" % n for n in range(5_000)))[:900],
        b"HTTP/1.1 200 OK\r\nContent-Encoding: zstd\r\n\r\n"
        + zstd.compress(b"".join(b"%d" % n for n in range(5_000)))[:900],
    ],
)
def test_a_body_without_its_end_is_truncated(
    server: Any, make: Make, opened: Open, answer: bytes
) -> None:
    """N6, H6, H7, E9."""
    url = server.on("/f", lambda asked: make.answer([answer[:20], answer[20:]], reset=False))
    server.scripts["/f"] = lambda asked: make.answer([b"", answer])
    assert failure(opened(), url).kind is FailureKind.TRUNCATED


def test_a_reset_is_truncated_in_mid_body_and_a_network_failure_before(
    server: Any, make: Make, opened: Open
) -> None:
    """N6."""
    begun = make.http(b"x" * 10, length=1000)
    url = server.on("/mid", lambda _: make.answer([begun, b"y"], pause=0.2, reset=True))
    assert failure(opened(), url).kind is FailureKind.TRUNCATED
    url = server.on("/before", lambda _: make.answer([b""], reset=True))
    assert failure(opened(), url).kind is FailureKind.NETWORK


def wide_window() -> bytes:
    maker = zstd.ZstdCompressor(options={zstd.CompressionParameter.window_log: 24})
    return maker.compress(b"x" * 9) + maker.flush()


def bomb(size: int) -> bytes:
    maker = zlib.compressobj(9, wbits=31)
    return b"".join(maker.compress(b" " * 1_000_000) for _ in range(size)) + maker.flush()


@pytest.mark.parametrize(("coding", "compress"), [("br", brotli.compress), ("zstd", zstd.compress)])
def test_bombs_in_other_codings_are_unpacked_in_steps(
    server: Any, make: Make, opened: Open, coding: str, compress: Any
) -> None:
    """N8: 100 MB from a few bytes; no more is unpacked than may be kept, in time and memory."""
    url = server.on("/bomb", make.http(compress(b" " * 100_000_000), Content_Encoding=coding))
    before = time.process_time()
    assert failure(opened(max_bytes=1_000_000), url).kind is FailureKind.TOO_LARGE
    assert time.process_time() - before < 1
    whole = server.on("/whole", make.http(compress(b" " * 1_000_000), Content_Encoding=coding))
    assert opened(max_bytes=1_000_000).fetch(Request(url=whole)).body == b" " * 1_000_000


def test_what_is_too_large_takes_little_memory(server: Any, make: Make) -> None:
    """N7: 30 MB at most over what a process holds that fetches; ours keeps 10 MB before it gives up."""
    server.on("/small", make.http(b"x"))
    chunk = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    server.on("/endless", make.answer([head, *[chunk] * 200]))
    server.on("/bomb", make.http(bomb(300), Content_Encoding="gzip"))
    told = subprocess.run(
        [sys.executable, "-c", HELD, server.url], check=True, capture_output=True, text=True
    )
    kinds, held = told.stdout.splitlines()
    assert kinds == "too-large too-large"
    assert int(held) < 30 * 1024, f"{held} kB"


HELD = """
import resource, sys
from veille.errors import FetchError
from veille.feeds.fetch import Fetcher, FetchSettings
from veille.model.fetched import Request

def kind(fetcher, path):
    try:
        fetcher.fetch(Request(url=sys.argv[1] + path))
    except FetchError as error:
        return error.kind.value

with Fetcher(FetchSettings(allow_private=True)) as fetcher:
    kind(fetcher, "/small")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(kind(fetcher, "/endless"), kind(fetcher, "/bomb"))
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_bombs_and_endless_bodies_are_stopped_at_the_limit(
    server: Any, make: Make, opened: Open
) -> None:
    """N7, N8."""
    fetcher = opened(max_bytes=1_000_000)
    before = time.process_time()
    packed = server.on("/bomb", make.http(bomb(300), Content_Encoding="gzip"))
    assert failure(fetcher, packed).kind is FailureKind.TOO_LARGE
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    endless = server.on("/endless", make.answer([head, *[chunk] * 2000]))
    assert failure(fetcher, endless).kind is FailureKind.TOO_LARGE
    moved = make.http(bomb(100), "302 Found", Content_Encoding="gzip", Location="/ok")
    server.on("/ok", make.http(b"fin"))
    assert fetcher.fetch(Request(url=server.on("/moved", moved))).body == b"fin"
    assert time.process_time() - before < 5


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        ("gzip", _gzip(b"corps")),
        ("x-gzip", _gzip(b"corps")),
        ("GZIP, identity", _gzip(b"corps")),
        ("gzip", _gzip(b"co") + _gzip(b"rps")),
        ("gzip", _gzip(b"corps") + b"\0\0\0"),
        ("deflate", zlib.compress(b"corps")),
        ("deflate", zlib.compress(b"corps")[2:-4]),
        ("br", brotli.compress(b"corps")),
        ("zstd", zstd.compress(b"corps")),
        ("zstd", zstd.compress(b"co") + zstd.compress(b"rps")),
        ("zstd", zstd.compress(b"corps") + b"\0\0"),
        ("identity", b"corps"),
        ("", b"corps"),
    ],
)
def test_bodies_are_decoded(
    server: Any, make: Make, opened: Open, coding: str, packed: bytes
) -> None:
    url = server.on("/f", make.http(packed, Content_Encoding=coding))
    assert opened().fetch(Request(url=url)).body == b"corps"


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        ("br", b"\xff not brotli"),
        ("zstd", b"not zstd"),
        ("zstd", wide_window()),
        ("compress", b"x"),
        ("br, gzip", _gzip(b"x")),
        ("gzip, gzip", _gzip(_gzip(b"x"))),
        ("gzip", b"not gzip at all"),
        ("gzip", _gzip(b"corps" * 50)[:20] + b"\xff" * 30),
        ("deflate", b"\xff\xff\xff\xff"),
    ],
)
def test_other_codings_and_damaged_ones_are_refused(
    server: Any, make: Make, opened: Open, coding: str, packed: bytes
) -> None:
    """N8, N9."""
    url = server.on("/f", make.http(packed, Content_Encoding=coding))
    assert failure(opened(), url).kind is FailureKind.DECODING


@pytest.mark.parametrize(
    "answer",
    [
        b"\x16\x03garbage\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 1_000_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"".join(b"X%d: a\r\n" % n for n in range(500)) + b"\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"",
    ],
)
def test_what_is_no_http_fails_for_this_source_only(
    server: Any, make: Make, opened: Open, answer: bytes
) -> None:
    """N21."""
    url = server.on("/f", lambda _: make.answer([b"", answer]))
    error = failure(opened(), url)
    assert error.kind in (FailureKind.NETWORK, FailureKind.TRUNCATED)


def test_redirects_are_followed_up_to_five(server: Any, make: Make, opened: Open) -> None:
    """N11."""
    for hop in range(10):
        server.on(f"/{hop}", make.http(status="302 Found", Location=f"/{hop + 1}?a=é"))
    server.on("/5", make.http(b"fin"))
    assert opened().fetch(Request(url=f"{server.url}/0")).body == b"fin"
    server.on("/5", make.http(status="302 Found", Location="/6"))
    assert failure(opened(), f"{server.url}/0").kind is FailureKind.REDIRECTS
    loop = server.on("/loop", make.http(status="301 Moved", Location="/loop"))
    assert failure(opened(), loop).kind is FailureKind.REDIRECTS


@pytest.mark.parametrize(
    ("statuses", "permanent"),
    [
        ((301,), True),
        ((308, 301), True),
        ((302,), False),
        ((301, 302), False),
        ((307, 308), False),
        ((), False),
    ],
)
def test_only_an_unbroken_chain_of_permanent_redirects_is_permanent(
    server: Any, make: Make, opened: Open, statuses: tuple[int, ...], permanent: bool
) -> None:
    """H9."""
    for hop, status in enumerate(statuses):
        server.on(f"/{hop}", make.http(status=f"{status} Moved", Location=f"/{hop + 1}"))
    last = server.on(f"/{len(statuses)}", make.http(b"fin"))
    found = opened().fetch(Request(url=f"{server.url}/0"))
    assert found.url == last
    assert found.permanent == (last if permanent else None)


@pytest.mark.parametrize(
    "target",
    [
        "file:///etc/passwd",
        "ftp://x.example/",
        "data:text/plain,x",
        "gopher://x/",
        "javascript:x",
        "http://[",
        "http://a\\@b/",
    ],
)
def test_redirects_to_other_schemes_are_blocked(
    server: Any, make: Make, opened: Open, target: str
) -> None:
    """N12."""
    url = server.on("/f", make.http(status="302 Found", Location=target))
    assert failure(opened(), url).kind in (FailureKind.BLOCKED, FailureKind.NETWORK)


def test_redirects_to_closed_addresses_are_blocked(
    server: Any, other_server: Any, make: Make, opened: Open
) -> None:
    """N13, N15: nothing connects."""
    targets = [
        other_server.url, f"http://[::1]:{other_server.port}/", "http://169.254.169.254/", "http://0.0.0.0/",
        f"http://127.2:{other_server.port}/", f"http://ok@127.0.0.2:{other_server.port}/",
        f"http://2130706434:{other_server.port}/", f"http://0x7f.0.0.2:{other_server.port}/",
        f"http://①②⑦.⓪.⓪.②:{other_server.port}/",
    ]  # fmt: skip
    for target in targets:
        url = server.on(
            "/f", make.http(status="302 Found", Location=target.encode().decode("latin-1"))
        )
        assert failure(opened(), url).kind is FailureKind.BLOCKED, target
        assert failure(opened(), target).kind is FailureKind.BLOCKED, target
    assert other_server.connections == 0


@pytest.mark.parametrize(
    "url",
    ["http://localhost:9/", "http://localhost.:9/", "https://10.0.0.1/", "file:///etc/passwd", "x"],
)
def test_nothing_private_is_asked_unless_allowed(url: str) -> None:
    """N15, I6."""
    with Fetcher(FetchSettings(timeout=5.0)) as fetcher:
        assert failure(fetcher, url).kind is FailureKind.BLOCKED


def test_credentials_go_to_their_own_origin_only(
    server: Any, other_server: Any, make: Make, opened: Open
) -> None:
    """N20, H: and are in no address, no message."""
    fetcher = opened(allow_private=("127.0.0.0/8",))
    server.on("/here", make.http(status="302 Found", Location="/there"))
    server.on("/there", make.http(status="301 Moved", Location=other_server.url + "/elsewhere"))
    other_server.on("/elsewhere", make.http(status="403 No"))
    url = server.url.replace("://", "://camille:s%C3%A9cret@") + "/here"
    error = failure(fetcher, url)
    assert "cret" not in str(error)
    assert [one.headers.get("authorization") for one in server.asked] == [
        "Basic Y2FtaWxsZTpzw6ljcmV0"
    ] * 2
    assert "authorization" not in other_server.asked[0].headers
    other_server.on("/elsewhere", make.http(b"x"))
    found = fetcher.fetch(Request(url=url))
    assert found.url == other_server.url + "/elsewhere"
    assert found.permanent is None


def test_the_login_of_a_redirect_is_not_used(server: Any, make: Make, opened: Open) -> None:
    target = server.url.replace("://", "://a:b@") + "/ok"
    server.on("/ok", make.http(b"x"))
    found = opened().fetch(Request(url=server.on("/f", make.http(status="302 F", Location=target))))
    assert found.url == server.url + "/ok"
    assert "authorization" not in server.asked[1].headers


def test_no_credentials_of_the_user_are_used(
    server: Any, make: Make, opened: Open, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """N19: neither ~/.netrc nor a proxy that was not passed along."""
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login a password b\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1/")
    opened().fetch(Request(url=server.on("/f", make.http(b"x"))))
    assert "authorization" not in server.asked[0].headers


def test_a_proxy_is_asked_instead_of_the_server(server: Any, make: Make, opened: Open) -> None:
    """N19: its own address is exempt; names are its affair, literal private addresses are not."""
    server.scripts["http://musee.example/f"] = lambda _: make.http(b"par le mandataire")
    proxy = server.url.replace("://", "://p:q@")
    fetcher = opened(
        allow_private=False,
        environ={"HTTP_PROXY": proxy, "https_proxy": proxy, "no_proxy": "direct.invalid"},
    )
    assert fetcher.fetch(Request(url="http://musee.example/f")).body == b"par le mandataire"
    assert server.asked[0].headers["proxy-authorization"] == "Basic cDpx"
    for url in (
        "http://127.0.0.1/",
        "http://localhost/",
        "http://192.168.0.1/",
        "http://0x7f.1/",
        "https://10.0.0.1/",
    ):
        assert failure(fetcher, url).kind is FailureKind.BLOCKED
    assert failure(fetcher, "http://direct.invalid/").kind is FailureKind.DNS
    assert failure(fetcher, "https://musee.example/").kind is FailureKind.NETWORK
    assert len(server.asked) == 2
    assert server.asked[1].target == "musee.example:443"


def test_a_proxy_that_is_not_there_is_named(opened: Open) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    error = failure(opened(environ={"http_proxy": f"127.0.0.1:{port}"}), "http://musee.example/")
    assert (error.kind, "proxy" in str(error)) == (FailureKind.NETWORK, True)


def test_a_certificate_that_cannot_be_verified_is_an_error(
    server: Any, opened: Open, tls_server: int
) -> None:
    """N10: never retried unverified."""
    assert failure(opened(), f"https://127.0.0.1:{tls_server}/").kind is FailureKind.TLS


def test_limits_by_host_and_over_all(server: Any, make: Make, opened: Open) -> None:
    """H19."""

    def slow(asked: Any) -> Any:
        return make.answer([make.http(b"x", length=2), b"y"], pause=0.05)

    server.on("/f", slow)
    fetcher = opened(per_host=3, concurrency=8)
    results = list(fetcher.fetch_all(Request(url=f"{server.url}/f?{n}") for n in range(20)))
    assert len(results) == 20
    assert all(isinstance(answer, Fetched) for _, answer in results)
    assert max(one.together for one in server.asked) == 3
    server.asked.clear()
    overall = opened(per_host=9, concurrency=2)
    list(overall.fetch_all(Request(url=f"{server.url}/f?{n}") for n in range(8)))
    assert max(one.together for one in server.asked) == 2


def test_requests_to_one_host_can_be_spaced(server: Any, make: Make, opened: Open) -> None:
    """H19."""
    server.on("/f", make.http(b"x"))
    list(opened(spacing=0.1).fetch_all(Request(url=f"{server.url}/f?{n}") for n in range(4)))
    times = sorted(one.at for one in server.asked)
    assert all(later - earlier > 0.05 for earlier, later in itertools.pairwise(times))


def test_hosts_are_spaced_by_default_but_not_this_machine(server: Any, make: Make) -> None:
    """H19: two requests a second to a host of the web; a server on loopback is our own."""
    url = server.on("/f", make.http(b"x"))
    with named(Names(["127.0.0.1"]), timeout=5.0) as fetcher:
        list(fetcher.fetch_all(Request(url=f"{url}?{n}") for n in range(30)))
        assert server.asked[-1].at - server.asked[0].at < 1
        server.asked.clear()
        there = url.replace("127.0.0.1", "musee.example")
        list(fetcher.fetch_all(Request(url=f"{there}?{n}") for n in range(4)))
    times = sorted(one.at for one in server.asked)
    assert all(later - earlier > 0.45 for earlier, later in itertools.pairwise(times))


def test_a_host_that_others_lead_to_is_spaced_too(server: Any, make: Make) -> None:
    """H19: many sources may have moved to one host, and waiting for it takes nobody's time."""
    there = server.on("/f", make.http(b"x")).replace("127.0.0.1", "musee.example")
    moved = server.on("/moved", make.http(status="302 Found", Location=there))
    sources = [moved.replace("127.0.0.1", f"m{number}.example") for number in range(4)]
    with named(Names(["127.0.0.1"]), timeout=1.4) as fetcher:
        results = list(fetcher.fetch_all(Request(url=url) for url in sources))
    assert [answer for _, answer in results if not isinstance(answer, Fetched)] == []
    times = sorted(one.at for one in server.asked if one.target == "/f")
    assert all(later - earlier > 0.45 for earlier, later in itertools.pairwise(times))


def test_a_host_that_asks_to_be_left_alone_is_not_asked_again(server: Any, make: Make) -> None:
    """H14: the wait is the host's, so what was to be asked of it next is not; others are."""
    busy = make.http(status="429 No", Retry_After="7200")
    there = server.on("/busy", busy).replace("127.0.0.1", "musee.example")
    server.on("/f", make.http(b"x"))
    with named(Names(["127.0.0.1"]), per_host=1, spacing=0) as fetcher:
        first = failure(fetcher, there)
        assert (first.asked, first.host) == (True, f"musee.example:{server.port}")
        other = there.replace("/busy", "/f")
        moved = server.on("/moved", make.http(status="302 Found", Location=other))
        for url in (other, moved):
            second = failure(fetcher, url)
            assert (second.kind, second.asked) == (FailureKind.RATE_LIMITED, False)
            assert 7100 < (second.retry_after or 0) <= 7200
        elsewhere = other.replace("musee", "archives")
        assert fetcher.fetch(Request(url=elsewhere)).body == b"x"
    assert [one.target for one in server.asked] == ["/busy", "/moved", "/f"]


def test_a_server_on_this_machine_speaks_for_one_address(
    server: Any, make: Make, opened: Open
) -> None:
    """H14: replay servers and caches stand in for many hosts."""
    fetcher = opened()
    failure(fetcher, server.on("/busy", make.http(status="429 No")))
    assert fetcher.fetch(Request(url=server.on("/f", make.http(b"x")))).body == b"x"


def test_failures_are_results_and_the_others_go_on(server: Any, make: Make, opened: Open) -> None:
    """N: "others"."""
    server.on("/ok", make.http(b"x"))
    asked = [
        Request(url=f"{server.url}/ok"),
        Request(url="http://no-such.invalid/"),
        Request(url=f"{server.url}/404"),
    ]
    results = {request.url: answer for request, answer in opened().fetch_all(asked)}
    assert isinstance(results[f"{server.url}/ok"], Fetched)
    kinds = [answer.kind for answer in results.values() if isinstance(answer, FetchError)]
    assert sorted(kinds) == [FailureKind.DNS, FailureKind.HTTP_STATUS]


def test_closing_the_iterator_stops_the_rest_at_once(server: Any, make: Make, opened: Open) -> None:
    """C8: an interrupted sweep."""
    server.on("/ok", make.http(b"x"))
    server.on("/slow", make.answer([b""], hold=30))
    fetcher = opened(timeout=30.0, per_host=50)
    sweep = fetcher.fetch_all(
        [
            Request(url=f"{server.url}/ok"),
            *(Request(url=f"{server.url}/slow?{n}") for n in range(40)),
        ]
    )
    next(sweep)
    before = time.monotonic()
    sweep.close()
    assert opened().fetch(Request(url=f"{server.url}/ok")).body == b"x"
    fetcher.close()
    fetcher.close()
    assert time.monotonic() - before < 2


def test_a_slow_reader_slows_the_requests_down(server: Any, make: Make, opened: Open) -> None:
    server.on("/f", make.http(b"x"))
    sweep = opened(concurrency=2, per_host=2).fetch_all(
        Request(url=f"{server.url}/f?{n}") for n in range(50)
    )
    next(sweep)
    time.sleep(0.3)
    assert len(server.asked) <= 6
    assert sum(1 for _ in sweep) == 49


def test_answers_without_a_body_wait_for_no_reader(server: Any, make: Make, opened: Open) -> None:
    """There is nothing to hold: most of a sweep's answers say that nothing changed."""
    server.on("/same", make.http(status="304 Not Modified"))
    server.on("/gone", make.http(status="410 Gone"))
    asked = [
        Request(url=f"{server.url}/{name}?{n}", validators=Validators(etag='"1"'))
        for n in range(20)
        for name in ("same", "gone")
    ]
    sweep = opened(concurrency=2, per_host=2).fetch_all(asked)
    next(sweep)
    patience = time.monotonic() + 30
    while len(server.asked) < 40 and time.monotonic() < patience:
        time.sleep(0.01)
    assert len(server.asked) == 40
    assert sum(1 for _ in sweep) == 39


def test_the_last_request_of_a_host_closes_its_connection(
    server: Any, make: Make, opened: Open
) -> None:
    """Idle connections of finished hosts would pile up over a sweep."""
    server.on("/f", make.http(b"x"))
    list(opened(per_host=1).fetch_all(Request(url=f"{server.url}/f?{n}") for n in range(5)))
    assert [one.headers.get("connection") for one in server.asked] == [None] * 4 + ["close"]
    assert server.connections == 1


def test_no_connection_stays_open_though_the_server_would_keep_it(
    server: Any, make: Make, opened: Open
) -> None:
    """A sweep of thousands of hosts has so many descriptors and no more."""
    server.deaf = True
    server.on("/f", make.http(b"x"))
    fetcher = opened()
    assert fetcher.fetch(Request(url=f"{server.url}/f")).body == b"x"
    assert server.closed.acquire(timeout=5), "while the fetcher lives"


def test_what_nobody_expected_stops_the_sweep(opened: Open, server: Any, make: Make) -> None:
    fetcher = opened()
    broken = Request(url=f"{server.url}/f", accept="a\r\nb")
    server.on("/f", make.http(b"x"))
    assert failure(fetcher, broken.url, accept=broken.accept).kind is FailureKind.NETWORK


def test_an_unused_fetcher_closes_and_starts_no_thread() -> None:
    before = threading.active_count()
    Fetcher(FetchSettings()).close()
    assert threading.active_count() == before
    with pytest.raises(ValueError, match="nonsense"):
        Fetcher(FetchSettings(allow_private=("nonsense",)))
