"""HTML and text of feeds made safe: an allow-list, absolute links, no tracking; sanitised last.

The order is fixed: what is too long is cut, tracking pixels go, links become absolute, and nh3 is
the last to touch the markup, so that nothing after it can bring back what it removed.
"""

from __future__ import annotations

import html as entities
import re
from functools import lru_cache

import nh3

from veille.model.text import clean, one_line

MAX_CONTENT = 1_000_000  # characters of one entry; a long article has 100 000
_MAX_DEPTH = 400  # of nesting: the time nh3 takes grows with its square
_MANY_TAGS = 5_000  # below, no nesting can hurt

_TAGS_LIST = """a abbr aside b bdi bdo blockquote br caption cite code col colgroup dd del details dfn div dl
    dt em figcaption figure footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li mark ol p picture pre
    q rp rt ruby s samp section small span strong sub summary sup table tbody td tfoot th thead time
    tr tt u ul var wbr"""
_TAGS = frozenset(_TAGS_LIST.split())
_ATTRIBUTES = {
    "*": {"lang", "dir", "title"},
    "a": {"href", "hreflang"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "ol": {"start", "reversed"},
    "time": {"datetime"},
    "blockquote": {"cite"},
    "q": {"cite"},
}
_WHOLE = (
    "script style template noscript iframe object embed svg math form select textarea title head"
)
_DROPPED_WHOLE = frozenset(_WHOLE.split())
_SCHEMES = frozenset({"http", "https", "mailto"})

_IMAGE = re.compile(r"<img\b[^>]{0,5000}>", re.IGNORECASE)
_SMALL = re.compile(
    r"""\b(?:width|height)\s*[=:]\s*["']?\s*[01](?:\.0*)?(?:px)?\s*(?=["'\s;/>])""", re.IGNORECASE
)
_TAG = re.compile(r"""<(/?)([a-zA-Z][a-zA-Z0-9]*)[^>]*?(/?)>""")
_EMPTY = "area base br col embed hr img input link meta source track wbr"
_VOID = frozenset(_EMPTY.split())

# In what nh3 wrote, attribute values are in double quotes and hold none.
_SAFE_TAG = re.compile(r'</?([a-z0-9]+)(?:[^>"]|"[^"]*")*>')
_PARAGRAPH_LIST = """aside blockquote caption dd details div dl dt figcaption figure footer h1 h2 h3 h4 h5 h6
    header hr ol p pre section summary table tr ul"""
_PARAGRAPH = frozenset(_PARAGRAPH_LIST.split())
_LINE = frozenset({"br", "li"})
_CELL = frozenset({"td", "th"})
_OTHER_SPACES = re.compile("[\t\r\n\f]")
_RUNS = re.compile("  +")
_BLANK_LINES = re.compile(r"\n[ ]*\n[ \n]*")
_MARKUP = re.compile("[<&]")


def sanitise(html: str, base: str) -> str:
    """The HTML with allow-listed tags and attributes only, its links absolute from ``base``.

    Links that are not http(s) or mailto, scripts, styles, forms, frames and tracking pixels are
    gone, and so are characters that must not be stored, as such or as references. At most
    :data:`MAX_CONTENT` characters are read.
    """
    html = clean(_bounded(html))
    if not _MARKUP.search(html):
        return html.strip()
    if "<img" in html or "<IMG" in html:
        html = _IMAGE.sub(_unless_pixel, html)
    safe = _cleaner(base).clean(html)
    if (shown := clean(safe)) != safe:  # references became characters
        safe = _cleaner(base).clean(shown)
    return safe.strip()


def to_text(html: str) -> str:
    """The HTML as plain text: paragraphs separated by a blank line, list items each on a line."""
    return text_of(_cleaner("").clean(_bounded(html)))


def text_of(sanitised: str) -> str:
    """:func:`to_text` for what :func:`sanitise` wrote, without cleaning it twice."""
    if "<" in sanitised:
        spaced = _OTHER_SPACES.sub(" ", sanitised)
        sanitised = _SAFE_TAG.sub(_break, _RUNS.sub(" ", spaced))
        lines = [_RUNS.sub(" ", line).strip(" ") for line in sanitised.split("\n")]
        sanitised = _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip("\n ")
    return clean(entities.unescape(sanitised))


def plain(html: str, limit: int | None = None) -> str:
    """The HTML as plain text on one line, entities decoded once, at most ``limit`` characters."""
    if "<" in html:
        html = to_text(html)
    elif "&" in html:
        html = entities.unescape(html)
    return one_line(html, limit)


def from_text(text: str) -> str:
    """Plain text as HTML: blank lines make paragraphs."""
    paragraphs = re.split(r"\n[ \t\r]*\n", text.strip(" \t\r\n"))
    return "".join(f"<p>{entities.escape(part, quote=False)}</p>" for part in paragraphs if part)


@lru_cache(maxsize=32)
def _cleaner(base: str) -> nh3.Cleaner:
    """A cleaner is made once a feed: making it costs more than using it."""
    return nh3.Cleaner(
        tags=set(_TAGS),
        clean_content_tags=set(_DROPPED_WHOLE),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        url_schemes=set(_SCHEMES),
        link_rel="noopener noreferrer",
        url_relative=("rewrite_with_base", base) if base else "deny",
    )


def _bounded(html: str) -> str:
    """The HTML cut at the limit, and without its tags when they are nested beyond reason."""
    if len(html) > MAX_CONTENT:
        html = html[:MAX_CONTENT].rpartition("<")[0] or html[:MAX_CONTENT]
    if html.count("<") > _MANY_TAGS and _depth(html) > _MAX_DEPTH:
        html = _TAG.sub(" ", html).replace("<", "&lt;")
    return html


def _depth(html: str) -> int:
    """The deepest nesting, counting tags that nothing closes."""
    depth = deepest = 0
    for closing, name, closed in _TAG.findall(html):
        if closed or name.lower() in _VOID:
            continue
        depth = max(0, depth - 1) if closing else depth + 1
        deepest = max(deepest, depth)
    return deepest


def _unless_pixel(image: re.Match[str]) -> str:
    """The image, or nothing when both its sides are at most one pixel."""
    return "" if len(_SMALL.findall(image.group())) >= 2 else image.group()


def _break(tag: re.Match[str]) -> str:
    name = tag.group(1)
    if name in _PARAGRAPH:
        return "\n\n"
    if name in _LINE:
        return "\n"
    return " " if name in _CELL else ""
