"""How often one may ask, and how often be wrong: counted in memory, by one process."""

from __future__ import annotations

import threading
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING, NamedTuple

from veille.web.reader.answers import too_many

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

FAILURES, WITHIN = 10, 300.0  # wrong logins of one address, in so many seconds
_MOST = 10_000  # addresses or tokens remembered


class _Bucket(NamedTuple):
    left: float
    at: float


class Limits:
    """Buckets that fill again with time (a token bucket each): one empties by asking.

    Who holds a token is let in however many others fail behind the same address: a telephone with a
    revoked token must not lock its office out, and 99 bits are not guessed. What the limit on
    failures spares is the log and the processor.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._now = monotonic
        self._lock = threading.Lock()
        self._buckets: dict[Hashable, _Bucket] = {}

    def ask(self, token: int, rate: int) -> None:
        """Count a request of a token; raises Declined when there were too many in a minute."""
        self._take(("token", token), rate, 60.0)

    def may_fail(self, address: str) -> None:
        """Raise Declined when an address was wrong too often."""
        self._take(("address", _network(address)), FAILURES, WITHIN, cost=0)

    def failed(self, address: str) -> None:
        """Count a wrong login of an address; raises Declined when there were too many."""
        self._take(("address", _network(address)), FAILURES, WITHIN)

    def _take(self, key: Hashable, most: int, seconds: float, cost: int = 1) -> None:
        with self._lock:
            now = self._now()
            left, at = self._buckets.get(key, _Bucket(most, now))
            left = min(most, left + (now - at) * most / seconds)
            if left < 1:
                raise too_many((1 - left) * seconds / most)
            if cost:
                self._forget()
                self._buckets.pop(key, None)  # the newest stand at the end
                self._buckets[key] = _Bucket(left - cost, now)

    def _forget(self) -> None:
        if len(self._buckets) >= _MOST:
            del self._buckets[next(iter(self._buckets))]


def _network(address: str) -> str:
    """Whom an address belongs to: of IPv6, one customer has a network of 64 bits."""
    try:
        known = ip_address(address)
    except ValueError:
        return address
    if isinstance(known, IPv6Address):
        return known.exploded[:19]
    return address
