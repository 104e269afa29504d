"""The finished mail: what a mail program, a filter or an impatient reader makes of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from veille.digest.lint.catalogue import found
from veille.digest.lint.picks import has_shout, shouts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from veille.model.edition import Finding, Rendered

SUBJECT_RANGE = range(10, 79)  # E11
HTML_WARNING, HTML_LIMIT = 80_000, 100_000  # E36: webmail clips at about 102 kB
FIRST_ITEM_LINE = 25  # E35

_REMOTE = re.compile(
    r"<(?:img|script|link|iframe|source|video|audio|embed|object)\b[^>]*?\b(?:src|href|data)\s*=\s*"
    r"[\"']?\s*(?:https?:)?//|<[^<>]*\sbackground\s*=\s*[\"']?https?:",
    re.IGNORECASE,
)
# Words of the edition never come here: what they hold of markup is escaped.
_STYLE = re.compile(r"<style\b[^>]*>(.*?)</style>|\sstyle=\"([^\"]*)\"", re.IGNORECASE | re.DOTALL)
_REMOTE_STYLE = re.compile(r"url\(\s*[\"']?(?:https?:)?//|@import\b", re.IGNORECASE)
_IMG = re.compile(r"<img\b(?![^>]*\balt\s*=)[^>]*>", re.IGNORECASE)
_UNSET = re.compile(r"\w [;:!?»](?=\s|$)|« \w")
_ADDRESS_LINE = re.compile(r"^.*(?:https?://|mailto:).*$", re.MULTILINE)


def check(rendered: Rendered, locale: str) -> Iterator[Finding]:
    """All rules of the finished text."""
    yield from _subject(rendered.subject)
    yield from _size(len(rendered.html.encode()))
    yield from _first_link(rendered.text)
    yield from _template(rendered, locale)


def _subject(subject: str) -> Iterator[Finding]:
    if len(subject) not in SUBJECT_RANGE:
        told = (
            f"the subject has {len(subject)} characters; between {SUBJECT_RANGE.start} and "
            f"{SUBJECT_RANGE.stop - 1} are shown whole"
        )
        yield found("subject-length", None, told, "change the title of the edition")
    if shouts(subject) or has_shout(subject):
        told = "the subject looks like that of spam: capitals, or !!"
        yield found("subject-shouts", None, told, "change the title of the edition")


def _size(size: int) -> Iterator[Finding]:
    if size > HTML_WARNING:
        rule = "html-size" if size > HTML_LIMIT else "html-large"
        told = f"the mail has {size // 1000} kB of HTML; webmail cuts it at about 100 kB"
        yield found(rule, None, told, "shorten the introduction or the comments")


def _first_link(text: str) -> Iterator[Finding]:
    if not any(line.startswith("1. ") for line in text.splitlines()[:FIRST_ITEM_LINE]):
        told = f"the first link does not come within {FIRST_ITEM_LINE} lines of the plain text"
        yield found("intro-too-long", None, told, "shorten the introduction")


def _template(rendered: Rendered, locale: str) -> Iterator[Finding]:
    """What only a template of the house can have done."""
    styles = "\n".join(part for parts in _STYLE.findall(rendered.html) for part in parts)
    remote = _REMOTE.search(rendered.html) or _REMOTE_STYLE.search(styles)
    if remote:
        told = f"the mail loads something from elsewhere: {remote[0][:60]}"
        fix = "take it out of templates/email/body.html: it tells who reads, and when"
        yield found("remote-resource", None, told, fix)
    if _IMG.search(rendered.html):
        fix = "give it one in templates/email/body.html (alt='' for an ornament)"
        yield found("image-without-alt", None, "a picture of the mail has no alt", fix)
    unset = _UNSET.search(_ADDRESS_LINE.sub("", rendered.text)) if locale[:2] == "fr" else None
    if unset:
        told = f"a sign may stand alone on its line: '{unset[0]}'"
        yield found("unset-french", None, told, "write a no-break space (U+00A0) in the template")
