"""How to fetch: limits, manners, and what the environment says of proxies."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from veille.feeds.fetch.guard import is_this_machine

if TYPE_CHECKING:
    from collections.abc import Mapping

FEEDS = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml, "
    "application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, text/html;q=0.5, */*;q=0.1"
)


USUAL_SPACING = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchSettings:
    """``timeout`` bounds a whole exchange in seconds, ``max_bytes`` a decoded body.

    ``allow_private`` opens loopback and private addresses: all of them, or the listed addresses and
    networks. ``environ`` holds ``http_proxy``, ``https_proxy`` and ``no_proxy``, in either case.
    ``spacing`` is the shortest time between two requests to one host, in seconds; None is half a
    second, but nothing for this machine itself (loopback), which bothers nobody.
    """

    timeout: float = 30.0
    max_bytes: int = 10_000_000
    per_host: int = 2
    concurrency: int = 32
    user_agent: str = "veille"
    allow_private: bool | tuple[str, ...] = False
    environ: Mapping[str, str] = field(default_factory=dict)
    spacing: float | None = None

    def spacing_of(self, host: str) -> float:
        """The shortest time between two requests to a host, in seconds."""
        if self.spacing is not None:
            return self.spacing
        return 0.0 if is_this_machine(host) else USUAL_SPACING
