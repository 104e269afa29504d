"""Addresses as readers meet them: which may be clicked, and which should not go out."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

# Query keys that tell a third party who followed a link (E49).
_TRACKING = re.compile(
    r"(?:utm_\w+|mc_[ce]id|(?:fb|g|y)clid|gbraid|wbraid|msclkid|dclid|igshid|mkt_tok|xtor|at_\w*campaign"
    r"|_hsenc|_hsmi|vero_id|oly_\w+|pk_\w+|mtm_\w+)",
    re.IGNORECASE,
)
# Hosts whose addresses hide where they lead and may die with the service.
SHORTENERS = frozenset(
    {
        "bit.ly",
        "buff.ly",
        "cutt.ly",
        "dlvr.it",
        "fb.me",
        "goo.gl",
        "is.gd",
        "lnkd.in",
        "ow.ly",
        "rb.gy",
        "rebrand.ly",
        "shorturl.at",
        "t.co",
        "t.ly",
        "t1p.de",
        "tiny.cc",
        "tinyurl.com",
        "trib.al",
        "urlz.fr",
        "v.gd",
    }
)


def is_clickable(url: str | None) -> bool:
    """Whether a reader may be sent there: http(s) with a host. Checked again at display (A1)."""
    return url is not None and bool(host(url))


def host(url: str) -> str:
    """The host of a http(s) address in lower case without ``www.``, empty when it is none."""
    try:
        parts = urlsplit(url.strip())
        name = parts.hostname or ""
    except ValueError:
        return ""
    return name.removeprefix("www.") if parts.scheme in ("http", "https") else ""


def tracking(url: str) -> list[str]:
    """The query keys of ``url`` that track readers."""
    try:
        query = urlsplit(url).query
    except ValueError:
        return []
    keys = [key for key, _ in parse_qsl(query, keep_blank_values=True)]
    return [key for key in keys if _TRACKING.fullmatch(key)]
