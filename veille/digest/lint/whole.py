"""The edition as a whole: how many links, from where, in which language, and whether they are new."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from veille.digest.links import host
from veille.digest.lint.catalogue import found
from veille.digest.lint.picks import placeholders, prose
from veille.model.item import Sameness

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from veille.model.edition import EditionContent, Finding, Pick
    from veille.model.item import Shown

MOST = 0.6  # of the links: more than this is most of them
SMALL = 4  # editions with fewer links have no balance to lose


def check(content: EditionContent, links: int) -> Iterator[Finding]:
    """All rules of the whole."""
    picks = content.picks
    if not picks:
        fix = f"veille edition add {content.ref} ITEM"
        yield found("empty-edition", None, "the edition has no link", fix)
        return
    yield from _count(content, links)
    yield from _sources(picks)
    yield from _languages(content)
    yield from _repetitions(picks)
    for text in (content.title, content.intro or ""):
        yield from placeholders(text, None)
    yield from prose(content.intro or "", content.locale, None)


def published(
    content: EditionContent, shown_of: Mapping[int, Sequence[Shown]]
) -> Iterator[Finding]:
    """What readers had before, in this digest or in another one."""
    for pick in content.picks:
        shown = [each for each in shown_of.get(pick.item, ()) if each.edition != content.ref]
        refs = [each.edition for each in shown if each.how is not Sameness.STORY]
        own = [ref for ref in refs if ref.startswith(f"{content.digest}/")]
        fix = f"veille edition remove {content.ref} {pick.item}"
        if own:
            told = f"'{pick.headline}' came out in {', '.join(own)}"
            yield found("already-published", pick.position, told, fix)
        elif refs:
            told = f"'{pick.headline}' came out in {', '.join(refs)}"
            yield found("published-elsewhere", pick.position, told, f"{fix}, or leave it")
        elif shown:
            told = ", ".join(f"{each.edition} (item {each.item})" for each in shown)
            told = f"the story of '{pick.headline}' came out in {told}"
            yield found("story-published", pick.position, told, f"{fix}, or leave it")


def _count(content: EditionContent, links: int) -> Iterator[Finding]:
    there = len(content.picks)
    if there < links:
        told = f"{there} of the {links} links the digest promises"
        yield found("too-few-links", None, told, f"veille edition add {content.ref} ITEM")
    if there > links:
        told = f"{there} links where the digest promises {links}"
        yield found("too-many-links", None, told, f"veille edition remove {content.ref} ITEM")


def _sources(picks: Sequence[Pick]) -> Iterator[Finding]:
    sources = Counter(pick.source or host(pick.url) for pick in picks)
    (source, count), *_ = sources.most_common(1)
    fix = "replace one of them, or say in the introduction why"
    if len(picks) > 2 and count == len(picks):
        yield found("one-source-only", None, f"all links come from '{source}'", fix)
    elif len(picks) >= SMALL and count > MOST * len(picks):
        told = f"{count} of {len(picks)} links come from '{source}'"
        yield found("source-heavy", None, told, fix)


def _languages(content: EditionContent) -> Iterator[Finding]:
    own = content.locale[:2]
    foreign = [pick for pick in content.picks if (pick.language or own)[:2].lower() != own]
    if len(content.picks) >= SMALL and len(foreign) > MOST * len(content.picks):
        told = f"{len(foreign)} of {len(content.picks)} links are not in the digest's language"
        yield found("mostly-foreign", None, told, "replace some, or tell readers what they find")


def _repetitions(picks: Sequence[Pick]) -> Iterator[Finding]:
    """A finding for each pick that repeats the address, or else the host, of one before it."""
    urls: dict[str, int] = {}
    hosts: dict[str, int] = {}
    for pick in picks:
        site = host(pick.url)
        if pick.url in urls:
            told = f"it leads to the same address as link {urls[pick.url]}"
            yield found("same-link-twice", pick.position, told, "remove one of the two")
        elif site in hosts:
            told = f"it leads to {site}, as link {hosts[site]} does"
            fix = "keep the better one, or leave both when both are worth it"
            yield found("same-host-twice", pick.position, told, fix)
        if site:
            urls.setdefault(pick.url, pick.position)
            hosts.setdefault(site, pick.position)
