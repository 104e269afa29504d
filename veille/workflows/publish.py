"""Publish: the page into the archive, the mails to the readers, never twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from veille.delivery import message, site
from veille.errors import Refused
from veille.model.delivery import Delivery, DeliveryDraft, Message
from veille.model.event import Action
from veille.model.states import DeliveryState, EditionState
from veille.store import deliveries, editions
from veille.workflows.compose import Table, find, load_approved
from veille.workflows.readers import address, audience

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from veille.delivery.site import SiteReport
    from veille.model.edition import (
        Digest,
        Edition,
        EditionContent,
        PublishedEdition,
        Rendered,
        Sender,
    )
    from veille.store.database import Connection, Database
    from veille.workflows.acting import Act

HANDED_OVER_AT_ONCE = 50


class Publisher(Protocol):
    """Renders an edition and the whole archive; :class:`veille.digest.render.Renderer`."""

    def edition(self, content: EditionContent) -> Rendered:
        """Subject, texts and page."""

    def site(
        self, published: Sequence[PublishedEdition], digests: Sequence[Digest]
    ) -> Mapping[str, bytes]:
        """All files of the archive, by relative path."""


class Transport(Protocol):
    """Where mails go. Handing the same message over twice must change nothing."""

    def deliver(self, ref: str, mail: Message) -> str:
        """Hand one message over, durably, and return where it went."""


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Who sends: the sender readers see, and the secret that makes their tokens unforgeable."""

    sender: Sender
    secret: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """An edition that is in the archive. ``first`` is False when it was there already."""

    edition: Edition
    page: Path
    first: bool
    site: SiteReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The end of a sending: the edition's new state, and one row a reader."""

    edition: Edition
    ledger: tuple[Delivery, ...]
    handed_over: int  # by this run


def page_path(content: EditionContent) -> str:
    """Where the page of an edition is, inside the archive."""
    return f"{content.digest}/{content.number}/index.html"


def publish(db: Database, ref: str, publisher: Publisher, *, archive: Path, act: Act) -> Published:
    """Freeze an approved edition and put its page into the archive; again: only rebuilds."""
    with db.write() as connection:
        table = load_approved(connection, ref, publisher)
        first = not table.edition.state.is_public
        if first:
            editions.publish(connection, table.edition.id, at=act.now, content=table.content)
            act.log(connection, act.event(Action.EDITION_PUBLISH, subject=ref))
    report = build(db, publisher, archive=archive)
    return Published(
        edition=find(db, ref), page=archive / page_path(table.content), first=first, site=report
    )


def build(db: Database, publisher: Publisher, *, archive: Path) -> SiteReport:
    """Write the whole archive from the database; files that did not change are not touched."""
    with db.read() as connection:
        published = editions.published(connection)
        digests = editions.digests(connection)
    return site.write(archive, publisher.site(published, digests))


def send(
    db: Database,
    ref: str,
    publisher: Publisher,
    *,
    archive: Path,
    transport: Transport,
    house: House,
    act: Act,
) -> Sent:
    """Publish if need be, freeze the audience, and hand every mail over once.

    Running it again goes on where the last run ended. Raises :class:`~veille.errors.Refused` when
    the edition is not approved as it is. The caller holds the edition's lock.
    """
    edition = find(db, ref)
    if edition.state is EditionState.SENT:
        return Sent(edition=edition, ledger=tuple(ledger(db, ref)), handed_over=0)
    publish(db, ref, publisher, archive=archive, act=act)
    with db.write() as connection:
        table = load_approved(connection, ref, publisher)
        _freeze(connection, table, house, act)
        open_mails = _recover(connection, table.edition, act)
    for start in range(0, len(open_mails), HANDED_OVER_AT_ONCE):
        _hand_over(
            db, table, open_mails[start : start + HANDED_OVER_AT_ONCE], transport, house, act
        )
    return _close(db, ref, len(open_mails))


def _freeze(connection: Connection, table: Table, house: House, act: Act) -> None:
    """Fix who receives the edition; a second run keeps the audience of the first."""
    edition = table.edition
    if edition.state is not EditionState.PUBLISHED:
        return
    readers = audience(connection, edition.digest.slug)
    revision = table.rendered.sha256
    drafts = [
        DeliveryDraft(
            recipient=reader.key,
            address=reader.email,
            name=reader.name,
            message_id=_message_id(edition, revision, reader.key, house),
        )
        for reader in readers
    ]
    if not drafts:
        raise Refused(
            f"{edition.digest.slug} has no reader: add some with 'veille subscriber add', then send again"
        )
    deliveries.freeze(connection, edition.id, revision, drafts, at=act.now)
    editions.set_state(connection, edition.id, EditionState.SENDING)
    after = {"readers": len(drafts), "sha256": revision}
    act.log(connection, act.event(Action.EDITION_SEND, subject=edition.ref, after=after))


