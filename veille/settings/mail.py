"""The settings of mails: how editions leave, what comes back, and how readers go."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from veille.settings.section import Section


class Mail(Section, frozen=True, forbid_unknown_fields=True):
    """How editions leave the house."""

    transport: Annotated[
        Literal["folder", "smtp"],
        Meta(description="folder: one .eml a mail in outbox/; smtp: the server of [smtp]."),
    ] = "folder"
    sender: Annotated[
        str | None, Meta(description="The From address.", examples=["Veille <veille@example.org>"])
    ] = None
    reply_to: Annotated[
        str | None,
        Meta(
            description="Where answers go, when not to the sender.",
            examples=["redaction@example.org"],
        ),
    ] = None
    bounce_address: Annotated[
        str | None,
        Meta(
            description="Where undeliverable mails come back, when not to the sender.",
            examples=["retours@example.org"],
        ),
    ] = None
    rate: Annotated[
        int, Meta(ge=0, le=100_000, description="Mails a minute at most, by smtp; 0: no limit.")
    ] = 0
    late_after: Annotated[
        int,
        Meta(
            ge=1,
            le=8_760,
            description="Hours after which an approved or interrupted edition is only sent with --late.",
        ),
    ] = 24
    verp: Annotated[
        bool,
        Meta(
            description="Write bounce_address+KEY to servers without DSN, so that a failure names its mail."
        ),
    ] = True
    dkim_key_file: Annotated[
        str | None,
        Meta(
            description="Sign mails with this private key (PEM); needs dkim_selector and veille[dkim].",
            examples=["/etc/veille/dkim.pem"],
        ),
    ] = None
    dkim_selector: Annotated[
        str | None,
        Meta(description="The selector under which the key is published.", examples=["veille"]),
    ] = None
    dkim_domain: Annotated[
        str | None,
        Meta(
            description="The signing domain, when not that of the sender.",
            examples=["example.org"],
        ),
    ] = None


class Smtp(Section, frozen=True, forbid_unknown_fields=True):
    """The mail server. The password is never kept here: name where it is found, in one of three ways."""

    host: Annotated[
        str | None, Meta(description="Name of the server.", examples=["smtp.example.org"])
    ] = None
    port: Annotated[int, Meta(ge=1, le=65535, description="587 for starttls, 465 for tls.")] = 587
    security: Annotated[
        Literal["starttls", "tls", "none"],
        Meta(description="starttls, tls, or none (for a relay on this machine)."),
    ] = "starttls"
    ca_file: Annotated[
        str | None,
        Meta(
            description="Trust the certificate authorities of this file, instead of the system's.",
            examples=["/etc/ssl/our-ca.pem"],
        ),
    ] = None
    connections: Annotated[int, Meta(ge=1, le=16, description="Connections at once.")] = 1
    timeout: Annotated[
        float, Meta(gt=0, le=600, description="Seconds to wait for each answer but the last.")
    ] = 60
    final_timeout: Annotated[
        float,
        Meta(
            gt=0,
            le=3_600,
            description="Seconds to wait for the answer to a whole mail; giving up leaves it in doubt.",
        ),
    ] = 600
    user: Annotated[
        str | None,
        Meta(description="Login name, when the server asks for one.", examples=["veille"]),
    ] = None
    password_env: Annotated[
        str | None,
        Meta(
            description="The environment variable that holds the password.",
            examples=["VEILLE_SMTP_PASSWORD"],
        ),
    ] = None
    password_file: Annotated[
        str | None,
        Meta(
            description="Or: the file whose first line is the password, readable by nobody else.",
            examples=["/run/secrets/veille-smtp"],
        ),
    ] = None
    password_command: Annotated[
        str | None,
        Meta(
            description="Or: the command that prints the password (no shell).",
            examples=["pass show veille/smtp"],
        ),
    ] = None


class Mailbox(Section, frozen=True, forbid_unknown_fields=True):
    """Where answers, failures and farewells arrive: a folder, or a server (IMAP). The password is kept elsewhere, as for [smtp]."""

    host: Annotated[
        str | None,
        Meta(description="The name of the IMAP server.", examples=["imap.example.org"]),
    ] = None
    maildir: Annotated[
        str | None,
        Meta(
            description="Or: a maildir, when mails arrive on this machine.",
            examples=["/var/mail/veille"],
        ),
    ] = None
    port: Annotated[int, Meta(ge=1, le=65535, description="993 for tls, 143 for starttls.")] = 993
    security: Annotated[
        Literal["tls", "starttls"],
        Meta(description="tls or starttls; the certificate is always verified."),
    ] = "tls"
    ca_file: Annotated[
        str | None,
        Meta(
            description="Trust the certificate authorities of this file, instead of the system's.",
            examples=["/etc/ssl/our-ca.pem"],
        ),
    ] = None
    user: Annotated[
        str | None, Meta(description="Login name.", examples=["veille@example.org"])
    ] = None
    password_env: Annotated[
        str | None,
        Meta(
            description="The environment variable that holds the password.",
            examples=["VEILLE_MAILBOX_PASSWORD"],
        ),
    ] = None
    password_file: Annotated[
        str | None,
        Meta(
            description="Or: the file whose first line is the password, readable by nobody else.",
            examples=["/run/secrets/veille-mailbox"],
        ),
    ] = None
    password_command: Annotated[
        str | None,
        Meta(
            description="Or: the command that prints the password (no shell).",
            examples=["pass show veille/mailbox"],
        ),
    ] = None
    folder: Annotated[
        str, Meta(min_length=1, max_length=200, description="The folder of the server to read.")
    ] = "INBOX"
    move_to: Annotated[
        str | None,
        Meta(
            description="Move letters that were dealt with into this folder; without it they are flagged as seen.",
            examples=["Veille"],
        ),
    ] = None
    bounces: Annotated[
        int,
        Meta(
            ge=0,
            le=100,
            description="How many mails in a row may come back before nothing is sent to an address any more; 0: never stop.",
        ),
    ] = 3


class Web(Section, frozen=True, forbid_unknown_fields=True):
    """The small web endpoint where readers leave with one click (veille.web)."""

    leave_url: Annotated[
        str | None,
        Meta(
            description="Its https address; mails then carry it beside the mailto (RFC 8058).",
            examples=["https://veille.example.org/leave"],
        ),
    ] = None
