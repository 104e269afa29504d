"""A title for what has none but its address."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from veille.feeds import urls
from veille.model.text import one_line

_EXTENSION = re.compile(r"\.(?:html?|php|aspx?|jsp|xhtml|md|pdf)$", re.IGNORECASE)
_NUMBER = re.compile(r"^\d+[-_]|[-_]\d+$|[-_][0-9a-f]{8,}$")
_SEPARATORS = re.compile(r"[-_+.\s]+")
_LETTERS = re.compile(r"[^\W\d_]{2}")


def title_of_address(url: str) -> str:
    """Words made of the last part of an address that has some; when none has, the address, spelled as
    all its spellings are shown.

    >>> title_of_address("https://musee.example/actus/2026/nouvelles-salles-1234.html")
    'Nouvelles salles'
    """
    for part in reversed(unquote(urlsplit(url).path).split("/")):
        words = one_line(_SEPARATORS.sub(" ", _NUMBER.sub("", _EXTENSION.sub("", part))), 200)
        if _LETTERS.search(words):
            return words[0].upper() + words[1:]
    return urls.canonical(url) or url
