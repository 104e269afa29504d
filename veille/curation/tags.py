"""Tags as curators type them: ``+iiif -brouillon``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from veille.curation.names import valid_name
from veille.errors import UsageError
from veille.model.text import one_line, tag_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True, slots=True)
class TagChanges:
    """Tags to put on and to take off, as typed; no tag is in both."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


def valid_tag(name: str) -> str:
    """The tag as it will be shown; raises :class:`~veille.errors.UsageError` when it cannot be one."""
    return valid_name(name, "tag")


def valid_tags(names: Iterable[str]) -> tuple[str, ...]:
    """Each tag once, as first spelled; raises :class:`~veille.errors.UsageError`."""
    tags: dict[str, str] = {}
    for tag in map(valid_tag, names):
        tags.setdefault(tag_key(tag), tag)
    return tuple(tags.values())


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
