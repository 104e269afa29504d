"""A value for "leave as it is", where None already means something."""

from __future__ import annotations

from enum import Enum
from typing import Any, Final


class Unset(Enum):
    """The type of :data:`UNSET`."""

    UNSET = "unset"


UNSET: Final = Unset.UNSET


def given(**values: Any) -> dict[str, Any]:
    """The values that are set, by name."""
    return {name: value for name, value in values.items() if value is not UNSET}
