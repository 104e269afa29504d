"""The Google Reader API as FreshRSS speaks it, for reader apps: a WSGI application.

There is no standard. What is answered here is what FreshRSS (p/api/greader.php) answers and what
newsboat, NetNewsWire and Read You ask and require, read in their sources; where they differ, the
form that all of them take. The API may live under any path.
"""

from __future__ import annotations

from veille.web.reader.application import Reader

__all__ = ["Reader"]
