"""Digests, their editions, and the picks in them."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)

from veille.model.states import EditionState, Every, Visibility
from veille.store.tables.metadata import metadata, one_of, reference
from veille.store.types import Instant

# An edition in one of these states is out of the house.
PUBLIC = tuple(state for state in EditionState if state.is_public)

digest = Table(
    "digest",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("slug", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("links", Integer, nullable=False),
    Column("every", Text, nullable=False),
    Column("locale", Text, nullable=False),
    Column("query", Text),
    Column("created", Instant, nullable=False),
    Column("per_reader", Integer),  # links that each reader gets; none: all
    UniqueConstraint("slug"),
    one_of("every", Every),
    CheckConstraint("links > 0", name="links"),
)

# Where the pages of a digest are, and were up to the edition ``last``; without a row, in its slug.
digest_address = Table(
    "digest_address",
    metadata,
    Column("address", Text, primary_key=True),
    reference("digest"),
    Column("last", Integer),  # none: its pages are there
    Index(None, "digest_id"),
    sqlite_with_rowid=False,
)

edition = Table(
    "edition",
    metadata,
    Column("id", Integer, primary_key=True),
    reference("digest", on_delete="RESTRICT"),
    Column("number", Integer, nullable=False),
    Column("period", Text, nullable=False),
    Column("title", Text),
    Column("intro", Text),
    Column("state", Text, nullable=False),
    Column("created", Instant, nullable=False),
    Column("approved_by", Text),
    Column("approved_at", Instant),
    Column("approved_hash", Text),
    Column("published_at", Instant),
    Column("content", Text),  # JSON, frozen at publication
    UniqueConstraint("digest_id", "number"),
    UniqueConstraint("digest_id", "period"),
    one_of("state", EditionState),
)

pick = Table(
    "pick",
    metadata,
    reference("edition", key=True),
    Column("position", Integer, primary_key=True),
    # An item that was chosen is never deleted.
    Column("item_id", Integer, ForeignKey("item.id", ondelete="RESTRICT"), nullable=False),
    Column("headline", Text),
    Column("blurb", Text),
    UniqueConstraint("edition_id", "item_id"),
    Index(None, "item_id"),
    sqlite_with_rowid=False,
)

# One person's yes to one text; the edition's own columns tell when there were enough of them.
approval = Table(
    "approval",
    metadata,
    reference("edition", key=True),
    Column("by", Text, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("sha256", Text, nullable=False),
    sqlite_with_rowid=False,
)

# What was said of an edition after it came out.
erratum = Table(
    "erratum",
    metadata,
    Column("id", Integer, primary_key=True),
    reference("edition"),
    Column("item_id", Integer, ForeignKey("item.id", ondelete="RESTRICT")),
    Column("at", Instant, nullable=False),
    Column("by", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("withdraws", Boolean, nullable=False),
    Index(None, "edition_id"),
)

# An edition without a row here is for everybody.
restriction = Table(
    "restriction",
    metadata,
    reference("edition", key=True),
    Column("visibility", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text),
    one_of("visibility", Visibility),
    sqlite_with_rowid=False,
)
