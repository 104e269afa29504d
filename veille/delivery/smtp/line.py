"""One connection to a mail server, its phases driven by hand.

``smtplib.sendmail`` tells a cut before the final dot from a cut after it by nothing; yet only the
second leaves a mail in doubt (RFC 1047; RFC 5321 sections 4.1.1.4, 4.2.5). So a mail goes in two
steps: :meth:`Line.offer` brings it to the last byte before the dot, and :meth:`Line.commit`, which
the caller begins only after writing down that it does, sends the dot and reads the answer.
"""

from __future__ import annotations

import base64
import smtplib
import socket
import ssl
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING, Literal

from veille.delivery.smtp.dialogue import Dialogue, text, words
from veille.errors import MailServerError, UsageError
from veille.model.delivery import Answer
from veille.model.states import DeliveryState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from veille.delivery.envelope import Envelope

_DOT = b".\r\n"
_SLOW_DOWN = (421, 452)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """How to reach the mail server. ``password`` is asked for when it is needed, and not kept."""

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    user: str | None = None
    password: Callable[[], str] | None = field(default=None, repr=False)
    ca_file: str | None = None
    hello: str = "localhost"  # the domain we come from, never the machine's own name (E20)
    timeout: float = 60
    final_timeout: float = 600  # RFC 5321 section 4.5.3.2.6


class LineLost(Exception):  # noqa: N818  a state of the line; the caller decides whether it is bad
    """The server went away, or says what is no reply. Nothing was delivered for sure."""


