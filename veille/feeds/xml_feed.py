"""RSS, RDF and Atom: what feedparser read, in our words.

feedparser stays the authority on what a feed says. It gets a stream, never bytes (it would open a
file of that name), its own sanitiser and link resolver are off (they cost 60 % of its time, and let
scripts through).
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from hashlib import sha256
from html.entities import html5
from typing import Any

import feedparser

from veille.errors import FailureKind, ParseError
from veille.feeds import clean, dates, identifiers, language, recall, urls
from veille.feeds.encoding import repair
from veille.feeds.slugs import title_of_address
from veille.model.fetched import Entry, Parsed
from veille.model.text import one_line

MAX_TITLE = 500
MAX_SUMMARY = 500
_TITLE_FROM_TEXT = 80
_SUMMARY_SOURCE = 20_000  # characters of markup that give the 500 of a summary
_MAX_AUTHORS = 50
_MAX_GUID = 2_000
_VISIBLE = re.compile("[^\\s\u00ad\u200b-\u200f\u2060]")

# A tag with hundreds of attributes costs feedparser the square of their number (36 s for 50 000).
_LONG_TAG = re.compile(r"<[A-Za-z][^<>]{2000,}")
_ATTRIBUTE = re.compile(r"""=\s*["']""")
_MAX_ATTRIBUTES = 200
# A long entity used often takes minutes and gigabytes, without nesting that expat would notice.
_ENTITY = re.compile(r"""<!ENTITY\s+(\w+)\s+["']([^"']*)""")
_REFERENCE = re.compile(r"&(\w+);")
_MAX_EXPANSION = 1_000_000

_END = re.compile(
    r"</\s*(?:\w+:)?(?:rss|rdf|feed|channel|entry|item)\s*>\s*(?:<!--|$)", re.IGNORECASE
)
_OPENED = re.compile(r"<(?:\w+:)?(?:item|entry)(?=[\s>])", re.IGNORECASE)
_CLOSED = re.compile(r"</(?:\w+:)?(?:item|entry)\s*>", re.IGNORECASE)
_HIDDEN = re.compile(r"<!\[CDATA\[.*?\]\]>|<!--.*?-->", re.DOTALL)
_NAMED_REFERENCE = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,30};)")
_OF_XML = frozenset({"lt;", "gt;", "amp;", "quot;", "apos;"})

_SKIP_HOURS = re.compile(r"<skipHours>(.{0,4000}?)</skipHours>", re.DOTALL | re.IGNORECASE)
_SKIP_DAYS = re.compile(r"<skipDays>(.{0,2000}?)</skipDays>", re.DOTALL | re.IGNORECASE)
_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_PERIODS = {
    "hourly": 3600,
    "daily": 86_400,
    "weekly": 604_800,
    "monthly": 2_592_000,
    "yearly": 31_536_000,
}
# Fields that name the work itself: PRISM, Dublin Core, arXiv, and the entry's own id.
_IDENTIFYING = ("prism_doi", "arxiv_doi", "dc_identifier", "prism_isbn", "id")

# Places on maps (GeoRSS, and GML by its usual names), sizes and licences.
_UNREAD = re.compile(
    rb"</?(?:(?:georss|gml|geo|icbm|creativeCommons|cc):[\w.-]+"
    rb"|(?:[\w.-]+:)?(?:width|height|pos|posList|where|Point|Polygon|LineString|exterior|LinearRing"
    rb"|lat|long|line|point|polygon|box))(?=[\s/>])[^<>]*>",
    re.IGNORECASE,
)

_MAIL_ADDRESS = re.compile(r"[\w.+-]+@[\w.-]*\w")
_VOID_MARKUP = re.compile(r"<(?:br|wbr|img|hr)\b[^<>]*>", re.IGNORECASE)


def read(text: str, base: str, memory: bytes = b"") -> Parsed:
    """The feed in a decoded document that was had from ``base``.

    Entries that are in ``memory`` (:mod:`veille.feeds.recall`) are not read again.
    Raises ParseError when it is none, or when reading it would take too long.
    """
    _refuse_bombs(text)
    # feedparser sees the declaration of an entity only at the beginning of a line.
    text = repair(text).replace("<!ENTITY ", "\n<!ENTITY ")
    document = text.encode("utf-8", "replace")
    known = recall.recall(memory)
    spans = recall.spans(document, base)
    found = _feedparser(recall.emptied(document, spans, known), base)
    if len(spans) != len(found["entries"]):  # the parser sees other entries than we do
        known, spans = {}, []
        found = _feedparser(document, base)
    marks: list[str | None] = [span.mark for span in spans] or [None] * len(found["entries"])
    if not found.get("version") and not found["entries"]:
        raise ParseError("the answer is no feed: it has none of the elements of RSS, RDF or Atom")
    cut = bool(found["bozo"]) and _END.search(text[-400:]) is None
    raw_entries = found["entries"]
    if cut and _unfinished(text):
        raw_entries = raw_entries[:-1]
    feed = found["feed"]
    tongue = language.tag(_get(feed, "language"))
    authors = _authors(feed) if found["version"].startswith("atom") else ()
    return Parsed(
        title=_title(feed) or None,
        site=urls.resolve(base, _text(feed, "link")),
        language=tongue,
        entries=tuple(
            known.get(mark or "") or _entry(raw, base, authors, mark)
            for raw, mark in zip(raw_entries, marks, strict=False)
        ),
        problem=_problem(found, cut=cut),
        ttl=_ttl(feed),
        skip_hours=_skip_hours(text),
        skip_days=_skip_days(text),
        cut=cut,
    )


