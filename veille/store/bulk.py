"""Much at once: long lists of ids in pieces that fit in one statement, and many rows."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import insert

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection, Dialect, Table

T = TypeVar("T")

# SQLite allows 32 766 bound values in a statement, PostgreSQL 65 535.
CHUNK = 10_000


def chunks(values: Sequence[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    """The values in pieces; nothing at all when there are none."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


def insert_rows(conn: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all have the same columns.

    On SQLite the values go to the driver as tuples: Core spends as much time on each row of a long
    list as the database does.
    """
    if not rows:
        return
    if conn.dialect.name != "sqlite":
        conn.execute(insert(table), rows)
        return
    names = tuple(rows[0])
    statement, converters = _insertion(table, names, conn.dialect)
    columns = [
        [row[name] if convert is None else convert(row[name]) for row in rows]
        for name, convert in zip(names, converters, strict=True)
    ]
    conn.exec_driver_sql(statement, list(zip(*columns, strict=True)))


@lru_cache(maxsize=64)
def _insertion(
    table: Table, names: tuple[str, ...], dialect: Dialect
) -> tuple[str, list[Callable[[Any], Any] | None]]:
    quote = dialect.identifier_preparer.quote
    listed = ", ".join(map(quote, names))
    marks = ", ".join("?" * len(names))
    statement = f"INSERT INTO {quote(table.name)} ({listed}) VALUES ({marks})"  # noqa: S608  no value
    kinds = [table.c[name].type.dialect_impl(dialect) for name in names]
    return statement, [kind.bind_processor(dialect) for kind in kinds]
