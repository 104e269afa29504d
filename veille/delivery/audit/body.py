"""Parts and text: E30 to E36; the HTML is read in :mod:`~veille.delivery.audit.html`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from veille.delivery.audit import html
from veille.delivery.audit.findings import Finding, error, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from veille.delivery.audit.raw import Part

LARGEST_HTML = 100_000
LARGE_HTML = 80_000
LARGEST_MAIL = 500_000
_BROKEN = re.compile("[\ufffd\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]|Ã[\u0080-\u00bf]|â€")
_MARKUP = re.compile(r"&(?:#\d+|#x[0-9a-f]+|[a-z]+);|</?[a-z][^<>@]*>", re.IGNORECASE)
_URL = re.compile(r"https?://[^\s<>]+")
_CID = re.compile(r"""["'(]cid:([^"')\s]+)""", re.IGNORECASE)
_WHOLE = re.compile(r"(https?://|mailto:)\S+")  # an address is not cut


def check(mail: Part) -> Iterator[Finding]:
    """The whole body."""
    yield from _structure(mail)
    for leaf in mail.leaves():
        if leaf.kind.startswith("text/"):
            yield from _encoding(leaf)
    plain, rich = mail.leaf("text/plain"), mail.leaf("text/html")
    if plain is not None:
        yield from _text(plain)
    if rich is not None and rich.text is not None:
        page = html.read(rich.text)
        yield from html.check(page, mail)
        if plain is not None and plain.text is not None:
            yield from _same_links(plain.text, page)
    yield from _pictures(mail, rich)
    yield from _sizes(mail, rich)


def _structure(mail: Part) -> Iterator[Finding]:
    source = "RFC 2046 section 5.1.4"
    if mail.kind != "multipart/alternative":
        yield error("E30", f"the mail is {mail.kind}, not multipart/alternative", source)
    elif [part.kind for part in mail.parts[:1]] != ["text/plain"]:
        yield error("E30", "the plain text does not come first", source)
    elif mail.parts[-1].kind not in ("text/html", "multipart/related"):
        yield error("E30", "the HTML does not come last", source)
    if mail.boundary:
        mark = b"--" + mail.boundary.encode("ascii", "replace")
        if mail.body.count(mark) != len(mail.parts) + 1:
            yield error("E32", "the boundary occurs inside a part", "RFC 2046 section 5.1.1")
    for leaf in mail.leaves():
        if leaf.value("Content-Disposition").lower().startswith("attachment"):
            yield warning("E33", "there is an attachment", "a digest has links")


def _pictures(mail: Part, rich: Part | None) -> Iterator[Finding]:
    """Every cid: has its part, and every part its cid:."""
    source = rich.text or "" if rich is not None else ""
    asked = {name.lower() for name in _CID.findall(source)}
    ids = (leaf.value("Content-ID").strip("<> ").lower() for leaf in mail.leaves())
    there = {name for name in ids if name}
    for name in sorted(asked - there):
        yield error("E33", f"no part has the picture cid:{name[:60]}", "RFC 2392 section 2")
    for name in sorted(there - asked):
        yield warning("E33", f"nothing shows the part {name[:60]}", "RFC 2387")


def _encoding(leaf: Part) -> Iterator[Finding]:
    if leaf.charset != "utf-8":
        told = f"{leaf.kind} declares {leaf.charset or 'no charset'}, not utf-8"
        yield error("E31", told, "RFC 2045 section 5")
    if leaf.value("Content-Transfer-Encoding").lower() not in ("quoted-printable", "base64"):
        yield warning("E31", f"{leaf.kind} travels unencoded", "RFC 2045 section 6")
    if leaf.text is None:
        yield error("E31", f"{leaf.kind} cannot be decoded", "RFC 2045 section 6")
    elif _BROKEN.search(leaf.text):
        yield error("E31", f"{leaf.kind} holds broken characters", "mojibake, controls, U+FFFD")


def _text(plain: Part) -> Iterator[Finding]:
    text = plain.text or ""
    flowed = "format=flowed" in plain.value("Content-Type").lower()
    for line in text.splitlines():
        if len(line) > 78 and not flowed and not _WHOLE.search(line):
            yield warning(
                "E35", f"a line of text has {len(line)} characters", "RFC 3676 section 4.2"
            )
            break
    if _MARKUP.search(_URL.sub("", text)):
        yield error("E35", "the plain text holds HTML", "readers see it as it is")
    if not text.strip():
        yield error("E35", "the plain text is empty", "RFC 2046 section 5.1.4")


def _same_links(text: str, page: html.Page) -> Iterator[Finding]:
    plain = [url.rstrip(").,;") for url in _URL.findall(text)]
    rich = [link.href for link in page.links if link.href.startswith(("http:", "https:"))]
    missing = [url for url in rich if url not in plain]
    if missing:
        yield warning(
            "E34", f"{len(missing)} links of the HTML are not in the text", "plain readers"
        )
    elif [url for url in plain if url in rich] != rich:
        yield warning("E34", "the links of text and HTML are in another order", "plain readers")


def _sizes(mail: Part, rich: Part | None) -> Iterator[Finding]:
    if len(mail.raw) > LARGEST_MAIL:
        yield error("E36", f"the mail has {len(mail.raw)} bytes", "servers and phones")
    if rich is not None:
        size = max(len(rich.body), len(rich.decoded or b""))
        if size > LARGEST_HTML:
            yield error("E36", f"the HTML has {size} bytes: Gmail cuts it", "about 102 kB")
        elif size > LARGE_HTML:
            yield warning("E36", f"the HTML has {size} bytes", "Gmail cuts at about 102 kB")
