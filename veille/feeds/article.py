"""What a web page says of itself: title, authors, date, language, text; through trafilatura."""

from __future__ import annotations

import re
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import trafilatura
from lxml import etree, html  # type: ignore[import-untyped]

from veille.errors import ParseError
from veille.feeds import doubts, identifiers, language, urls
from veille.feeds.encoding import decode, repair
from veille.feeds.media import media_type
from veille.model.fetched import SIGNED, Article, Fetched
from veille.model.text import clean, one_line

_MAX_PAGE = 3_000_000  # characters
_MAX_TAGS = 40_000
_MAX_TITLE = _MAX_SUMMARY = 500
# What a page says of its date, not a guess from any year in its text, which takes longer than the rest.
_DATES = {"original_date": True, "extensive_search": False}
_SAID = frozenset({"title", "meta", "link"})
_PARAGRAPH = 10  # words at least: shorter ones are buttons and captions
_MENU = 50  # lines at least, and more than half of them of so few words:
_MENU_WORDS = 3
_HIDES = re.compile(r"\b(?:display\s*:\s*none|visibility\s*:\s*hidden)\b", re.IGNORECASE)
_STYLED = etree.XPath("//*[@hidden or @style]")
_MOST = 0.8  # of a page: hidden until a script has run
# lxml's own way to classes of elements tells forms and links apart, in Python, each time one is met.
_ELEMENTS = etree.ElementDefaultClassLookup(element=html.HtmlElement)
_SPACES = re.compile(r"\s+")
_PAGES = ("text/html", "application/xhtml+xml", "text/plain", "application/xml", "text/xml", "")


def read_article(page: Fetched, option: bytes = b"") -> Article:
    """The article on a page, its boilerplate left out.

    With :data:`~veille.model.fetched.SIGNED` nobody asks for authors and date: they are not looked
    for beyond the page's head, which takes a third of the time.

    Raises ParseError for what is no page (a PDF, an image), is empty, or says nothing at all.
    """
    kind = media_type(page)
    if kind not in _PAGES:
        raise ParseError(f"this is no web page but {kind}: its text cannot be read")
    text = repair(decode(page.body, page.headers.get("content-type", "")))[:_MAX_PAGE]
    tree = _tree(text)
    # Beyond this many tags trafilatura takes half a minute: title and language are had without it.
    found = _extract(tree, page.url, option) if text.count("<") <= _MAX_TAGS else {}
    body = clean(found.get("text") or "")
    title = one_line(found.get("title") or "", _MAX_TITLE) or _title_element(tree)
    doubt = doubts.of_page(tree, title or "", body)
    if not body and not title:
        raise ParseError("nothing could be read from this page: it has neither title nor text")
    authors = [one_line(name, 200) for name in (found.get("author") or "").split(";")]
    summary = one_line(found.get("description") or "", _MAX_SUMMARY)
    return Article(
        url=_canonical(tree, page.url),
        title=title,
        authors=tuple(dict.fromkeys(name for name in authors if name)),
        published=_day(found.get("date")),
        language=language.tag(tree.get("lang") or tree.get("xml:lang"))
        or language.guess(f"{title or ''}. {body}"),
        summary=summary or one_line(body[: 4 * _MAX_SUMMARY], _MAX_SUMMARY),
        text=body.replace("\n", "\n\n"),
        doubt=doubt,
        identifiers=identifiers.of_metadata(
            (meta.get("name") or meta.get("property") or "", meta.get("content") or "")
            for meta in tree.iterfind(".//meta")
        ),
    )


def _tree(text: str) -> Any:
    if not text.strip():
        raise ParseError("this page is empty")
    try:
        # Bytes: lxml refuses text that declares an encoding. trafilatura loses what follows a comment.
        parser = etree.HTMLParser(
            encoding="utf-8", huge_tree=False, remove_comments=True, remove_pis=True
        )
        parser.set_element_class_lookup(_ELEMENTS)
        tree = html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.LxmlError, ValueError, AssertionError) as error:
        raise ParseError("this page cannot be read as HTML") from error
    return tree


