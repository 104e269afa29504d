"""Mail by SMTP: the strict dialogue, one line at a time, and the relay that makes lines.

The only door to ``smtplib``.
"""

from __future__ import annotations

from veille.delivery.smtp.line import Line, LineLost, Server
from veille.delivery.smtp.relay import Relay

__all__ = ["Line", "LineLost", "Relay", "Server"]
