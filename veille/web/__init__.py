"""The web endpoint where readers leave a digest with one click (RFC 8058): a WSGI application.

``veille.web:application`` is what a server is given (gunicorn, waitress, uWSGI, mod_wsgi); the
workspace is named by ``VEILLE_WORKSPACE``. It needs no session, no cookie and no script.
"""

from __future__ import annotations

from veille.web.leaving import Leaving, application

__all__ = ["Leaving", "application"]
