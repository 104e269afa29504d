"""A mailbox on a server (IMAP4rev1, RFC 3501), over verified TLS only.

Letters are looked at without marking them read (PEEK), since people may read the same mailbox; what
was dealt with is flagged as seen, or moved (RFC 6851) when there is where to, and never deleted.
"""

from __future__ import annotations

import base64
import contextlib
import imaplib
import re
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from veille.delivery.mailbox.bounds import MAX_BYTES
from veille.errors import MailServerError, UsageError
from veille.model.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Where the mailbox is, and how one is let in; ``password`` is asked when it is needed."""

    host: str
    port: int
    security: str  # tls or starttls
    user: str
    password: Callable[[], str]
    ca_file: str | None = None
    timeout: float = 60.0


class ImapBox:
    """A folder of an account; a letter's place is the folder's UIDVALIDITY and its UID."""

    def __init__(
        self, account: Account, folder: str = "INBOX", *, move_to: str | None = None
    ) -> None:
        """``move_to`` is a folder for letters that were dealt with."""
        self._account = account
        self._folder = folder
        self._move_to = move_to
        self._server: imaplib.IMAP4 | None = None
        self.name = f"imap:{account.user}@{account.host}/{folder}"

    def open(self, since: date) -> Sequence[str]:
        """The places of the letters that came since a day, oldest first.

        Raises MailServerError when the server cannot be reached or trusted, or refuses us.
        """
        day = f"{since.day}-{_MONTHS[since.month - 1]}-{since.year}"
        try:
            self._server = self._connect()
            self._log_in(self._server)
            self._ask("SELECT", self._server.select(quoted(self._folder)))
            found = self._ask("SEARCH", self._server.uid("SEARCH", "SINCE", day))
            validity = _first(self._server.response("UIDVALIDITY")[1])
        except ssl.SSLError as error:
            reason = getattr(error, "verify_message", "") or error.reason or "no reason given"
            raise MailServerError(
                f"{self._name} cannot be trusted: {reason}; no password was sent "
                "(mailbox.ca_file names an authority of your own)"
            ) from error
        except (imaplib.IMAP4.error, OSError) as error:
            raise self._trouble(error) from error
        uids = sorted(int(uid) for line in found for uid in (line or b"").split())
        return [f"{validity}.{uid}" for uid in uids]

    def fetch(self, place: str) -> bytes:
        """The beginning of a letter; empty when somebody took it away meanwhile."""
        server = self._live()
        wanted = f"(BODY.PEEK[]<0.{MAX_BYTES}>)"
        try:
            answer = self._ask("FETCH", server.uid("FETCH", _uid(place), wanted))
        except (imaplib.IMAP4.error, OSError) as error:
            raise self._trouble(error) from error
        bodies = [part[1] for part in answer if isinstance(part, tuple)]
        return bodies[0] if bodies and isinstance(bodies[0], bytes) else b""

    def done(self, place: str) -> None:
        """Flag a letter as seen, and move it when there is where to and the server can."""
        server, uid = self._live(), _uid(place)
        try:
            self._ask("STORE", server.uid("STORE", uid, "+FLAGS.SILENT", r"(\Seen)"))
            if self._move_to and "MOVE" in server.capabilities:
                self._ask("MOVE", server.uid("MOVE", uid, quoted(self._move_to)))
        except (imaplib.IMAP4.error, OSError) as error:
            raise self._trouble(error) from error

    def close(self) -> None:
        """Leave; nothing is expunged."""
        server, self._server = self._server, None
        if server is not None:
            with contextlib.suppress(imaplib.IMAP4.error, OSError):
                server.logout()

    def _connect(self) -> imaplib.IMAP4:
        account, context = self._account, self._context()
        if account.security == "tls":
            return imaplib.IMAP4_SSL(
                account.host, account.port, ssl_context=context, timeout=account.timeout
            )
        server = imaplib.IMAP4(account.host, account.port, timeout=account.timeout)
        if "STARTTLS" not in server.capabilities:
            server.shutdown()
            raise MailServerError(
                f"{self._name} offers no STARTTLS, so nothing was sent to it: somebody may be "
                "listening; set mailbox.security and mailbox.port as its administrator says"
            )
        try:
            server.starttls(ssl_context=context)
        except BaseException:
            server.shutdown()
            raise
        return server

    def _context(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=self._account.ca_file)
        except OSError as error:
            raise UsageError(
                f"mailbox.ca_file {self._account.ca_file} cannot be read: {error.strerror or error}"
            ) from error

    def _log_in(self, server: imaplib.IMAP4) -> None:
        account = self._account
        password = account.password()
        try:
            server.login(account.user, password)
        except imaplib.IMAP4.error as error:  # its words may repeat what it was given
            raise MailServerError(
                f"{self._name} refuses the login of {account.user}: "
                "correct mailbox.user or its password"
            ) from error

    def _ask(self, command: str, answer: tuple[str, list[Any]]) -> list[Any]:
        status, data = answer
        if status != "OK":
            said = one_line(_first(data), 200)
            raise MailServerError(
                f"{self._name} refuses {command}: {said}; see mailbox.folder and mailbox.move_to"
            )
        return data

    def _live(self) -> imaplib.IMAP4:
        if self._server is None:
            raise MailServerError(f"{self._name}: no connection")
        return self._server

    def _trouble(self, error: Exception) -> MailServerError:
        words = one_line(str(error) or type(error).__name__, 200)
        return MailServerError(f"{self._name}: {words}; try again later")

    @property
    def _name(self) -> str:
        return f"the mailbox {self._account.host}:{self._account.port}"


def quoted(folder: str) -> str:
    """The name of a folder as IMAP has it: modified UTF-7 in quotes (RFC 3501 section 5.1.3)."""
    escaped = folder.replace("&", "&-")
    encoded = re.sub("[^ -~]+", lambda found: f"&{_base64(found[0])}-", escaped)
    return '"' + encoded.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _base64(text: str) -> str:
    coded = base64.b64encode(text.encode("utf-16-be")).decode("ascii")
    return coded.rstrip("=").replace("/", ",")


def _uid(place: str) -> str:
    return place.rpartition(".")[2]


def _first(data: list[Any] | None) -> str:
    first = (data or [b""])[0]
    return first.decode("utf-8", "replace") if isinstance(first, bytes) else str(first or "")
