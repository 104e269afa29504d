"""Tags as they are typed: ``iiif, livre numérique, -brouillon``, completed as one goes (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from veille.curation.tags import parse_changes
from veille.model.text import tag_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from veille.curation.tags import TagChanges

MOST = 40  # suggestions


class Words(NamedTuple):
    """What tags may be offered: on the item, usual for its sources, and all that are in use."""

    present: Sequence[str]
    usual: Sequence[str]
    known: Sequence[str]  # the most used first


def changes(typed: str) -> TagChanges:
    """What is asked for; raises :class:`~veille.errors.UsageError`."""
    return parse_changes([word if word[0] in "+-" else f"+{word}" for word in _words(typed)])


def suggestions(typed: str, words: Words) -> list[str]:
    """What the last word may become: the source's usual tags first, then those that begin alike,
    then those that hold it. After a minus, the item's own tags.
    """
    last = typed.rpartition(",")[2].strip()
    taking_off, key = last.startswith("-"), tag_key(last.lstrip("+-"))
    named = {tag_key(word.lstrip("+-")) for word in _words(typed.rpartition(",")[0])}
    if taking_off:
        return [tag for tag in _fitting(words.present, key) if tag_key(tag) not in named]
    named |= {tag_key(tag) for tag in words.present}
    offered: dict[str, str] = {}
    for tag in (*_fitting(words.usual, key), *(_fitting(words.known, key) if key else ())):
        if tag_key(tag) not in named:
            offered.setdefault(tag_key(tag), tag)
    return list(offered.values())[:MOST]


def accept(typed: str, tag: str) -> str:
    """What was typed with its last word become a tag, ready for the next one."""
    before, comma, last = typed.rpartition(",")
    sign = "-" if last.strip().startswith("-") else ""
    return f"{before}{comma}{' ' if comma else ''}{sign}{tag}, "


def unknown(typed: str, words: Words) -> list[str]:
    """The tags typed that nobody used before: they will be new."""
    known = {tag_key(tag) for tag in (*words.present, *words.usual, *words.known)}
    asked = [word.lstrip("+") for word in _words(typed) if not word.startswith("-")]
    return [word for word in asked if tag_key(word) and tag_key(word) not in known]


def _words(typed: str) -> list[str]:
    return [word.strip() for word in typed.split(",") if word.strip()]


def _fitting(tags: Iterable[str], key: str) -> Iterator[str]:
    beginning = [tag for tag in tags if tag_key(tag).startswith(key)]
    yield from beginning
    yield from (tag for tag in tags if tag not in beginning and key in tag_key(tag))
