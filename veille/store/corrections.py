"""What was said of editions after they came out: errata, and for whom they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, insert, select

from veille.model.edition import Erratum, Restriction
from veille.model.states import Visibility
from veille.store.bulk import chunks
from veille.store.tables.publishing import erratum, restriction

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


def add_erratum(
    conn: Connection,
    edition_id: int,
    *,
    item: int | None,
    text: str,
    withdraws: bool,
    by: str,
    at: datetime,
) -> Erratum:
    """Put a notice on a published edition."""
    values = {"item_id": item, "text": text, "withdraws": withdraws, "by": by, "at": at}
    row = insert(erratum).returning(erratum.c.id).values(edition_id=edition_id, **values)
    key: int = conn.execute(row).scalar_one()
    return Erratum(id=key, item=item, text=text, withdraws=withdraws, by=by, at=at)


def remove_erratum(conn: Connection, erratum_id: int) -> None:
    """Take a notice away."""
    conn.execute(delete(erratum).where(erratum.c.id == erratum_id))


def errata(conn: Connection, edition_ids: Sequence[int]) -> dict[int, tuple[Erratum, ...]]:
    """The notices on these editions, oldest first; an edition without one is not in the answer."""
    found: dict[int, list[Erratum]] = {}
    query = select(erratum).order_by(erratum.c.at, erratum.c.id)
    for part in chunks(edition_ids):
        for row in conn.execute(query.where(erratum.c.edition_id.in_(part))):
            found.setdefault(row.edition_id, []).append(
                Erratum(
                    id=row.id,
                    item=row.item_id,
                    text=row.text,
                    withdraws=row.withdraws,
                    by=row.by,
                    at=row.at,
                )
            )
    return {edition_id: tuple(notices) for edition_id, notices in found.items()}


def restrict(conn: Connection, edition_id: int, new: Restriction | None) -> None:
    """Say for whom an edition is from now on; None: for everybody."""
    conn.execute(delete(restriction).where(restriction.c.edition_id == edition_id))
    if new is not None:
        values = {"visibility": new.visibility, "at": new.at, "by": new.by, "reason": new.reason}
        conn.execute(insert(restriction).values(edition_id=edition_id, **values))


def restrictions(conn: Connection, edition_ids: Sequence[int]) -> dict[int, Restriction]:
    """Those of these editions that are not for everybody."""
    return {
        row.edition_id: Restriction(
            visibility=Visibility(row.visibility), at=row.at, by=row.by, reason=row.reason
        )
        for part in chunks(edition_ids)
        for row in conn.execute(select(restriction).where(restriction.c.edition_id.in_(part)))
    }
