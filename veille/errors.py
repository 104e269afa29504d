"""Every error veille raises on purpose.

::

    VeilleError               could not be done                          exit 1
    ├── UsageError            wrong usage or configuration               exit 2
    │   ├── SettingsError     veille.toml, environment or flags
    │   ├── WorkspaceError    no workspace, or not one of ours
    │   ├── QueryError        a search that cannot be read; has a position
    │   └── SchemaError       a database that is not ours, older or newer
    ├── NotFound              no such item, source, digest, edition …
    ├── Refused               a rule of the house forbids it now
    ├── OpmlError             a subscription list that cannot be read
    ├── FetchError            an address that did not answer as it should; has a kind
    ├── ParseError            an answer that is no feed; has a kind
    │   └── WorkerDied        reading it took too much, or ended the process that read it
    ├── TemplateError         a template that does not render
    ├── StoreError            the database failed (disk full, read-only, damaged)
    │   ├── Lost              its server went away, and the transaction with it
    │   └── InDoubt           it went away while the transaction was being stored
    ├── OutputError           a page or a mail cannot be written to its folder
    ├── MailServerError       the mail server cannot be used: login, TLS, sender refused
    └── Busy                  another process is doing this right now    exit 75
        └── GaveWay           two were in each other's way: this one was undone

A message says what happened, why, and what to do next, on one line. The exit code of an error
belongs to its class, so that no command has to translate.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum


class ExitCode(IntEnum):
    """What a command tells the shell (a table in docs/commands.md)."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    PARTIAL = 3
    BUSY = 75  # EX_TEMPFAIL of sysexits.h
    INTERRUPTED = 130


class VeilleError(Exception):
    """It could not be done."""

    exit_code = ExitCode.FAILED

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").splitlines()[0])


class UsageError(VeilleError):
    """Wrong usage or configuration."""

    exit_code = ExitCode.USAGE


class SettingsError(UsageError):
    """The settings cannot be used."""


class WorkspaceError(UsageError):
    """There is no workspace here: run 'veille init', or name one with --workspace."""


class QueryError(UsageError):
    """A search that cannot be read.

    ``position`` counts characters from 0 in ``query``; ``expected`` says what would fit there.
    """

    def __init__(self, query: str, position: int, expected: str) -> None:
        self.query = query
        self.position = position
        self.expected = expected
        super().__init__(f"in the search, at character {position + 1}: expected {expected}")


class SchemaError(UsageError):
    """The database does not have the schema this version needs."""


class NotFound(VeilleError):  # noqa: N818  the command line says "not found", not "not found error"
    """There is no such thing."""


class Refused(VeilleError):  # noqa: N818  a rule said no; nothing went wrong
    """A rule of the house forbids this now."""


class OpmlError(VeilleError):
    """The subscription list cannot be read."""


class FailureKind(StrEnum):
    """Why a source could not be collected; stable words of the JSON contract."""

    HTTP_STATUS = "http-status"
    TIMEOUT = "timeout"
    DNS = "dns"
    TLS = "tls"
    REFUSED = "refused"
    TRUNCATED = "truncated"
    TOO_LARGE = "too-large"
    NOT_A_FEED = "not-a-feed"
    PARSE_TIMEOUT = "parse-timeout"
    REDIRECTS = "redirects"
    BLOCKED = "blocked"
    GONE = "gone"
    RATE_LIMITED = "rate-limited"
    NETWORK = "network"
    DECODING = "decoding"


class FetchError(VeilleError):
    """An address did not answer as it should.

    ``kind`` is a :class:`FailureKind`; ``status`` the HTTP status when there was one;
    ``retry_after`` the number of seconds the server asked us to wait, when it did; ``host`` who it
    was. ``asked`` is False when nothing was sent, since the host wants to be left alone.
    """

    def __init__(
        self,
        kind: FailureKind,
        message: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
        host: str | None = None,
        asked: bool = True,
    ) -> None:
        self.kind = kind
        self.host = host
        self.asked = asked
        self.status = status
        self.retry_after = retry_after
        super().__init__(message)


class ParseError(VeilleError):
    """The answer is no feed that can be read; ``kind`` is a :class:`FailureKind`."""

    def __init__(self, message: str, kind: FailureKind = FailureKind.NOT_A_FEED) -> None:
        self.kind = kind
        super().__init__(message)


class WorkerDied(ParseError):  # noqa: N818  what happened to it, not what it is
    """Reading an answer took too much time or memory, or ended the process that read it."""

    def __init__(self, message: str) -> None:
        super().__init__(message, FailureKind.PARSE_TIMEOUT)


class TemplateError(VeilleError):
    """A template does not render."""


class StoreError(VeilleError):
    """The database failed."""


class Lost(StoreError):  # noqa: N818  said of the connection
    """The server of the database went away; nothing was changed."""


class InDoubt(StoreError):  # noqa: N818  nobody knows whether anything went wrong
    """The server of the database went away while something was being stored."""


class OutputError(VeilleError):
    """A page or a mail cannot be written to its folder."""


class MailServerError(VeilleError):
    """The mail server cannot be used."""


class Busy(VeilleError):  # noqa: N818  a state of things, not a mistake
    """Another process is doing this right now; try again later."""

    exit_code = ExitCode.BUSY


class GaveWay(Busy):
    """Two transactions were in each other's way, and this one was undone."""
