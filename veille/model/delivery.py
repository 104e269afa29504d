"""Subscribers and deliveries: who receives an edition, and how far each mail is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from veille.model.states import DeliveryState


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """A person who receives digests. ``key`` is the normalised address: one person, one mail."""

    id: int
    email: str
    key: str
    name: str | None
    digests: tuple[str, ...]  # slugs
    since: datetime
    profiles: Mapping[str, str] = field(default_factory=dict)  # by digest: what interests them


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryDraft:
    """A mail about to be planned when the audience is frozen."""

    recipient: str  # the subscriber's key
    address: str
    name: str | None
    message_id: str
    state: DeliveryState = DeliveryState.PLANNED
    reason: str | None = None  # why it is skipped
    selection: str | None = None  # of the pool; None: the common one


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One edition to one subscriber. ``planned_at`` gives the mail its Date, whatever the retry."""

    id: int
    recipient: str
    address: str
    name: str | None
    message_id: str
    state: DeliveryState
    attempts: int
    planned_at: datetime
    code: int | None
    reply: str | None
    at: datetime  # of the last change
    next_try: datetime | None = None  # of a deferred mail
    selection: str | None = None  # of the pool; None: the common one


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A step of a mail, to be made if it is in the state ``expected``.

    ``phase`` says where in the dialogue it is; ``code`` and ``reply`` are the server's; ``next_try``
    says when a deferred mail is tried again.
    """

    mail: int  # the id of its delivery
    expected: DeliveryState
    to: DeliveryState
    phase: str
    code: int | None = None
    reply: str | None = None
    next_try: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """An address that nobody writes to: not at all, or not for one ``digest`` (a slug)."""

    key: str
    digest: str | None
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """That a reader, named by their key, suggested an item."""

    reader: str
    address: str
    name: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A finished mail. ``content`` is the raw message with CRLF line ends (RFC 5322)."""

    recipient: str
    message_id: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of one mail at a server, and where in the dialogue (``phase``) that was told."""

    state: DeliveryState  # accepted, deferred, rejected or uncertain
    phase: str
    code: int | None
    reply: str
    throttled: bool = False  # the server asks us to slow down, whoever the recipient


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a process sends from: the machine, the workspace's folder, the process."""

    host: str
    path: str
    pid: int
