"""The readers of a digest: subscribe, import, list, remove."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from veille.errors import NotFound, UsageError
from veille.model import spreadsheet
from veille.model.event import Action
from veille.model.text import one_line
from veille.store import deliveries, editions
from veille.workflows import queries
from veille.workflows.acting import whole

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from zoneinfo import ZoneInfo

    from veille.model.delivery import Subscriber
    from veille.model.event import NewEvent
    from veille.store.database import Connection, Database
    from veille.workflows.acting import Act

_EMAIL_COLUMNS = ("email", "e-mail", "mail", "address", "adresse", "courriel")
_NAME_COLUMNS = ("name", "nom", "prénom nom", "full name")


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedRow:
    """A line of a file that is no reader, and why."""

    line: int
    value: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedReaders:
    """What became of a list of readers."""

    added: tuple[Subscriber, ...]
    known: tuple[Subscriber, ...]
    refused: tuple[RefusedRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    line: int
    email: str
    name: str | None


def address(text: str) -> tuple[str, str]:
    """An address as it is written to, and its comparison form.

    The domain and the local part are compared without case: no provider of mail today tells
    ``Ana@`` from ``ana@``, and one person must get one mail. Raises
    :class:`~veille.errors.UsageError` (RFC 5321 section 4.1.2, checked without any network).
    """
    from email_validator import EmailNotValidError, validate_email

    try:
        # The example domains of RFC 2606 are let through: samples and tests live there.
        valid = validate_email(text.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise UsageError(f"'{one_line(text, 80)}' is no mail address: {error}") from error
    return valid.normalized, valid.normalized.casefold()


@whole
def add(
    db: Database,
    email: str,
    *,
    name: str | None,
    digests: Sequence[str],
    act: Act,
    profile: str | None = None,
    zone: ZoneInfo,
) -> tuple[Subscriber, bool]:
    """Subscribe a reader to some digests, or to all when none is named; True when new.

    ``profile`` is what interests them in each digest that is named, a search.
    """
    written, key = address(email)
    with db.write() as connection:
        _check_digests(connection, digests)
        reader, new = _add(connection, written, key, name, digests, act)
        if profile is not None:
            reader = _interest(connection, reader, digests, profile, zone, act)
        return reader, new


@whole
def edit(
    db: Database,
    email: str,
    *,
    act: Act,
    name: str | None = None,
    digests: Sequence[str] = (),
    profile: str | None = None,
    zone: ZoneInfo,
) -> Subscriber:
    """Change what a reader is called (an empty name takes it away), or what interests them in some
    digests (an empty search: nothing in particular). Raises NotFound, UsageError and QueryError."""
    _, key = address(email)
    with db.write() as connection:
        _check_digests(connection, digests)
        reader = deliveries.reader(connection, key)
        if reader is None:
            raise NotFound(f"{key} is no subscriber: see 'veille subscriber list'")
        if name is not None:
            shown = one_line(name, 200) or None
            deliveries.rename(connection, reader.id, shown)
            event = act.event(
                Action.SUBSCRIBER_EDIT,
                subject=key,
                before={"name": reader.name},
                after={"name": shown},
            )
            act.log(connection, event)
        if profile is not None:
            _interest(connection, reader, digests, profile, zone, act)
        return _known(connection, key)


def _interest(
    connection: Connection,
    reader: Subscriber,
    digests: Sequence[str],
    profile: str,
    zone: ZoneInfo,
    act: Act,
) -> Subscriber:
    if not digests:
        raise UsageError("say in which digest that interests them: --digest DIGEST")
    queries.read(connection, profile, now=act.now, zone=zone)
    for slug in digests:
        deliveries.set_profile(connection, reader.id, slug, profile.strip() or None)
        event = act.event(
            Action.SUBSCRIBER_EDIT,
            subject=reader.key,
            before={"digest": slug, "profile": reader.profiles.get(slug)},
            after={"profile": profile.strip() or None},
        )
        act.log(connection, event)
    return _known(connection, reader.key)


def _known(connection: Connection, key: str) -> Subscriber:
    reader = deliveries.reader(connection, key)
    assert reader is not None  # noqa: S101  it was read in this transaction
    return reader


def _check_digests(connection: Connection, slugs: Sequence[str]) -> None:
    for slug in slugs:
        if editions.digest(connection, slug) is None:
            raise NotFound(f"there is no digest '{slug}': see 'veille digest list'")


def _add(
    connection: Connection,
    email: str,
    key: str,
    name: str | None,
    digests: Sequence[str],
    act: Act,
) -> tuple[Subscriber, bool]:
    known = deliveries.reader(connection, key)
    shown = _shown(name)
    reader = deliveries.add_subscriber(
        connection, email=email, key=key, name=shown, digests=digests, at=act.now
    )
    if known is None:
        act.log(connection, _joined(key, shown, digests, act))
    return reader, known is None


@whole
def import_csv(db: Database, data: bytes, *, digests: Sequence[str], act: Act) -> ImportedReaders:
    """Subscribe the readers of a CSV file (UTF-8, UTF-16 or Windows-1252; comma, semicolon or tab).

    A first line that names an e-mail column is a header; without one, the first column holding
    an ``@`` is the address. Raises :class:`~veille.errors.UsageError` for a file with no address.
    """
    named: list[deliveries.Newcomer] = []
    refused: list[RefusedRow] = []
    for row in _rows(data):
        try:
            email, key = address(row.email)
            named.append(deliveries.Newcomer(email, key, _shown(row.name)))
        except UsageError as error:
            refused.append(RefusedRow(line=row.line, value=row.email, reason=str(error)))
    with db.write() as connection:
        _check_digests(connection, digests)
        met = set(deliveries.everybody_written_to(connection))
        # The first line of somebody new counts; whoever is known is asked about one by one.
        fresh = {one.key: one for one in reversed(named) if one.key not in met}
        others = [one for one in named if one is not fresh.get(one.key)]
        new_ones = [one for one in named if one is fresh.get(one.key)]
        added = _add_all(connection, new_ones, digests, act)
        known: list[Subscriber] = []
        for email, key, name in others:
            reader, new = _add(connection, email, key, name, digests, act)
            (added if new else known).append(reader)
    return ImportedReaders(added=tuple(added), known=tuple(known), refused=tuple(refused))


def _add_all(
    connection: Connection,
    newcomers: Sequence[deliveries.Newcomer],
    digests: Sequence[str],
    act: Act,
) -> list[Subscriber]:
    added = deliveries.add_newcomers(connection, newcomers, digests=digests, at=act.now)
    act.log(connection, *(_joined(one.key, one.name, digests, act) for one in newcomers))
    return added


def _joined(key: str, name: str | None, digests: Sequence[str], act: Act) -> NewEvent:
    after = {"name": name, "digests": list(digests)}
    return act.event(Action.SUBSCRIBER_ADD, subject=key, after=after)


def _shown(name: str | None) -> str | None:
    return one_line(name, 200) if name else None


def _rows(data: bytes) -> Iterator[_Row]:
    try:
        lines = list(spreadsheet.read(data))
    except ValueError as error:
        raise UsageError(str(error)) from error
    if not lines:
        raise UsageError("the file is empty: it needs one address a line")
    email, name, start = _columns(lines[0][1])
    for number, cells in lines[start:]:
        yield _Row(
            line=number,
            email=cells[email].strip() if email < len(cells) else "",
            name=cells[name].strip() or None if name is not None and name < len(cells) else None,
        )


def _columns(first: Sequence[str]) -> tuple[int, int | None, int]:
    """The columns of address and name, and how many lines of header there are."""
    titles = [cell.strip().casefold() for cell in first]
    email = next((titles.index(name) for name in _EMAIL_COLUMNS if name in titles), None)
    if email is not None:
        return (
            email,
            next((titles.index(name) for name in _NAME_COLUMNS if name in titles), None),
            1,
        )
    email = next((index for index, cell in enumerate(first) if "@" in cell), None)
    if email is None:
        raise UsageError("the file has no column of addresses: name one 'email' in its first line")
    return email, next((index for index in range(len(first)) if index != email), None), 0


def everyone(db: Database, *, digest: str | None = None) -> list[Subscriber]:
    """The readers, of one digest or of all."""
    with db.read() as connection:
        if digest is not None:
            _check_digests(connection, [digest])
        return audience(connection, digest)


def audience(connection: Connection, digest: str | None) -> list[Subscriber]:
    """Who receives a digest: those subscribed to it, and those subscribed to everything."""
    return [
        reader
        for reader in deliveries.subscribers(connection)
        if digest is None or not reader.digests or digest in reader.digests
    ]


@whole
def remove(db: Database, email: str, *, act: Act) -> str:
    """Unsubscribe an address from everything and never write to it again until it is re-added."""
    _, key = address(email)
    with db.write() as connection:
        if not deliveries.remove_subscriber(connection, key, at=act.now):
            raise NotFound(f"{key} is no subscriber: see 'veille subscriber list'")
        act.log(connection, act.event(Action.SUBSCRIBER_REMOVE, subject=key))
    return key
