"""Which addresses may be asked."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veille.feeds.fetch.guard import Blocked, Guard, embedded, literal

CLOSED = [
    # E8: is_global is True for these in Python 3.11
    "64:ff9b::7f00:1", "2002:7f00:1::", "::127.0.0.1", "fec0::1", "192.0.0.192", "224.0.0.1",
    # N16
    "64:ff9b::808:808", "2002:808:808::", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "::808:808",
    "::ffff:10.0.0.1", "::ffff:8.8.8.8", "fc00::1", "fdff::1", "100.64.0.1", "100.127.255.255", "192.0.0.1",
    "198.18.0.1", "198.19.255.255", "0.0.0.0", "0.1.2.3", "ff02::1", "239.1.1.1",
    # the rest of the registries
    "127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
    "192.0.2.1", "198.51.100.1", "203.0.113.1", "192.88.99.1", "240.0.0.1", "255.255.255.255",
    "::1", "::", "fe80::1", "fe80::1%eth0", "2001:db8::1", "3fff::1", "100::1", "64:ff9b:1::1", "4000::1", "5f00::1",
]  # fmt: skip
OPEN = [
    "8.8.8.8",
    "193.0.0.1",
    "100.128.0.1",
    "172.32.0.1",
    "2a00:1450::1",
    "2606:4700::1",
    "2001:4860::1",
]


@pytest.mark.parametrize("address", CLOSED)
def test_closed_addresses_are_blocked(address: str) -> None:
    """N16, E8."""
    with pytest.raises(Blocked, match="allow_private"):
        Guard(False).judge(address)


@pytest.mark.parametrize("address", OPEN)
def test_public_addresses_are_open(address: str) -> None:
    Guard(False).judge(address)


def test_what_is_allowed_is_open_and_its_neighbours_are_not() -> None:
    guard = Guard(["127.0.0.1", "10.1.0.0/16", "fd00::/8"])
    for address in ("127.0.0.1", "::ffff:127.0.0.1", "10.1.255.1", "fd12::1"):
        guard.judge(address)
    for address in ("127.0.0.2", "::1", "10.2.0.1", "::ffff:127.0.0.2", "169.254.169.254"):
        with pytest.raises(Blocked):
            guard.judge(address)


def test_all_private_addresses_may_be_opened_but_never_what_is_no_address_of_a_server() -> None:
    guard = Guard(True)
    for address in ("127.0.0.1", "::1", "192.168.1.1", "169.254.1.1", "fe80::1", "fc00::1"):
        guard.judge(address)
    for address in ("224.0.0.1", "0.0.0.0", "::", "ff02::1", "::ffff:224.0.0.1"):
        with pytest.raises(Blocked):
            guard.judge(address)


def test_an_allowed_address_that_is_none_is_refused_at_once() -> None:
    """G1."""
    with pytest.raises(ValueError, match="nowhere"):
        Guard(["nowhere"])


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "2130706433", "0x7f.1", "0x7f000001", "017700000001", "127.1", "0177.0.0.1", "127.0.0.1.",
     "①②⑦.⓪.⓪.①", "127。0。0。1", "[::ffff:127.0.0.1]", "::1", "[fe80::1%25eth0]", "0"],
)  # fmt: skip
def test_numbers_are_read_as_the_resolver_reads_them(host: str) -> None:
    """N15, E8: before any proxy is asked, too."""
    assert literal(host) is not None
    for proxied in (False, True):
        with pytest.raises(Blocked):
            Guard(False).judge_host(host, proxied=proxied)


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST.", "a.localhost", "localhost.localdomain", "ip6-localhost"]
)
def test_names_of_the_own_machine_are_not_given_to_a_proxy(host: str) -> None:
    """N15, N19."""
    with pytest.raises(Blocked):
        Guard(False).judge_host(host, proxied=True)
    Guard(["127.0.0.1"]).judge_host(host, proxied=True)


@pytest.mark.parametrize(
    "host", ["bnf.fr", "localhost.fr", "beef.example", "1and1.example", "0x.example", "dead.beef"]
)
def test_names_are_left_to_the_resolver(host: str) -> None:
    assert literal(host) is None
    Guard(False).judge_host(host, proxied=True)


@given(st.ip_addresses(v=4))
def test_ipv4_hidden_in_ipv6_is_found(address: ipaddress.IPv4Address) -> None:
    number = int(address)
    for prefix, shift in ((0xFFFF << 32, 0), (0x64FF9B << 96, 0), (0x2002 << 112, 80)):
        assert embedded(ipaddress.IPv6Address(prefix | (number << shift))) == address
    teredo = ipaddress.IPv6Address((0x20010000 << 96) | (number ^ 0xFFFFFFFF))
    assert embedded(teredo) == address
    assert embedded(address) is None


@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)))
def test_nothing_python_calls_private_is_ever_open(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if address.is_global and not address.is_multicast:
        return
    with pytest.raises(Blocked):
        Guard(False).judge(str(address))