class Line:
    """A connection, used by one thread, that carries mails one after the other."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._dialogue: Dialogue | None = None
        self._dirty = False

    @property
    def is_open(self) -> bool:
        """Whether the server was there the last time."""
        return self._dialogue is not None

    def open(self) -> None:
        """Connect, greet, secure, log in.

        Raises :class:`~veille.errors.MailServerError` when the server refuses us, or cannot be
        trusted; :class:`LineLost` when it may well answer later.
        """
        self.close()
        dialogue = None
        try:
            dialogue = self._connect()
            self._greet(dialogue)
            self._log_in(dialogue)
        except ssl.SSLError as error:
            raise MailServerError(
                f"{self._name} cannot be trusted: {_tls_reason(error)}; nothing was sent"
            ) from error
        except (smtplib.SMTPException, OSError) as error:
            raise LineLost(f"{self._name}: {words(error)}") from error
        else:
            self._dialogue, self._dirty, dialogue = dialogue, False, None
        finally:
            if dialogue is not None:
                dialogue.close()

    def offer(self, envelope: Envelope, content: bytes) -> Answer | None:
        """Bring a mail up to its final dot; None when only the dot is missing.

        An answer says why it got no further: nothing was delivered. Raises :class:`LineLost`
        (nothing was delivered either), MailServerError when the server refuses our sender.
        """
        dialogue = self._live()
        try:
            answer = self._propose(dialogue, envelope, len(content))
            if answer is None:
                dialogue.send(_stuffed(content))
                if dialogue.restless():  # an answer to a mail that is not whole is none
                    code, said = dialogue.getreply()
                    answer = _answer(code, said, "payload")
                    self._drop()  # a QUIT here would be part of the mail
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            raise LineLost(f"{self._name}: {words(error)}") from error
        if answer is not None and answer.code == 421:
            self.close()
        return answer

    def commit(self) -> Answer:
        """Write the dot and read the answer. Anything but a whole reply leaves the mail in doubt.

        Raises :class:`LineLost` when the server left before the dot: nothing was delivered.
        """
        dialogue = self._live()
        if dialogue.restless():
            self._drop()
            raise LineLost(f"{self._name}: it left before the end of the mail")
        dialogue.deadline = self._server.final_timeout
        try:
            dialogue.send(_DOT)
            code, said = dialogue.getreply()
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            reply = f"no answer after the end of the mail: {words(error)}"
            return Answer(state=DeliveryState.UNCERTAIN, phase="dot", code=None, reply=reply)
        dialogue.deadline = self._server.timeout
        self._dirty = False
        answer = _answer(code, said, "dot")
        if answer.code == 421:
            self.close()
        return answer

    def close(self) -> None:
        """Say goodbye; what the server answers changes nothing any more."""
        dialogue, self._dialogue = self._dialogue, None
        if dialogue is not None:
            dialogue.deadline = min(self._server.timeout, 5)
            try:
                dialogue.quit()
            except (smtplib.SMTPException, OSError):
                dialogue.close()

    def _propose(self, dialogue: Dialogue, envelope: Envelope, size: int) -> Answer | None:
        """MAIL, RCPT, DATA: one after the other, or in one word to a server that offers PIPELINING."""
        features = dialogue.esmtp_features
        if self._dirty:
            dialogue.docmd("RSET")
        self._dirty = True
        words = [
            f"MAIL {envelope.mail_from(features, size)}",
            f"RCPT {envelope.rcpt_to(features)}",
            "DATA",
        ]
        if "pipelining" in features:  # RFC 2920 section 3.1: DATA may end a group
            replies = dialogue.ask_all(words)
        else:
            replies = (dialogue.docmd(word) for word in words)
        answer = self._proposed(replies, envelope)
        if answer is not None and "pipelining" in features:
            self._hear_out(answer, replies)
        return answer

    def _proposed(self, replies: Iterator[tuple[int, bytes]], envelope: Envelope) -> Answer | None:
        """What a server says to MAIL, RCPT and DATA, read no further than to the first no."""
        code, said = next(replies)
        if code >= 500:
            raise MailServerError(
                f"{self._name} refuses the sender {envelope.sender}: {code} {text(said)}; "
                "correct mail.sender, mail.bounce_address or mail.verp, then send again"
            )
        if code != 250:
            return _answer(code, said, "MAIL")
        code, said = next(replies)
        if code not in (250, 251):
            return _answer(code, said, "RCPT")
        code, said = next(replies)
        return None if code == 354 else _answer(code, said, "DATA")

    def _hear_out(self, answer: Answer, replies: Iterator[tuple[int, bytes]]) -> None:
        """What was refused is settled; the server still answers the rest of the group. One that waits
        for a mail nobody gets (RFC 2920 section 3.1) is left, for the dot is never sent uncommitted."""
        try:
            if answer.code == 421 or any(code == 354 for code, _ in replies):
                self._drop()
        except smtplib.SMTPException:
            self._drop()

    def _connect(self) -> Dialogue:
        server = self._server
        raw = socket.create_connection((server.host, server.port), server.timeout)
        # The dot is a small write after a large one: held back until the server acknowledges the
        # large one, it would cost each mail the forty milliseconds of a delayed answer.
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            if server.security == "none":
                _refuse_strangers(raw, server.host)
            if server.security == "tls":
                raw = self._context().wrap_socket(raw, server_hostname=server.host)
        except BaseException:
            raw.close()
            raise
        return Dialogue(raw, server.host, server.hello, server.timeout)

    def _greet(self, dialogue: Dialogue) -> None:
        self._expect(220, dialogue.getreply())
        dialogue.ehlo_or_helo_if_needed()
        if self._server.security != "starttls":
            return
        if not dialogue.has_extn("starttls"):
            raise MailServerError(
                f"{self._name} offers no STARTTLS, so nothing was sent to it: somebody may be "
                "listening; set smtp.security and smtp.port as its administrator says"
            )
        self._expect(220, dialogue.starttls(context=self._context()))
        dialogue.ehlo_or_helo_if_needed()

    def _expect(self, wanted: int, reply: tuple[int, bytes]) -> None:
        code, said = reply
        if code != wanted:
            raise LineLost(f"{self._name}: {code} {text(said)}")

    def _context(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=self._server.ca_file)
        except OSError as error:
            raise UsageError(
                f"smtp.ca_file {self._server.ca_file} cannot be read: {error.strerror or error}"
            ) from error

    def _log_in(self, dialogue: Dialogue) -> None:
        server = self._server
        if server.user is None:
            return
        if server.security == "none":
            raise UsageError("smtp.user needs TLS: a password never travels in clear; use starttls")
        if server.password is None:
            raise UsageError(
                "smtp.user has no password: set smtp.password_env, password_file or password_command"
            )
        code = self._authenticate(dialogue, server.user, server.password())
        if 400 <= code < 500:
            raise LineLost(f"{self._name}: {code}, the login is put off")
        if code != 235:  # the server's own words stay unsaid: some repeat what they were given
            raise MailServerError(
                f"{self._name} refuses the login of {server.user} ({code}): "
                "correct smtp.user or its password; nothing was sent"
            )

    def _authenticate(self, dialogue: Dialogue, user: str, password: str) -> int:
        """One attempt, whatever the answer: a second would lock the account the sooner (M5)."""
        offered = dialogue.esmtp_features.get("auth", "").upper().split()
        if "PLAIN" in offered:  # RFC 4616
            return dialogue.docmd("AUTH", f"PLAIN {_base64(f'{chr(0)}{user}{chr(0)}{password}')}")[
                0
            ]
        if "LOGIN" not in offered:
            raise MailServerError(
                f"{self._name} offers no login that veille knows: leave smtp.user out, or ask its "
                "administrator for AUTH PLAIN"
            )
        code = dialogue.docmd("AUTH", f"LOGIN {_base64(user)}")[0]
        return dialogue.docmd(_base64(password))[0] if code == 334 else code

    def _live(self) -> Dialogue:
        if self._dialogue is None:
            raise LineLost(f"{self._name}: no connection")
        return self._dialogue

    def _drop(self) -> None:
        if self._dialogue is not None:
            self._dialogue.close()
        self._dialogue = None

    @property
    def _name(self) -> str:
        return f"the mail server {self._server.host}:{self._server.port}"


def _answer(code: int, said: bytes, phase: str) -> Answer:
    """A reply as what became of the mail (RFC 5321 section 4.2.1)."""
    if phase == "dot" and 200 <= code < 300:
        state = DeliveryState.ACCEPTED
    elif phase == "dot" and code < 400:
        state = DeliveryState.UNCERTAIN  # 3yz answers nothing here
    elif code >= 500:
        state = DeliveryState.REJECTED
    else:
        state = DeliveryState.DEFERRED
    throttled = code in _SLOW_DOWN or (phase == "MAIL" and code < 500)
    return Answer(state=state, phase=phase, code=code, reply=text(said), throttled=throttled)


def _refuse_strangers(raw: socket.socket, host: str) -> None:
    """In clear to this machine only: E22, RFC 8314 section 3."""
    if not ip_address(raw.getpeername()[0]).is_loopback:
        raise UsageError(
            f"smtp.security is none, but {host} is another machine: mails would travel in clear; "
            "use starttls or tls"
        )


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")


def _stuffed(content: bytes) -> bytes:
    """The message for the wire, its lines that begin with a dot given another (RFC 5321 4.5.2)."""
    stuffed = content.replace(b"\n.", b"\n..")
    if stuffed.startswith(b"."):
        stuffed = b"." + stuffed
    return stuffed if stuffed.endswith(b"\r\n") else stuffed + b"\r\n"


_EXPIRED = 10  # X509_V_ERR_CERT_HAS_EXPIRED of OpenSSL


def _tls_reason(error: ssl.SSLError) -> str:
    """Why there is no trust, and what mends it."""
    if isinstance(error, ssl.SSLCertVerificationError):
        mended = (
            "its administrator renews it"
            if error.verify_code == _EXPIRED
            else "smtp.ca_file names an authority of your own"
        )
        return f"its certificate is refused ({error.verify_message}: {mended})"
    if error.reason == "WRONG_VERSION_NUMBER":
        return (
            "what answers there does not begin with TLS (smtp.port, or smtp.security = starttls?)"
        )
    return f"TLS fails ({error.reason or 'no reason given'})"
