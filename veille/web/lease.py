"""One open workspace for all requests of a server, opened again now and then.

To open a workspace takes longer than most requests. To keep one open for ever would miss new
settings, and a database that was upgraded or replaced.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from veille.errors import VeilleError

if TYPE_CHECKING:
    from collections.abc import Callable

    from veille.app import App

SECONDS = 60.0
PAUSE = 2.0  # seconds after a failure, in which nobody tries again: whoever asks may be many


class Lease:
    """Gives the open workspace to any thread; what a thread still uses outlives the renewal."""

    def __init__(self, open_app: Callable[[], App], monotonic: Callable[[], float]) -> None:
        self.open_app = open_app
        self._now = monotonic
        self._lock = threading.Lock()
        self._app: App | None = None
        self._failure: VeilleError | None = None
        self._until = 0.0

    def app(self) -> App:
        """The workspace, its database open; raises a VeilleError when it cannot be used."""
        with self._lock:
            if self._now() < self._until:
                if self._app is not None:
                    return self._app
                if self._failure is not None:
                    raise self._failure.with_traceback(None)
            self._drop()
            try:
                self._app = self._opened()
            except VeilleError as error:
                self._failure, self._until = error, self._now() + PAUSE
                raise
            self._until = self._now() + SECONDS
            return self._app

    def _opened(self) -> App:
        app = self.open_app()
        try:
            _ = app.db
        except BaseException:
            app.close()
            raise
        return app

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
        self._app = self._failure = None
