"""The plan of a digest: when its editions leave, and what comes before; and work that comes back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from veille.model.states import EditionState


class Step(StrEnum):
    """What becomes due for an edition, in this order."""

    DRAFT = "draft"  # it is opened, with picks proposed
    REMIND = "remind"  # curators hear what is missing
    FREEZE = "freeze"  # the editor hears that time is nearly up
    SEND = "send"  # what is approved leaves
    TELL = "tell"  # the editor hears that nothing left, and why


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """When the editions of a digest leave: ``rule`` is the RRULE of RFC 5545, in ``zone`` at ``at``.

    The other steps come so many days ``before``, at the same time of day. ``since`` is the day the
    rule counts from: nothing is due for what lies before.
    """

    digest: str
    rule: str
    zone: str
    at: str  # 09:00
    draft: int
    remind: int
    freeze: int
    since: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """One date of a plan: the period it stands for, and the instant of each step."""

    digest: str
    period: str
    draft: datetime
    remind: datetime
    freeze: datetime
    send: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How an edition stands, as far as a plan asks; ``waiting``: mails of it may be tried again."""

    digest: str
    number: int
    period: str
    state: EditionState
    approved_at: datetime | None
    waiting: bool = False

    @property
    def ref(self) -> str:
        """``five-links/3``."""
        return f"{self.digest}/{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DueStep:
    """A step that is due now: of which edition (None: there is none yet), leaving when."""

    step: Step
    digest: str
    period: str
    ref: str | None = None
    send: datetime | None = None  # None: of no plan, or not of this one
    why: str = ""


class JobName(StrEnum):
    """Work that comes back by itself."""

    EDITIONS = "editions"  # draft, remind, tell, send
    COLLECT = "collect"
    MAILBOX = "mailbox"
    BACKUP = "backup"
    LINKS = "links"
    PURGE = "purge"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRecord:
    """What is known of a job: when it last began and ended, and how it went since."""

    name: str
    started: datetime
    ended: datetime | None
    failures: int  # in a row; 0 when all went well
    deaths: int  # of these, ends that no program chooses
    said: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """The loop that runs, or ran: ``stopped`` is None until it said good-bye."""

    host: str
    process: int
    started: datetime
    beat: datetime
    stopped: datetime | None
    version: str
