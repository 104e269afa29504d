"""Tags as curators type them: ``+iiif -brouillon``."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from veille.errors import UsageError
from veille.model.text import one_line, tag_key

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_TAG = 60  # characters
# A comma lists tags, a slash and a hash would end an address, a quote a search.
_FORBIDDEN = ',/#"'


@dataclass(frozen=True, slots=True)
class TagChanges:
    """Tags to put on and to take off, as typed; no tag is in both."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


def valid_tag(name: str) -> str:
    """The tag as it will be shown: on one line, composed (NFC).

    Raises :class:`~veille.errors.UsageError` when it is empty, too long, or holds a character that
    would end it somewhere.
    """
    tag = unicodedata.normalize("NFC", one_line(name))
    if not any(char.isalnum() for char in tag):
        raise UsageError(f"'{tag}' is no tag: a tag needs a letter or a digit")
    if len(tag) > MAX_TAG:
        raise UsageError(
            f"the tag '{one_line(tag, 30)}' has {len(tag)} characters: the limit is {MAX_TAG}"
        )
    if tag[0] in "+-":
        raise UsageError(f"the tag '{tag}' begins with a sign: write +TAG or -TAG once")
    found = next((char for char in tag if char in _FORBIDDEN), None)
    if found:
        raise UsageError(f"the tag '{tag}' holds '{found}': write it without , / # and quotes")
    return tag


def parse_changes(args: Sequence[str]) -> TagChanges:
    """What ``+TAG`` and ``-TAG`` ask for; raises :class:`~veille.errors.UsageError`."""
    add: dict[str, str] = {}
    remove: dict[str, str] = {}
    for arg in args:
        side = _side(arg, add, remove)
        tag = valid_tag(arg[1:])
        side.setdefault(tag_key(tag), tag)
    both = next((add[key] for key in add if key in remove), None)
    if both:
        raise UsageError(f"the tag '{both}' is both put on and taken off: choose one")
    return TagChanges(tuple(add.values()), tuple(remove.values()))


def _side(arg: str, add: dict[str, str], remove: dict[str, str]) -> dict[str, str]:
    if arg.startswith("+"):
        return add
    if arg.startswith("-"):
        return remove
    raise UsageError(
        f"'{one_line(arg, 60)}' changes no tag: write +TAG to put it on, -TAG to take it off"
    )
