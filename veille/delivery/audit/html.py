"""The HTML of a mail: E40 to E55."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from veille.delivery.audit.findings import Finding, error, warning
from veille.delivery.audit.raw import decoded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from veille.delivery.audit.raw import Part

_FORBIDDEN = (
    "script",
    "form",
    "iframe",
    "link",
    "object",
    "embed",
    "video",
    "audio",
    "base",
    "input",
)
_VAGUE = re.compile(
    r"(cliquez |click |plus d.)?(ici|here|infos?|lire la suite|read more|en savoir plus|learn more|lien|link)",
    re.IGNORECASE,
)
_TRACKING = re.compile(r"[?&](utm_\w+|fbclid|gclid|mc_[ce]id|mkt_tok)=", re.IGNORECASE)
_SHORT = re.compile(
    r"https?://(bit\.ly|t\.co|tinyurl\.com|ow\.ly|goo\.gl|lnkd\.in|buff\.ly)/", re.IGNORECASE
)
_REMOTE_CSS = re.compile(r"@import|@font-face|url\(", re.IGNORECASE)
_NO_LINE = re.compile(r"text-decoration(?:-line)?\s*:\s*none", re.IGNORECASE)
_WIDEST = 640  # pixels: 600 and its margins
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")


@dataclass
class Link:
    """A link and the words one clicks on."""

    href: str
    words: str = ""


@dataclass
class Page:
    """What the rules ask about a document."""

    source: str
    title: str = ""
    lang: str = ""
    wrapper: dict[str, str] = field(default_factory=dict)
    metas: set[str] = field(default_factory=set)
    headings: list[int] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    images: list[dict[str, str]] = field(default_factory=list)
    tables_without_role: int = 0
    forbidden: set[str] = field(default_factory=set)
    handlers: bool = False
    widest: int = 0  # of what has a width of its own, in pixels
    bare_links: int = 0  # whose underline was taken away
    styles: str = ""
    words: str = ""


class _Reader(HTMLParser):
    def __init__(self, page: Page) -> None:
        super().__init__(convert_charrefs=True)
        self._page = page
        self._inside: str = ""
        self._link: Link | None = None
        self._in_body = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        page, given = self._page, {name: value or "" for name, value in attrs}
        if self._in_body and not page.wrapper:
            page.wrapper = given or {"": ""}
        self._note(tag, given)
        page.handlers |= any(name.startswith("on") for name in given)
        page.styles += given.get("style", "")
        if given.get("width", "").isascii() and given.get("width", "").isdecimal():
            page.widest = max(page.widest, int(given["width"][:9]))
        page.bare_links += tag == "a" and bool(_NO_LINE.search(given.get("style", "")))
        if tag in _FORBIDDEN:
            page.forbidden.add(tag)
        if re.fullmatch("h[1-6]", tag):
            page.headings.append(int(tag[1]))
        self._inside = tag if tag in ("title", "style") else self._inside
        self._in_body |= tag == "body"

    def _note(self, tag: str, given: Mapping[str, str]) -> None:
        page = self._page
        if tag == "html":
            page.lang = given.get("lang", "")
        elif tag == "meta":
            page.metas |= {"charset"} if "charset" in given else {given.get("name", "").lower()}
        elif tag == "img":
            page.images.append(dict(given))
        elif tag == "table":
            page.tables_without_role += given.get("role") not in ("presentation", "none")
        elif tag == "a" and given.get("href"):
            self._link = Link(given["href"].strip())
            page.links.append(self._link)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._link = None
        if tag == self._inside:
            self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "title":
            self._page.title += data
        elif self._inside == "style":
            self._page.styles += data
        else:
            self._page.words += data
            if self._link is not None:
                self._link.words += data


def read(source: str) -> Page:
    """A document as the rules see it."""
    page = Page(source)
    reader = _Reader(page)
    reader.feed(source)
    reader.close()
    return page


def check(page: Page, mail: Part) -> Iterator[Finding]:
    """All rules of the HTML."""
    yield from _document(page, mail)
    yield from _layout(page)
    yield from _nothing_active(page)
    yield from _images(page)
    yield from _reading(page)
    yield from _links(page)
    online = mail.value("Archived-At").strip("<> ")
    if online and online not in [link.href for link in page.links]:
        yield warning("E52", "no link leads to the page that Archived-At names", "RFC 5064")


def _document(page: Page, mail: Part) -> Iterator[Finding]:
    if not page.source.lstrip().lower().startswith("<!doctype html>"):
        yield error("E40", "there is no <!doctype html>", "HTML, the doctype")
    if not page.lang:
        yield error("E40", "<html> has no lang", "WCAG 3.1.1")
    if not page.wrapper.get("lang") or not page.wrapper.get("dir"):
        yield warning("E40", "the first element of the body has no lang and dir", "WCAG 3.1.1")
    subject = decoded(mail.value("Subject"))
    if page.title.strip() != subject.strip():
        yield warning("E41", "<title> is not the subject", "WCAG 2.4.2")
    for meta in ("charset", "viewport", "color-scheme"):
        if meta not in page.metas:
            yield warning("E41", f"there is no meta {meta}", "mail programs on phones")
    if page.tables_without_role:
        told = f"{page.tables_without_role} tables have no role=presentation"
        yield warning("E42", told, "WCAG 1.3.1")


def _layout(page: Page) -> Iterator[Finding]:
    if page.widest > _WIDEST:
        told = f"something is {page.widest} pixels wide: phones scroll sideways"
        yield warning("E45", told, "WCAG 1.4.10")
    if page.bare_links:
        told = f"{page.bare_links} links are told by colour alone"
        yield warning("E46", told, "WCAG 1.4.1")


def _nothing_active(page: Page) -> Iterator[Finding]:
    for tag in sorted(page.forbidden):
        yield error("E44", f"there is a <{tag}>", "mail programs drop or refuse it")
    if page.handlers:
        yield error("E55", "an attribute runs a script", "security of readers")
    if _REMOTE_CSS.search(page.styles):
        yield error("E50", "the style loads something from elsewhere", "CNIL, privacy of readers")
    if _BIDI.search(page.words):
        yield error("E55", "a character turns the direction of what follows", "Unicode TR 36")


def _images(page: Page) -> Iterator[Finding]:
    for image in page.images:
        if "alt" not in image:
            yield error("E43", "an image has no alt", "WCAG 1.1.1")
        if {image.get("width"), image.get("height")} & {"0", "1"}:
            yield error("E50", "an image of one pixel follows the reader", "CNIL, June 2025")
        elif image.get("src", "").startswith(("http:", "https:")):
            yield warning("E50", "an image is loaded from elsewhere", "CNIL, June 2025")


def _reading(page: Page) -> Iterator[Finding]:
    if page.headings.count(1) != 1 or page.headings[:1] != [1]:
        yield warning("E47", "there is not one h1, before all other headings", "WCAG 1.3.1")
    steps = zip(page.headings, page.headings[1:], strict=False)
    if any(after > before + 1 for before, after in steps):
        yield warning("E47", "a level of headings is skipped", "WCAG 1.3.1")
    if page.lang.lower().startswith("fr") and re.search(r"\w [;!?»]|« \w", page.words):
        told = "a sign is not held by a no-break space (U+00A0)"
        yield warning("E53", told, "French typography")


def _links(page: Page) -> Iterator[Finding]:
    for link in page.links:
        words = " ".join(link.words.split())
        if _VAGUE.fullmatch(words) or re.fullmatch(r"https?://\S+", words) or not words:
            yield warning("E48", f"a link's words say nothing: '{words[:40]}'", "WCAG 2.4.4")
        if not re.match(r"(https?://|mailto:|cid:|#)", link.href, re.IGNORECASE):
            yield error("E49", f"a link goes to {link.href[:40]}", "absolute http(s) or mailto")
        elif _TRACKING.search(link.href):
            yield warning(
                "E49", f"a link follows the reader: {link.href[:60]}", "privacy of readers"
            )
        elif _SHORT.match(link.href):
            yield warning(
                "E49", f"a link hides where it goes: {link.href[:60]}", "privacy of readers"
            )
    leaves = any(
        "unsubscribe" in link.href.lower() or "desinscri" in link.href.lower()
        for link in page.links
    )
    if not leaves:
        yield warning("E54", "the mail itself has no link to unsubscribe", "readers' rights")
