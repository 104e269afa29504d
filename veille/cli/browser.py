"""Handing a link to the browser: an argument list, http(s) only, no shell (fault I5)."""

from __future__ import annotations

import shlex
import shutil
import sys
from typing import TYPE_CHECKING

from veille.errors import Refused, UsageError, VeilleError

if TYPE_CHECKING:
    from pathlib import Path

    from veille.cli.context import Session

_OPENERS = ("open",) if sys.platform == "darwin" else ("xdg-open", "sensible-browser")


def browse(session: Session, url: str) -> None:
    """Open a link.

    Raises :class:`~veille.errors.Refused` when it is not http(s),
    :class:`~veille.errors.UsageError` when there is no browser, and
    :class:`~veille.errors.VeilleError` when the browser fails.
    """
    if not url.lower().startswith(("http://", "https://")):
        raise Refused("only http and https links are opened")
    argv = [*_browser(session), url]
    code = session.surroundings.launch(argv)
    if code != 0:
        raise VeilleError(f"{argv[0]} ended with code {code}: the link is {url}")


def show_page(session: Session, page: Path) -> None:
    """Open a page that veille wrote; raises like :func:`browse`."""
    session.surroundings.launch([*_browser(session), str(page.resolve())])


def _browser(session: Session) -> list[str]:
    path = session.surroundings.environ.get("PATH")
    asked = session.surroundings.environ.get("BROWSER", "")
    candidates = [_words(asked)] if asked else [[opener] for opener in _OPENERS]
    for argv in candidates:
        if argv and shutil.which(argv[0], path=path):
            return argv
    missing = candidates[0][0] if candidates[0] else "xdg-open"
    raise UsageError(f"there is no browser to call ({missing}): name one in $BROWSER")


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError as error:
        raise UsageError(f"$BROWSER cannot be read: {error}") from error
