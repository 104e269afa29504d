"""A whole database copied into another kind of one: rows, numbers still to come, and proof.

Between SQLite and PostgreSQL the tables of PostgreSQL are read from the server and used for both
sides, so that databases of every schema can be copied, not of the newest alone. Each side is one
transaction. Afterwards both sides are read again: the same number of rows in each table, and the
same sum of their hashes (fault D15).
"""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, DateTime, MetaData, Table, func, insert, select, text
from sqlalchemy.exc import DBAPIError

from veille.errors import Busy, StoreError
from veille.store import engine as engines
from veille.store import fulltext, schema
from veille.store.queue import errands, ground
from veille.store.translate import translate
from veille.store.types import Instant

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import URL

_ROWS = 1000
_NOT_COPIED = frozenset({"alembic_version", "item_search"})  # each side's own


class Proof(NamedTuple):
    """What a table holds, whatever the order of its rows."""

    rows: int
    sum: int


def to_file(url: str, target: Path) -> None:
    """Copy the PostgreSQL database at ``url`` into ``target``, an empty file that exists.

    The file has the same schema, and no full-text index until it is restored. Raises
    StoreError when the server fails, or the copy differs.
    """
    parsed = engines.parse(url)
    with _transaction(parsed) as theirs:
        revision = str(theirs.scalar(text("SELECT version_num FROM alembic_version")))
        tables = _tables(theirs)
        with schema.empty(target, revision) as ours:
            _copy(theirs, ours, tables)
            _continue_in_sqlite(theirs, ours, tables)
            _compare(theirs, ours, tables)


def to_server(source: Path, url: str) -> None:
    """Put what a database file of the newest schema holds in the place of what a server holds.

    One transaction: the server has all of the one or all of the other. Raises Busy while others
    are connected to it, StoreError when it fails or the copy differs.
    """
    parsed = engines.parse(url)
    with (
        _transaction(engines.parse(f"sqlite:///{source}")) as theirs,
        _transaction(parsed, writes=True) as ours,
    ):
        _refuse_others(ours, parsed)
        tables = _tables(ours)
        names = ", ".join(f'"{table.name}"' for table in tables)
        ours.execute(text(f"TRUNCATE {names} CASCADE"))
        _copy(theirs, ours, tables)
        _continue_in_postgresql(theirs, ours, tables)
        fulltext.rebuild(ours)
        if ground.is_there(ours):
            errands.forget(ours)
        _compare(theirs, ours, tables)


def proofs(conn: Connection, tables: list[Table]) -> dict[str, Proof]:
    """What each table holds."""
    return {table.name: _proof(conn, table) for table in tables}


def _tables(conn: Connection) -> list[Table]:
    """The tables of a PostgreSQL database, those that others point to first."""
    found = MetaData()
    found.reflect(conn, only=lambda name, _: name not in _NOT_COPIED)
    for table in found.tables.values():
        for column in table.columns:
            if isinstance(column.type, DateTime):
                column.type = Instant()
    return found.sorted_tables


def _copy(theirs: Connection, ours: Connection, tables: list[Table]) -> None:
    for table in tables:
        # A row may point to another of its own table, which need not be there yet.
        loops = [key.parent.name for key in table.foreign_keys if key.column.table is table]
        for rows in _batches(theirs, table):
            ours.execute(insert(table), [{**row, **dict.fromkeys(loops)} for row in rows])
        for name in loops:
            _close_loop(theirs, ours, table, name)


def _close_loop(theirs: Connection, ours: Connection, table: Table, name: str) -> None:
    keys = list(table.primary_key.columns)
    pointing = select(*keys, table.c[name]).where(table.c[name].is_not(None))
    for row in theirs.execute(pointing).mappings():
        mine = [key == row[key.name] for key in keys]
        ours.execute(table.update().where(*mine).values({name: row[name]}))


def _batches(conn: Connection, table: Table) -> Iterator[list[dict[str, Any]]]:
    rows = conn.execute(select(table).execution_options(yield_per=_ROWS)).mappings()
    for part in rows.partitions():
        yield [dict(row) for row in part]


def _proof(conn: Connection, table: Table) -> Proof:
    rows = total = 0
    for part in _batches(conn, table):
        for row in part:
            said = repr(list(row.values())).encode()
            total += int.from_bytes(hashlib.blake2b(said, digest_size=16).digest())
        rows += len(part)
    return Proof(rows, total % 2**128)


def _compare(theirs: Connection, ours: Connection, tables: list[Table]) -> None:
    first, second = proofs(theirs, tables), proofs(ours, tables)
    for name, proof in first.items():
        if second[name] != proof:
            raise StoreError(
                f"the copy of '{name}' differs ({proof.rows} rows, {second[name].rows} copied): "
                "nothing was changed; run 'veille doctor'"
            )


def _continue_in_sqlite(theirs: Connection, ours: Connection, tables: list[Table]) -> None:
    """Numbers that were used once are never used again, though their rows are gone."""
    for table in tables:
        sequence = _sequence(theirs, table)
        if sequence is None:
            continue
        used = theirs.scalar(text(f"SELECT last_value FROM {sequence} WHERE is_called"))  # noqa: S608
        kept = ours.scalar(text(_KEPT_NUMBER), {"name": table.name})
        if used is None:
            continue
        if kept is not None:
            ours.execute(text(_SET_NUMBER), {"name": table.name, "used": max(used, kept)})
        elif _counts_on(ours, table):
            ours.execute(text(_NEW_NUMBER), {"name": table.name, "used": used})


_KEPT_NUMBER = "SELECT seq FROM sqlite_sequence WHERE name = :name"
_SET_NUMBER = "UPDATE sqlite_sequence SET seq = :used WHERE name = :name"
_NEW_NUMBER = "INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :used)"
_DEFINITION = "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :name"


def _counts_on(conn: Connection, table: Table) -> bool:
    return "AUTOINCREMENT" in str(conn.scalar(text(_DEFINITION), {"name": table.name}))


def _continue_in_postgresql(theirs: Connection, ours: Connection, tables: list[Table]) -> None:
    for table in tables:
        sequence = _sequence(ours, table)
        if sequence is None:
            continue
        used = theirs.scalar(text(_KEPT_NUMBER), {"name": table.name})
        highest = theirs.scalar(select(func.max(table.c.id)))
        last = max(used or 0, highest or 0)
        setting = "SELECT setval(CAST(:sequence AS regclass), :last, :called)"
        ours.execute(
            text(setting), {"sequence": sequence, "last": max(last, 1), "called": last > 0}
        )


def _sequence(conn: Connection, table: Table) -> str | None:
    if "id" not in table.c:
        return None
    found = conn.scalar(text("SELECT pg_get_serial_sequence(:table, 'id')"), {"table": table.name})
    return None if found is None else str(found)


_OTHERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
    "AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
)


def _refuse_others(conn: Connection, url: URL) -> None:
    others = conn.scalar(text(_OTHERS))
    if others:
        raise Busy(
            f"{engines.place_of(url)} has {others} other connections: end what uses it first"
        )


@contextmanager
def _transaction(url: URL, *, writes: bool = False) -> Iterator[Connection]:
    engine = engines.build(url)
    chosen = engines.writer(engine) if writes else engine
    try:
        with chosen.connect() as conn, conn.begin():
            yield conn
    except DBAPIError as error:
        raise translate(error, engines.place_of(url)) from error
    finally:
        engine.dispose()
