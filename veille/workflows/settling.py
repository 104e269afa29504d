"""Settle what visits brought: merged with what is known, and stored with when to visit next.

::

    visits of a batch → merged → items and sightings → the rows of the sources → the team's rules

All of a batch is one transaction: what a source said and when to visit it next are stored together,
or not at all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from veille.errors import FetchError
from veille.feeds import rhythm
from veille.feeds.merge import (
    is_enough,
    keys_everywhere,
    merge,
    names_of_unknown,
    remembered,
)
from veille.model.fetched import Fetched
from veille.model.states import SourceState
from veille.store import ingest, memories, tombstones, visits
from veille.workflows import ruling
from veille.workflows.reaching import follow_up
from veille.workflows.visiting import FailedSource

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from veille.model.changes import Known
    from veille.model.fetched import Parsed
    from veille.model.source import Source, Visit
    from veille.model.states import Identity
    from veille.store.database import Connection, Database
    from veille.workflows.acting import Act
    from veille.workflows.visiting import Report, Visited


class _Merged(NamedTuple):
    """What a document came to."""

    new: Sequence[int] = ()
    identity: Identity | None = None
    shows_known: bool = True
    memory: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settling:
    """What holds for all batches of a run; ``report`` counts what they come to.

    At its first visit the ``first_fetch`` newest entries of a source are to be looked at; the days
    of rules are those of ``zone``.
    """

    db: Database
    report: Report
    act: Act
    first_fetch: int
    zone: ZoneInfo

    def settle(self, batch: Sequence[Visited]) -> None:
        """Store what these visits brought, in one transaction."""
        if not batch:
            return
        with self.db.write() as connection:
            purged = tombstones.are_there(connection)
            settled: list[tuple[Visited, Visit, _Merged]] = []
            # In the order of the sources, not of their answers: the same feeds give the same items.
            for visited in sorted(batch, key=lambda visited: visited.source.id):
                if (merged := self._merged(connection, visited, purged=purged)) is None:
                    self.report.skipped += 1
                else:
                    settled.append((visited, _visit(visited, merged, self.act), merged))
            visits.record_all(
                connection,
                [(visited.source.id, visit, merged.memory) for visited, visit, merged in settled],
            )
            for visited, visit, _ in settled:
                follow_up(connection, visited.source, visited.outcome, visit, self.act)
                self._count(visited, visit)
            new = [item for _, _, merged in settled for item in merged.new]
            self.report.rules += ruling.apply_new(connection, new, zone=self.zone, act=self.act)

    def _merged(self, connection: Connection, visited: Visited, *, purged: bool) -> _Merged | None:
        """What the document changes, stored; None when the source simply stays due."""
        if isinstance(visited.outcome, FetchError) and not visited.outcome.asked:
            return None  # its host asked for peace since we began
        if visited.parsed is None:
            return _Merged()
        known = _known(connection, visited.source, visited.parsed, purged=purged)
        merged = self._merge(connection, visited.source, visited.parsed, known)
        if merged is None:
            memories.forget(connection, visited.source.id)  # it misleads: read whole next time
        return merged

    def _merge(
        self, connection: Connection, source: Source, parsed: Parsed, known: Known
    ) -> _Merged | None:
        """Store what a document changes; None when entries came from a memory of what is not stored."""
        if not is_enough(source, parsed, known):
            return None
        now = self.act.now
        changes = merge(source, parsed, known, now=now, first_fetch=self.first_fetch)
        applied = ingest.apply(connection, source.id, changes, at=now, batch=self.act.batch)
        self.report.new += applied.new
        self.report.updated += applied.updated
        self.report.seen += applied.seen
        if parsed.problem:
            self.report.problems.append((source, parsed.problem))
        return _Merged(
            new=applied.ids,
            identity=changes.identity,
            shows_known=not known.sightings or len(changes.new) < len(parsed.entries),
            memory=remembered(source, parsed),
        )

    def _count(self, visited: Visited, visit: Visit) -> None:
        if visit.error is not None:
            next_try = visit.next_fetch if visit.state is SourceState.ACTIVE else None
            failed = FailedSource(source=visited.source, failure=visit.error, next_try=next_try)
            self.report.failures.append(failed)
        elif isinstance(visited.outcome, Fetched) and visited.outcome.not_modified:
            self.report.not_modified += 1
        else:
            self.report.fetched += 1


def _known(connection: Connection, source: Source, parsed: Parsed, *, purged: bool) -> Known:
    """What a document may touch; what was ``purged`` is looked for when its entries are unknown."""
    known = ingest.known(connection, source.id, keys_everywhere(source, parsed))
    unknown = names_of_unknown(source, parsed, known) if purged else []
    return replace(known, removed=tombstones.among(connection, unknown)) if unknown else known


def _visit(visited: Visited, merged: _Merged, act: Act) -> Visit:
    return rhythm.visit_after(
        visited.source,
        visited.outcome,
        now=act.now,
        parsed=visited.parsed,
        identity=merged.identity,
        shows_known=merged.shows_known,
    )
