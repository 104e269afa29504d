"""The servers that mails leave and come by, as the settings name them, and the secrets that open them.

Part of the composition root: nothing is built, and no password read, before it is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from veille.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from veille.delivery.mailbox import ImapBox, MaildirBox
    from veille.delivery.smtp import Relay
    from veille.model.edition import Sender
    from veille.settings import Settings
    from veille.settings.mail import Mailbox, Smtp

    Section = Literal["smtp", "mailbox"]


@dataclass(frozen=True, slots=True)
class Servers:
    """The servers of a workspace; files are sought from its folder."""

    settings: Settings
    workspace: Path
    environ: Mapping[str, str]

    def relay(self, sender: Sender) -> Relay:
        """The server that takes the mails of a sender."""
        from email.utils import parseaddr

        from veille.delivery.message import domain_of
        from veille.delivery.smtp import Relay, Server

        mail, smtp = self.settings.mail, self.settings.smtp
        server = Server(
            host=smtp.host or "",
            port=smtp.port,
            security=smtp.security,
            user=smtp.user,
            password=self._password("smtp"),
            ca_file=self._file(smtp.ca_file),
            hello=domain_of(sender),
            timeout=smtp.timeout,
            final_timeout=smtp.final_timeout,
        )
        bounces = parseaddr(mail.bounce_address or "")[1] or sender.address or ""
        return Relay(server, bounces, verp=mail.verp, connections=smtp.connections, rate=mail.rate)

    def mailbox(self) -> ImapBox | MaildirBox | None:
        """Where answers and failures arrive, to be read once; None when the settings name none.

        Raises :class:`~veille.errors.UsageError` when no password is told of.
        """
        from veille.delivery.mailbox import Account, ImapBox, MaildirBox

        asked = self.settings.mailbox
        if asked.maildir is not None:
            return MaildirBox(self.workspace / asked.maildir, move_to=asked.move_to)
        if asked.host is None or asked.user is None:
            return None
        password = self._password("mailbox")
        if password is None:
            raise UsageError(
                "mailbox.user has no password: set mailbox.password_env, password_file or "
                "password_command"
            )
        account = Account(
            host=asked.host,
            port=asked.port,
            security=asked.security,
            user=asked.user,
            password=password,
            ca_file=self._file(asked.ca_file),
        )
        return ImapBox(account, asked.folder, move_to=asked.move_to)

    @property
    def exposed(self) -> str | None:
        """What is wrong with who may read the secrets that sending needs, if anything (G3)."""
        from veille.delivery.password import exposed

        mail, smtp = self.settings.mail, self.settings.smtp
        files = [mail.dkim_key_file, self.settings.mailbox.password_file]
        if mail.transport == "smtp":
            files.append(smtp.password_file)
        told = (exposed(self.workspace / file) for file in files if file is not None)
        return next((problem for problem in told if problem), None)

    @property
    def missing(self) -> str | None:
        """What this process does not find of the passwords that variables and files hold; a command
        is not run for that, it might ask somebody.
        """
        settings = self.settings
        needed: list[tuple[Section, bool]] = [
            ("smtp", settings.mail.transport == "smtp"),
            ("mailbox", settings.mailbox.host is not None),
        ]
        for section, wanted in needed:
            by_command = self._named(section).password_command is not None
            if wanted and not by_command and (find := self._password(section)):
                try:
                    find()
                except UsageError as error:
                    return str(error)
        return None

    def _named(self, section: Section) -> Smtp | Mailbox:
        return self.settings.smtp if section == "smtp" else self.settings.mailbox

    def _password(self, section: Section) -> Callable[[], str] | None:
        from veille.delivery import password

        return password.named_in(
            self._named(section), self.workspace, self.environ, section=section
        )

    def _file(self, name: str | None) -> str | None:
        return str(self.workspace / name) if name else None
