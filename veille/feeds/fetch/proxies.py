"""Which proxy to go through, by the environment's conventions."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]

from veille.feeds import urls

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """Where a proxy listens, and what proves who we are to it (never shown)."""

    url: str
    authorization: str | None


class Proxies:
    """``http_proxy``, ``https_proxy`` and ``no_proxy``; lower-case names win, as in curl."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._proxies = {scheme: _proxy(environ, f"{scheme}_proxy") for scheme in ("http", "https")}
        self._no = environ.get("no_proxy") or environ.get("NO_PROXY") or ""

    def proxy_for(self, parts: SplitResult) -> Proxy | None:
        """The proxy for an address, None when it is asked directly."""
        proxy = self._proxies.get(parts.scheme)
        if proxy is None:
            return None
        host = f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname
        return None if proxy_bypass_environment(host, {"no": self._no}) else proxy


def _proxy(environ: Mapping[str, str], name: str) -> Proxy | None:
    value = (environ.get(name) or environ.get(name.upper()) or "").strip()
    if not value:
        return None
    url = urls.canonical(value if "://" in value else f"http://{value}")
    return Proxy(url=urls.without_credentials(url), authorization=basic(url)) if url else None


def basic(url: str) -> str | None:
    """The ``Basic`` authorisation (RFC 7617) made of the credentials in an address, if any."""
    userinfo, at, _ = urlsplit(url).netloc.rpartition("@")
    if not at:
        return None
    user, _, password = userinfo.partition(":")
    return "Basic " + b64encode(f"{unquote(user)}:{unquote(password)}".encode()).decode("ascii")
