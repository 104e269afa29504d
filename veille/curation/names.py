"""The names people give: tags, saved searches, rules. One identity whatever the spelling
(:func:`veille.model.text.tag_key`), shown as written."""

from __future__ import annotations

import unicodedata

from veille.errors import UsageError
from veille.model.text import one_line

MAX_NAME = 60  # characters
# A comma lists names, a slash and a hash would end an address, a quote a search.
_FORBIDDEN = ',/#"'


def valid_name(name: str, noun: str) -> str:
    """The name as it will be shown: on one line, composed (NFC).

    ``noun`` says what it names, in the messages. Raises :class:`~veille.errors.UsageError` when it is
    empty, too long, or holds a character that would end it somewhere.
    """
    name = unicodedata.normalize("NFC", one_line(name))
    if not any(char.isalnum() for char in name):
        raise UsageError(f"'{name}' is no {noun}: a {noun} needs a letter or a digit")
    if len(name) > MAX_NAME:
        raise UsageError(
            f"the {noun} '{one_line(name, 30)}' has {len(name)} characters: the limit is {MAX_NAME}"
        )
    if name[0] in "+-":
        raise UsageError(f"the {noun} '{name}' begins with a sign: {_advice(noun)}")
    found = next((char for char in name if char in _FORBIDDEN), None)
    if found:
        raise UsageError(f"the {noun} '{name}' holds '{found}': write it without , / # and quotes")
    return name


def _advice(noun: str) -> str:
    return "write +TAG or -TAG once" if noun == "tag" else "begin with a letter or a digit"
