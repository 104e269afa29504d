"""Events: the append-only log of who did what, when, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Action(StrEnum):
    """What was done. Those of :data:`UNDOABLE` change marks and can be taken back."""

    KEEP = "keep"
    SKIP = "skip"
    RESET = "reset"
    WITHDRAW = "withdraw"  # one's own keeping, while others keep it
    TAG = "tag"
    LANGUAGE = "language"
    COMMENT = "comment"
    SEEN = "seen"  # a whole stream marked as read in a reader app; of one item nobody keeps a log
    STORY_JOIN = "story-join"
    STORY_SPLIT = "story-split"
    UNDO = "undo"
    ADD = "add"
    UPDATE = "update"  # by a source: the old title stays in the history
    TAG_RENAME = "tag-rename"
    TAG_MERGE = "tag-merge"
    THESAURUS = "thesaurus"  # terms changed
    RULE = "rule"  # did something to an item: at a collection, or when somebody applied it
    RULE_ADD = "rule-add"
    RULE_EDIT = "rule-edit"
    RULE_REMOVE = "rule-remove"
    SEARCH_SAVE = "search-save"
    SEARCH_RENAME = "search-rename"
    SEARCH_REMOVE = "search-remove"
    SOURCE_ADD = "source-add"
    SOURCE_EDIT = "source-edit"
    SOURCE_PAUSE = "source-pause"
    SOURCE_RESUME = "source-resume"
    SOURCE_REMOVE = "source-remove"
    SOURCE_MOVE = "source-move"  # by itself: its server redirected for good
    SOURCE_MERGE = "source-merge"  # it moved to where another source was
    SOURCE_GONE = "source-gone"  # its server answered 410
    DIGEST_CREATE = "digest-create"
    DIGEST_EDIT = "digest-edit"
    EDITION_DRAFT = "edition-draft"
    EDITION_ADD = "edition-add"
    EDITION_REMOVE = "edition-remove"
    EDITION_MOVE = "edition-move"
    EDITION_EDIT = "edition-edit"
    EDITION_APPROVE = "edition-approve"
    EDITION_PUBLISH = "edition-publish"
    EDITION_SEND = "edition-send"
    EDITION_THANK = "edition-thank"
    EDITION_REMIND = "edition-remind"
    EDITION_ERRATUM = "edition-erratum"
    EDITION_WITHDRAW = "edition-withdraw"
    EDITION_RESTRICT = "edition-restrict"
    EDITION_RESTORE = "edition-restore"
    LEDGER_RESOLVE = "ledger-resolve"
    SUBSCRIBER_ADD = "subscriber-add"
    SUBSCRIBER_EDIT = "subscriber-edit"
    SUBSCRIBER_REMOVE = "subscriber-remove"
    SUPPRESSION_ADD = "suppression-add"
    SUPPRESSION_REMOVE = "suppression-remove"
    SUBSCRIBER_LEAVE = "subscriber-leave"  # a digest, by the reader's own hand
    APP_ADMIT = "app-admit"  # a reader app, by a token
    APP_REVOKE = "app-revoke"
    RESTORE = "restore"  # of a backup, over the whole database
    UPGRADE = "upgrade"
    PURGE = "purge"  # of what is old and nobody touched; by itself, or by a curator


UNDOABLE = frozenset(
    {
        Action.KEEP,
        Action.SKIP,
        Action.RESET,
        Action.WITHDRAW,
        Action.TAG,
        Action.LANGUAGE,
        Action.COMMENT,
        Action.SEEN,
        Action.STORY_JOIN,
        Action.STORY_SPLIT,
        Action.TAG_RENAME,
        Action.TAG_MERGE,
        Action.RULE,
        Action.THESAURUS,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts: the curator's handle, and the login name of the process beside it."""

    handle: str
    login: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """An event about to be written. ``actor`` is None for what the machine did by itself.

    ``batch`` is shared by everything one command did; ``item`` or ``subject`` (``five-links/3``,
    ``source 12``, an address) says to what; ``undoes`` names the batch that an undo takes back.
    """

    at: datetime
    actor: Actor | None
    action: Action
    batch: str
    item: int | None = None
    subject: str | None = None
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    note: str | None = None
    undoes: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of the log, as stored. ``undone`` says that a later undo took it back."""

    id: int
    at: datetime
    by: str | None
    login: str | None
    action: Action
    batch: str
    item: int | None
    subject: str | None
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    note: str | None
    undoes: str | None
    undone: bool