def _extract(tree: Any, url: str, option: bytes) -> dict[str, Any]:
    """trafilatura's findings; nothing when it fails, as title and language are still to be had."""
    signed = option == SIGNED
    try:
        _drop_hidden(tree)
        found = _ask(tree, url, fast=True, with_metadata=not signed)
        if _is_doubtful(found.get("text") or "", tree):
            found = _ask(_flowing(tree), url, fast=False, with_metadata=not signed) or found
        if found and signed:
            said = trafilatura.extract_metadata(_head(tree), url, date_config=dict(_DATES))
            return said.as_dict() | {"text": found.get("text")}
    except Exception:  # trafilatura raises what lxml and its date parser raise: one page, no text
        return {}
    return found


def _is_doubtful(text: str, tree: Any) -> bool:
    """Whether the quick way found less than half of the page's paragraphs, or took a menu for an
    article. (Of a repetitive text, and of one between many links, it leaves little.)
    """
    lines = text.splitlines()
    few = sum(len(line.split()) <= _MENU_WORDS for line in lines)
    menu = len(lines) >= _MENU and few > len(lines) / 2
    return not text or menu or 2 * len(text.split()) < _in_paragraphs(tree)


def _in_paragraphs(tree: Any) -> int:
    counts = (len(tag.text_content().split()) for tag in tree.iterfind(".//p"))
    return sum(count for count in counts if count >= _PARAGRAPH)


def _drop_hidden(tree: Any) -> None:
    """Take out of the page what it does not show."""
    whole = len(tree.text_content())
    for tag in _STYLED(tree):
        hides = tag.get("hidden") is not None or _HIDES.search(tag.get("style") or "")
        if hides and len(tag.text_content()) < _MOST * whole and tag.getparent() is not None:
            tag.drop_tree()


def _flowing(tree: Any) -> Any:
    """The page for the thorough way, which would take the line breaks of its source for paragraphs."""
    page = deepcopy(tree)
    for tag in page.iterdescendants(etree.Element):
        if next(tag.iterancestors("pre"), None) is None:
            tag.tail = _SPACES.sub(" ", tag.tail or "")
            if tag.tag != "pre":
                tag.text = _SPACES.sub(" ", tag.text or "")
    return page


def _ask(tree: Any, url: str, *, fast: bool, with_metadata: bool) -> dict[str, Any]:
    found = trafilatura.bare_extraction(
        tree,
        url=url,
        fast=fast,
        with_metadata=with_metadata,
        include_comments=False,
        date_extraction_params=dict(_DATES),
    )
    return {} if found is None or isinstance(found, dict) else found.as_dict()


def _head(tree: Any) -> Any:
    """What a page says of itself: its head, and its own heading."""
    page, head = html.Element("html"), html.Element("head")
    page.append(head)
    head.extend(deepcopy(tag) for tag in tree.iterfind("head/*") if tag.tag in _SAID)
    body = html.Element("body")
    body.extend(deepcopy(tag) for tag in tree.iterfind(".//h1"))
    page.append(body)
    return page


def _title_element(tree: Any) -> str | None:
    return one_line(tree.findtext(".//title") or "", _MAX_TITLE) or None


def _canonical(tree: Any, url: str) -> str:
    """The page's ``<link rel="canonical">`` when it stays on the same host, else its address.

    Elsewhere it may be a mistake, or an attempt to pass for another site.
    """
    for link in tree.iterfind(".//link"):
        if (link.get("rel") or "").lower().strip() == "canonical":
            found = urls.resolve(url, link.get("href") or "")
            if found and _same_site(found, url):
                return urls.canonical(found) or url
    return urls.canonical(url) or url


def _same_site(one: str, other: str) -> bool:
    return urls.host_of(one).removeprefix("www.") == urls.host_of(other).removeprefix("www.")


def _day(value: object) -> datetime | None:
    """trafilatura gives a day: midnight UTC stands for it."""
    try:
        return datetime.fromisoformat(str(value)[:10]).replace(tzinfo=UTC) if value else None
    except ValueError:
        return None
