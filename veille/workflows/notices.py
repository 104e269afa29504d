"""Mails to those who make an edition: thanks when it is out, one reminder before it leaves.

Each goes out at most once, by the same safety as editions: planned in a transaction, committed to
before the last byte, and in doubt for ever when nobody can know.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from veille.delivery import message, personal
from veille.delivery.smtp import LineLost
from veille.digest import selection
from veille.digest.credits import Credit, Deed, credits_of, lack
from veille.errors import Refused
from veille.model.delivery import Answer, Delivery, DeliveryDraft, Message
from veille.model.event import Action
from veille.model.states import DeliveryState, NoticeKind
from veille.store import deliveries, events, items, letters, notices
from veille.workflows import compose
from veille.workflows.carrying import Relay
from veille.workflows.readers import address

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from veille.model.edition import Edition, EditionContent
    from veille.model.item import Item
    from veille.store.database import Connection, Database
    from veille.workflows.acting import Act
    from veille.workflows.publish import House
    from veille.workflows.send import Folder


class Writer(Protocol):
    """Renders an edition's contents and personal mails; the renderer of the house."""

    def edition(self, content: EditionContent) -> Any:
        """The finished text."""

    def personal(
        self, kind: NoticeKind, content: EditionContent, *, name: str, **context: Any
    ) -> tuple[str, str]:
        """Subject and text of a mail to one of us; raises TemplateError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """How mails leave, who writes them, and where curators are reached: handle → address."""

    writer: Writer
    transport: Folder | Relay
    house: House
    curators: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Letter:
    """Somebody to write to, and what there is to say."""

    name: str
    address: str
    context: Mapping[str, object]


def thank(db: Database, ref: str, post: Post, *, act: Act) -> list[Delivery]:
    """Tell everybody with a hand in a published edition that it is out; the mails of it.

    Whoever found, kept or commented a link of it, and readers who suggested one. Again: nobody is
    told twice. Raises :class:`~veille.errors.Refused` while it is not out.
    """
    with db.write() as connection:
        edition = compose.edition_of(connection, ref)
        if not edition.state.is_public or edition.content is None:
            raise Refused(f"{ref} is not out yet: thanks follow 'veille edition publish {ref}'")
        content = selection.whole(edition.content)
        wanted = _thanks(connection, content, post)
        _plan(connection, NoticeKind.THANKS, edition, wanted, post, act)
    return _send(db, NoticeKind.THANKS, edition, content, wanted, post, act)


def remind(db: Database, ref: str, post: Post, *, deadline: datetime, act: Act) -> list[Delivery]:
    """Tell every curator, once, what an open edition lacks before ``deadline``; the mails of it.

    Nobody is written to while nothing is missing. Raises :class:`~veille.errors.Refused` when the
    edition is out.
    """
    with db.write() as connection:
        table = compose.load(connection, ref, post.writer)
        edition, content = table.edition, selection.whole(table.content)
        if edition.state.is_public:
            raise Refused(f"{ref} is {edition.state}: there is nothing left to remind of")
        wanted = [
            _Letter(name=handle, address=to, context={"lack": missing, "deadline": deadline})
            for handle, to in post.curators.items()
            if not (missing := lack(handle, content.picks, edition.digest.links)).is_nothing
        ]
        _plan(connection, NoticeKind.REMINDER, edition, wanted, post, act)
    return _send(db, NoticeKind.REMINDER, edition, content, wanted, post, act)


def _thanks(connection: Connection, content: EditionContent, post: Post) -> list[_Letter]:
    ids = [pick.item for pick in content.picks]
    known = {item.id: item for item in items.get_many(connection, ids)}
    finders = events.finders(connection, ids)
    found = [
        _Letter(name=handle, address=to, context={"merits": merits})
        for handle, to in post.curators.items()
        if (merits := credits_of(handle, content.picks, known, finders))
    ]
    told = {_key(letter.address) for letter in found}
    return found + [
        one for one in _readers(connection, content, known) if _key(one.address) not in told
    ]


def _readers(
    connection: Connection, content: EditionContent, known: Mapping[int, Item]
) -> list[_Letter]:
    """Readers whose suggestions came out: one letter each, whatever the number of links."""
    suggested = letters.suggested(connection, list(known))
    merits: dict[tuple[str, str], list[Credit]] = {}
    for pick in content.picks:
        for by in suggested.get(pick.item, ()):
            if deliveries.is_suppressed(connection, by.reader):
                continue  # who asked to be left alone is left alone
            credit = Credit(position=pick.position, deeds=(Deed.SUGGESTED,))
            merits.setdefault((by.name or by.address, by.address), []).append(credit)
    return [
        _Letter(name=name, address=to, context={"merits": tuple(mine)})
        for (name, to), mine in merits.items()
    ]


def _plan(
    connection: Connection,
    kind: NoticeKind,
    edition: Edition,
    wanted: Sequence[_Letter],
    post: Post,
    act: Act,
) -> None:
    drafts = [
        DeliveryDraft(
            recipient=_key(letter.address),
            address=address(letter.address)[0],
            name=letter.name,
            message_id=message.message_id(
                f"{post.house.sender.instance}/{edition.ref}", kind, _key(letter.address),
                domain=message.domain_of(post.house.sender), secret=post.house.secret,
            ),
        )
        for letter in wanted
    ]  # fmt: skip
    before = {row.recipient for row in notices.of_edition(connection, kind, edition.id)}
    notices.plan(connection, kind, edition.id, drafts, at=act.now)
    fresh = [draft.recipient for draft in drafts if draft.recipient not in before]
    if fresh:
        action = Action.EDITION_THANK if kind is NoticeKind.THANKS else Action.EDITION_REMIND
        act.log(connection, act.event(action, subject=edition.ref, after={"to": len(fresh)}))


def _send(
    db: Database,
    kind: NoticeKind,
    edition: Edition,
    content: EditionContent,
    wanted: Sequence[_Letter],
    post: Post,
    act: Act,
) -> list[Delivery]:
    """Hand over what is planned or was put off; what a dead run left at a server stays in doubt."""
    by_key = {_key(letter.address): letter for letter in wanted}
    with db.write() as connection:
        for row in notices.of_edition(connection, kind, edition.id):
            if row.state is DeliveryState.COMMITTING:
                left = _LEFT[isinstance(post.transport, Relay)]
                notices.move(connection, row.id, expected=row.state, to=left, at=act.now)
        rows = notices.of_edition(connection, kind, edition.id)
    for row in rows:
        letter = by_key.get(row.recipient)
        if letter is not None and row.state in (DeliveryState.PLANNED, DeliveryState.DEFERRED):
            subject, text = post.writer.personal(kind, content, name=letter.name, **letter.context)
            mail = personal.compose(
                post.house.sender, row, name=letter.name, subject=subject, text=text,
                locale=content.locale,
            )  # fmt: skip
            _Hand(db, edition, post, act).over(row, mail)
    with db.read() as connection:
        return notices.of_edition(connection, kind, edition.id)


# A folder takes the same file twice; what a server holds, nobody knows.
_LEFT = {True: DeliveryState.UNCERTAIN, False: DeliveryState.PLANNED}


@dataclass(frozen=True, slots=True)
class _Hand:
    """One mail over to the transport, its state stored before and after the point of no return."""

    db: Database
    edition: Edition
    post: Post
    act: Act

    def over(self, row: Delivery, mail: Message) -> None:
        """Hand it over; whatever happens is in the ledger."""
        signed = mail.content
        if self.post.house.sign is not None:
            signed = self.post.house.sign(signed, row.planned_at)
        transport = self.post.transport
        if isinstance(transport, Relay):
            answer = self._by_line(transport, row, signed)
        else:
            self._move(row, DeliveryState.COMMITTING)
            whole = Message(recipient=mail.recipient, message_id=mail.message_id, content=signed)
            (place,) = transport.deliver_all(self.edition.ref, [whole])
            answer = Answer(state=DeliveryState.ACCEPTED, phase="file", code=250, reply=place)
        self._answered(row, answer)

    def _by_line(self, relay: Relay, row: Delivery, content: bytes) -> Answer:
        line = relay.line()
        committed = False
        try:
            line.open()
            refused = line.offer(relay.envelope(row), content)
            if refused is not None:
                return refused
            self._move(row, DeliveryState.COMMITTING)
            committed = True
            return line.commit()
        except LineLost as error:
            state = DeliveryState.UNCERTAIN if committed else DeliveryState.DEFERRED
            return Answer(state=state, phase="line", code=None, reply=str(error))
        finally:
            line.close()

    def _move(self, row: Delivery, to: DeliveryState) -> None:
        with self.db.write() as connection:
            notices.move(connection, row.id, expected=row.state, to=to, at=self.act.now)

    def _answered(self, row: Delivery, answer: Answer) -> None:
        with self.db.write() as connection:
            for expected in (DeliveryState.COMMITTING, row.state):
                if notices.move(
                    connection, row.id, expected=expected, to=answer.state, at=self.act.now,
                    code=answer.code, reply=answer.reply,
                ):  # fmt: skip
                    return


def _key(to: str) -> str:
    return address(to)[1]
