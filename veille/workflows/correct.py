"""Correct what is out: errata, withdrawal, and who may see an edition. The mails are gone; the page
tells, and its address and its name in the feeds stay.

All of it is done in the open: a notice that was wrong is removed by its number and a withdrawal
lifted, each with an event. ``veille undo`` does not reach what readers have seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from veille.errors import NotFound, Refused
from veille.model.edition import Edition, Erratum, Restriction
from veille.model.event import Action
from veille.model.states import Visibility
from veille.model.text import clean, one_line
from veille.store import corrections
from veille.workflows.acting import whole
from veille.workflows.approving import OPEN_HOUSE
from veille.workflows.compose import edition_of
from veille.workflows.publish import write_archive

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from veille.digest.charter import Charter
    from veille.model.edition import EditionContent
    from veille.store.database import Connection, Database
    from veille.workflows.acting import Act
    from veille.workflows.publish import Publisher

MAX_TEXT = 2_000
"""Characters of a notice or a reason: more is an article, not an erratum."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Who corrects, and what that changes at once: the archive, written in the same transaction."""

    db: Database
    publisher: Publisher
    archive: Path
    act: Act
    charter: Charter = OPEN_HOUSE


def standing(db: Database, edition: Edition) -> tuple[tuple[Erratum, ...], Restriction | None]:
    """The notices on an edition, oldest first, and whether it is for everybody (None)."""
    with db.read() as connection:
        return (
            corrections.errata(connection, [edition.id]).get(edition.id, ()),
            corrections.restrictions(connection, [edition.id]).get(edition.id),
        )


def require_published(desk: Desk, ref: str, *, item: int | None = None) -> None:
    """Raise what :func:`erratum` would, before anybody writes its text."""
    with desk.db.read() as connection:
        edition = _published(connection, desk, ref, "correct")
        if item is not None:
            _require_pick(edition, item)


@whole
def erratum(
    desk: Desk, ref: str, text: str, *, item: int | None = None, withdraws: bool = False
) -> Erratum:
    """Put a dated notice on the page of a published edition, on one of its links or on the whole.

    ``withdraws`` takes the link of ``item`` out of page, feeds and search; the notice stands in its
    place. Raises :class:`~veille.errors.Refused` when the edition is not out, the item not in it, or
    the text empty or too long.
    """
    said = _said(text, "notice")
    with desk.db.write() as connection:
        edition = _published(connection, desk, ref, "correct")
        if item is not None:
            _require_pick(edition, item)
        made = corrections.add_erratum(
            connection, edition.id, item=item, text=said, withdraws=withdraws,
            by=desk.act.by, at=desk.act.now,
        )  # fmt: skip
        _finish(connection, desk, Action.EDITION_ERRATUM, ref, after=_described(made), item=item)
        return made


@whole
def remove_erratum(desk: Desk, ref: str, number: int) -> Erratum:
    """Take the notice of this number off the page. Raises NotFound when there is none."""
    with desk.db.write() as connection:
        edition = _published(connection, desk, ref, "correct")
        there = corrections.errata(connection, [edition.id]).get(edition.id, ())
        found = next((notice for notice in there if notice.id == number), None)
        if found is None:
            known = ", ".join(str(notice.id) for notice in there) or "none"
            raise NotFound(f"{ref} has no erratum {number} (there: {known})")
        corrections.remove_erratum(connection, number)
        before = _described(found)
        _finish(connection, desk, Action.EDITION_ERRATUM, ref, before=before, item=found.item)
        return found


def withdraw(desk: Desk, ref: str, reason: str) -> Restriction:
    """Replace a published edition by a notice that gives the reason; it leaves lists and feeds."""
    return _restrict(desk, ref, Visibility.WITHDRAWN, _said(reason, "reason"))


def keep_internal(desk: Desk, ref: str, reason: str | None = None) -> Restriction:
    """Keep a published edition to those who received it: the archive holds a notice, no more."""
    return _restrict(desk, ref, Visibility.INTERNAL, reason and _said(reason, "reason"))


@whole
def restore(desk: Desk, ref: str) -> Restriction:
    """Give an edition back to everybody, as it was; returns what was lifted."""
    with desk.db.write() as connection:
        edition = _published(connection, desk, ref, "restore")
        found = corrections.restrictions(connection, [edition.id]).get(edition.id)
        if found is None:
            raise Refused(f"{ref} is for everybody already: there is nothing to lift")
        corrections.restrict(connection, edition.id, None)
        before = {"visibility": found.visibility, "reason": found.reason}
        _finish(connection, desk, Action.EDITION_RESTORE, ref, before=before)
        return found


@whole
def _restrict(desk: Desk, ref: str, visibility: Visibility, reason: str | None) -> Restriction:
    with desk.db.write() as connection:
        edition = _published(connection, desk, ref, "restrict")
        before = corrections.restrictions(connection, [edition.id]).get(edition.id)
        if before is not None and (before.visibility, before.reason) == (visibility, reason):
            raise Refused(f"{ref} is {visibility} already, since {before.at:%Y-%m-%d}")
        new = Restriction(visibility=visibility, at=desk.act.now, by=desk.act.by, reason=reason)
        corrections.restrict(connection, edition.id, new)
        withdrawn = visibility is Visibility.WITHDRAWN
        action = Action.EDITION_WITHDRAW if withdrawn else Action.EDITION_RESTRICT
        _finish(connection, desk, action, ref, after={"visibility": visibility, "reason": reason})
        return new


def _published(connection: Connection, desk: Desk, ref: str, verb: str) -> Edition:
    desk.charter.admit(desk.act.by, f"{verb} {ref}")
    edition = edition_of(connection, ref)
    if not edition.state.is_public:
        raise Refused(f"{ref} is {edition.state}: what is not out yet is changed, not corrected")
    return edition


def _require_pick(edition: Edition, item: int) -> None:
    content: EditionContent | None = edition.content
    chosen = [pick.item for pick in content.picks] if content else []
    if item not in chosen:
        listed = ", ".join(map(str, chosen))
        raise Refused(f"item {item} is not in {edition.ref}, which holds {listed}")


def _said(text: str, noun: str) -> str:
    said = clean(text).strip()
    if not said:
        raise Refused(f"the {noun} is empty: readers want to know what was wrong")
    if len(said) > MAX_TEXT:
        raise Refused(f"the {noun} has {len(said)} characters, the limit is {MAX_TEXT}: shorten it")
    return said


def _described(notice: Erratum) -> dict[str, object]:
    return {"erratum": notice.id, "text": one_line(notice.text), "withdraws": notice.withdraws}


def _finish(
    connection: Connection,
    desk: Desk,
    action: Action,
    ref: str,
    *,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
    item: int | None = None,
) -> None:
    """The event, then the archive: when that cannot be written, nothing was done."""
    event = desk.act.event(action, item=item, subject=ref, before=before, after=after)
    desk.act.log(connection, event)
    write_archive(connection, desk.publisher, desk.archive)
