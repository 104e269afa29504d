"""One open workspace for all requests of a server, opened again now and then.

To open a workspace takes longer than most requests. To keep one open for ever would miss new
settings, and a database that was upgraded or replaced.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from veille.app import App

SECONDS = 60.0


class Lease:
    """Gives the open workspace to any thread; what a thread still uses outlives the renewal."""

    def __init__(self, open_app: Callable[[], App], monotonic: Callable[[], float]) -> None:
        self.open_app = open_app
        self._now = monotonic
        self._lock = threading.Lock()
        self._app: App | None = None
        self._until = 0.0

    def app(self) -> App:
        """The workspace, its database open; raises a VeilleError when it cannot be used."""
        with self._lock:
            if self._app is None or self._now() >= self._until:
                self._drop()
                app = self.open_app()
                try:
                    _ = app.db
                except BaseException:
                    app.close()
                    raise
                self._app, self._until = app, self._now() + SECONDS
            return self._app

    def renew(self) -> None:
        """Open it again for the next request."""
        self._until = 0.0

    def close(self) -> None:
        """Let go of it."""
        with self._lock:
            self._drop()

    def _drop(self) -> None:
        if self._app is not None:
            self._app.close()
            self._app = None
