"""Editions: numbered issues of a digest, their picks, and how far each is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import Connection, Row, Select, delete, func, insert, or_, select, update

from veille.errors import NotFound, Refused
from veille.model.edition import (
    Approval,
    Digest,
    Edition,
    EditionContent,
    PickDraft,
    PublishedEdition,
)
from veille.model.states import EditionState, ItemState
from veille.store import corrections, search
from veille.store.bulk import chunks
from veille.store.digests import (
    create_digest,
    digest,
    digests,
    edit_digest,
    move_digest,
    of_row,
    prefixed,
)
from veille.store.tables.marks import comment, endorsement
from veille.store.tables.pool import item, item_identifier
from veille.store.tables.publishing import PUBLIC, approval, edition, pick
from veille.store.tables.publishing import digest as digest_table
from veille.store.unset import UNSET, Unset, given

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from veille.model.query import Query

__all__ = [
    "approve",
    "candidates",
    "create",
    "create_digest",
    "digest",
    "digests",
    "edit",
    "edit_digest",
    "get",
    "lapse",
    "move_digest",
    "of_digest",
    "picks",
    "publish",
    "published",
    "set_picks",
    "set_state",
]

_told = item.alias("told")
_mine, _theirs = item_identifier.alias("mine"), item_identifier.alias("theirs")
_NOT_APPROVED = {"approved_by": None, "approved_at": None, "approved_hash": None}


def create(conn: Connection, digest: Digest, period: str, *, at: datetime) -> Edition:
    """Open the next number of a digest. Raises Refused when the period has an edition already."""
    there = conn.scalar(
        select(edition.c.number).where(edition.c.digest_id == digest.id, edition.c.period == period)
    )
    if there is not None:
        raise Refused(f"{digest.slug}/{there} is the edition of {period} already")
    last = conn.scalar(select(func.max(edition.c.number)).where(edition.c.digest_id == digest.id))
    values = {
        "digest_id": digest.id,
        "number": (last or 0) + 1,
        "period": period,
        "state": EditionState.DRAFT,
        "created": at,
    }
    key: int = conn.execute(insert(edition).returning(edition.c.id), values).scalar_one()
    return _existing(conn, key)


def get(conn: Connection, slug: str, number: int) -> Edition | None:
    """One edition, by its reference."""
    rows = _load(conn, _editions().where(digest_table.c.slug == slug, edition.c.number == number))
    return next(iter(rows), None)


def of_digest(conn: Connection, digest_id: int) -> list[Edition]:
    """All editions of a digest, by number."""
    return _load(
        conn, _editions().where(edition.c.digest_id == digest_id).order_by(edition.c.number)
    )


def edit(
    conn: Connection,
    edition_id: int,
    *,
    title: str | Unset | None = UNSET,
    intro: str | Unset | None = UNSET,
) -> Edition:
    """Change title or introduction. Raises Refused once the edition is public."""
    _change(conn, edition_id, **given(title=title, intro=intro))
    return _existing(conn, edition_id)


def approve(conn: Connection, edition_id: int, yes: Approval, *, complete: bool) -> None:
    """Bind an approval to the hash of what was seen; ``complete`` when it is the last one needed.

    Approvals of another text are forgotten. Raises Refused once the edition is public.
    """
    _change(conn, edition_id, **_NOT_APPROVED, state=EditionState.DRAFT)
    gone = (approval.c.by == yes.by) | (approval.c.sha256 != yes.sha256)
    conn.execute(delete(approval).where(approval.c.edition_id == edition_id, gone))
    row = {"by": yes.by, "at": yes.at, "sha256": yes.sha256}
    conn.execute(insert(approval), {"edition_id": edition_id, **row})
    if complete:
        given = {f"approved_{name}": value for name, value in row.items() if name != "sha256"}
        _change(conn, edition_id, state=EditionState.APPROVED, approved_hash=yes.sha256, **given)


def lapse(conn: Connection, edition_id: int) -> None:
    """Back to a draft, all approvals gone. Raises Refused once the edition is public."""
    _change(conn, edition_id, state=EditionState.DRAFT, **_NOT_APPROVED)
    conn.execute(delete(approval).where(approval.c.edition_id == edition_id))


def publish(conn: Connection, edition_id: int, *, at: datetime, content: EditionContent) -> None:
    """Freeze what readers see, for ever. Raises Refused when that was done before."""
    _change(
        conn,
        edition_id,
        state=EditionState.PUBLISHED,
        published_at=at,
        content=msgspec.json.encode(content).decode(),
    )


def set_state(conn: Connection, edition_id: int, state: EditionState) -> None:
    """How far sending is. Only public editions are sent: raises Refused for another one."""
    if not _existing(conn, edition_id).state.is_public or not state.is_public:
        raise Refused("an edition is published before it is sent; 'veille edition publish' does it")
    conn.execute(update(edition).where(edition.c.id == edition_id).values(state=state))


def picks(conn: Connection, edition_id: int) -> list[PickDraft]:
    """The picks of an edition, by position."""
    rows = conn.execute(
        select(pick).where(pick.c.edition_id == edition_id).order_by(pick.c.position)
    )
    return [PickDraft(item=row.item_id, headline=row.headline, blurb=row.blurb) for row in rows]


def set_picks(conn: Connection, edition_id: int, picks: Sequence[PickDraft]) -> None:
    """Make these the picks, in this order. Raises Refused once the edition is public."""
    _change(conn, edition_id)
    conn.execute(delete(pick).where(pick.c.edition_id == edition_id))
    rows = [
        {
            "edition_id": edition_id,
            "position": position,
            "item_id": chosen.item,
            "headline": chosen.headline,
            "blurb": chosen.blurb,
        }
        for position, chosen in enumerate(picks, 1)
    ]
    if rows:
        conn.execute(insert(pick), rows)


def candidates(
    conn: Connection, digest: Digest, query: Query, *, now: datetime, limit: int | None
) -> list[int]:
    """Kept items that match and are in no edition of this digest yet, the latest endorsed first.

    A story is proposed once, by the item that has a blurb or else was there first. Neither it nor a
    work is proposed again when another item of it was.
    """
    picked = select(pick.c.item_id).join(edition).where(edition.c.digest_id == digest.id)
    works = (
        select(_mine.c.item_id)
        .join_from(_mine, _theirs, _mine.c.key == _theirs.c.key)
        .where(_mine.c.own, _theirs.c.own, _theirs.c.item_id.in_(picked))
    )
    told = select(_told.c.story).where(_told.c.id.in_(picked), _told.c.story.is_not(None))
    kept = (
        select(endorsement.c.item_id, func.max(endorsement.c.at).label("at"))
        .group_by(endorsement.c.item_id)
        .subquery()
    )
    rows = conn.execute(
        select(item.c.id, item.c.story)
        .outerjoin_from(item, kept, kept.c.item_id == item.c.id)
        .where(
            item.c.state == ItemState.KEPT,
            item.c.id.not_in(picked),
            item.c.id.not_in(works),
            or_(item.c.story.is_(None), item.c.story.not_in(told)),
            search.condition(conn, query, now),
        )
        .order_by(kept.c.at.desc().nulls_last(), item.c.id.desc())
    ).all()
    return _each_story_once(conn, [(row.id, row.story) for row in rows])[:limit]


def _each_story_once(conn: Connection, found: Sequence[tuple[int, int | None]]) -> list[int]:
    told = [key for key, story in found if story is not None]
    blurbed = set(
        conn.scalars(
            select(comment.c.item_id).where(
                comment.c.item_id.in_(told),
                comment.c.blurb.is_(True),
                comment.c.withdrawn.is_(None),
            )
        )
    )
    chosen: dict[int, int] = {}
    for key, story in found:
        place = -key if story is None else story
        known = chosen.setdefault(place, key)
        chosen[place] = min(known, key, key=lambda each: (each not in blurbed, each))
    return list(chosen.values())


def published(conn: Connection, slug: str | None = None) -> list[PublishedEdition]:
    """All that readers can read, or what they can of one digest, in the order of digest, number.

    Each is where the pages of its digest are today; all else of it is as it was frozen.
    """
    query = (
        select(edition.c.id, edition.c.content, edition.c.published_at, *prefixed())
        .join_from(edition, digest_table)
        .where(edition.c.state.in_(PUBLIC))
        .order_by(digest_table.c.slug, edition.c.number)
    )
    rows = conn.execute(query if slug is None else query.where(digest_table.c.slug == slug)).all()
    ids = [row.id for row in rows]
    errata = corrections.errata(conn, ids)
    restrictions = corrections.restrictions(conn, ids)
    return [
        PublishedEdition(
            content=replace(_content(row.content), address=row.its_digest_address),
            published_at=row.published_at,
            errata=errata.get(row.id, ()),
            restriction=restrictions.get(row.id),
        )
        for row in rows
    ]


def _editions() -> Select[Any]:
    return select(edition, *prefixed()).join_from(edition, digest_table)


def _load(conn: Connection, query: Select[Any]) -> list[Edition]:
    rows = conn.execute(query).all()
    given = _approvals(conn, [row.id for row in rows])
    return [_edition(row, tuple(given.get(row.id, ()))) for row in rows]


def _approvals(conn: Connection, ids: Sequence[int]) -> dict[int, list[Approval]]:
    found: dict[int, list[Approval]] = {}
    query = select(approval).order_by(approval.c.at, approval.c.by)
    for part in chunks(ids):
        for row in conn.execute(query.where(approval.c.edition_id.in_(part))):
            yes = Approval(by=row.by, at=row.at, sha256=row.sha256)
            found.setdefault(row.edition_id, []).append(yes)
    return found


def _existing(conn: Connection, edition_id: int) -> Edition:
    rows = _load(conn, _editions().where(edition.c.id == edition_id))
    if not rows:
        raise NotFound(f"there is no edition with the number {edition_id} in the database")
    return rows[0]


def _change(conn: Connection, edition_id: int, **values: Any) -> None:
    current = _existing(conn, edition_id)
    if current.state.is_public:
        raise Refused(f"{current.ref} is public: what readers have seen does not change")
    if values:
        conn.execute(update(edition).where(edition.c.id == edition_id).values(values))


def _content(stored: str) -> EditionContent:
    return msgspec.json.decode(stored, type=EditionContent)


def _edition(row: Row[Any], approvals: tuple[Approval, ...]) -> Edition:
    return Edition(
        id=row.id,
        digest=of_row(row, "its_digest_"),
        number=row.number,
        period=row.period,
        title=row.title,
        intro=row.intro,
        state=EditionState(row.state),
        created=row.created,
        approved_by=row.approved_by,
        approved_at=row.approved_at,
        approved_hash=row.approved_hash,
        published_at=row.published_at,
        content=None if row.content is None else _content(row.content),
        approvals=approvals,
    )
