"""Every rule of lint: its name, how bad breaking it is, what it says, what to do. Pure data.

Errors stop an edition, warnings are read and judged; a house may think otherwise (``[lint]``).
"""

from __future__ import annotations

from typing import NamedTuple

from veille.model.edition import Finding, Severity

ERROR, WARNING = Severity.ERROR, Severity.WARNING


class Rule(NamedTuple):
    """One rule: ``about`` says what is found, ``fix`` what to do, for the page of all rules."""

    severity: Severity
    about: str
    fix: str


RULES: dict[str, Rule] = {
    # The edition.
    "empty-edition": Rule(ERROR, "the edition has no link", "add some"),
    "too-few-links": Rule(WARNING, "fewer links than the digest promises", "add some"),
    "too-many-links": Rule(WARNING, "more links than the digest promises", "remove some"),
    "one-source-only": Rule(WARNING, "all links come from one source", "replace one of them"),
    "source-heavy": Rule(WARNING, "most links come from one source", "replace some of them"),
    "mostly-foreign": Rule(
        WARNING, "most links are in another language than the digest", "replace some of them"
    ),
    "same-link-twice": Rule(ERROR, "two links lead to the same address", "remove one"),
    "same-host-twice": Rule(WARNING, "two links lead to the same site", "keep the better one"),
    "already-published": Rule(ERROR, "a link came out in this digest before", "remove it"),
    "published-elsewhere": Rule(
        WARNING, "a link came out in another digest of the house", "remove it, or leave it"
    ),
    "story-published": Rule(
        WARNING, "another link that tells the same story came out before", "remove it, or leave it"
    ),
    # What curators wrote.
    "no-blurb": Rule(ERROR, "nobody says why a link is worth reading", "write why"),
    "blurb-too-short": Rule(WARNING, "a comment of a word or two", "say what is in it, and why"),
    "blurb-too-long": Rule(WARNING, "a comment that is an article", "cut it"),
    "blurb-is-summary": Rule(
        WARNING, "a comment that only repeats the source's own summary", "say why *you* chose it"
    ),
    "no-headline": Rule(ERROR, "a link without a headline", "give it one"),
    "headline-too-long": Rule(WARNING, "a headline nobody reads to its end", "write a shorter one"),
    "headline-in-capitals": Rule(WARNING, "a headline in capitals", "write it in lower case"),
    "headline-shouts": Rule(WARNING, "a headline with !! or ?!", "one sign is enough"),
    "placeholder": Rule(ERROR, "TODO, TK, {{ name }}: a text still to be written", "write it"),
    "french-typography": Rule(
        WARNING, "a lone quotation mark, two spaces, oe for œ in French", "« », one space, œ"
    ),
    "missing-alt": Rule(WARNING, "a picture without words for those who do not see it", "add them"),
    "language-mark": Rule(
        WARNING, "the language of a link is not known, so readers are not told", "say it: `veille language`"
    ),
    # Where links lead.
    "no-link": Rule(ERROR, "a link that leads nowhere", "remove it"),
    "click-here": Rule(WARNING, "a link text that says nothing: 'cliquez ici'", "name the page"),
    "bare-url": Rule(WARNING, "a naked address in a comment", "make words the link"),
    "tracking-parameters": Rule(
        WARNING, "an address that tells a third party who reads", "take the parameters out"
    ),
    "shortener": Rule(WARNING, "an address that hides where it leads", "use the page's own"),
    "dead-link": Rule(ERROR, "a page that is not there", "find where it is now, or remove it"),
    "redirected-link": Rule(WARNING, "a page that moved", "use its new address"),
    "unchecked-link": Rule(WARNING, "a page that could not be checked", "open it yourself"),
    # The mail and the page, finished.
    "subject-length": Rule(WARNING, "a subject that is cut, or says too little", "change the title"),
    "subject-shouts": Rule(WARNING, "a subject as spam has it: capitals, !!", "write it calmly"),
    "intro-too-long": Rule(WARNING, "the first link comes too late", "shorten the introduction"),
    "html-size": Rule(ERROR, "a mail that webmails cut at about 100 kB", "shorten the comments"),
    "html-large": Rule(WARNING, "a mail near that limit", "shorten the comments"),
    "remote-resource": Rule(
        ERROR, "a template loads a picture, font or style from elsewhere", "take it out"
    ),
    "image-without-alt": Rule(ERROR, "a template has an <img> without alt", "give it one"),
    "unset-french": Rule(
        WARNING, "a plain space before ; : ! ? » in the finished mail", "use the template's filters"
    ),
}  # fmt: skip


def found(rule: str, position: int | None, message: str, fix: str) -> Finding:
    """A finding of a rule, as bad as the catalogue says."""
    severity = RULES[rule].severity
    return Finding(rule=rule, severity=severity, position=position, message=message, fix=fix)
