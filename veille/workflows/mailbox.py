"""The mailbox: what readers and mail servers answer, each letter judged once.

Failures are believed when they name a delivery of ours, by a name that nobody can guess; a reader
leaves with the token of their mail; a link that a reader sends is a suggestion. What a machine wrote
by itself changes nothing, and nothing is ever answered, so that no loop can begin.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple, Protocol

from veille.delivery.mailbox import read_letter
from veille.errors import UsageError
from veille.feeds.urls import canonical
from veille.model.delivery import Move, Suggestion
from veille.model.event import Action, Actor
from veille.model.letter import Letter, LetterKind, Outcome
from veille.model.states import DeliveryState
from veille.model.text import shorten
from veille.store import deliveries, editions, letters
from veille.workflows import farewells, found, leaving
from veille.workflows.acting import Act
from veille.workflows.curate import annotate
from veille.workflows.send import settle

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from veille.model.delivery import Delivery, Subscriber
    from veille.model.edition import Digest
    from veille.store.database import Connection, Database

TAG = "suggestion"
LOOK_BACK = timedelta(days=90)  # older letters are not asked of a server
AT_ONCE = 500  # letters a reading; the next one goes on
_ARRIVED = (DeliveryState.ACCEPTED, DeliveryState.UNCERTAIN)  # what a report of failure corrects


class Box(Protocol):
    """A mailbox; those of :mod:`veille.delivery.mailbox`."""

    @property
    def name(self) -> str:
        """Which one: letters are remembered by it and their place."""

    def open(self, since: date) -> Sequence[str]:
        """The places of its letters, oldest first."""

    def fetch(self, place: str) -> bytes:
        """The beginning of a letter."""

    def done(self, place: str) -> None:
        """Flag or move a letter that was dealt with."""

    def close(self) -> None:
        """Let go of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What letters are judged with.

    ``link`` brings a link into the pool (:func:`veille.workflows.found.add_link` with its
    collaborators); ``bounces`` is how many mails in a row may come back before nothing is sent
    to an address any more, 0 for ever; ``ours`` are the addresses of the house's own pages.
    """

    secret: bytes
    domain: str
    link: Callable[[str, Act], found.FoundLink]
    bounces: int = 3
    ours: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A letter and what was made of it: ``who`` it is about, ``what``, in some words."""

    outcome: Outcome
    who: str = ""
    what: str = ""
    kind: LetterKind = LetterKind.PERSONAL


@dataclass(slots=True)
class Reading:
    """What one reading of the mailbox came to. ``more`` says that letters are left for the next."""

    judged: list[Judged] = field(default_factory=list)
    more: int = 0

    def of(self, outcome: Outcome) -> list[Judged]:
        """The letters of an outcome."""
        return [one for one in self.judged if one.outcome is outcome]


class _Ours(NamedTuple):
    """A delivery that a letter names, the reference of its edition, and its digest's slug."""

    row: Delivery
    ref: str
    slug: str


def read(db: Database, box: Box, desk: Desk, *, act: Act) -> Reading:
    """Judge every letter that was not judged yet; a second reading finds nothing to do.

    Raises :class:`~veille.errors.MailServerError` when the mailbox cannot be read; what was judged
    until then is kept.
    """
    reading = Reading()
    try:
        places = box.open((act.now - LOOK_BACK).date())
        with db.read() as connection:
            known = letters.judged(connection, box.name, places)
        fresh = [place for place in places if place not in known]
        reading.more = max(0, len(fresh) - AT_ONCE)
        for place in fresh[:AT_ONCE]:
            data = box.fetch(place)
            if not data:
                continue
            judged = _Judge(db, box.name, desk, act).judge(place, read_letter(data))
            if judged.outcome not in (Outcome.IGNORED, Outcome.KNOWN, Outcome.ASKED):
                box.done(place)
            reading.judged.append(judged)
    finally:
        box.close()
    return reading