def _refuse_bombs(text: str) -> None:
    for tag in _LONG_TAG.finditer(text):
        if len(_ATTRIBUTE.findall(tag.group())) > _MAX_ATTRIBUTES:
            raise ParseError(
                "the feed has a tag with hundreds of attributes, which would take too long to read",
                FailureKind.PARSE_TIMEOUT,
            )
    declared = {name: len(value) for name, value in _ENTITY.findall(text)}
    if not declared:
        return
    used = Counter(_REFERENCE.findall(text))
    if sum(size * used[name] for name, size in declared.items()) > _MAX_EXPANSION:
        raise ParseError(
            "the feed's entities would expand to millions of characters, which is an attack",
            FailureKind.PARSE_TIMEOUT,
        )


def _feedparser(document: bytes, base: str) -> Any:
    """feedparser's result; names of HTML characters that XML does not know are read on a second try."""
    found = _ask_feedparser(document, base)
    if found["bozo"] and "undefined entity" in str(_get(found, "bozo_exception")):
        text = document.decode()
        named = _NAMED_REFERENCE.sub(_as_character, text)
        if named != text:
            again = _ask_feedparser(named.encode("utf-8", "replace"), base)
            return found if again["bozo"] else again
    return found


def _ask_feedparser(document: bytes, base: str) -> Any:
    """feedparser's result, on a second try without what we do not read: it stumbles over broken ones."""
    try:
        return _parsed(document, base)
    except Exception:
        without = _UNREAD.sub(b"", document)
        if without == document:
            raise
        return _parsed(without, base)


def _parsed(document: bytes, base: str) -> Any:
    headers = {"content-type": "application/xml; charset=utf-8", "content-location": base}
    return feedparser.parse(
        io.BytesIO(document),
        response_headers=headers,
        sanitize_html=False,
        resolve_relative_uris=False,
    )


def _as_character(reference: re.Match[str]) -> str:
    name = reference.group(1)
    return reference.group() if name in _OF_XML else html5.get(name, reference.group())


def _unfinished(text: str) -> bool:
    visible = _HIDDEN.sub("", text)
    return len(_OPENED.findall(visible)) > len(_CLOSED.findall(visible))


def _problem(found: Any, *, cut: bool) -> str | None:
    if cut:
        return "the feed is cut: its end is missing"
    if not found["bozo"]:
        return None
    reason = one_line(str(_get(found, "bozo_exception") or ""), 200).removeprefix("<unknown>:")
    return f"the feed is not well-formed XML: {reason}"


def _entry(raw: Any, base: str, feed_authors: tuple[str, ...], mark: str | None) -> Entry:
    link = _link(raw, base)
    content = _content(raw, base)
    text = clean.text_of(content)
    summary = _summary(raw) or one_line(text[: 4 * MAX_SUMMARY], MAX_SUMMARY)
    published = _instant(raw, "published") or _instant(raw, "created")
    updated = _instant(raw, "updated")
    guid = identifier(_text(raw, "id"))
    return Entry(
        guid=guid,
        link=link,
        title=_title(raw)
        or _untitled(raw, text)
        or (title_of_address(link) if link else guid or "…"),
        authors=_authors(raw) or feed_authors,
        published=published or updated,
        updated=updated,
        summary=summary,
        content=content,
        text=text,
        language=_language(raw),
        mark=mark,
        identifiers=identifiers.of_fields((_text(raw, name) for name in _IDENTIFYING), link),
    )


def _summary(raw: Any) -> str:
    """The summary as text; empty when it is the content, whose text is known, or repeats it."""
    value, parts = _get(raw, "summary"), _get(raw, "content") or ()
    if not any(map(_readable, parts)) or any(value == _get(part, "value") for part in parts):
        return ""
    described = _markup(value, _get(raw, "summary_detail"))
    return clean.plain(described[:_SUMMARY_SOURCE], MAX_SUMMARY)


def _title(raw: Any) -> str:
    """The title as text. Markup is what declares itself as such, or cannot be anything else."""
    title = clean.plain(_title_markup(raw), MAX_TITLE)
    return title if _VISIBLE.search(title) else ""


def identifier(text: str) -> str | None:
    """A guid on one line; an immense one by its hash, since it only has to tell entries apart."""
    line = one_line(text)
    if len(line) <= _MAX_GUID:
        return line or None
    return "sha256:" + sha256(line.encode("utf-8", "replace")).hexdigest()


