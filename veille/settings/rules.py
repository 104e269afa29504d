"""What a type cannot say of a setting: time zones that exist, addresses, secrets kept elsewhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from veille.errors import UsageError
from veille.settings.declaration import PASSWORD_SOURCES, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from veille.settings.section import Section

# Compiled when needed: every command reads the settings, few of them hold an address.
# A display name may come before the address; nothing that could add a header or a recipient.
_BARE = r"[^\s<>@,;:\\\x00-\x1f]+@[^\s<>@,;:\\\x00-\x1f]+"
_NAME = r"""[^<>@,;:"\\\x00-\x1f\x7f]*|"[^"\\\x00-\x1f\x7f]*\""""
_ADDRESS = rf"{_BARE}|(?:{_NAME}) <{_BARE}>"
_CLOCK = r"([01]\d|2[0-3]):[0-5]\d"
_LISTEN = r"([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}"
_BASE_URL = r"https?://[^\s/?#@]+(/[^\s?#]*)?"
_DATABASE_URL = re.compile(r"(sqlite|postgresql(\+psycopg)?)://(?:(?P<user>[^/@]*)@)?.*", re.DOTALL)


class Problem(NamedTuple):
    """A value that cannot be used, and what to write instead."""

    section: str
    key: str
    message: str


def problems(settings: Settings) -> Iterator[Problem]:
    """All that is wrong with settings whose types are right."""
    for rule in _RULES:
        yield from rule(settings)


def stored_password(url: str) -> bool:
    """Whether a database URL holds a password."""
    written = _DATABASE_URL.fullmatch(url)
    return written is not None and bool((written["user"] or "").partition(":")[2])


def _time_zone(settings: Settings) -> Iterator[Problem]:
    from zoneinfo import ZoneInfo

    name = settings.veille.timezone
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # a name that leads out, a folder, no such zone
        yield Problem(
            "veille", "timezone", f"there is no time zone '{name}': write one such as Europe/Paris"
        )


def _base_url(settings: Settings) -> Iterator[Problem]:
    url = settings.veille.base_url
    if url is not None and not re.fullmatch(_BASE_URL, url):
        yield Problem(
            "veille",
            "base_url",
            "base_url is an http(s) address without query, such as https://example.org/veille",
        )


def _leave_url(settings: Settings) -> Iterator[Problem]:
    url = settings.web.leave_url
    if url is not None and not re.fullmatch(_BASE_URL.replace("https?", "https"), url):
        yield Problem(
            "web",
            "leave_url",
            "leave_url is an https address without query, such as https://example.org/leave",
        )


def _serve(settings: Settings) -> Iterator[Problem]:
    serve = settings.serve
    _, _, port = serve.listen.rpartition(":")
    if not re.fullmatch(_LISTEN, serve.listen) or int(port) > 65_535:
        yield Problem(
            "serve", "listen", "listen is HOST:PORT, such as 127.0.0.1:8085 or [::1]:8085"
        )
    if serve.trusted_proxy is None:
        return
    from ipaddress import ip_address

    try:
        ip_address(serve.trusted_proxy)
    except ValueError:
        message = "trusted_proxy is one IP address, such as 127.0.0.1"
        yield Problem("serve", "trusted_proxy", message)


def _database(settings: Settings) -> Iterator[Problem]:
    if not _DATABASE_URL.fullmatch(settings.database.url):
        yield Problem("database", "url", "url begins with sqlite:/// or postgresql+psycopg://")


def _networks(settings: Settings) -> Iterator[Problem]:
    allowed = settings.collect.allow_private
    if isinstance(allowed, bool):
        return
    from ipaddress import ip_network

    for network in allowed:
        try:
            ip_network(network)
        except ValueError:
            yield Problem(
                "collect",
                "allow_private",
                f"'{network}' is no address or network such as 10.1.0.0/16",
            )


def _addresses(settings: Settings) -> Iterator[Problem]:
    keys = [("mail", key) for key in ("sender", "reply_to", "bounce_address")]
    for section, key in [*keys, ("run", "operator")]:
        address = getattr(getattr(settings, section), key)
        if address is not None and not re.fullmatch(_ADDRESS, address):
            yield Problem(
                section, key, f"{key} is one mail address, such as Veille <veille@example.org>"
            )


def _one_line(settings: Settings) -> Iterator[Problem]:
    for section, key in (("veille", "name"), ("collect", "user_agent")):
        value = getattr(getattr(settings, section), key)
        if not value.isprintable():
            yield Problem(section, key, f"{key} is one line without control characters")


def _smtp(settings: Settings) -> Iterator[Problem]:
    if settings.mail.transport == "smtp":
        if settings.smtp.host is None:
            yield Problem("mail", "transport", "smtp needs the server's name: set smtp.host")
        if settings.mail.sender is None:
            yield Problem("mail", "transport", "smtp needs a From address: set mail.sender")
    if settings.mail.dkim_key_file is not None and settings.mail.dkim_selector is None:
        yield Problem("mail", "dkim_key_file", "a signature needs its selector: set dkim_selector")
    if settings.smtp.user is not None and settings.smtp.security == "none":
        yield Problem("smtp", "user", "a password never travels in clear: use starttls or tls")
    yield from _one_password("smtp", settings.smtp)


def _mailbox(settings: Settings) -> Iterator[Problem]:
    mailbox = settings.mailbox
    if mailbox.maildir is not None and mailbox.host is not None:
        yield Problem("mailbox", "host", "maildir and host are both set: keep one")
    if mailbox.host is not None and mailbox.user is None:
        yield Problem("mailbox", "host", "a server asks who comes: set mailbox.user")
    for key in ("folder", "move_to"):
        name = getattr(mailbox, key) or ""
        if not name.isprintable() or (mailbox.maildir is not None and "/" in name):
            yield Problem("mailbox", key, f"{key} is the name of a folder, such as Veille")
    yield from _one_password("mailbox", mailbox)


def _one_password(section: str, declared: Section) -> Iterator[Problem]:
    sources = [key for key in PASSWORD_SOURCES if getattr(declared, key) is not None]
    if len(sources) > 1:
        yield Problem(section, sources[1], f"{' and '.join(sources)} are both set: keep one")


def _curators(settings: Settings) -> Iterator[Problem]:
    for curator in settings.workflow.curators:
        if not re.fullmatch(rf"(?:{_NAME}) <{_BARE}>", curator) or curator.startswith(" "):
            yield Problem(
                "workflow",
                "curators",
                f"'{curator}' is no curator: write HANDLE <ADDRESS>, such as camille <c@example.org>",
            )


def _lint(settings: Settings) -> Iterator[Problem]:
    lint = settings.lint
    named = [*lint.errors, *lint.warnings, *lint.off]
    if not named:
        return
    from veille.digest.lint.catalogue import RULES
    from veille.settings.errors import nearest

    for key in ("errors", "warnings", "off"):
        for rule in getattr(lint, key):
            if rule not in RULES:
                yield Problem("lint", key, f"there is no rule '{rule}': {nearest(rule, RULES)}")
            elif named.count(rule) > 1:
                yield Problem("lint", key, f"the rule '{rule}' is listed twice: keep one")


def _times(settings: Settings) -> Iterator[Problem]:
    times = (("workflow", "send_at", ()), ("run", "backup_at", ("never",)))
    for section, key, more in times:
        value = getattr(getattr(settings, section), key)
        if value not in more and not re.fullmatch(_CLOCK, value):
            words = "".join(f", or {word}" for word in more)
            yield Problem(section, key, f"{key} is a time of day such as 09:00{words}")
    flow = settings.workflow
    if not flow.draft_days >= flow.remind_days >= flow.freeze_days:
        yield Problem(
            "workflow",
            "remind_days",
            "an edition is opened, then curators are reminded, then the editor is told: "
            "draft_days, remind_days and freeze_days never grow",
        )


def _retention(settings: Settings) -> Iterator[Problem]:
    untouched = settings.retention.untouched
    if untouched is None:
        return
    from veille.curation.retention import age_of

    try:
        age_of(untouched)
    except UsageError as error:
        yield Problem("retention", "untouched", str(error))


_RULES: tuple[Callable[[Settings], Iterator[Problem]], ...] = (
    _time_zone,
    _base_url,
    _leave_url,
    _serve,
    _database,
    _networks,
    _addresses,
    _one_line,
    _smtp,
    _curators,
    _lint,
    _mailbox,
    _times,
    _retention,
)
