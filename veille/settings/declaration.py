"""Every setting, declared once: section, key, type, bounds, default, description, an example.

The bounds given here are checked by msgspec; what needs more than one look at a value is in
:mod:`veille.settings.rules`. A key without default carries an example for the commented file.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from veille.settings.mail import Mail, Mailbox, Smtp, Web
from veille.settings.section import Section
from veille.settings.serving import Serve
from veille.settings.unattended import Retention, Run


class House(Section, frozen=True, forbid_unknown_fields=True):
    """The house as readers see it."""

    name: Annotated[
        str, Meta(min_length=1, max_length=200, description="Shown in mails and in the archive.")
    ] = "Veille"
    locale: Annotated[
        Literal["fr", "en"], Meta(description="Language of the texts that veille writes: fr or en.")
    ] = "fr"
    timezone: Annotated[
        str,
        Meta(description="Days, weeks and months are counted in this time zone (an IANA name)."),
    ] = "UTC"
    base_url: Annotated[
        str | None,
        Meta(
            description="Where the archive will be read; mails link to it.",
            examples=["https://intranet.example.org/veille"],
        ),
    ] = None
    credits: Annotated[
        bool,
        Meta(description="Tell readers which curators chose a link, by their handles."),
    ] = False


class Database(Section, frozen=True, forbid_unknown_fields=True):
    """Where everything is kept."""

    url: Annotated[
        str,
        Meta(
            min_length=1,
            description="sqlite:///FILE (relative to the workspace), or postgresql+psycopg://HOST/NAME for a team on several machines.",
        ),
    ] = "sqlite:///veille.db"


class Collect(Section, frozen=True, forbid_unknown_fields=True):
    """How sources are visited."""

    concurrency: Annotated[
        int, Meta(ge=1, le=256, description="Requests at once, all sources together.")
    ] = 32
    per_host: Annotated[int, Meta(ge=1, le=16, description="Requests at once to one host.")] = 2
    spacing: Annotated[
        Annotated[float, Meta(ge=0, le=60)] | None,
        Meta(
            description="Seconds between two requests to one host; without it half a second, and none for this machine itself (loopback).",
            examples=[0.5],
        ),
    ] = None
    timeout: Annotated[
        float,
        Meta(gt=0, le=600, description="Seconds for one whole exchange, name resolution included."),
    ] = 30
    max_bytes: Annotated[
        int,
        Meta(
            ge=1_000,
            le=1_000_000_000,
            description="The largest answer that is read, in bytes after decompression.",
        ),
    ] = 10_000_000
    user_agent: Annotated[
        str,
        Meta(
            max_length=300,
            description="How veille introduces itself; empty: veille/VERSION, with base_url as contact.",
        ),
    ] = ""
    allow_private: Annotated[
        bool | tuple[str, ...],
        Meta(
            description='Let sources live on private addresses: true, or a list such as ["127.0.0.1", "10.1.0.0/16"].'
        ),
    ] = False
    full_text: Annotated[
        Literal["on-keep", "always", "never"],
        Meta(description="When the full text of an article is read: on-keep, always or never."),
    ] = "on-keep"
    first_fetch: Annotated[
        int,
        Meta(
            ge=0,
            le=10_000,
            description="How many of a new source's items reach the inbox; older ones are skipped.",
        ),
    ] = 50


class Workflow(Section, frozen=True, forbid_unknown_fields=True):
    """The charter of the house: who lets an edition out, and what curators hear of it."""

    editors: Annotated[
        tuple[str, ...],
        Meta(
            description='Who approves, publishes and sends, such as ["camille", "alex"]; empty: every curator.'
        ),
    ] = ()
    approvals: Annotated[
        Literal[1, 2], Meta(description="How many people must approve an edition: 1 or 2.")
    ] = 1
    four_eyes: Annotated[
        bool,
        Meta(
            description="Whoever drafted an edition or changed its texts cannot approve it: somebody else does."
        ),
    ] = False
    send: Annotated[
        Literal["planned", "approved", "never"],
        Meta(
            description="When veille run sends what is approved: at the date of its plan, as soon as it is approved, or never."
        ),
    ] = "planned"
    send_at: Annotated[
        str, Meta(description="The time of day of new plans, in the digest's own time zone.")
    ] = "09:00"
    draft_days: Annotated[
        int, Meta(ge=0, le=60, description="Days before sending when an edition is opened.")
    ] = 7
    remind_days: Annotated[
        int, Meta(ge=0, le=60, description="Days before sending when curators are reminded.")
    ] = 3
    freeze_days: Annotated[
        int,
        Meta(
            ge=0,
            le=60,
            description="Days before sending when the editor is told what is not approved yet.",
        ),
    ] = 1
    thanks: Annotated[
        bool,
        Meta(
            description="When an edition is out, write once to whoever found, kept or commented a link of it."
        ),
    ] = False
    curators: Annotated[
        tuple[str, ...],
        Meta(
            description='Where curators are reached, by their handles: ["camille <camille@example.org>"].'
        ),
    ] = ()


class Lint(Section, frozen=True, forbid_unknown_fields=True):
    """What the house thinks of single rules of `veille edition lint` (docs/lint.md lists them)."""

    errors: Annotated[
        tuple[str, ...],
        Meta(description='Rules that stop an edition here, such as ["blurb-is-summary"].'),
    ] = ()
    warnings: Annotated[
        tuple[str, ...],
        Meta(description='Rules that only warn here, such as ["already-published"].'),
    ] = ()
    off: Annotated[
        tuple[str, ...],
        Meta(description='Rules that are left out here, such as ["same-host-twice"].'),
    ] = ()


class Settings(Section, frozen=True, forbid_unknown_fields=True):
    """All settings of a workspace."""

    veille: House = House()
    database: Database = Database()
    collect: Collect = Collect()
    workflow: Workflow = Workflow()
    lint: Lint = Lint()
    mail: Mail = Mail()
    smtp: Smtp = Smtp()
    mailbox: Mailbox = Mailbox()
    web: Web = Web()
    serve: Serve = Serve()
    run: Run = Run()
    retention: Retention = Retention()


SECTIONS: dict[str, type[Section]] = {
    "veille": House,
    "database": Database,
    "collect": Collect,
    "workflow": Workflow,
    "lint": Lint,
    "mail": Mail,
    "smtp": Smtp,
    "mailbox": Mailbox,
    "web": Web,
    "serve": Serve,
    "run": Run,
    "retention": Retention,
}
# Keys that say the same as the one above in another way: only one of them may be set.
ALTERNATIVES = frozenset({"password_file", "password_command", "maildir"})
PASSWORD_SOURCES = ("password_env", "password_file", "password_command")
