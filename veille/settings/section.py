"""What all tables of ``veille.toml`` share."""

from __future__ import annotations

from msgspec import Struct


class Section(Struct, frozen=True, forbid_unknown_fields=True):
    """A table of ``veille.toml``."""
