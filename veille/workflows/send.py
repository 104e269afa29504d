"""Send: the page first, the audience frozen, every mail handed over once, or doubt told by name.

Promise: at most one copy without a human decision; each doubt is listed by name; with a healthy
server exactly one.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

from veille.errors import Busy, Refused
from veille.model.delivery import Delivery, DeliveryDraft, Message, Move, Place
from veille.model.event import Action
from veille.model.states import DeliveryState, EditionState
from veille.store import deliveries, editions, sending
from veille.workflows.approving import OPEN_HOUSE, load_approved
from veille.workflows.audiences import Tables, choices
from veille.workflows.carrying import Relay
from veille.workflows.compose import Table, find
from veille.workflows.publish import (
    House,
    Publisher,
    message_name,
    publish,
    write_mail,
)
from veille.workflows.readers import audience
from veille.workflows.relay import Post, Run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from veille.digest.charter import Charter
    from veille.model.edition import Edition
    from veille.store.database import Connection, Database
    from veille.workflows.acting import Act

HANDED_OVER_AT_ONCE = 200
INTO_FOLDER = "file"  # the phase of a hand-over that may be repeated without harm


class Folder(Protocol):
    """Where mails become files. Handing the same message over twice must change nothing."""

    def deliver_all(self, ref: str, mails: Sequence[Message]) -> list[str]:
        """Hand messages over, durably, and return where each went."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """From where we send, and what the editor said about sending late or from another place."""

    place: Place
    late_after: timedelta = timedelta(hours=24)
    late: bool = False
    adopt: bool = False
    planned: datetime | None = None  # an approval that waited for this instant is not old


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The end of a sending: the edition's new state, and one row a reader.

    ``before`` says that an earlier run had ended it: nothing was done now.
    """

    edition: Edition
    ledger: tuple[Delivery, ...]
    handed_over: int  # by this run
    before: bool = False


def send(
    db: Database,
    ref: str,
    publisher: Publisher,
    *,
    archive: Path,
    transport: Folder | Relay,
    house: House,
    act: Act,
    clock: Callable[[], datetime],
    guard: Guard,
    charter: Charter = OPEN_HOUSE,
) -> Sent:
    """Publish if need be, freeze the audience, and hand every mail over once.

    Running it again goes on where the last run ended. Raises Refused (not approved as it is, late,
    or the database moved), Busy (it is being sent), MailServerError (the server wants none of it).
    """
    edition, handed_over = find(db, ref), 0
    if edition.state is EditionState.SENT:
        return Sent(edition=edition, ledger=tuple(_rows(db, edition)), handed_over=0, before=True)
    with db.write() as connection:
        load_approved(connection, ref, publisher, verb="send", act=act, charter=charter)
        _check(connection, edition, archive, guard, act)
        _take(connection, edition, guard, act)
    try:
        publish(db, ref, publisher, archive=archive, act=act, charter=charter)
        with db.write() as connection:
            table = load_approved(connection, ref, publisher, verb="send", act=act, charter=charter)
            _freeze(connection, table, house, act)
            waiting = _recover(connection, table.edition, transport, act)
        tables = Tables(table, publisher)
        if isinstance(transport, Relay):
            post = Post(db=db, tables=tables, house=house, relay=transport, act=act, clock=clock)
            handed_over = Run(post, waiting).work()
        else:
            handed_over = _into_folder(db, tables, waiting, transport, house, act)
    finally:
        sent = _close(db, edition, handed_over)
    return sent


