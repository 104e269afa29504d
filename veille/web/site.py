"""What ``veille serve`` answers: ``…/leave/TOKEN`` for readers who leave, all else for reader apps."""

from __future__ import annotations

import re
from contextlib import closing
from typing import TYPE_CHECKING, Any

from veille.web.leaving import Leaving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from veille.web.reader import Reader

# The address of a source, in a path of the API, may hold the same word.
_LEAVE = re.compile(r"(?!.*/(reader|accounts)/).*/leave/[^/]+/?", re.DOTALL)


class Site:
    """One application of two."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._leaving = Leaving(lambda: closing(reader.lease.open_app()))

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        leaves = _LEAVE.fullmatch(environ.get("PATH_INFO", ""))
        return (self._leaving if leaves else self._reader)(environ, start_response)
