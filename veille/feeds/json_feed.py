"""JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/) in our words."""

from __future__ import annotations

import json
from typing import Any

from veille.errors import ParseError
from veille.feeds import clean, dates, identifiers, language, urls
from veille.feeds.encoding import repair
from veille.feeds.slugs import title_of_address
from veille.feeds.xml_feed import MAX_SUMMARY, MAX_TITLE, identifier
from veille.model.fetched import Entry, Parsed
from veille.model.text import one_line

_VERSION = "jsonfeed.org/version/"


def read(text: str, base: str) -> Parsed:
    """The feed in a decoded JSON document had from ``base``; raises ParseError when it is none."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ParseError("the answer is no feed: it looks like JSON but cannot be read") from error
    if not isinstance(found, dict) or not _is_feed(found):
        raise ParseError("the answer is no feed: it is JSON, but not a JSON Feed")
    items = found.get("items")
    people = _people(found)
    return Parsed(
        title=_line(found.get("title")) or None,
        site=_address(base, found.get("home_page_url")),
        language=language.tag(found.get("language")),
        entries=tuple(
            _entry(item, base, people)
            for item in (items if isinstance(items, list) else ())
            if isinstance(item, dict)
        ),
    )


def _is_feed(found: dict[str, Any]) -> bool:
    version = found.get("version")
    return (isinstance(version, str) and _VERSION in version) or (
        isinstance(found.get("items"), list) and isinstance(found.get("title"), str)
    )


def _entry(item: dict[str, Any], base: str, people: tuple[str, ...]) -> Entry:
    link = _address(base, item.get("url")) or _address(base, item.get("external_url"))
    content = clean.sanitise(_markup(item), base)
    text = clean.text_of(content)
    guid = _identifier(item.get("id"))
    updated = dates.iso(item.get("date_modified"))
    short = _line(item.get("summary"), MAX_SUMMARY)
    return Entry(
        guid=guid,
        link=link,
        title=_title(item)
        or one_line(text[:400], 80)
        or (title_of_address(link) if link else guid or "…"),
        authors=_people(item) or people,
        published=dates.iso(item.get("date_published")) or updated,
        updated=updated,
        summary=short or one_line(text[: 4 * MAX_SUMMARY], MAX_SUMMARY),
        content=content,
        text=text,
        language=language.tag(item.get("language")),
        identifiers=identifiers.of_fields([guid] if guid else [], link),
    )


def _title(item: dict[str, Any]) -> str:
    return one_line(_identifier(item.get("title")) or "", MAX_TITLE)


def _markup(item: dict[str, Any]) -> str:
    html = item.get("content_html")
    if isinstance(html, str) and html:
        return repair(html)
    plain = item.get("content_text") or item.get("summary")
    return clean.from_text(repair(plain)) if isinstance(plain, str) else ""


def _identifier(value: object) -> str | None:
    """An id should be a string; numbers are taken as written (version 1.1, "Items")."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return identifier(str(value))


def _people(holder: dict[str, Any]) -> tuple[str, ...]:
    """Names of ``authors`` (1.1), or of ``author`` (1.0)."""
    listed = holder.get("authors")
    people = listed if isinstance(listed, list) else [holder.get("author")]
    names = [_line(person.get("name"), 200) for person in people[:50] if isinstance(person, dict)]
    return tuple(dict.fromkeys(name for name in names if name))


def _address(base: str, value: object) -> str | None:
    return urls.resolve(base, value) if isinstance(value, str) else None


def _line(value: object, limit: int = MAX_TITLE) -> str:
    return one_line(value, limit) if isinstance(value, str) else ""
