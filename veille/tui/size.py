"""A screen is as large as its terminal, whatever the environment says of another one's size."""

from __future__ import annotations

import os


def measure_the_terminal() -> None:
    """Forget ``COLUMNS`` and ``LINES``: with them, the library never sees that the size changes.

    Some shells and build tools export them, and they hold for the terminal of that instant only.
    """
    for name in ("COLUMNS", "LINES"):
        os.environ.pop(name, None)
