"""Which addresses may be asked: the defence against requests forged towards our own network.

What is judged is the address, never its spelling: names are resolved first, numbers are read as the
resolver would read them, and IPv4 hidden in IPv6 is unwrapped. IPv6 is closed but for what is
assigned as global unicast, so ranges yet to be invented are closed too.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# IANA special-purpose registries (RFC 6890 and updates), by what they are called in messages.
_CLOSED_IPV4 = {
    ipaddress.IPv4Network(network): name
    for network, name in {
        "0.0.0.0/8": "unspecified",
        "10.0.0.0/8": "private",
        "100.64.0.0/10": "shared",
        "127.0.0.0/8": "loopback",
        "169.254.0.0/16": "link-local",
        "172.16.0.0/12": "private",
        "192.0.0.0/24": "reserved",
        "192.0.2.0/24": "reserved",
        "192.88.99.0/24": "reserved",
        "192.168.0.0/16": "private",
        "198.18.0.0/15": "reserved",
        "198.51.100.0/24": "reserved",
        "203.0.113.0/24": "reserved",
        "224.0.0.0/4": "multicast",
        "240.0.0.0/4": "reserved",
    }.items()
}
_GLOBAL_IPV6 = ipaddress.IPv6Network("2000::/3")
_CLOSED_IPV6 = tuple(
    ipaddress.IPv6Network(network)
    for network in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)
_NEVER = frozenset({"multicast", "unspecified"})  # no server lives there, whatever is allowed
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_COMPATIBLE = ipaddress.IPv6Network("::/96")
_LOCAL_NAME = re.compile(
    r"(?:.*\.)?(?:localhost|localhost\.localdomain|ip6-localhost|ip6-loopback)"
)


class Blocked(Exception):  # noqa: N818  an answer of the guard, turned into FetchError at the door
    """An address that may not be asked."""


class Guard:
    """Judges addresses; ``allow_private`` opens all private ones, or those listed."""

    def __init__(self, allow_private: bool | Sequence[str]) -> None:
        """Raises ValueError when a listed address or network is none."""
        self._all = allow_private is True
        listed = () if isinstance(allow_private, bool) else allow_private
        self._allowed: tuple[Network, ...] = tuple(
            ipaddress.ip_network(network, strict=False) for network in listed
        )

    def judge(self, address: str) -> None:
        """Raise Blocked unless the numeric ``address`` may be dialled."""
        found = _numeric(address)
        inner = embedded(found)
        reason = _closed(found) or (inner and _closed(inner))
        if reason is None or self._opened(found) or (inner and self._opened(inner)):
            return
        if self._all and not {reason, inner and _closed(inner)} & _NEVER:
            return
        raise Blocked(
            f"{found} is a {reason} address, closed unless collect.allow_private lists it"
        )

    def judge_host(self, host: str, *, proxied: bool) -> None:
        """Raise Blocked when the host is a number, or a local name, that may not be dialled.

        Other names are judged once they are resolved; behind a proxy, which resolves them itself,
        the names of the own machine are judged as what they mean.
        """
        address = literal(host)
        if address is not None:
            self.judge(str(address))
        elif proxied and _LOCAL_NAME.fullmatch(host.lower().rstrip(".")):
            self.judge("127.0.0.1")

    def _opened(self, address: Address) -> bool:
        return any(address in network for network in self._allowed)


def is_this_machine(host: str) -> bool:
    """Whether a host is loopback by its very spelling: a server that stands in for others."""
    address = literal(host)
    if address is None:
        return _LOCAL_NAME.fullmatch(host.lower().rstrip(".")) is not None
    return address.is_loopback


@lru_cache(maxsize=4096)  # each exchange asks it several times
def literal(host: str) -> Address | None:
    """The address a host is the number of, in any spelling the system's resolver takes.

    >>> literal("0x7f.1")
    IPv4Address('127.0.0.1')
    """
    host = unicodedata.normalize("NFKC", host).strip("[]").partition("%")[0].rstrip(".")
    host = host.replace("\u3002", ".")
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    if not re.fullmatch(r"[0-9a-fA-FxX.]+", host) or not host[:1].isdigit():
        return None
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except OSError:
        return None


@lru_cache(maxsize=4096)
def _numeric(address: str) -> Address:
    return ipaddress.ip_address(address.partition("%")[0])


def embedded(address: Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 one carries: mapped, 6to4, Teredo, NAT64, compatible."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour
    if address.teredo:
        return address.teredo[1]
    if address in _NAT64 or (address in _COMPATIBLE and int(address) > 1):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None


@lru_cache(maxsize=4096)
def _closed(address: Address) -> str | None:
    """What kind of closed address it is, None for one that is open to all."""
    if isinstance(address, ipaddress.IPv4Address):
        return next((name for net, name in _CLOSED_IPV4.items() if address in net), None)
    for name in ("loopback", "unspecified", "multicast", "link_local"):
        if getattr(address, f"is_{name}"):
            return name.replace("_", "-")
    if address not in _GLOBAL_IPV6:
        return "private" if address.is_private else "reserved"
    return "reserved" if any(address in network for network in _CLOSED_IPV6) else None
