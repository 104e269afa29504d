"""What a person wrote: their own words, without what they quote and how they sign."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from veille.delivery.mailbox.bounds import content
from veille.model.text import clean

if TYPE_CHECKING:
    from veille.delivery.mailbox.bounds import Part

MAX_WORDS = 4_000  # characters
MAX_LINKS = 5
_LONGEST = 100_000  # characters that are looked at
_LINK = re.compile(r"https?://[^\s<>\"'\u00a0\u202f]+", re.IGNORECASE)
_TRAILING = ".,;:!?…»”’)]}*_"
# The line that mail programs put above what they quote; what follows is not the writer's.
_QUOTED = re.compile(
    r"(?im)^[ \t]*(?:"
    r"-{2,} ?(?:original message|message d'origine|message transféré|forwarded message).*|"
    r"_{10,}[ \t]*|"
    r"(?:le|on) [^\n]{5,150}(?:\n[^\n]{0,150})?(?:a écrit|wrote)[ \u00a0\u202f]?:[ \t]*|"
    r"(?:de|from)[ \u00a0\u202f]?: [^\n]{1,200}\n[ \t]*(?:envoyé|sent|date|à|to)[^\n]{0,40}:.*"
    r")$"
)
_SIGNATURE = re.compile(r"(?m)^-- ?$")
# Markup is turned into text, never shown as markup: no tag need be understood to be taken away.
# Each of these looks at a bounded stretch, so that none is quadratic.
_UNSEEN = re.compile(r"(?is)<(head|style|script|blockquote)\b.*?(?:</\1\s*>|\Z)")
_BREAKS = re.compile(r"(?i)<(?:br|/p|/div|/li|/tr|/h[1-6])\b[^<>]*>")
_TAG = re.compile(r"<[^<>]*>")
_ANCHOR = re.compile(
    r"(?is)<a\b[^<>]{0,2000}?\bhref\s*=\s*[\"']?(https?://[^\"'\s<>]{1,2000})[^<>]*>(.{0,500}?)</a\s*>"
)


def own_words(letter: Part) -> str:
    """The writer's own words, at most :data:`MAX_WORDS` characters."""
    text = clean(_text(letter)[:_LONGEST]).replace("\u200b", "")
    for end in (_QUOTED.search(text), _SIGNATURE.search(text)):
        text = text[: end.start()] if end else text
    lines = [line.rstrip() for line in text.split("\n") if not line.lstrip().startswith(">")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()[:MAX_WORDS]


def links(words: str) -> tuple[str, ...]:
    """The addresses of the web in some words, at most :data:`MAX_LINKS`."""
    found = (_whole(match[0]) for match in _LINK.finditer(words))
    return tuple(dict.fromkeys(found))[:MAX_LINKS]


def _whole(link: str) -> str:
    """A link without the punctuation of its sentence; a bracket that it opened stays."""
    while link and link[-1] in _TRAILING:
        if link[-1] == ")" and link.count("(") >= link.count(")"):
            break
        link = link[:-1]
    return link


def _text(letter: Part) -> str:
    """The plain text, or what the HTML says when there is none."""
    fallback = ""
    for part in letter.walk():
        if part.get_content_disposition() == "attachment" or part.is_multipart():
            continue
        if part.get_content_type() == "text/plain" and (text := content(part)).strip():
            return text
        if part.get_content_type() == "text/html" and not fallback:
            fallback = _from_html(content(part)[:_LONGEST])
    return fallback


def _from_html(markup: str) -> str:
    markup = _ANCHOR.sub(_anchor, _UNSEEN.sub("", markup))
    return html.unescape(_TAG.sub("", _BREAKS.sub("\n", markup)))


def _anchor(found: re.Match[str]) -> str:
    """A link's words, and its address when they do not show it."""
    address, words = html.unescape(found[1]), found[2]
    return (
        words if address.rstrip("/") in html.unescape(words) else f"{words} {html.escape(address)}"
    )
