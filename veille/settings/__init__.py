"""The settings of a workspace: ``veille.toml``, over it the environment, both checked once.

Every key is declared once, in :mod:`~veille.settings.declaration`, with its type, bounds, default
and one line of description. From that come the check, the ``VEILLE_<SECTION>_<KEY>`` variables,
the commented file that ``veille init`` writes, and ``docs/settings.md``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from veille.settings.declaration import Settings
from veille.settings.loading import handed_on, load, read
from veille.settings.personal import own_handle

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Settings", "commented", "handed_on", "load", "own_handle", "read", "reference"]


# Two doors to a module that commands reading settings never need.


def commented(values: Mapping[str, Mapping[str, Any]] | None = None) -> str:
    """The commented ``veille.toml`` of ``veille init``; see :mod:`veille.settings.document`."""
    from veille.settings import document

    return document.commented(values)


def reference() -> str:
    """The text of ``docs/settings.md``."""
    from veille.settings import document

    return document.reference()
