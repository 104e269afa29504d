"""Journeys go through the command line only."""

from __future__ import annotations

from tests.program import veille

__all__ = ["veille"]
