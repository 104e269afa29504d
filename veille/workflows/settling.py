"""Settle what visits brought: merged with what is known, and stored with when to visit next.

::

    visits of a batch → merged → items and sightings → the rows of the sources → the team's rules

What a source said and when to visit it next are stored together, or not at all.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from veille.errors import FetchError
from veille.feeds import rhythm
from veille.model.fetched import Fetched
from veille.model.states import SourceState
from veille.store import rules, visits
from veille.workflows.reaching import follow_up
from veille.workflows.visiting import FailedSource, Merged

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from veille.model.source import Visit
    from veille.store.database import Connection, Database
    from veille.workflows.acting import Act
    from veille.workflows.visiting import Report, Visited

A_TRANSACTION = 0.02  # seconds, and one source more: who presses a key should not feel it


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
        """Store what these visits brought, in short transactions: curators write in between."""
        # In the order of the sources, not of their answers: the same feeds give the same items.
        waiting = deque(sorted(batch, key=lambda visited: visited.source.id))
        while waiting:
            with self.db.write(in_turn=True) as connection:
                self._store(connection, waiting)

    def _store(self, connection: Connection, waiting: deque[Visited]) -> None:
        """Store the first of those that wait, all if there is time."""
        settled: list[tuple[Visited, Visit, Merged]] = []
        end = time.monotonic() + A_TRANSACTION
        while waiting and (not settled or time.monotonic() < end):
            visited = waiting.popleft()
            if (merged := self._merged(connection, visited)) is None:
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
        if new := [item for _, _, merged in settled for item in merged.new]:
            self._rule(connection, new)

    def _merged(self, connection: Connection, visited: Visited) -> Merged | None:
        """What the document changes, stored; None when the source simply stays due."""
        if isinstance(visited.outcome, FetchError) and not visited.outcome.asked:
            return None  # its host asked for peace since we began
        if visited.parsed is None:
            return Merged()
        from veille.workflows import merging  # most visits find nothing new, and need none of it

        return merging.store(
            connection,
            visited.source,
            visited.parsed,
            report=self.report,
            act=self.act,
            first_fetch=self.first_fetch,
        )

    def _rule(self, connection: Connection, new: Sequence[int]) -> None:
        """Do as the team's rules say with items that came."""
        if not rules.are_active(connection):
            return
        from veille.workflows import ruling  # it reads searches: much to load for no rule

        self.report.rules += ruling.apply_new(connection, new, zone=self.zone, act=self.act)

    def _count(self, visited: Visited, visit: Visit) -> None:
        if visit.error is not None:
            next_try = visit.next_fetch if visit.state is SourceState.ACTIVE else None
            failed = FailedSource(source=visited.source, failure=visit.error, next_try=next_try)
            self.report.failures.append(failed)
        elif isinstance(visited.outcome, Fetched) and visited.outcome.not_modified:
            self.report.not_modified += 1
        else:
            self.report.fetched += 1


def _visit(visited: Visited, merged: Merged, act: Act) -> Visit:
    return rhythm.visit_after(
        visited.source,
        visited.outcome,
        now=act.now,
        parsed=visited.parsed,
        identity=merged.identity,
        shows_known=merged.shows_known,
    )
