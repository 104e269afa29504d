"""Where links lead today: what came of following them, judged. Who follows them is no matter here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from veille.digest import markdown
from veille.digest.links import host, is_clickable
from veille.digest.lint.catalogue import found

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from veille.model.edition import EditionContent, Finding

DEAD = frozenset({404, 410})


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What a server answered. ``landed`` is where it led in the end, None when it gave no page.

    ``status`` is the HTTP status if there was one; ``problem`` says in a line what went wrong;
    ``gone`` that the name or the machine behind an address is not there at all.
    """

    landed: str | None
    permanent: bool = False
    status: int | None = None
    problem: str = ""
    gone: bool = False


def addresses(content: EditionContent) -> list[str]:
    """All addresses that readers may follow, each once, in order."""
    return list(dict.fromkeys(url for _, url in _placed(content)))


def check(content: EditionContent, visited: Mapping[str, Visit]) -> Iterator[Finding]:
    """A finding for each link that does not lead where it says."""
    if len(visited) > 1 and all(visit.gone for visit in visited.values()):
        told = "none of the links could be reached: is this machine on the network?"
        yield found("unchecked-link", None, told, "try again, or leave them out with --offline")
        return
    for position, url in dict.fromkeys(_placed(content)):
        visit = visited.get(url)
        if visit is not None:
            yield from _judged(position, url, visit)


def _judged(position: int | None, url: str, visit: Visit) -> Iterator[Finding]:
    if visit.status in DEAD or visit.gone:
        fix = "find where the page is now, or remove the link"
        yield found("dead-link", position, f"{url} is not there: {visit.problem}", fix)
    elif visit.landed is None:
        told = f"{url} could not be checked: {visit.problem}"
        yield found("unchecked-link", position, told, "open it yourself")
    elif _is_front_page(visit.landed) and not _is_front_page(url):
        told = f"{url} leads to the front page: the article is not there any more"
        yield found("redirected-link", position, told, "find where it is now, or remove the link")
    elif visit.permanent and not _is_same(url, visit.landed):
        told = f"{url} moved to {visit.landed}"
        yield found("redirected-link", position, told, "use the new address")
    elif host(url) != host(visit.landed):
        told = f"{url} leads to another site: {visit.landed}"
        yield found("redirected-link", position, told, "use the address where readers end")


def _placed(content: EditionContent) -> Iterator[tuple[int | None, str]]:
    texts = [(None, content.intro or ""), *((pick.position, pick.blurb) for pick in content.picks)]
    for pick in content.picks:
        if is_clickable(pick.url):
            yield pick.position, pick.url
    for position, text in texts:
        for url, _ in markdown.links(text):
            if is_clickable(url):
                yield position, url


def _is_front_page(url: str) -> bool:
    parts = urlsplit(url)
    return parts.path in ("", "/") and not parts.query


def _is_same(url: str, landed: str) -> bool:
    """Whether two addresses differ in nothing a reader would mind: www, https, a slash at the end."""
    one, other = urlsplit(url), urlsplit(landed)
    return (host(url), one.path.rstrip("/"), one.query) == (
        host(landed), other.path.rstrip("/"), other.query,
    )  # fmt: skip
