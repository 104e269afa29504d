"""The other ways into the archive: its links by tag, by source and by year, with their numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from veille.digest.slugs import slug
from veille.model.text import fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from veille.digest.shelves import Issue, Shelf
    from veille.digest.view import PickView


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An issue, and those of its links that are under a heading."""

    issue: Issue
    picks: tuple[PickView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A tag, a source or a year: ``slug`` names its page, ``found`` is newest first."""

    slug: str
    name: str
    found: tuple[Found, ...]

    @property
    def links(self) -> int:
        """How many links are under it."""
        return sum(len(found.picks) for found in self.found)


def by_tag(shelves: Sequence[Shelf]) -> list[Heading]:
    """Tags in the order of the alphabet, each as the newest issue spells it."""
    tagged = ((tag, issue, pick) for issue, pick in _links(shelves) for tag in pick.tags)
    return _sorted_by_name(_gather(tagged))


def by_source(shelves: Sequence[Shelf]) -> list[Heading]:
    """Sources in the order of the alphabet; a link without a source is under none."""
    found = ((pick.source, issue, pick) for issue, pick in _links(shelves) if pick.source)
    return _sorted_by_name(_gather(found))


def by_year(shelves: Sequence[Shelf], timezone: str) -> list[Heading]:
    """Years of publication in the house's time zone, newest first."""
    zone = ZoneInfo(timezone)
    dated = (
        (str(issue.published_at.astimezone(zone).year), issue, pick)
        for issue, pick in _links(shelves)
    )
    return sorted(_gather(dated), key=lambda year: year.name, reverse=True)


def newest_first(shelves: Sequence[Shelf]) -> list[Issue]:
    """All issues of all shelves."""
    return sorted(
        (issue for shelf in shelves for issue in shelf.issues),
        key=lambda issue: (issue.published, issue.content.digest, issue.content.number),
        reverse=True,
    )


def _links(shelves: Sequence[Shelf]) -> Iterator[tuple[Issue, PickView]]:
    for issue in newest_first(shelves):
        for pick in issue.links:
            yield issue, pick


def _gather(named: Iterable[tuple[str, Issue, PickView]]) -> list[Heading]:
    """One heading an identity, whatever the spelling; a link that is named twice is there once."""
    spelling: dict[str, str] = {}
    under: dict[str, dict[str, tuple[Issue, list[PickView]]]] = {}
    for name, issue, pick in named:
        spelling.setdefault(slug(name), name)
        _, picks = under.setdefault(slug(name), {}).setdefault(issue.id, (issue, []))
        if pick not in picks:
            picks.append(pick)
    return [
        Heading(
            slug=key,
            name=spelling[key],
            found=tuple(Found(issue=issue, picks=tuple(picks)) for issue, picks in issues.values()),
        )
        for key, issues in under.items()
    ]


def _sorted_by_name(headings: Iterable[Heading]) -> list[Heading]:
    return sorted(headings, key=lambda heading: (fold(heading.name), heading.slug))
