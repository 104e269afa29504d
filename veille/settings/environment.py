"""``VEILLE_<SECTION>_<KEY>``: settings given in the environment, which win over the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args, get_origin

import msgspec
from msgspec.structs import fields

from veille.errors import SettingsError
from veille.settings.declaration import SECTIONS
from veille.settings.errors import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PREFIX = "VEILLE_"
_TRUE, _FALSE = ("true", "1", "yes", "on"), ("false", "0", "no", "off")

Place = tuple[str, str]


def variable(section: str, key: str) -> str:
    """The name of the variable that overrides a key.

    >>> variable("collect", "per_host")
    'VEILLE_COLLECT_PER_HOST'
    """
    return f"{PREFIX}{section}_{key}".upper()


def overrides(environ: Mapping[str, str]) -> dict[Place, tuple[str, Any]]:
    """For each key given in the environment, the variable's name and its value in the key's type.

    An empty variable counts as not set. Raises :class:`~veille.errors.SettingsError` for a
    variable that names no key, or holds a line break or another control character; the value is
    never shown, it may be a secret.
    """
    found: dict[Place, tuple[str, Any]] = {}
    for name, section, key in _named(environ):
        value = environ[name]
        if any(char < " " or "\x7f" <= char <= "\x9f" for char in value):
            raise SettingsError(
                f"in the environment, {name}: a line break or control character is refused"
            )
        if value:
            found[section, key] = (name, _typed(section, key, value))
    return found


def _named(environ: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    for name in sorted(environ):
        if not name.startswith(PREFIX):
            continue
        section, _, key = name.removeprefix(PREFIX).lower().partition("_")
        if section not in SECTIONS or key == "password":
            continue  # VEILLE_WORKSPACE; VEILLE_SMTP_PASSWORD, which smtp.password_env may name
        known = SECTIONS[section].__struct_fields__
        if key not in known:
            hint = nearest(name, (variable(section, each) for each in known))
            raise SettingsError(f"in the environment, {name} names no setting: {hint}")
        yield name, section, key


def _typed(section: str, key: str, value: str) -> Any:
    declared = {field.name: field.type for field in fields(SECTIONS[section])}
    kind = get_args(declared[key])[0]
    if bool in get_args(kind):
        return _switch_or_list(value)
    if get_origin(kind) is tuple:
        return _listed(value)
    try:
        return msgspec.convert(value, kind, strict=False)
    except msgspec.ValidationError:
        return value  # the check of all settings says what was expected


def _switch_or_list(value: str) -> bool | list[str]:
    if value.lower() in _TRUE:
        return True
    if value.lower() in _FALSE:
        return False
    return _listed(value)


def _listed(value: str) -> list[str]:
    return [part.strip() for part in value.split(",") if part.strip()]
