"""Each pick: its headline, the words about it, where it leads."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from veille.digest import markdown
from veille.digest.links import SHORTENERS, host, is_clickable, tracking
from veille.digest.lint.catalogue import found
from veille.digest.typography import french
from veille.model.text import fold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from veille.model.edition import EditionContent, Finding, Pick

HEADLINE_LIMIT = 120
BLURB_RANGE = range(12, 901)
CAPITALS = 8  # letters: shorter ones are abbreviations

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
_SHOUT = re.compile(r"!\s*!|\?\s*!|!\s*\?")
_IMAGE = re.compile(r"!\[\s*\]\(")
# Code and addresses may hold what prose may not.
_NOT_PROSE = re.compile(r"`[^`]*`|\]\([^)]*\)|https?://\S+")
_UNSET = re.compile(
    r"(?P<quotes>(?<!\d)\"\S*)|(?P<spaces>\S[ ]{2,}\S)|(?P<ligature>\b\w*?(?:oeuvr|oeufs?\b|coeur|choeur|soeur"
    r"|oeil|noeud|voeux?\b|moeurs|foetus|oenolog|oesophag|oecum[eé]n|oed[eèé]m)\w*)",
    re.IGNORECASE,
)
_UNSET_NAMES = {
    "quotes": ("a quotation mark without its fellow: {}", "close it, or write « … »"),
    "spaces": ("two spaces: {}", "one is enough"),
    "ligature": ("{} has two letters where French has one", "write œ"),
}


def check(content: EditionContent, summaries: Mapping[int, str]) -> Iterator[Finding]:
    """All rules of all picks."""
    for pick in content.picks:
        for rule in _PICK_RULES:
            yield from rule(pick)
        yield from _echo(pick, summaries.get(pick.item, ""))
        yield from prose(pick.blurb, content.locale, pick.position)


def placeholders(text: str, position: int | None) -> Iterator[Finding]:
    """Texts still to be written."""
    for match in _PLACEHOLDER.finditer(text):
        told = f"'{match.group()}' waits for its text"
        yield found("placeholder", position, told, "replace it")


def prose(text: str, locale: str, position: int | None) -> Iterator[Finding]:
    """What typesetting cannot mend in French, and pictures without words, once each."""
    if _IMAGE.search(text):
        fix = "write ![what it shows](address): mails show these words"
        yield found("missing-alt", position, "a picture has no words of its own", fix)
    if not locale.startswith("fr"):
        return
    shown = french(_NOT_PROSE.sub("x", text))
    seen = {match.lastgroup: match[0] for match in _UNSET.finditer(shown)}
    for kind, sample in seen.items():
        told, fix = _UNSET_NAMES[kind or ""]
        yield found("french-typography", position, told.format(sample[:30]), fix)


def shouts(text: str) -> bool:
    """Whether a line is written in capitals."""
    letters = [char for char in text if char.isupper() or char.islower()]
    return len(letters) > CAPITALS and all(char.isupper() for char in letters)


def has_shout(text: str) -> bool:
    """Whether a line ends in !! or ?!."""
    return bool(_SHOUT.search(text))


def _blurb(pick: Pick) -> Iterator[Finding]:
    length = len(markdown.to_text(pick.blurb).strip())
    characters = "1 character" if length == 1 else f"{length} characters"
    again = f"veille comment {pick.item} --blurb"
    if not pick.blurb.strip():
        told = f"nobody says why '{pick.headline}' is worth reading"
        yield found("no-blurb", pick.position, told, again)
    elif length < BLURB_RANGE.start:
        told = f"the comment has {characters}: readers come for the reason"
        yield found("blurb-too-short", pick.position, told, again)
    elif length >= BLURB_RANGE.stop:
        told = f"the comment has {characters}, more than {BLURB_RANGE.stop - 1}"
        fix = "cut it: readers have the article for the rest"
        yield found("blurb-too-long", pick.position, told, fix)


def _echo(pick: Pick, summary: str) -> Iterator[Finding]:
    words, said = fold(markdown.to_text(pick.blurb)), fold(summary)
    if len(words) >= BLURB_RANGE.start and (words == said or (len(words) > 40 and words in said)):
        told = "the comment only repeats what the source says of itself"
        fix = f"say why you chose it: veille comment {pick.item} --blurb"
        yield found("blurb-is-summary", pick.position, told, fix)


def _no_link(pick: Pick) -> Iterator[Finding]:
    if not is_clickable(pick.url):
        told = f"'{pick.headline}' leads nowhere: it has no http address"
        fix = "remove it, or add the page itself with 'veille add URL'"
        yield found("no-link", pick.position, told, fix)


def _headline(pick: Pick) -> Iterator[Finding]:
    rewrite = "with 'veille edition edit … --headline'"
    if not pick.headline.strip():
        yield found("no-headline", pick.position, "the link has no headline", "give it one")
    if len(pick.headline) > HEADLINE_LIMIT:
        told = f"the headline has {len(pick.headline)} characters, more than {HEADLINE_LIMIT}"
        yield found("headline-too-long", pick.position, told, f"write a shorter one {rewrite}")
    if shouts(pick.headline):
        told = "the headline is in capitals: hard to read, and rude to a screen reader"
        yield found("headline-in-capitals", pick.position, told, f"in lower case {rewrite}")
    if has_shout(pick.headline):
        told = "the headline shouts"
        yield found(
            "headline-shouts", pick.position, told, f"one sign is enough: change it {rewrite}"
        )


def _pick_placeholders(pick: Pick) -> Iterator[Finding]:
    for text in (pick.headline, pick.blurb):
        yield from placeholders(text, pick.position)


def _link_texts(pick: Pick) -> Iterator[Finding]:
    for address, text in markdown.links(pick.blurb):
        if text.strip(" .…»«").casefold() in _VAGUE:
            told = f"the link text '{text}' says nothing by itself"
            yield found("click-here", pick.position, told, "name what the link leads to")
        if text == address and is_clickable(address):
            told = f"'{address}' stands naked in the comment"
            yield found("bare-url", pick.position, told, "write [what it is](address)")


def _addresses(pick: Pick) -> Iterator[Finding]:
    for url in (pick.url, *(address for address, _ in markdown.links(pick.blurb))):
        keys = tracking(url)
        if keys:
            told = f"the address tells a third party who reads: {', '.join(keys)}"
            fix = f"take these parameters out of {url}"
            yield found("tracking-parameters", pick.position, told, fix)
        if host(url) in SHORTENERS:
            told = f"{url} hides where it leads and may die with {host(url)}"
            fix = "use the address of the page itself"
            yield found("shortener", pick.position, told, fix)


def _language(pick: Pick) -> Iterator[Finding]:
    if pick.language is None:
        told = f"the language of '{pick.headline}' is not known: readers and screen readers are not told"
        fix = f"veille language {pick.item} CODE (fr, en …)"
        yield found("language-mark", pick.position, told, fix)


_PICK_RULES: tuple[Callable[[Pick], Iterator[Finding]], ...] = (
    _blurb,
    _no_link,
    _headline,
    _pick_placeholders,
    _link_texts,
    _addresses,
    _language,
)