def _check(connection: Connection, edition: Edition, archive: Path, guard: Guard, act: Act) -> None:
    """The guards against a database that came from elsewhere, or from earlier (M13, M14)."""
    place = guard.place
    home = sending.home(connection)
    if home is not None and home != (place.host, place.path) and not guard.adopt:
        raise Refused(
            f"mails left from {home[1]} on {home[0]} until now: if this is a copy, send there; if "
            f"the workspace moved here for good, 'veille edition send {edition.ref} --adopt'"
        )
    if home != (place.host, place.path):
        sending.settle(connection, place, at=act.now)
        after = {"host": place.host, "path": place.path}
        act.log(connection, act.event(Action.EDITION_SEND, subject=edition.ref, after=after))
    if guard.late:
        return
    if not edition.state.is_public and (archive / edition.folder / "index.html").exists():
        raise Refused(
            f"the archive holds the page of {edition.ref} already, the database does not know: it "
            "seems restored from before; compare the outbox or the server's log, then --late"
        )
    last = _last_activity(connection, edition, guard.planned)
    if last is not None and act.now - last > guard.late_after:
        hours = int((act.now - last).total_seconds() // 3600)
        raise Refused(
            f"{edition.ref} was approved or last sent {hours} hours ago: to send it this late, "
            f"'veille edition send {edition.ref} --late'"
        )


def _last_activity(
    connection: Connection, edition: Edition, planned: datetime | None
) -> datetime | None:
    moments = [row.at for row in deliveries.of_edition(connection, edition.id)]
    if planned is not None:
        moments.append(planned)
    if edition.approved_at is not None:
        moments.append(edition.approved_at)
    return max(moments, default=None)


def _take(connection: Connection, edition: Edition, guard: Guard, act: Act) -> None:
    other = sending.begin(
        connection, edition.id, run=act.batch, place=guard.place, at=act.now, alive=_is_alive
    )
    if other is not None:
        raise Busy(f"{edition.ref} is being sent by process {other.pid} on {other.host}: try later")


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _freeze(connection: Connection, table: Table, house: House, act: Act) -> None:
    """Fix who receives the edition; a second run keeps the audience of the first."""
    edition = table.edition
    if edition.state is not EditionState.PUBLISHED:
        return
    readers = audience(connection, edition.digest.slug)
    revision = table.rendered.sha256
    zone = ZoneInfo(house.sender.timezone)
    chosen = choices(connection, table.content, readers, now=act.now, zone=zone)
    drafts = [
        DeliveryDraft(
            recipient=reader.key,
            address=reader.email,
            name=reader.name,
            message_id=message_name(edition, revision, reader.key, house),
            selection=chosen[reader.key].selection,
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


def _recover(
    connection: Connection, edition: Edition, transport: Folder | Relay, act: Act
) -> list[Delivery]:
    """The mails to hand over now, after what dead runs left is settled.

    A folder takes the same message twice without harm, so what was on its way into a folder is
    planned again; what was on its way to a server stays in doubt until somebody decides.
    """
    deliveries.recover(connection, edition.id, run=act.batch, at=act.now)
    if not isinstance(transport, Relay):
        repeatable = deliveries.committed_in(connection, edition.id, INTO_FOLDER)
        steps = [
            Move(mail=row.id, expected=row.state, to=DeliveryState.PLANNED, phase="recovery")
            for row in deliveries.of_edition(connection, edition.id)
            if row.state is DeliveryState.UNCERTAIN and row.id in repeatable
        ]
        deliveries.move_all(connection, steps, at=act.now, run=act.batch)
    due = [row for row in deliveries.of_edition(connection, edition.id) if _is_due(row, act.now)]
    # Mails of one selection follow one another, so that the text of each is made once.
    return sorted(due, key=lambda row: row.selection or "")


def _is_due(row: Delivery, now: datetime) -> bool:
    if row.state is DeliveryState.DEFERRED:
        return row.next_try is None or row.next_try <= now
    return row.state is DeliveryState.PLANNED


def _into_folder(
    db: Database,
    tables: Tables,
    waiting: Sequence[Delivery],
    folder: Folder,
    house: House,
    act: Act,
) -> int:
    """Claim some mails, hand them over, note where they went: two commits for all of them."""
    handed_over = 0
    for start in range(0, len(waiting), HANDED_OVER_AT_ONCE):
        some = waiting[start : start + HANDED_OVER_AT_ONCE]
        with db.write() as connection:
            claimed = _claim(connection, some, act)
        steps = _hand_over(tables, claimed, folder, house)
        with db.write() as connection:
            deliveries.move_all(connection, steps, at=act.now, run=act.batch)
        handed_over += sum(step.to is DeliveryState.ACCEPTED for step in steps)
    return handed_over


def _claim(connection: Connection, some: Sequence[Delivery], act: Act) -> list[Delivery]:
    """Those of some mails that may go into the folder now."""
    claimed, held = DeliveryState.CLAIMED, DeliveryState.COMMITTING
    asked = [Move(mail=row.id, expected=row.state, to=claimed, phase="claim") for row in some]
    moved = deliveries.move_all(connection, asked, at=act.now, run=act.batch)
    going = [row for row in some if row.id in moved]
    steps = [Move(mail=row.id, expected=claimed, to=held, phase=INTO_FOLDER) for row in going]
    deliveries.move_all(connection, steps, at=act.now, run=act.batch)
    return going


def _hand_over(
    tables: Tables, claimed: Sequence[Delivery], folder: Folder, house: House
) -> list[Move]:
    """Mails into the folder; an address that no mail can be written to is refused alone (M10)."""
    mails, refused = {}, []
    for row in claimed:
        try:
            mails[row.id] = write_mail(tables.of(row), row, house)
        except Refused as error:
            refused.append(_step(row.id, DeliveryState.REJECTED, None, str(error)))
    places = folder.deliver_all(tables.edition.ref, list(mails.values()))
    return refused + [
        _step(mail, DeliveryState.ACCEPTED, 250, place)
        for mail, place in zip(mails, places, strict=True)
    ]


def _step(mail: int, to: DeliveryState, code: int | None, reply: str) -> Move:
    held = DeliveryState.COMMITTING
    return Move(mail=mail, expected=held, to=to, phase=INTO_FOLDER, code=code, reply=reply)


def _close(db: Database, edition: Edition, handed_over: int) -> Sent:
    """Let go of the edition: sent when every mail is settled, incomplete while one is not."""
    with db.write() as connection:
        sending.end(connection, edition.id)
        rows = settle(connection, edition)
    return Sent(edition=find(db, edition.ref), ledger=tuple(rows), handed_over=handed_over)


def settle(connection: Connection, edition: Edition) -> list[Delivery]:
    """Give an edition the state that its ledger says; the ledger."""
    rows = deliveries.of_edition(connection, edition.id)
    if rows:
        done = all(row.state.is_final for row in rows)
        state = EditionState.SENT if done else EditionState.INCOMPLETE
        editions.set_state(connection, edition.id, state)
    return rows


def planned_audience(db: Database, ref: str) -> list[str]:
    """The addresses that a sending would write to now (``--dry-run``)."""
    edition = find(db, ref)
    with db.read() as connection:
        rows = deliveries.of_edition(connection, edition.id)
        if rows:
            return [row.address for row in rows if not row.state.is_final]
        return [reader.email for reader in audience(connection, edition.digest.slug)]


def _rows(db: Database, edition: Edition) -> list[Delivery]:
    with db.read() as connection:
        return deliveries.of_edition(connection, edition.id)
