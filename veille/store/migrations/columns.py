"""Columns and constraints as migrations write them, on both databases."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op


def texts(*names: str, nullable: bool = False) -> list[sa.Column[str]]:
    """Columns of text."""
    return [sa.Column(name, sa.Text(), nullable=nullable) for name in names]


def folded(name: str, *, key: bool = False) -> sa.Column[str]:
    """A column of folded text, compared byte by byte on both databases."""
    kind = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    return sa.Column(name, kind, primary_key=key, nullable=False)


def instants(*names: str, nullable: bool = False) -> list[sa.Column[Any]]:
    """Columns of instants: microseconds on SQLite, timestamps on PostgreSQL."""
    kind = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")
    return [sa.Column(name, kind, nullable=nullable) for name in names]


def integers(*names: str, nullable: bool = False) -> list[sa.Column[int]]:
    """Columns of whole numbers."""
    return [sa.Column(name, sa.Integer(), nullable=nullable) for name in names]


def flag(name: str) -> sa.Column[bool]:
    """A column that is true or false."""
    return sa.Column(name, sa.Boolean(), nullable=False)


def identifier() -> sa.Column[int]:
    """The number of a row."""
    return sa.Column("id", sa.Integer(), primary_key=True)


def reference(
    name: str, *, to: str | None = None, key: bool = False, on_delete: str = "CASCADE"
) -> sa.Column[int]:
    """A foreign key ``<name>_id`` to the ``id`` of the table of that name, or ``to`` another."""
    target = sa.ForeignKey(f"{to or name}.id", ondelete=on_delete)
    return sa.Column(f"{name}_id", sa.Integer(), target, primary_key=key, nullable=False)


def one_of(column: str, *words: str) -> sa.CheckConstraint:
    """A column holds one of these words."""
    listed = ", ".join(f"'{word}'" for word in words)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=column)


def index(table: str, *columns: str) -> None:
    """An index, named by the convention."""
    op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns))
