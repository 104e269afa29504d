"""``veille compose``: picks and candidates side by side, and the mail as it would read now.

:func:`run` takes :class:`~veille.tui.compose.doors.Doors`; what keys do is done by workflows, so each
is an event in the log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from veille.tui.compose.screen import Compose
from veille.tui.size import measure_the_terminal

if TYPE_CHECKING:
    from veille.tui.compose.doors import Doors

__all__ = ["Compose", "run"]


def run(doors: Doors) -> int:
    """Open the screen in this terminal until its user leaves; how many changes were made."""
    measure_the_terminal()
    screen = Compose(doors)
    screen.run()
    return screen.done
