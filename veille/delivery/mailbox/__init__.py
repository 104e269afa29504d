"""What comes back: a mailbox on a server or in a folder, and its letters read within bounds.

The only door to ``imaplib``.
"""

from __future__ import annotations

from veille.delivery.mailbox.folder import MaildirBox
from veille.delivery.mailbox.imap import Account, ImapBox
from veille.delivery.mailbox.letter import read_letter

__all__ = ["Account", "ImapBox", "MaildirBox", "read_letter"]
