"""What should not go out, each with the name of its rule, and what to do about it.

Errors stop an edition, warnings are read and judged. Dead links are looked for elsewhere: nothing
here asks the network.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from veille.digest import markdown
from veille.digest.links import SHORTENERS, host, is_clickable, tracking
from veille.model.edition import EditionContent, Finding, Pick, Rendered, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

HEADLINE_LIMIT = 120
BLURB_LIMIT = 900
SUBJECT_RANGE = range(10, 79)  # E11
HTML_WARNING, HTML_LIMIT = 80_000, 100_000  # E36: webmail clips at about 102 kB
FIRST_ITEM_LINE = 25  # E35

_PLACEHOLDER = re.compile(
    r"\{\{.*?\}\}|\{%.*?%\}|\b(?:TK|TODO|FIXME|XXX|LOREM IPSUM|À COMPLÉTER)\b|\[…\]|\[\.\.\.\]"
)
# Link texts that say nothing out of context, which is how screen readers list them (WCAG 2.4.4).
_VAGUE = frozenset(
    {
        "ici", "cliquez ici", "lire la suite", "en savoir plus", "lien", "ce lien", "voir", "suite",
        "here", "click here", "read more", "more", "link", "this link", "learn more",
    }
)  # fmt: skip


def lint(
    content: EditionContent,
    rendered: Rendered | None,
    *,
    published: Mapping[int, Sequence[str]],
    links: int,
) -> list[Finding]:
    """The findings in ``content`` and, when given, in its finished text; errors first.

    ``published`` tells for an item the references of this digest's editions it came out in;
    ``links`` is the number of links the digest promises.
    """
    findings = [
        *_edition_findings(content, links),
        *(finding for rule in _PICK_RULES for pick in content.picks for finding in rule(pick)),
        *_already_published(content, published),
        *(_rendered_findings(rendered) if rendered else ()),
    ]
    return sorted(
        findings, key=lambda finding: (finding.severity is Severity.WARNING, finding.position or 0)
    )


def _error(rule: str, position: int | None, message: str, fix: str) -> Finding:
    return Finding(rule=rule, severity=Severity.ERROR, position=position, message=message, fix=fix)


def _warning(rule: str, position: int | None, message: str, fix: str) -> Finding:
    return Finding(
        rule=rule, severity=Severity.WARNING, position=position, message=message, fix=fix
    )


def _edition_findings(content: EditionContent, links: int) -> Iterator[Finding]:
    picks = content.picks
    if not picks:
        yield _error(
            "empty-edition",
            None,
            "the edition has no link",
            f"veille edition add {content.ref} ITEM",
        )
        return
    if len(picks) < links:
        yield _warning(
            "too-few-links",
            None,
            f"{len(picks)} of the {links} links the digest promises",
            f"veille edition add {content.ref} ITEM",
        )
    if len(picks) > links:
        yield _warning(
            "too-many-links",
            None,
            f"{len(picks)} links where the digest promises {links}",
            f"veille edition remove {content.ref} ITEM",
        )
    yield from _variety(picks)
    for text in (content.title, content.intro or ""):
        yield from _placeholders(text, None)


def _variety(picks: Sequence[Pick]) -> Iterator[Finding]:
    if len(picks) > 2 and len({pick.source for pick in picks}) == 1:
        yield _warning(
            "one-source-only",
            None,
            f"all links come from '{picks[0].source}'",
            "replace one of them, or say in the introduction why",
        )
    yield from _repetitions(picks)


def _repetitions(picks: Sequence[Pick]) -> Iterator[Finding]:
    """A finding for each pick that repeats the address, or else the host, of one before it."""
    urls: dict[str, int] = {}
    hosts: dict[str, int] = {}
    for pick in picks:
        site = host(pick.url)
        if pick.url in urls:
            yield _error(
                "same-link-twice",
                pick.position,
                f"it leads to the same address as link {urls[pick.url]}",
                "remove one of the two",
            )
        elif site in hosts:
            yield _warning(
                "same-host-twice",
                pick.position,
                f"it leads to {site}, as link {hosts[site]} does",
                "keep the better one, or leave both when both are worth it",
            )
        if site:
            urls.setdefault(pick.url, pick.position)
            hosts.setdefault(site, pick.position)


def _no_blurb(pick: Pick) -> Iterator[Finding]:
    if not pick.blurb.strip():
        yield _error(
            "no-blurb",
            pick.position,
            f"nobody says why '{pick.headline}' is worth reading",
            f"veille comment {pick.item} --blurb",
        )


def _no_link(pick: Pick) -> Iterator[Finding]:
    if not is_clickable(pick.url):
        yield _error(
            "no-link",
            pick.position,
            f"'{pick.headline}' leads nowhere: it has no http address",
            "remove it, or add the page itself with 'veille add URL'",
        )


def _headline(pick: Pick) -> Iterator[Finding]:
    letters = [char for char in pick.headline if char.isalpha()]
    if not pick.headline.strip():
        yield _error("no-headline", pick.position, "the link has no headline", "give it one")
    if len(pick.headline) > HEADLINE_LIMIT:
        yield _warning(
            "headline-too-long",
            pick.position,
            f"the headline has {len(pick.headline)} characters, more than {HEADLINE_LIMIT}",
            "write a shorter one with 'veille edition edit … --headline'",
        )
    if len(letters) > 8 and all(
        char.isupper() for char in letters if char.isupper() or char.islower()
    ):
        yield _warning(
            "headline-in-capitals",
            pick.position,
            "the headline is in capitals: hard to read, and rude to a screen reader",
            "write it in lower case with 'veille edition edit … --headline'",
        )


def _blurb_length(pick: Pick) -> Iterator[Finding]:
    length = len(markdown.to_text(pick.blurb))
    if length > BLURB_LIMIT:
        yield _warning(
            "blurb-too-long",
            pick.position,
            f"the comment has {length} characters, more than {BLURB_LIMIT}",
            "cut it: readers have the article for the rest",
        )


def _pick_placeholders(pick: Pick) -> Iterator[Finding]:
    for text in (pick.headline, pick.blurb):
        yield from _placeholders(text, pick.position)


def _placeholders(text: str, position: int | None) -> Iterator[Finding]:
    for match in _PLACEHOLDER.finditer(text):
        yield _error("placeholder", position, f"'{match.group()}' waits for its text", "replace it")


def _link_texts(pick: Pick) -> Iterator[Finding]:
    for address, text in markdown.links(pick.blurb):
        if text.strip(" .…»«").casefold() in _VAGUE:
            yield _warning(
                "click-here",
                pick.position,
                f"the link text '{text}' says nothing by itself",
                "name what the link leads to",
            )
        if text == address and is_clickable(address):
            yield _warning(
                "bare-url",
                pick.position,
                f"'{address}' stands naked in the comment",
                "write [what it is](address)",
            )


def _addresses(pick: Pick) -> Iterator[Finding]:
    for url in (pick.url, *(address for address, _ in markdown.links(pick.blurb))):
        keys = tracking(url)
        if keys:
            yield _warning(
                "tracking-parameters",
                pick.position,
                f"the address tells a third party who reads: {', '.join(keys)}",
                f"take these parameters out of {url}",
            )
        if host(url) in SHORTENERS:
            yield _warning(
                "shortener",
                pick.position,
                f"{url} hides where it leads and may die with {host(url)}",
                "use the address of the page itself",
            )


def _language(pick: Pick) -> Iterator[Finding]:
    if pick.language is None:
        yield _warning(
            "language-mark",
            pick.position,
            f"the language of '{pick.headline}' is not known: readers and screen readers are not told",
            "check that the link is in the language of the digest",
        )


_PICK_RULES: tuple[Callable[[Pick], Iterator[Finding]], ...] = (
    _no_blurb,
    _no_link,
    _headline,
    _blurb_length,
    _pick_placeholders,
    _link_texts,
    _addresses,
    _language,
)


def _already_published(
    content: EditionContent, published: Mapping[int, Sequence[str]]
) -> Iterator[Finding]:
    for pick in content.picks:
        refs = [ref for ref in published.get(pick.item, ()) if ref != content.ref]
        if refs:
            yield _error(
                "already-published",
                pick.position,
                f"'{pick.headline}' came out in {', '.join(refs)}",
                f"veille edition remove {content.ref} {pick.item}",
            )


def _rendered_findings(rendered: Rendered) -> Iterator[Finding]:
    if len(rendered.subject) not in SUBJECT_RANGE:
        yield _warning(
            "subject-length",
            None,
            f"the subject has {len(rendered.subject)} characters; between "
            f"{SUBJECT_RANGE.start} and {SUBJECT_RANGE.stop - 1} are shown whole",
            "change the title of the edition",
        )
    size = len(rendered.html.encode())
    if size > HTML_WARNING:
        finding = _error if size > HTML_LIMIT else _warning
        yield finding(
            "html-size",
            None,
            f"the mail has {size // 1000} kB of HTML; webmail cuts it at about 100 kB",
            "shorten the introduction or the comments",
        )
    lines = rendered.text.splitlines()
    if not any(line.startswith("1. ") for line in lines[:FIRST_ITEM_LINE]):
        yield _warning(
            "intro-too-long",
            None,
            f"the first link does not come within {FIRST_ITEM_LINE} lines of the plain text",
            "shorten the introduction",
        )
