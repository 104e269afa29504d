"""A page without a feed, read as one: its links are the entries, the first one the newest.

Which links: those a CSS selector chooses; without one, those of the page's content, that is outside
menus, headers and footers, with words enough to be the title of something.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from cssselect import SelectorError
from lxml import etree, html  # type: ignore[import-untyped]
from lxml.cssselect import CSSSelector  # type: ignore[import-untyped]

from veille.errors import ParseError, UsageError
from veille.feeds import language, urls
from veille.feeds.encoding import decode, repair
from veille.feeds.media import media_type
from veille.feeds.slugs import title_of_address
from veille.model.fetched import Entry, Parsed
from veille.model.text import fold, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from veille.model.fetched import Fetched

MAX_LINKS = 1_000
WAIT = (
    4 * 3600.0
)  # seconds: a page says nothing of its rhythm, and costs its server more than a feed
_MAX_PAGE = 3_000_000  # characters
_MAX_TITLE = 500
_PAGES = ("text/html", "application/xhtml+xml", "application/xml", "text/xml", "")
_ASIDE = "nav header footer aside form dialog script style noscript template svg select button"
_LEFT_OUT = frozenset(_ASIDE.split())
_ROLES = frozenset({"navigation", "banner", "contentinfo", "search", "complementary", "menu"})
_MENU = re.compile(
    r"\b(?:nav|navbar|menu|breadcrumb|fil-ariane|footer|header|sidebar|pagination|pager|share|"
    r"social|cookie|toolbar|skip|tags?|widget)(?:\b|_)",
    re.IGNORECASE,
)
_MAIN = "//main | //*[@role='main'] | //*[@id='content' or @id='main' or @id='contenu']"
_NO_STORY = re.compile(
    r"/(?:tags?|categor(?:y|ies|ie)|authors?|auteurs?|page|login|log-in|connexion|contact|about|"
    r"a-propos|mentions-legales|privacy|search|recherche|cart|panier)(?:/|$)",
    re.IGNORECASE,
)
_SHARING = re.compile(r"(?:^|\.)(?:facebook|twitter|x|linkedin|pinterest|whatsapp|t)\.(?:com|me)$")
_WORDS = re.compile(r"[^\W_]+")
_SAYS_NOTHING = frozenset(
    """read more|continue reading|learn more|more|next|previous|click here|see more|lire la suite|
    en savoir plus|suite|suivant|precedent|lire|voir plus|cliquez ici|plus|details|weiterlesen|
    leer mas|home|accueil""".replace("\n", "")
    .replace("    ", "")
    .split("|")
)


def selector_of(text: str) -> CSSSelector:
    """A CSS selector, compiled; raises UsageError when it is none."""
    try:
        return CSSSelector(text, translator="html")
    except (SelectorError, etree.XPathError) as error:
        raise UsageError(f"'{one_line(text, 100)}' is no CSS selector: {error}") from error


def read_page(page: Fetched, selector: str = "") -> Parsed:
    """The links of a page as entries, each address once, in the page's order.

    Raises ParseError when it is no page, or when nothing on it is chosen: then the page has changed
    its form, or the selector is wrong.
    """
    kind = media_type(page)
    if kind not in _PAGES:
        raise ParseError(f"this is no web page but {kind}: it has no links to watch")
    tree = _tree(repair(decode(page.body, page.headers.get("content-type", "")))[:_MAX_PAGE])
    base = _base(tree, page.url)
    chosen = _selected(tree, selector) if selector else _of_content(tree)
    found: dict[str, tuple[str, str]] = {}
    for link in chosen:
        _note(link, base, page.url, found, strict=not selector)
    if not found:
        what = f"the selector '{one_line(selector, 100)}' finds" if selector else "there is"
        raise ParseError(f"{what} no link to watch on this page: name them with --links CSS")
    tongue = language.tag(tree.get("lang") or tree.get("xml:lang"))
    return Parsed(
        title=one_line(tree.findtext(".//title") or "", _MAX_TITLE) or None,
        site=page.url,
        language=tongue,
        entries=tuple(
            Entry(guid=None, link=url, title=title or title_of_address(url))
            for url, title in list(found.values())[:MAX_LINKS]
        ),
        ttl=WAIT,
    )


def _tree(text: str) -> Any:
    try:
        parser = html.HTMLParser(encoding="utf-8", huge_tree=False)
        return html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.LxmlError, ValueError, AssertionError) as error:
        raise ParseError("this page is empty, or cannot be read as HTML") from error


def _base(tree: Any, url: str) -> str:
    base = tree.find(".//base[@href]")
    return url if base is None else urljoin(url, base.get("href").strip())


def _selected(tree: Any, selector: str) -> Iterator[Any]:
    """The links that a selector chooses, or that are in what it chooses."""
    for element in selector_of(selector)(tree):
        yield from [element] if element.tag == "a" else element.iter("a")


def _of_content(tree: Any) -> Iterator[Any]:
    """The links of the content: of its main part when the page says which that is."""
    mains = tree.xpath(_MAIN)
    for root in mains[:1] or [tree]:
        yield from _outside_menus(root)


def _outside_menus(root: Any) -> Iterator[Any]:
    hidden = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if element is not root and _is_menu(element):
            hidden += 1 if event == "start" else -1
        elif event == "start" and element.tag == "a" and not hidden:
            yield element


def _is_menu(element: Any) -> bool:
    if element.tag == "header" and any(True for _ in element.iter("h1", "h2", "h3")):
        return False  # of an article: its title is there
    if element.tag in _LEFT_OUT or (element.get("role") or "").lower() in _ROLES:
        return True
    named = f"{element.get('class') or ''} {element.get('id') or ''}"
    return element.tag in ("div", "ul", "ol", "section", "p") and bool(_MENU.search(named))


def _note(
    link: Any, base: str, page: str, found: dict[str, tuple[str, str]], *, strict: bool
) -> None:
    """Add a link to those found: of several to one address, the one that says most names it."""
    url = urls.resolve(base, link.get("href") or "")
    shown = urls.canonical(url) if url else None
    if url is None or shown is None or urls.key(shown) == urls.key(urls.canonical(page) or page):
        return
    title = _title(link)
    key = urls.key(shown)
    if strict and (_is_no_story(shown) or (key not in found and not _says_something(link, title))):
        return
    known = found.get(key)
    if known is None or len(title) > len(known[1]):
        found[key] = (known[0] if known else url, title)


def _title(link: Any) -> str:
    """The words of a link: of the heading in it first; nothing for "read more"."""
    heading = next(link.iter("h1", "h2", "h3", "h4"), None)
    text = one_line(" ".join(_texts(heading if heading is not None else link)), _MAX_TITLE)
    text = text or one_line(link.get("title") or link.get("aria-label") or "", _MAX_TITLE)
    plain = " ".join(_WORDS.findall(fold(text)))
    return "" if plain in _SAYS_NOTHING else text


def _texts(element: Any) -> Iterable[str]:
    return (str(text) for text in element.itertext() if str(text).strip())


def _says_something(link: Any, title: str) -> bool:
    """Whether these are the words of a title: in a heading, or at least three of them."""
    if title and any(parent.tag in ("h1", "h2", "h3", "h4") for parent in link.iterancestors()):
        return True
    return len(_WORDS.findall(title)) >= 3


def _is_no_story(url: str) -> bool:
    parts = urlsplit(url)
    home = parts.path.strip("/") == "" and not parts.query
    return home or bool(_NO_STORY.search(parts.path)) or bool(_SHARING.search(parts.hostname or ""))
