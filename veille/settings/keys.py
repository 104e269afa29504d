"""The keys of the keyboard screens: each command declared once, with its keys and one line on it.

From this come what a key does, the bar at the foot of a screen, its help, the check of the user's
own file, and the section of ``docs/settings.md``.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import asdict, fields

from veille.settings.errors import Origin, nearest
from veille.settings.personal import own_file, own_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Keys = tuple[str, ...]

# What a key may be called besides the character it writes.
NAMED = (
    "up", "down", "left", "right", "home", "end", "pageup", "pagedown",
    "space", "enter", "tab", "backspace", "delete", "insert",
    *(f"f{number}" for number in range(1, 13)),
)  # fmt: skip
# Ctrl-H, Ctrl-I and Ctrl-M are Backspace, Tab and Enter; Ctrl-Q and Ctrl-S stop some terminals.
_CONTROL = re.compile(r"ctrl\+[abdefgjklnoprtuvwxyz]")
_THE_SAME = {"ctrl+h": "backspace", "ctrl+i": "tab", "ctrl+m": "enter"}
_FIXED = {"ctrl+c": "leaves the screen", "escape": "goes back by one step"}
# Names that other programs have for our keys.
_ALSO = {"esc": "escape", "return": "enter", "del": "delete", "bs": "backspace", "minus": "-"}
_MAY_BE = f"one character, ctrl+x, or one of f1 to f12, {', '.join(NAMED[:-12])}"


class Screen(Struct, frozen=True, forbid_unknown_fields=True):
    """The keys of one screen, by command."""


class TriageKeys(Screen, frozen=True, forbid_unknown_fields=True):
    """The keys of ``veille triage``."""

    next: Annotated[Keys, Meta(description="The next item.")] = ("j", "down")
    previous: Annotated[Keys, Meta(description="The previous item.")] = ("k", "up")
    next_new: Annotated[Keys, Meta(description="The next item that nobody decided on.")] = (
        "n",
        "tab",
    )
    previous_new: Annotated[Keys, Meta(description="The previous item that nobody decided on.")] = (
        "p",
    )
    first: Annotated[Keys, Meta(description="The first item.")] = ("g", "home")
    last: Annotated[Keys, Meta(description="The last item.")] = ("G", "end")
    keep: Annotated[Keys, Meta(description="Keep the item, and go on.")] = ("y",)
    skip: Annotated[Keys, Meta(description="Put the item aside, and go on.")] = ("d",)
    reset: Annotated[Keys, Meta(description="Put the item back in the inbox.")] = ("i",)
    tag: Annotated[Keys, Meta(description="Put tags on, or take them off.")] = ("t",)
    comment: Annotated[Keys, Meta(description="Say something about it to your colleagues.")] = (
        "c",
    )
    blurb: Annotated[Keys, Meta(description="Write what readers will see.")] = ("b",)
    open: Annotated[Keys, Meta(description="Open it in the browser.")] = ("o",)
    undo: Annotated[Keys, Meta(description="Take back what you did last.")] = ("u",)
    filter: Annotated[Keys, Meta(description="Show what matches, as you type.")] = ("/",)
    story: Annotated[
        Keys, Meta(description="All that tell the same story, in this list's place.")
    ] = ("s",)
    read_on: Annotated[
        Keys, Meta(description="The next page of the text; at its end, the next item.")
    ] = ("space", "pagedown")
    read_back: Annotated[Keys, Meta(description="The page of the text before.")] = ("-", "pageup")
    whole: Annotated[Keys, Meta(description="The text alone, or beside the list again.")] = (
        "enter",
    )
    reload: Annotated[Keys, Meta(description="Search again, for what came in since.")] = ("R",)
    help: Annotated[Keys, Meta(description="All keys.")] = ("?",)
    quit: Annotated[Keys, Meta(description="Leave; what you did is stored.")] = ("q",)


SCREENS: dict[str, type[Screen]] = {"triage": TriageKeys}


def own_keys(screen: str, environ: Mapping[str, str]) -> Screen:
    """The keys of a screen: those of the user's own file (``[keys.triage]``) over the declared ones.

    A key the user gives to one command is taken from the command that had it; an empty list leaves
    a command without any. Raises
    :class:`~veille.errors.SettingsError` for a command or a key that is not there, for a key given
    to two commands, and when no key is left to leave the screen with.
    """
    path, text = own_file(environ), own_text(environ)
    if text is None:
        return SCREENS[screen]()
    origin = Origin(path, text)
    given = _given(screen, text, origin)
    return _merged(screen, given, origin)


def commands(screen: str) -> list[tuple[str, str]]:
    """The commands of a screen, each with one line on it."""
    return [
        (field.encode_name, _meta(field).description or "") for field in fields(SCREENS[screen])
    ]


def reference() -> Iterator[str]:
    """The section of ``docs/settings.md`` on keys."""
    for screen, declared in SCREENS.items():
        yield f"### [keys.{screen}]"
        yield ""
        yield (declared.__doc__ or "").partition("\n")[0]
        yield ""
        yield "| command | keys | meaning |"
        yield "|---|---|---|"
        for command, meaning in commands(screen):
            keys = " ".join(f"`{key}`" for key in getattr(declared(), command))
            yield f"| `{command}` | {keys} | {meaning} |"


def _given(screen: str, text: str, origin: Origin) -> dict[str, Keys]:
    import tomllib

    from veille.errors import SettingsError

    try:
        tables = tomllib.loads(text).get("keys", {})
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{origin.path}: not TOML: {error}") from error
    if not isinstance(tables, dict):
        raise origin.error("keys", "", "keys is a table of screens, such as [keys.triage]")
    unknown = next((name for name in tables if name not in SCREENS), None)
    if unknown:
        raise origin.error(
            f"keys.{unknown}", "", f"no screen '{unknown}': {nearest(unknown, SCREENS)}"
        )
    return _checked(screen, tables.get(screen, {}), origin)


def _checked(screen: str, table: Any, origin: Origin) -> dict[str, Keys]:
    section, known = f"keys.{screen}", SCREENS[screen].__struct_fields__
    if not isinstance(table, dict):
        raise origin.error("keys", screen, f"{section} is a table, such as [{section}]")
    given: dict[str, Keys] = {}
    for command, keys in table.items():
        if command not in known:
            raise origin.error(
                section, command, f"no command '{command}': {nearest(command, known)}"
            )
        try:
            named = msgspec.convert([keys] if isinstance(keys, str) else keys, Keys)
        except msgspec.ValidationError as error:
            example = f'{command} = "x", or {command} = ["x", "f5"]'
            raise origin.error(section, command, f"keys are texts, such as {example}") from error
        given[command] = tuple(dict.fromkeys(map(_spelt, named)))
        for key in given[command]:
            if not _is_key(key):
                raise origin.error(section, command, _no_key(key))
    return given


def _spelt(key: str) -> str:
    """A key as the screen hears it: é in one character, F5 and Ctrl+X in small letters."""
    key = unicodedata.normalize("NFC", key)
    return key.lower() if len(key) > 1 else key


def _is_key(key: str) -> bool:
    return (len(key) == 1 and key.isprintable() and key != " ") or (
        key in NAMED or _CONTROL.fullmatch(key) is not None
    )


def _no_key(key: str) -> str:
    """Why a key cannot be had, and which one may have been meant."""
    from difflib import get_close_matches  # only for a mistake

    meant = _ALSO.get(key, key)
    if key == " ":
        return "write space for the space bar"
    if meant in _FIXED:
        return f"{meant} always {_FIXED[meant]}: choose another key"
    if meant in _THE_SAME:
        return f"{key} is {_THE_SAME[key]} in a terminal: write that, or choose another key"
    if _is_key(meant):
        return f"no key '{key}': did you mean '{meant}'?"
    close = get_close_matches(key, NAMED, n=1)
    hint = f"did you mean '{close[0]}'?" if close else f"write {_MAY_BE}"
    return f"no key '{key}': {hint}"


def _merged(screen: str, given: Mapping[str, Keys], origin: Origin) -> Screen:
    section = f"keys.{screen}"
    taken: dict[str, str] = {}
    for command, keys in given.items():
        for key in keys:
            if taken.setdefault(key, command) != command:
                problem = f"the key '{key}' is given to both {taken[key]} and {command}: choose one"
                raise origin.error(section, command, problem)
    declared = asdict(SCREENS[screen]())
    merged = {
        command: given.get(command, tuple(key for key in keys if key not in taken))
        for command, keys in declared.items()
    }
    if not merged["quit"]:
        taker = taken.get(declared["quit"][0], "quit")
        raise origin.error(section, taker, "no key is left for quit: give it one")
    return msgspec.convert(merged, SCREENS[screen])


def _meta(field: Any) -> Meta:
    return field.type.__metadata__[0]  # type: ignore[no-any-return]
