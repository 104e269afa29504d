"""The one door to the network: requests in, complete answers or :class:`FetchError` out.

Synchronous outside, one event loop in a thread of its own inside. Every hop of every exchange is
judged: its scheme, its host, and the address that is really dialled. Nothing else in veille opens a
connection to the web.
"""

from __future__ import annotations

from veille.feeds.fetch.fetcher import Fetcher
from veille.feeds.fetch.settings import FetchSettings

__all__ = ["FetchSettings", "Fetcher"]