def _message_id(edition: Edition, revision: str, recipient: str, house: House) -> str:
    return message.message_id(
        f"{house.sender.instance}/{edition.ref}", revision, recipient,
        domain=message.domain_of(house.sender), secret=house.secret,
    )  # fmt: skip


def _recover(connection: Connection, edition: Edition, act: Act) -> list[Delivery]:
    """The mails still to hand over. A folder takes the same message twice without harm, so what a
    dead run left in doubt is simply planned again."""
    deliveries.recover(connection, edition.id, run=act.batch, at=act.now)
    rows = deliveries.of_edition(connection, edition.id)
    for row in rows:
        if row.state is DeliveryState.UNCERTAIN:
            _move(connection, row, DeliveryState.UNCERTAIN, DeliveryState.PLANNED, "recover", act)
    waiting = (DeliveryState.PLANNED, DeliveryState.DEFERRED)
    return [row for row in deliveries.of_edition(connection, edition.id) if row.state in waiting]


def _hand_over(
    db: Database,
    table: Table,
    mails: Iterable[Delivery],
    transport: Transport,
    house: House,
    act: Act,
) -> None:
    """Claim a handful of mails, hand them over, and note the answers: two transactions in all."""
    with db.write() as connection:
        claimed = [row for row in mails if _claim(connection, row, act)]
    answers = {
        row.id: transport.deliver(table.edition.ref, _compose(table, row, house)) for row in claimed
    }
    with db.write() as connection:
        for row in claimed:
            _move(
                connection, row, DeliveryState.COMMITTING, DeliveryState.ACCEPTED, "hand-over", act,
                code=250, reply=answers[row.id],
            )  # fmt: skip


def _claim(connection: Connection, row: Delivery, act: Act) -> bool:
    if deliveries.is_suppressed(connection, row.recipient):
        _move(connection, row, row.state, DeliveryState.SKIPPED, "claim", act, reply="unsubscribed")
        return False
    return _move(connection, row, row.state, DeliveryState.CLAIMED, "claim", act) and _move(
        connection, row, DeliveryState.CLAIMED, DeliveryState.COMMITTING, "commit", act
    )


def _move(
    connection: Connection,
    row: Delivery,
    expected: DeliveryState,
    to: DeliveryState,
    phase: str,
    act: Act,
    *,
    code: int | None = None,
    reply: str | None = None,
) -> bool:
    return deliveries.move(
        connection, row.id, expected=expected, to=to, at=act.now, run=act.batch, phase=phase,
        code=code, reply=reply,
    )  # fmt: skip


def _compose(table: Table, row: Delivery, house: House) -> Message:
    return message.compose(
        table.rendered,
        sender=house.sender,
        content=table.content,
        delivery=row,
        token=message.unsubscribe_token(house.secret, row.recipient, table.content.digest),
        date=row.planned_at,
    )


def _close(db: Database, ref: str, handed_over: int) -> Sent:
    with db.write() as connection:
        edition = find(db, ref)
        rows = deliveries.of_edition(connection, edition.id)
        done = all(row.state.is_final for row in rows)
        state = EditionState.SENT if done else EditionState.INCOMPLETE
        editions.set_state(connection, edition.id, state)
    return Sent(edition=find(db, ref), ledger=tuple(rows), handed_over=handed_over)


def planned_audience(db: Database, ref: str) -> list[str]:
    """The addresses that a sending would write to now (``--dry-run``)."""
    edition = find(db, ref)
    with db.read() as connection:
        rows = deliveries.of_edition(connection, edition.id)
        if rows:
            return [row.address for row in rows if not row.state.is_final]
        return [reader.email for reader in audience(connection, edition.digest.slug)]


def sample_message(table: Table, to: str, house: House, *, test: bool = False) -> Message:
    """The mail as one reader would get it, whatever the ledger says; a test is marked as such.

    Its Date is the edition's own, so that two previews are the same bytes.
    """
    written, key = address(to)
    rendered = table.rendered if not test else message.marked_as_test(table.rendered)
    edition = table.edition
    row = Delivery(
        id=0,
        recipient=key,
        address=written,
        name=None,
        message_id=_message_id(edition, rendered.sha256, key, house),
        state=DeliveryState.PLANNED,
        attempts=0,
        planned_at=edition.approved_at or edition.created,
        code=None,
        reply=None,
        at=edition.created,
    )
    return _compose(Table(edition=edition, content=table.content, rendered=rendered), row, house)


def ledger(db: Database, ref: str) -> list[Delivery]:
    """Who received an edition: one row a reader, by address."""
    edition = find(db, ref)
    with db.read() as connection:
        return deliveries.of_edition(connection, edition.id)
