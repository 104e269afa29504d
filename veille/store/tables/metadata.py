"""What all tables share: names for constraints, and words for columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Column, ForeignKey, Integer, MetaData, Text

if TYPE_CHECKING:
    from enum import StrEnum

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# Folded text, sorted by code point on both databases whatever the locale of the server.
Folded = Text().with_variant(Text(collation="C"), "postgresql")


def one_of(column: str, words: type[StrEnum]) -> CheckConstraint:
    """A constraint that a column holds one of the words of an enum."""
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def reference(
    name: str, *, to: str | None = None, key: bool = False, on_delete: str = "CASCADE"
) -> Column[int]:
    """A column ``<name>_id`` that points to the table of that name, or ``to`` another.

    It is part of the primary key or not.
    """
    return Column(
        f"{name}_id",
        Integer,
        ForeignKey(f"{to or name}.id", ondelete=on_delete),
        primary_key=key,
        nullable=False,
    )
