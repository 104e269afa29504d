"""The composition root: from a workspace and the settings to everything a command needs.

Nothing is built before it is asked for, so that a command that lists items never pays for a
renderer, and nothing is built when this module is imported.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from veille.settings import Settings, load
from veille.store import curators
from veille.store.database import Database
from veille.workflows.acting import Act
from veille.workspace import MARKER, absolute_url, find_workspace, locked, who_acts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from veille.delivery.maildir import Outbox
    from veille.delivery.smtp import Relay
    from veille.digest.charter import Charter
    from veille.digest.render import Renderer
    from veille.feeds.fetch import Fetcher, FetchSettings
    from veille.feeds.workers import Workers
    from veille.model.delivery import Place
    from veille.model.edition import Sender, Severity
    from veille.model.event import Actor
    from veille.servers import Servers
    from veille.workflows.domain import Domain
    from veille.workflows.notices import Post
    from veille.workflows.publish import House


def utc_now() -> datetime:
    """The present instant; the only clock of the program."""
    return datetime.now(UTC)


@dataclass
class App:
    """A workspace opened by somebody. ``clock`` is asked once a command, through :meth:`act`."""

    workspace: Path
    settings: Settings
    actor: Actor
    environ: Mapping[str, str]
    clock: Callable[[], datetime] = utc_now
    _open: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def act(self, note: str | None = None) -> Act:
        """One command of this curator, now."""
        return Act(actor=self.actor, now=self.clock(), note=note)

    def machine(self) -> Act:
        """What the machine does by itself, now: nobody's act."""
        return Act(actor=None, now=self.clock())

    @cached_property
    def zone(self) -> ZoneInfo:
        """The time zone in which days and periods are counted."""
        return ZoneInfo(self.settings.veille.timezone)

    @property
    def database_url(self) -> str:
        """The database's address; a relative SQLite path is in the workspace."""
        return absolute_url(self.settings.database.url, self.workspace)

    @cached_property
    def db(self) -> Database:
        """The open database; raises :class:`~veille.errors.SchemaError` when it is not ours.

        From now on the curator goes by the name they were recorded under.
        """
        db = Database.open(self.database_url)
        self._open.callback(db.close)
        with db.read() as connection:
            self.actor = curators.known_as(connection, self.actor)
        return db

    @cached_property
    def web(self) -> Fetcher:
        """The door to the web."""
        return self.fetcher()

    def fetcher(self, concurrency: int | None = None) -> Fetcher:
        """A door to the web that lets so many requests through at once (default: the settings)."""
        from veille.feeds.fetch import Fetcher

        web = Fetcher(self.fetch_settings(concurrency))
        self._open.callback(web.close)
        return web

    def fetch_settings(self, concurrency: int | None = None) -> FetchSettings:
        """How the web is asked: limits and manners."""
        from veille.feeds.fetch import FetchSettings

        collect = self.settings.collect
        return FetchSettings(
            timeout=collect.timeout,
            max_bytes=collect.max_bytes,
            per_host=collect.per_host,
            spacing=collect.spacing,
            concurrency=concurrency or collect.concurrency,
            user_agent=collect.user_agent,
            allow_private=collect.allow_private,
            environ=self.environ,
        )

    def readers(self, count: int | None = None) -> Workers[Any]:
        """Processes that parse what strangers wrote, as many as there are cores or ``count``; none
        runs before there is something to read.

        A context manager: they end with it.
        """
        from veille.feeds.workers import Workers

        return Workers(count)

    @cached_property
    def sender(self) -> Sender:
        """The house as readers see it."""
        from email.utils import parseaddr

        from veille.model.edition import Sender
        from veille.store.database import instance

        with self.db.read() as connection:
            identifier = instance(connection).id
        house, mail = self.settings.veille, self.settings.mail
        shown, address = parseaddr(mail.sender or "")
        return Sender(
            name=house.name,
            address=address or self.default_sender,
            reply_to=parseaddr(mail.reply_to or "")[1] or None,
            base_url=house.base_url or None,
            instance=identifier,
            timezone=house.timezone,
            locale=house.locale,
            mailbox_name=shown or None,
            credits=house.credits,
            one_click=self.settings.web.leave_url,
        )

    @property
    def default_sender(self) -> str:
        """What mails in the outbox come from while nobody set ``mail.sender``."""
        from urllib.parse import urlsplit

        return f"veille@{urlsplit(self.settings.veille.base_url or '').hostname or 'localhost'}"

    @cached_property
    def renderer(self) -> Renderer:
        """The only Jinja2: the workspace's templates first, then our own."""
        from veille.digest.render import Renderer

        return Renderer(overrides=self.workspace / "templates", sender=self.sender)

    @property
    def charter(self) -> Charter:
        """Who lets an edition out."""
        from veille.digest.charter import Charter

        workflow = self.settings.workflow
        return Charter(
            editors=workflow.editors,
            approvals=workflow.approvals,
            four_eyes=workflow.four_eyes,
        )

    @property
    def look_up(self) -> Callable[[str], Sequence[str]]:
        """The text records of a name."""
        from veille.delivery.dns import texts

        return texts

    @property
    def domain(self) -> Domain:
        """What the sending domain should publish; raises UsageError while there is no sender."""
        from email.utils import parseaddr

        from veille.delivery.dkim import published_key
        from veille.delivery.message import domain_of
        from veille.workflows.domain import Domain

        mail, sender = self.settings.mail, domain_of(self.sender)
        bounces = parseaddr(mail.bounce_address or "")[1].rpartition("@")[2] or sender
        if mail.dkim_key_file is None:
            return Domain(sender=sender, bounces=bounces)
        return Domain(
            sender=sender,
            bounces=bounces,
            selector=mail.dkim_selector,
            signing=mail.dkim_domain or sender,
            key=published_key(self.workspace / mail.dkim_key_file),
        )

    @property
    def notices(self) -> Post:
        """How mails to those who make editions leave."""
        from email.utils import parseaddr

        from veille.workflows.notices import Post

        curators = dict(map(parseaddr, self.settings.workflow.curators))
        return Post(
            writer=self.renderer, transport=self.transport, house=self.house, curators=curators
        )

    @property
    def severities(self) -> dict[str, Severity | None]:
        """How bad breaking a rule of lint is here, where the house thinks otherwise."""
        from veille.model.edition import Severity

        lint = self.settings.lint
        return {
            **dict.fromkeys(lint.errors, Severity.ERROR),
            **dict.fromkeys(lint.warnings, Severity.WARNING),
            **dict.fromkeys(lint.off),
        }

    @cached_property
    def house(self) -> House:
        """The sender, with the workspace's secret and, when there is a key, its signature."""
        from veille.workflows.publish import House

        return House(sender=self.sender, secret=self.secret, sign=self._signature())

    @cached_property
    def secret(self) -> bytes:
        """What makes the tokens of this workspace unforgeable."""
        from veille.store.database import instance

        with self.db.read() as connection:
            return instance(connection).secret

    def _signature(self) -> Callable[[bytes, datetime], bytes] | None:
        mail = self.settings.mail
        if mail.dkim_key_file is None or mail.dkim_selector is None:
            return None
        from veille.delivery.dkim import Signature
        from veille.delivery.message import domain_of

        return Signature.of_file(
            self.workspace / mail.dkim_key_file,
            selector=mail.dkim_selector,
            domain=mail.dkim_domain or domain_of(self.sender),
        ).sign

    @cached_property
    def servers(self) -> Servers:
        """The servers of mail, and what opens them."""
        from veille.servers import Servers

        return Servers(self.settings, self.workspace, self.environ)

    @cached_property
    def transport(self) -> Outbox | Relay:
        """Where mails go: the outbox folder, or the mail server."""
        if self.settings.mail.transport == "smtp":
            return self.servers.relay(self.sender)
        from veille.delivery.maildir import Outbox

        return Outbox(self.workspace / "outbox")

    @property
    def place(self) -> Place:
        """Where mails leave from."""
        from veille.model.delivery import Place

        return Place(host=os.uname().nodename, path=str(self.workspace), pid=os.getpid())

    @property
    def archive(self) -> Path:
        """The folder of the static site."""
        return self.workspace / "archive"

    def lock(self, name: str) -> AbstractContextManager[None]:
        """Keep other processes of this machine from doing the same in this workspace.

        Raises :class:`~veille.errors.Busy`.
        """
        return locked(self.workspace, name)

    def close(self) -> None:
        """Let go of the database and the web."""
        self._open.close()


def open_app(
    workspace: Path | None,
    *,
    curator: str | None,
    environ: Mapping[str, str],
    here: Path | None = None,
    clock: Callable[[], datetime] = utc_now,
) -> App:
    """Find the workspace, read its settings, and say who acts. Opens nothing else."""
    folder = find_workspace(workspace, environ, here or Path.cwd())
    return App(
        workspace=folder,
        settings=load(folder / MARKER, environ),
        actor=who_acts(curator, environ),
        environ=environ,
        clock=clock,
    )
