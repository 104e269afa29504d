"""The user's own file: who this person is, in whatever workspace."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from veille.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping


def own_handle(environ: Mapping[str, str]) -> str | None:
    """``[curator] handle`` of the user's own ``config.toml``; None when there is none.

    Raises :class:`~veille.errors.SettingsError` when the file cannot be read as TOML.
    """
    text = own_text(environ)
    return None if text is None else _handle(own_file(environ), text)


def own_text(environ: Mapping[str, str]) -> str | None:
    """What the user's own file holds; None when there is none.

    Raises :class:`~veille.errors.SettingsError` when it is not in UTF-8.
    """
    path = own_file(environ)
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError:
        return None
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: not in UTF-8: save it in that encoding") from error


def own_file(environ: Mapping[str, str]) -> Path:
    """Where the user's own file is: ``$XDG_CONFIG_HOME``, or where the system keeps such files."""
    home = environ.get("XDG_CONFIG_HOME")
    if home:
        return Path(home) / "veille" / "config.toml"
    if sys.platform != "linux":
        from platformdirs import user_config_path

        return user_config_path("veille") / "config.toml"
    return Path.home() / ".config" / "veille" / "config.toml"  # platformdirs' answer, at no cost


def own_state(environ: Mapping[str, str]) -> Path:
    """The folder of what a program remembers for a user: in ``$XDG_STATE_HOME``, or where the system
    keeps such files.
    """
    home = environ.get("XDG_STATE_HOME")
    if home:
        return Path(home) / "veille"
    if sys.platform != "linux":
        from platformdirs import user_state_path

        return user_state_path("veille")
    return Path.home() / ".local" / "state" / "veille"


def _handle(path: Path, text: str) -> str | None:
    import tomllib

    try:
        curator = tomllib.loads(text).get("curator", {})
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: not TOML: {error}") from error
    handle = curator.get("handle") if isinstance(curator, dict) else None
    if handle is not None and not isinstance(handle, str):
        raise SettingsError(f'{path}: [curator] handle is a text, such as handle = "camille"')
    return handle or None
