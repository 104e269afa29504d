"""Tags as they are typed: ``iiif, livre numérique, -brouillon``, completed as one goes (pure)."""

from __future__ import annotations

from itertools import starmap
from typing import TYPE_CHECKING, NamedTuple

from veille.curation.tags import parse_changes
from veille.curation.thesaurus import spellings
from veille.model.text import tag_key
from veille.terminal.safe import width

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from veille.curation.tags import TagChanges
    from veille.model.thesaurus import Term

MOST = 40  # suggestions


class Name(NamedTuple):
    """A spelling, as tags are compared, and the tag it leads to."""

    key: str
    tag: str


class Words(NamedTuple):
    """What tags may be offered: on the item, usual for its sources, in use, in the thesaurus."""

    present: Sequence[str]
    usual: Sequence[Name] = ()
    used: Sequence[Name] = ()
    terms: Sequence[Name] = ()


def vocabulary(
    present: Sequence[str], usual: Iterable[str], used: Iterable[str], terms: Sequence[Term]
) -> Words:
    """The words of a team; ``used`` has the most used first. Every synonym leads to what it means."""
    meant = {key: term.name for term in terms for _, key in spellings(term)}

    def names(tags: Iterable[str]) -> list[Name]:
        return [Name(key, meant.get(key, tag)) for tag in tags for key in [tag_key(tag)]]

    preferred = names(term.name for term in terms)
    return Words(present, names(usual), names(used), [*preferred, *starmap(Name, meant.items())])


def changes(typed: str) -> TagChanges:
    """What is asked for; raises :class:`~veille.errors.UsageError`."""
    return parse_changes([word if word[0] in "+-" else f"+{word}" for word in _words(typed)])


def suggestions(typed: str, words: Words) -> list[str]:
    """What the last word may become: the source's usual tags first, then tags in use, then terms of
    the thesaurus; of each those that begin alike, then those that hold it. A synonym becomes the
    term it means. After a minus, the item's own tags.
    """
    last = typed.rpartition(",")[2].strip()
    taking_off, key = last.startswith("-"), tag_key(last.lstrip("+-"))
    named = {tag_key(word.lstrip("+-")) for word in _words(typed.rpartition(",")[0])}
    if taking_off:
        own = [Name(tag_key(tag), tag) for tag in words.present]
        return [tag for tag in dict.fromkeys(_fitting(own, key)) if tag_key(tag) not in named]
    named |= {tag_key(tag) for tag in words.present}
    offered: dict[str, str] = {}
    for names in (words.usual, words.used, words.terms) if key else (words.usual,):
        for tag in _fitting(names, key):
            if tag_key(tag) not in named:
                offered.setdefault(tag_key(tag), tag)
    return list(offered.values())[:MOST]


def in_sight(tags: Sequence[str], at: int, cells: int) -> range:
    """Which suggestions are shown in so many cells: as many as fit, the one ``at`` that place among
    them.
    """
    broad = [len("#") + width(tag) + len("  ") for tag in tags]
    first = next(
        start for start in range(at + 1) if start == at or sum(broad[start : at + 1]) <= cells
    )
    last = at + 1
    while last < len(tags) and sum(broad[first : last + 1]) <= cells:
        last += 1
    return range(first, last)


def accept(typed: str, tag: str) -> str:
    """What was typed with its last word become a tag, ready for the next one."""
    before, comma, last = typed.rpartition(",")
    sign = "-" if last.strip().startswith("-") else ""
    return f"{before}{comma}{' ' if comma else ''}{sign}{tag}, "


def unknown(typed: str, words: Words) -> list[str]:
    """The tags typed that nobody used before, nor are in the thesaurus: they will be new."""
    known = {name.key for names in (words.usual, words.used, words.terms) for name in names}
    known |= set(map(tag_key, words.present))
    asked = [word.lstrip("+") for word in _words(typed) if not word.startswith("-")]
    return [word for word in asked if tag_key(word) and tag_key(word) not in known]


def _words(typed: str) -> list[str]:
    return [word.strip() for word in typed.split(",") if word.strip()]


def _fitting(names: Sequence[Name], key: str) -> Iterator[str]:
    yield from (name.tag for name in names if name.key.startswith(key))
    yield from (name.tag for name in names if key in name.key)
