"""Read, override, check: from ``veille.toml`` and the environment to :class:`Settings`."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

import msgspec
from msgspec.structs import replace

from veille import __version__
from veille.errors import SettingsError
from veille.settings.declaration import PASSWORD_SOURCES, SECTIONS, Settings
from veille.settings.environment import overrides
from veille.settings.errors import Origin, nearest
from veille.settings.rules import problems, stored_password

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

TAKEN = "VEILLE_TAKEN"  # a variable of the jobs that the loop starts
# Compiled when needed: only for mistakes.
_PLACE = r"(?s)(?P<what>.*?)(?: - at `\$\.(?P<section>\w+)(?:\.(?P<key>\w+))?.*`)?"
_NOT_TOML = r"(?P<what>.*) \(at (?:line (?P<line>\d+), column \d+|end of document)\)"
_WORDS = {
    "array": "list",
    "object": "table",
    "str": "text",
    "int": "whole number",
    "float": "number",
}


def load(path: Path, environ: Mapping[str, str]) -> Settings:
    """The settings of a workspace, whose ``veille.toml`` is ``path``.

    ``base_url`` comes back without a slash at its end, ``user_agent`` complete. Raises
    :class:`~veille.errors.SettingsError` with the file and line, or the variable. A job of the
    loop works with what the loop took, whatever became of the file (fault G6).
    """
    if taken := environ.get(TAKEN):
        return msgspec.json.decode(taken, type=Settings)
    return read(_read(path), path, environ)


def handed_on(settings: Settings, environ: Mapping[str, str]) -> dict[str, str]:
    """An environment in which a job finds the settings of its loop."""
    return {**environ, TAKEN: msgspec.json.encode(settings).decode()}


def read(text: str, path: Path, environ: Mapping[str, str]) -> Settings:
    """The settings in ``text``, which is, or is about to be, the file ``path``; raises as above."""
    data = _parse(path, text)
    origin = Origin(path, text)
    _refuse_unknown(data, origin)
    _refuse_secrets(data, origin)
    given = overrides(environ)
    for (section, key), (_, value) in given.items():
        data.setdefault(section, {})[key] = value
    return _checked(data, Origin(path, text, {place: name for place, (name, _) in given.items()}))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: not in UTF-8: save it in that encoding") from error


def _parse(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        what = str(error)
        found = re.fullmatch(_NOT_TOML, what)
        line = (found["line"] or len(text.splitlines())) if found else "?"
        reason = found["what"] if found else what
        twice = re.fullmatch(r"Cannot declare \('(\w+)',\) twice", reason)
        told = f"[{twice[1]}] is there twice: keep one, with all keys" if twice else reason
        raise SettingsError(f"{path}, line {line}: not TOML: {told}") from error


def _refuse_unknown(data: Mapping[str, Any], origin: Origin) -> None:
    for section, table in data.items():
        declared = SECTIONS.get(section)
        if not isinstance(table, dict):
            raise origin.error("", section, _outside_sections(section))
        if declared is None:
            hint = nearest(section, SECTIONS)
            raise origin.error(section, "", f"unknown section [{section}]: {hint}")
        for key in table:
            if key not in declared.__struct_fields__:
                raise origin.error(section, key, _unknown(section, key, declared.__struct_fields__))


def _outside_sections(name: str) -> str:
    if name in SECTIONS:
        return f"[{name}] is a table of settings, not a value"
    homes = [section for section, table in SECTIONS.items() if name in table.__struct_fields__]
    hint = f"move it below [{homes[0]}]" if homes else nearest(name, SECTIONS)
    return f"'{name}' stands before any section: {hint}"


def _unknown(section: str, key: str, known: tuple[str, ...]) -> str:
    if "password" in key:
        return (
            f"{section}.{key} is refused: a password is never kept in this file; "
            f"use one of smtp.{', '.join(PASSWORD_SOURCES)}"
        )
    return f"unknown key '{key}' in [{section}]: {nearest(key, known)}"


def _refuse_secrets(data: Mapping[str, Any], origin: Origin) -> None:
    url = data.get("database", {}).get("url")
    if isinstance(url, str) and stored_password(url):
        raise origin.error(
            "database",
            "url",
            "the address holds a password, which is never kept in this file: "
            "give the whole address in VEILLE_DATABASE_URL, or the password in ~/.pgpass",
        )


def _checked(data: Mapping[str, Any], origin: Origin) -> Settings:
    try:
        settings = msgspec.convert(data, Settings)
    except msgspec.ValidationError as error:
        raise _wrong_type(str(error), origin) from error
    for problem in problems(settings):
        raise origin.error(*problem)
    return _completed(settings)


def _wrong_type(message: str, origin: Origin) -> SettingsError:
    place = re.fullmatch(_PLACE, message)
    assert place is not None  # noqa: S101  the pattern takes any text
    section, key = place["section"] or "", place["key"] or ""
    return origin.error(section, key, f"{section}.{key}: {_expected(section, key, place['what'])}")


def _expected(section: str, key: str, what: str) -> str:
    choices = _choices(section, key)
    if choices:
        return f"expected one of {', '.join(map(str, choices))}"
    words = re.sub(
        r"`([^`]*)`",
        lambda code: " or ".join(_WORDS.get(word, word) for word in code[1].split(" | ")),
        what,
    )
    return words[:1].lower() + words[1:]


def _choices(section: str, key: str) -> tuple[object, ...]:
    declared = {field.name: field.type for field in msgspec.structs.fields(SECTIONS[section])}
    kind = get_args(declared[key])[0]
    return get_args(kind) if get_origin(kind) is Literal else ()


def _completed(settings: Settings) -> Settings:
    house, collect = settings.veille, settings.collect
    if house.base_url:
        house = replace(house, base_url=house.base_url.rstrip("/"))
    if not collect.user_agent:
        contact = f" (+{house.base_url})" if house.base_url else ""
        collect = replace(collect, user_agent=f"veille/{__version__}{contact}")
    return replace(settings, veille=house, collect=collect)
