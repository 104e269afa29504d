"""The editor's table laid: an edition as it stands, and what else could be in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from veille.store import editions, items
from veille.workflows import approving, compose, queries

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from veille.digest.charter import Charter, Standing
    from veille.model.edition import Finding, Pick, Severity
    from veille.model.item import Item
    from veille.store.database import Database
    from veille.workflows.compose import Renders, Table

CANDIDATES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """All that an editor looks at. ``items`` are those of the picks, by id."""

    table: Table
    standing: Standing
    findings: tuple[Finding, ...]
    items: Mapping[int, Item]
    candidates: tuple[Item, ...]

    @property
    def picks(self) -> tuple[Pick, ...]:
        """All links of the edition, those that only some readers get included."""
        return self.table.content.approved


def lay(
    db: Database,
    ref: str,
    renderer: Renders,
    *,
    charter: Charter,
    severities: Mapping[str, Severity | None],
    zone: ZoneInfo,
    now: datetime,
) -> Desk:
    """An edition with its candidates: kept, in no edition of its digest, the newest first."""
    table = compose.show(db, ref, renderer)
    digest = table.edition.digest
    with db.read() as connection:
        query = queries.read(connection, digest.query or "", now=now, zone=zone)
        offered = editions.candidates(connection, digest, query, now=now, limit=CANDIDATES)
        picked = items.get_many(connection, [pick.item for pick in table.content.approved])
        return Desk(
            table=table,
            standing=approving.standing_of(connection, table, charter),
            findings=tuple(compose.findings(connection, table, severities)),
            items={item.id: item for item in picked},
            candidates=tuple(items.get_many(connection, offered)),
        )
