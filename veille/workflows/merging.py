"""Merge what a document shows with what is known, and store what it changes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from veille.feeds.merge import (
    is_enough,
    keys_everywhere,
    merge,
    names_of_unknown,
    remembered,
)
from veille.store import addresses, ingest, memories, tombstones
from veille.workflows.visiting import Merged

if TYPE_CHECKING:
    from veille.model.changes import Known
    from veille.model.fetched import Parsed
    from veille.model.source import Source
    from veille.store.database import Connection
    from veille.workflows.acting import Act
    from veille.workflows.visiting import Report


def store(
    connection: Connection,
    source: Source,
    parsed: Parsed,
    *,
    report: Report,
    act: Act,
    first_fetch: int,
) -> Merged | None:
    """Store what a document of this source changes, and count it in ``report``.

    None when entries came from a memory of what is not stored: that memory is forgotten, and the
    source stays due, to be read whole next time.
    """
    known = _known(connection, source, parsed)
    if not is_enough(source, parsed, known):
        memories.forget(connection, source.id)
        return None
    changes = merge(source, parsed, known, now=act.now, first_fetch=first_fetch)
    applied = ingest.apply(connection, source.id, changes, at=act.now, batch=act.batch)
    report.new += applied.new
    report.updated += applied.updated
    report.seen += applied.seen
    if parsed.problem:
        report.problems.append((source, parsed.problem))
    return Merged(
        new=applied.ids,
        identity=changes.identity,
        shows_known=not known.sightings or len(changes.new) < len(parsed.entries),
        memory=remembered(source, parsed),
    )


def _known(connection: Connection, source: Source, parsed: Parsed) -> Known:
    """What a document may touch; what was purged is looked for when entries are unknown."""
    known = ingest.known(connection, source.id, keys_everywhere(source, parsed))
    if not tombstones.are_there(connection):
        return known
    known = replace(known, former=addresses.former_keys(connection, source.id))
    unknown = names_of_unknown(source, parsed, known)
    return replace(known, removed=tombstones.among(connection, unknown)) if unknown else known
