"""The identity of an address: the form that is shown, and the form that is compared.

Two rules: normalising twice is normalising once, and on any doubt an address stays as it is, since a
parameter removed in error sends readers to the wrong page.
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from urllib.parse import SplitResult, quote, urljoin, urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}
_TRACKING_PREFIXES = ("utm_", "mtm_", "pk_", "at_")
_TRACKERS = "fbclid gclid dclid msclkid mc_cid mc_eid igshid xtor phpsessid"
_TRACKING = frozenset(_TRACKERS.split())
# A session, not the number of a story: long, with both letters and digits.
_SESSION = re.compile(r"(?=[^&]*[0-9])(?=[^&]*[A-Za-z])[0-9A-Za-z]{20,}")
_HOST_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
_LINE_BREAKS = re.compile("[\t\r\n]")  # browsers drop them anywhere in an address (WHATWG URL 4.4)
_FEED_SCHEME = re.compile(r"feed:(?://)?(?=https?:)|feed:(?=//)", re.IGNORECASE)
_UNSAFE = re.compile(
    r"[^!#-;=?-\[\]_a-z|~{}\\^]"
)  # not allowed as such: space, quotes, <>, non-ASCII
_CREDENTIALS = re.compile(r"(?<=://)[^/?#@\s]*@")
_DOI_HOSTS = frozenset({"doi.org", "dx.doi.org", "www.doi.org"})


def is_http(url: str) -> bool:
    """Whether it is an absolute http(s) address that could be asked."""
    return _split(url) is not None


def canonical(url: str, *, site_host: str | None = None, keep_fragment: bool = False) -> str | None:
    """The address to show: what does not count removed, everything else as it was given.

    ``site_host`` is the host of the feed: ``ref=that.host`` says nothing more than where the link
    was found. ``keep_fragment`` is for entries that share one page. None when it is not http(s) or
    cannot be read. Scheme and host are lower-cased, and default port and fragment removed, as
    RFC 3986 section 6.2.2 and 6.2.3 allow; the host is written in ASCII.
    """
    parts = _split(url)
    if parts is None:
        return None
    query = _without_tracking(parts.query, site_host)
    bare = query == parts.query and _has_bare_query(url)
    fragment = parts.fragment
    if not _is_identity(fragment) and (_is_tracking(fragment) or not keep_fragment):
        fragment = ""
    return _joined(parts, query, bare=bare) + (f"#{_encoded(fragment)}" if fragment else "")


def asked(url: str) -> str | None:
    """The address to ask a server for: nothing is removed from it but the fragment.

    None when it is not http(s) or cannot be read.
    """
    parts = _split(url)
    return None if parts is None else _joined(parts, parts.query, bare=_has_bare_query(url))


def key(url: str) -> str:
    """The form of a canonical address under which two are the same story.

    ``http`` and ``https``, with and without ``www.``, are equal, as are the addresses of one DOI;
    credentials do not count.

    >>> key("https://www.bnf.fr/fr/actus") == key("http://bnf.fr/fr/actus")
    True
    """
    rest = url.partition("://")[2] or url
    authority, slash, path = _partition_authority(rest)
    authority = authority.rpartition("@")[2]
    if authority in _DOI_HOSTS and path.startswith("10."):
        return f"doi:{path.lower()}"
    return authority.removeprefix("www.") + slash + path


def host_of(url: str) -> str:
    """The host of an address, in lower case, empty when there is none."""
    parts = _split(url)
    return (parts.hostname or "") if parts else ""


def authority(url: str) -> str:
    """The host of an address with its port unless it is the usual one, empty when there is none."""
    parts = _split(url)
    if parts is None or not parts.hostname:
        return ""
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    return parts.hostname if parts.port in (None, usual) else f"{parts.hostname}:{parts.port}"


def resolve(base: str, link: str) -> str | None:
    """The absolute http(s) address of a link found at ``base``; None for anything else.

    The link's own spelling is kept but for characters no address may hold. Credentials of the base
    are never inherited.
    """
    link = _LINE_BREAKS.sub("", link).strip()
    if not link:
        return None
    try:
        joined = urljoin(without_credentials(base), link)
    except ValueError:
        return None
    return _encoded(joined) if is_http(joined) else None


def as_http(url: str) -> str:
    """The address behind a ``feed:`` one, as old readers write it in lists; others unchanged."""
    found = _FEED_SCHEME.match(url.strip())
    if found is None:
        return url
    rest = url.strip()[found.end() :]
    return f"http:{rest}" if rest.startswith("//") else rest


def without_credentials(url: str) -> str:
    """The address without ``user:password@``."""
    return _CREDENTIALS.sub("", url, count=1) if "@" in url else url


@lru_cache(maxsize=4096)  # of one address a visit asks many things
def _split(url: str) -> SplitResult | None:
    """The parts of an http(s) address, its authority normalised; None for anything else."""
    url = _LINE_BREAKS.sub("", url.strip())
    if _CONTROL.search(url):
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    scheme = parts.scheme.lower()
    # A backslash is a slash to browsers and a letter to others: such hosts are attacks.
    if scheme not in _DEFAULT_PORTS or not parts.netloc or "\\" in parts.netloc:
        return None
    userinfo, at, _ = parts.netloc.rpartition("@")
    host = _host(parts.hostname or "")
    if host is None or "@" in userinfo:
        return None
    suffix = "" if port is None or port == _DEFAULT_PORTS[scheme] else f":{port}"
    return parts._replace(scheme=scheme, netloc=f"{_encoded(userinfo)}{at}{host}{suffix}")


@lru_cache(maxsize=4096)
def _host(host: str) -> str | None:
    """The host in ASCII and lower case, without the dot of the DNS root; None when it is none."""
    if ":" in host:
        try:
            return f"[{ipaddress.IPv6Address(host)}]"
        except ValueError:
            return None
    host = host.lower().removesuffix(".")
    if not host.isascii():
        from yarl import URL  # here, since commands that ask for nothing compare addresses too

        try:
            host = (URL.build(scheme="http", host=host).raw_host or "").removesuffix(".")
        except (ValueError, UnicodeError):
            return None
    return host if len(host) <= 253 and _HOST_NAME.fullmatch(host) else None


def _joined(parts: SplitResult, query: str, *, bare: bool) -> str:
    path = _encoded(parts.path) or "/"
    return f"{parts.scheme}://{parts.netloc}{path}" + (
        f"?{_encoded(query)}" if query or bare else ""
    )


def _without_tracking(query: str, site_host: str | None) -> str:
    if not query:
        return query
    pairs = query.split("&")
    kept = [pair for pair in pairs if not _is_tracking(pair, site_host)]
    return query if len(kept) == len(pairs) else "&".join(kept)


def _is_tracking(pair: str, site_host: str | None = None) -> bool:
    name, _, value = pair.partition("=")
    name = name.removeprefix("amp;").lower()
    if name in _TRACKING or name.startswith(_TRACKING_PREFIXES):
        return True
    if name == "sid":
        return _SESSION.fullmatch(value) is not None
    return name == "ref" and site_host is not None and _names(value, site_host)


def _names(value: str, host: str) -> bool:
    """Whether a ``ref`` value is the host itself, as a name or as an address."""
    named = value.lower().replace("%3a", ":").replace("%2f", "/")
    named = named.removeprefix("https://").removeprefix("http://").rstrip("/")
    return named.removeprefix("www.") == host.lower().removeprefix("www.")


def _is_identity(fragment: str) -> bool:
    """Whether the fragment chooses the page (``#!/a``, ``#/a``), not a place on it."""
    return fragment.startswith(("!", "/"))


def _has_bare_query(url: str) -> bool:
    return url.strip().partition("#")[0].endswith("?")


def _partition_authority(rest: str) -> tuple[str, str, str]:
    found = re.search(r"[/?#]", rest)
    if found is None:
        return rest, "", ""
    if rest[found.start()] == "/":
        return rest[: found.start()], "/", rest[found.end() :]
    return rest[: found.start()], "", rest[found.start() :]


def _encoded(part: str) -> str:
    """The part with what no address may hold percent-encoded (RFC 3986 section 2); no more."""
    return _UNSAFE.sub(lambda found: quote(found.group(), safe=""), part)
