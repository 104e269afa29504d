"""``veille triage``: a list, the text of the item one is at, and a key for each verb.

:func:`run` takes :class:`~veille.tui.triage.doors.Doors` and returns how the sitting ended.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from veille.tui.size import measure_the_terminal
from veille.tui.triage.screen import Triage
from veille.tui.triage.work import Ended

if TYPE_CHECKING:
    from veille.tui.triage.doors import Doors

__all__ = ["Ended", "Triage", "run"]


def run(doors: Doors) -> Ended:
    """Open the screen in this terminal, until its user leaves; raises what broke it."""
    measure_the_terminal()
    screen = Triage(doors)
    ended = screen.run()
    if screen.broken is not None:
        raise screen.broken
    return ended or Ended(done=Counter(), failed=(), interrupted=True)