def _untitled(raw: Any, text: str) -> str:
    """What stands for a title that is missing, or was nothing but markup."""
    return one_line(text[:400], _TITLE_FROM_TEXT) or one_line(_text(raw, "title"), MAX_TITLE)


def _title_markup(raw: Any) -> str:
    title = _text(raw, "title")
    detail = _get(raw, "title_detail")
    if _type(detail) == "text/plain" and not _VOID_MARKUP.search(title):
        return clean.from_text(title) if "<" in title or "&" in title else title
    return title


def _markup(value: object, detail: object) -> str:
    """A value as HTML, whatever it declares itself to be."""
    if not isinstance(value, str):
        return ""
    return clean.from_text(value) if _type(detail) == "text/plain" else value


def _type(detail: object) -> str:
    return str(_get(detail, "type") or "text/html") if isinstance(detail, Mapping) else "text/html"


def _content(raw: Any, base: str) -> str:
    """The longest content, or the summary, sanitised and with links from its own ``xml:base``."""
    parts = [part for part in _get(raw, "content") or () if _readable(part)]
    detail: Any = max(parts, key=lambda part: len(part["value"]), default=None)
    if detail is None:
        detail = _get(raw, "summary_detail") or {}
        value = _markup(_get(raw, "summary"), detail)
    else:
        value = _markup(detail["value"], detail)
    return clean.sanitise(value, urls.resolve(base, str(_get(detail, "base") or "")) or base)


def _readable(part: Any) -> bool:
    kind = _type(part)
    return bool(_get(part, "value")) and (
        kind.startswith("text/") or kind.endswith(("xhtml+xml", "/xml"))
    )


def _link(raw: Any, base: str) -> str | None:
    """The address of the story: the one a redirector hides first, an enclosure last."""
    return next((url for url in (urls.resolve(base, link) for link in _links(raw)) if url), None)


def _links(raw: Any) -> Iterator[str]:
    yield _text(raw, "feedburner_origlink")
    yield _text(raw, "link")
    links = _get(raw, "links") or ()
    for relation in ("alternate", "enclosure"):
        yield from (_text(link, "href") for link in links if _get(link, "rel") == relation)


def _authors(raw: Any) -> tuple[str, ...]:
    """Names, each once; addresses of mail are not passed on to what is published."""
    people = _get(raw, "authors") or ()
    named = [_text(person, "name") for person in people[:_MAX_AUTHORS]]
    whole = _text(raw, "author")
    if len(named) == 1 and "@" in whole:
        # feedparser knows no top-level domain of more than four letters, such as .museum
        named = [_MAIL_ADDRESS.sub("", whole).strip(" ()<>")]
    names = (clean.plain(name, 200) for name in named)
    return tuple(dict.fromkeys(name for name in names if name))


def _language(raw: Any) -> str | None:
    parts = [*(_get(raw, "content") or ()), _get(raw, "summary_detail"), _get(raw, "title_detail")]
    labels = [_get(raw, "language"), *(_get(part, "language") for part in parts if part)]
    return next((tongue for tongue in map(language.tag, labels) if tongue), None)


def _instant(raw: Any, name: str) -> Any:
    return dates.instant(_get(raw, f"{name}_parsed"), _text(raw, name))


def _ttl(feed: Any) -> float | None:
    """The longest of RSS ``ttl`` (minutes) and ``sy:updatePeriod`` over ``sy:updateFrequency``."""
    waits = [_number(_text(feed, "ttl")) * 60]
    period = _PERIODS.get(_text(feed, "sy_updateperiod").strip().lower(), 0)
    waits.append(period / (_number(_text(feed, "sy_updatefrequency")) or 1))
    return max(waits) or None


def _number(text: str) -> float:
    return float(text) if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,6})?", text.strip()) else 0


def _skip_hours(text: str) -> frozenset[int]:
    """Hours in GMT; 24 is midnight (RSS 0.91). All of them would be never: none is believed."""
    block = _SKIP_HOURS.search(text)
    hours = re.findall(r">\s*([0-9]{1,2})\s*<", block.group(1)) if block else []
    found = frozenset(int(hour) % 24 for hour in hours if int(hour) <= 24)
    return found if len(found) < 24 else frozenset()


def _skip_days(text: str) -> frozenset[int]:
    block = _SKIP_DAYS.search(text)
    names = re.findall(r">\s*([A-Za-z]{6,9})\s*<", block.group(1)) if block else []
    found = frozenset(_WEEK.index(name.lower()) for name in names if name.lower() in _WEEK)
    return found if len(found) < 7 else frozenset()


def _get(raw: Any, name: str) -> Any:
    """A key exactly as it is: feedparser's own look-up maps names to others, with warnings."""
    return dict.get(raw, name)


def _text(raw: Any, name: str) -> str:
    value = _get(raw, name)
    return value if isinstance(value, str) else ""