class _Judge:
    """One letter: decided and written down in one transaction."""

    def __init__(self, db: Database, mailbox: str, desk: Desk, act: Act) -> None:
        self._db = db
        self._mailbox = mailbox
        self._desk = desk
        self._act = Act(actor=None, now=act.now, batch=act.batch, note="by mail")

    def judge(self, place: str, letter: Letter) -> Judged:
        brought = self._brought(letter)
        with self._db.write() as connection:
            if letters.is_known(connection, letter.identity):
                judged = Judged(outcome=Outcome.KNOWN)
            else:
                judged = self._decide(connection, letter, brought)
            letters.record(
                connection, self._mailbox, place, identity=letter.identity, kind=letter.kind,
                outcome=judged.outcome, at=self._act.now,
            )  # fmt: skip
        return judged

    def _brought(self, letter: Letter) -> list[found.FoundLink]:
        """The links of a suggestion, in the pool before the letter is written down: again, they are
        there already."""
        with self._db.read() as connection:
            reader = _reader(connection, letter.sender)
            known = letters.is_known(connection, letter.identity)
        if known or reader is None or farewells.asks_to_leave(letter):
            return []
        brought = []
        for link in _foreign(letter, self._desk.ours):
            try:
                brought.append(self._desk.link(link, self._suggesting(reader)))
            except UsageError:  # no address of the web after all
                continue
        return brought

    def _decide(
        self, connection: Connection, letter: Letter, brought: Sequence[found.FoundLink]
    ) -> Judged:
        ours = [_Ours(*one) for one in deliveries.named(connection, self._ids(letter))]
        match letter.kind:
            case LetterKind.FAILURE | LetterKind.DELAY if ours:
                return self._came_back(connection, letter, ours[0])
            case LetterKind.COMPLAINT if ours:
                digest = _digest(connection, ours[0].slug)
                return self._leaves(connection, ours[0].row.recipient, digest, "complaint")
            case LetterKind.PERSONAL | LetterKind.AUTOMATIC:
                token = leaving.TOKEN.search(letter.subject)
                whose = token and leaving.owner(connection, token[0], self._desk.secret)
                if whose:
                    return self._leaves(connection, whose.reader, whose.digest, "token")
        if letter.kind is LetterKind.PERSONAL:
            return self._personal(connection, letter, ours, brought)
        return Judged(outcome=Outcome.IGNORED, kind=letter.kind)

    def _ids(self, letter: Letter) -> list[str]:
        return [name if "@" in name else f"<{name}@{self._desk.domain}>" for name in letter.names]

    def _personal(
        self,
        connection: Connection,
        letter: Letter,
        ours: Sequence[_Ours],
        brought: Sequence[found.FoundLink],
    ) -> Judged:
        reader = _reader(connection, letter.sender)
        if farewells.asks_to_leave(letter):
            return self._farewell(connection, letter, reader, ours)
        if reader is None:
            return Judged(outcome=Outcome.IGNORED)
        if brought:
            return self._suggests(connection, letter, reader, brought)
        return Judged(outcome=Outcome.ASKED, who=reader.email, what="wrote to you")

    def _came_back(self, connection: Connection, letter: Letter, ours: _Ours) -> Judged:
        """A report on a mail of ours: bounced when it is final, a note in the ledger when not."""
        row, refusal = ours.row, letter.refusals[0]
        said = f"{refusal.status} {refusal.said}".strip()
        final = letter.kind is LetterKind.FAILURE
        if not final or row.state not in _ARRIVED:
            deliveries.note(
                connection, row, at=self._act.now, run=self._act.batch, phase="report", reply=said
            )
            outcome = Outcome.IGNORED if final else Outcome.DELAYED
            return Judged(
                outcome=outcome, who=row.address, what=f"{ours.ref}: {said}", kind=letter.kind
            )
        deliveries.move(
            connection,
            Move(
                mail=row.id,
                expected=row.state,
                to=DeliveryState.BOUNCED,
                phase="report",
                reply=said,
            ),
            at=self._act.now,
            run=self._act.batch,
        )
        edition = editions.get(connection, ours.slug, int(ours.ref.rpartition("/")[2]))
        assert edition is not None  # noqa: S101  its delivery refers to it
        settle(connection, edition)
        what = f"{ours.ref}: {said}"
        if self._is_dead(connection, row.recipient):
            what += f"; {self._desk.bounces} in a row: nothing is sent there any more"
        return Judged(outcome=Outcome.BOUNCED, who=row.address, what=what, kind=letter.kind)

    def _is_dead(self, connection: Connection, recipient: str) -> bool:
        """Let an address go whose last mails all came back; whether it went now."""
        limit = self._desk.bounces
        last = deliveries.last_states(connection, recipient, limit) if limit else []
        if not limit or len(last) < limit or set(last) != {DeliveryState.BOUNCED}:
            return False
        reason = f"{limit} {'mail' if limit == 1 else 'mails'} in a row came back"
        if deliveries.is_suppressed(connection, recipient):
            return False
        deliveries.remove_subscriber(connection, recipient, at=self._act.now, reason=reason)
        after = {"reason": reason}
        event = self._act.event(Action.SUBSCRIBER_REMOVE, subject=recipient, after=after)
        self._act.log(connection, event)
        return True

    def _farewell(
        self,
        connection: Connection,
        letter: Letter,
        reader: Subscriber | None,
        ours: Sequence[_Ours],
    ) -> Judged:
        """ "Unsubscribe" in words: of the digest whose mail it answers, else of all. A sender whose
        server denies them is left for a person."""
        mine = [one for one in ours if one.row.recipient == letter.sender]
        if reader is None:
            return Judged(
                outcome=Outcome.ASKED, who=letter.sender, what="asks to leave, is no reader"
            )
        if letter.doubtful and not mine:
            what = (
                f"asks to leave, but may be somebody else: 'veille subscriber remove {reader.key}'"
            )
            return Judged(outcome=Outcome.ASKED, who=reader.email, what=what)
        if mine:
            digest = _digest(connection, mine[0].slug)
            return self._leaves(connection, reader.key, digest, "in words")
        deliveries.remove_subscriber(connection, reader.key, at=self._act.now)
        self._act.log(connection, self._act.event(Action.SUBSCRIBER_REMOVE, subject=reader.key))
        return Judged(outcome=Outcome.LEFT, who=reader.email, what="every digest (in words)")

    def _leaves(self, connection: Connection, key: str, digest: Digest, how: str) -> Judged:
        leaving.drop(connection, key, digest, act=self._act)
        return Judged(outcome=Outcome.LEFT, who=key, what=f"{digest.slug} ({how})")

    def _suggests(
        self,
        connection: Connection,
        letter: Letter,
        reader: Subscriber,
        brought: Sequence[found.FoundLink],
    ) -> Judged:
        act = self._suggesting(reader)
        words = _words(letter)
        for link in brought:
            by = Suggestion(reader=reader.key, address=reader.email, name=reader.name, at=act.now)
            if letters.suggest(connection, link.item, by) and words:
                annotate(connection, link.item, words, blurb=False, act=act)
        what = "item " + ", ".join(str(link.item) for link in brought)
        return Judged(outcome=Outcome.SUGGESTED, who=reader.email, what=what)

    def _suggesting(self, reader: Subscriber) -> Act:
        """What a reader's letter does is theirs in the log, under their address."""
        actor = Actor(handle=reader.key, login="mail")
        return Act(actor=actor, now=self._act.now, batch=self._act.batch, note="suggested by mail")


def _reader(connection: Connection, sender: str) -> Subscriber | None:
    return deliveries.reader(connection, sender) if sender else None


def _digest(connection: Connection, slug: str) -> Digest:
    digest = editions.digest(connection, slug)
    assert digest is not None  # noqa: S101  a delivery's edition refers to it
    return digest


def _foreign(letter: Letter, ours: Sequence[str]) -> list[str]:
    """The links that lead somewhere else than to the house's own pages."""
    if letter.kind is not LetterKind.PERSONAL:
        return []
    mine = tuple(address.rstrip("/") for address in ours if address)
    return [
        link for link in letter.links if canonical(link) and not link.startswith(mine or ("\0",))
    ]


def _words(letter: Letter) -> str:
    """What the reader says of their links, the links themselves left out when they stand alone."""
    lines = [line for line in letter.text.split("\n") if line.strip() not in letter.links]
    return shorten("\n".join(lines).strip(), 2_000)
