"""The declaration as text: the commented ``veille.toml``, and the reference page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args, get_origin

from msgspec import NODEFAULT, Meta
from msgspec.structs import FieldInfo, fields

from veille.model.text import one_line
from veille.settings.declaration import ALTERNATIVES, SECTIONS
from veille.settings.environment import variable
from veille.settings.keys import reference as keys_of_screens

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_NUMBERS = {int: "whole number", float: "number", str: "text", bool: "true or false"}


class Key(NamedTuple):
    """One declared setting."""

    name: str
    kind: Any
    meta: Meta
    default: Any

    @property
    def sample(self) -> Any:
        """The default, or an example where there is none."""
        return (
            self.meta.examples[0] if self.default is None and self.meta.examples else self.default
        )


def keys(section: str) -> list[Key]:
    """The settings of a section, in the order they are declared."""
    return [_key(field) for field in fields(SECTIONS[section])]


def _key(field: FieldInfo) -> Key:
    kind, meta = get_args(field.type)
    assert field.default is not NODEFAULT  # noqa: S101  every setting has a default
    return Key(field.encode_name, kind, meta, field.default)


def commented(values: Mapping[str, Mapping[str, Any]] | None = None) -> str:
    """The ``veille.toml`` that ``veille init`` writes: every key, commented out, at its default.

    Keys in ``values`` (by section) are set. ``#`` right before a key comments a setting out; ``##``
    marks alternatives to the one above, of which only one may be set.
    """
    lines = [
        "# Settings of this workspace. Each key shows its default, or an example where it has none:",
        "# take the # away to change it (## marks another way to say the key above: take one of them).",
        "# Passwords never belong in this file.",
    ]
    for section, declared in SECTIONS.items():
        given = (values or {}).get(section, {})
        lines += ["", f"# {_first_line(declared)}", f"[{section}]"]
        for key in keys(section):
            lines += [f"# {key.meta.description}", _setting(key, given)]
    return "\n".join(lines) + "\n"


def _setting(key: Key, given: Mapping[str, Any]) -> str:
    if key.name in given:
        return f"{key.name} = {toml(given[key.name])}"
    mark = "##" if key.name in ALTERNATIVES else "#"
    return f"{mark}{key.name} = {toml(key.sample)}"


def toml(value: Any) -> str:
    """A value as TOML writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):  # JSON's escapes are TOML's, once control characters are gone
        return json.dumps(one_line(value), ensure_ascii=False)
    if isinstance(value, list | tuple):
        return f"[{', '.join(toml(part) for part in value)}]"
    return f"{value:_}" if value >= 1_000_000 else f"{value:g}"


def reference() -> str:
    """``docs/settings.md``: every key with its type, default, variable and description."""
    return "\n".join(_page()) + "\n"


def _page() -> Iterator[str]:
    yield "# Settings"
    yield ""
    yield "<!-- Written by docs/generate.py from veille/settings/declaration.py: change that, then `make docs`. -->"
    yield ""
    yield "A workspace keeps its settings in `veille.toml`. A variable of the environment wins over the file;"
    yield "an empty one counts as not set, a list is separated by commas. An unknown key, a wrong type or a"
    yield "value out of bounds ends any command with exit code 2, the file, the line and the nearest name."
    for section, declared in SECTIONS.items():
        yield from ("", f"## [{section}]", "", _first_line(declared), "")
        yield "| key | value | default | variable | meaning |"
        yield "|---|---|---|---|---|"
        yield from (_row(section, key) for key in keys(section))
    yield from ("", "## The user's own file", "")
    yield "`~/.config/veille/config.toml` (below `$XDG_CONFIG_HOME` when that is set) says who you are in"
    yield "every workspace, when neither `--as` nor `$VEILLE_CURATOR` does; without it, your login name:"
    yield from ("", "```toml", "[curator]", 'handle = "camille"', "")
    yield from ("[keys.triage]", 'keep = "s"', 'skip = ["x", "delete"]', "```", "")
    yield "The keys of the keyboard screens are yours too: a character, `ctrl+x`, or a key's name, one or a list."
    yield "A key that you give to one command is taken from the command that had it, and `[]` leaves a command"
    yield "without any. Ctrl-C always leaves, and Escape goes back by one step."
    yield ""
    yield from keys_of_screens()


def _row(section: str, key: Key) -> str:
    default = "none" if key.default is None else f"`{toml(key.default)}`"
    cells = (
        f"`{key.name}`",
        _kind(key),
        default,
        f"`{variable(section, key.name)}`",
        key.meta.description,
    )
    return f"| {' | '.join(str(cell) for cell in cells)} |"


def _kind(key: Key) -> str:
    if get_origin(key.kind) is Literal:
        return ", ".join(f"`{choice}`" for choice in get_args(key.kind))
    if bool in get_args(key.kind):
        return "true, false or list of networks"
    if get_origin(key.kind) is tuple:
        return "list of texts"
    kind = next((part for part in get_args(key.kind) if part is not type(None)), key.kind)
    if hasattr(kind, "__metadata__"):  # bounds of the value, where there may be none
        return f"{_NUMBERS[kind.__origin__]}{_bounds(kind.__metadata__[0])}"
    return f"{_NUMBERS[kind]}{_bounds(key.meta)}"


def _bounds(meta: Meta) -> str:
    least = meta.ge if meta.ge is not None else meta.gt
    if least is None or meta.le is None:
        return ""
    return f", {'above ' if meta.gt is not None else ''}{least:_} to {meta.le:_}"


def _first_line(declared: type) -> str:
    return (declared.__doc__ or "").partition("\n")[0]
