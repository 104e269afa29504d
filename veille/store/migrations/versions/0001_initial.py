"""The first schema: the whole river, from sources to the ledger of deliveries.

Constraints take their names from the naming convention of the metadata.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from veille.store.migrations import fulltext_0001

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make all tables."""
    _instance()
    _sources()
    _labels()
    _reaching()
    _items()
    _sightings()
    _marks()
    _comments()
    _events()
    _publishing()
    _subscribers()
    _deliveries()
    _sending()
    fulltext_0001.create()


def _texts(*names: str, nullable: bool = False) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=nullable) for name in names]


def _folded(name: str, *, key: bool = False) -> sa.Column[str]:
    kind = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    return sa.Column(name, kind, primary_key=key, nullable=False)


def _instants(*names: str, nullable: bool = False) -> list[sa.Column[Any]]:
    kind = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")
    return [sa.Column(name, kind, nullable=nullable) for name in names]


def _integers(*names: str, nullable: bool = False) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer(), nullable=nullable) for name in names]


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False)


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.Integer(), primary_key=True)


def _reference(table: str, *, key: bool = False, on_delete: str = "CASCADE") -> sa.Column[int]:
    target = sa.ForeignKey(f"{table}.id", ondelete=on_delete)
    return sa.Column(f"{table}_id", sa.Integer(), target, primary_key=key, nullable=False)


def _one_of(column: str, *words: str) -> sa.CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=column)


def _index(table: str, *columns: str) -> None:
    op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns))


def _instance() -> None:
    op.create_table(
        "instance",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        *_instants("created"),
    )


def _sources() -> None:
    op.create_table(
        "source",
        _id(),
        *_texts("url", "key", "state", "identity"),
        *_texts("title", "site", "etag", "last_modified", "body_hash", nullable=True),
        sa.Column("kind", sa.Text(), nullable=False, server_default="feed"),
        *_texts("selector", "full_text", nullable=True),
        *_texts("error_kind", "error_message", nullable=True),
        *_texts("validated", "moved_to", nullable=True),
        *_instants("moved_since", nullable=True),
        *_integers("moved_visits", nullable=True),
        sa.Column("moved_known", sa.Boolean()),
        _flag("titled"),
        _folded("name_key"),
        *_instants("added"),
        *_instants("last_fetch", "last_success", "next_fetch", "error_at", nullable=True),
        *_integers("errors"),
        sa.Column("items", sa.Integer(), nullable=False, server_default="0"),
        sa.UniqueConstraint("key"),
        _one_of("state", "active", "paused", "gone"),
        _one_of("kind", "feed", "page", "sitemap"),
        _one_of("full_text", "on-keep", "always", "never"),
        _one_of("identity", "guid", "link", "link+title"),
        sqlite_autoincrement=True,
    )
    _index("source", "state", "next_fetch")


def _labels() -> None:
    op.create_table(
        "source_label",
        _reference("source", key=True),
        sa.Column("kind", sa.Text(), primary_key=True),
        sa.Column("position", sa.Integer(), primary_key=True),
        *_texts("name"),
        _folded("key"),
        sa.CheckConstraint("kind IN ('category', 'tag')", name="kind"),
        sqlite_with_rowid=False,
    )


def _reaching() -> None:
    op.create_table(
        "source_address",
        _id(),
        _reference("source"),
        *_texts("url", "key", "why"),
        *_instants("until"),
        _one_of("why", "edited", "moved", "merged"),
    )
    _index("source_address", "source_id")
    _index("source_address", "key")
    op.create_table(
        "source_failure",
        _id(),
        _reference("source"),
        *_instants("at"),
        *_texts("kind", "message"),
    )
    _index("source_failure", "source_id", "id")
    op.create_table(
        "host_wait",
        sa.Column("host", sa.Text(), primary_key=True),
        *_instants("until"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "outage", _id(), *_instants("began", "retry"), *_instants("ended", nullable=True)
    )


def _items() -> None:
    op.create_table(
        "item",
        _id(),
        *_texts("url", "raw_url", "key", "language", nullable=True),
        *_texts("title", "authors", "authors_key", "summary", "state"),
        _folded("title_key"),
        *_instants("published", "updated", nullable=True),
        *_instants("collected", "ordered"),
        *_integers("words", nullable=True),
        sa.UniqueConstraint("key"),
        _one_of("state", "inbox", "kept", "skipped"),
        sqlite_autoincrement=True,
    )
    _index("item", "ordered", "id")
    _index("item", "state", "ordered", "id")
    _index("item", "collected", "id")
    op.create_table("item_text", _reference("item", key=True), *_texts("content", "text"))
    op.create_table(
        "item_page",
        _reference("item", key=True),
        *_instants("at"),
        *_integers("attempts"),
        _flag("taken"),
        *_texts("problem", "canonical", "media_type", nullable=True),
        *_instants("next_try", nullable=True),
    )


def _sightings() -> None:
    op.create_table(
        "sighting",
        _reference("source", key=True),
        sa.Column("key", sa.Text(), primary_key=True),
        _reference("item"),
        *_texts("guid", nullable=True),
        *_texts("hash"),
        *_integers("changes"),
        _flag("primary"),
        *_instants("seen"),
        sqlite_with_rowid=False,
    )
    _index("sighting", "item_id")


def _marks() -> None:
    op.create_table(
        "curator",
        sa.Column("handle", sa.Text(), primary_key=True),
        _folded("key"),
        *_texts("login"),
        *_instants("since"),
    )
    _index("curator", "key")
    op.create_table(
        "endorsement",
        _reference("item", key=True),
        sa.Column("by", sa.Text(), primary_key=True),
        *_instants("at"),
        sqlite_with_rowid=False,
    )
    _index("endorsement", "by")
    op.create_table("tag", _id(), _folded("key"), *_texts("name"), sa.UniqueConstraint("key"))
    op.create_table(
        "item_tag",
        _reference("item", key=True),
        _reference("tag", key=True),
        *_integers("position"),
        *_instants("ordered"),
        sqlite_with_rowid=False,
    )
    _index("item_tag", "tag_id", "ordered", "item_id")


def _comments() -> None:
    op.create_table(
        "comment",
        _id(),
        _reference("item"),
        *_texts("by", "text"),
        *_instants("at"),
        *_instants("withdrawn", nullable=True),
        _flag("blurb"),
        sqlite_autoincrement=True,
    )
    _index("comment", "item_id")
    _index("comment", "by")


def _events() -> None:
    op.create_table(
        "event",
        _id(),
        *_instants("at"),
        *_texts("by", "login", "subject", "note", "undoes", nullable=True),
        *_texts("action", "batch", "before", "after"),
        sa.Column("item_id", sa.Integer(), sa.ForeignKey("item.id", ondelete="SET NULL")),
        sqlite_autoincrement=True,
    )
    _index("event", "item_id", "id")
    _index("event", "by", "id")
    _index("event", "batch")
    _index("event", "undoes")


def _publishing() -> None:
    op.create_table(
        "digest",
        _id(),
        *_texts("slug", "title", "every", "locale"),
        *_texts("query", nullable=True),
        *_integers("links"),
        *_instants("created"),
        sa.UniqueConstraint("slug"),
        _one_of("every", "week", "month", "quarter", "year"),
        sa.CheckConstraint("links > 0", name="links"),
    )
    op.create_table(
        "edition",
        _id(),
        _reference("digest", on_delete="RESTRICT"),
        *_integers("number"),
        *_texts("period", "state"),
        *_texts("title", "intro", "approved_by", "approved_hash", "content", nullable=True),
        *_instants("created"),
        *_instants("approved_at", "published_at", nullable=True),
        sa.UniqueConstraint("digest_id", "number"),
        sa.UniqueConstraint("digest_id", "period"),
        _one_of("state", "draft", "approved", "published", "sending", "incomplete", "sent"),
    )
    op.create_table(
        "pick",
        _reference("edition", key=True),
        sa.Column("position", sa.Integer(), primary_key=True),
        _reference("item", on_delete="RESTRICT"),
        *_texts("headline", "blurb", nullable=True),
        sa.UniqueConstraint("edition_id", "item_id"),
        sqlite_with_rowid=False,
    )
    _index("pick", "item_id")


def _subscribers() -> None:
    op.create_table(
        "subscriber",
        _id(),
        *_texts("email"),
        _folded("key"),
        *_texts("name", nullable=True),
        *_instants("since"),
        sa.UniqueConstraint("key"),
    )
    op.create_table(
        "subscription",
        _reference("subscriber", key=True),
        _reference("digest", key=True),
        sqlite_with_rowid=False,
    )
    _index("subscription", "digest_id")
    op.create_table("suppression", _folded("key", key=True), *_texts("reason"), *_instants("at"))


_DELIVERY_STATES = "planned claimed committing accepted deferred rejected uncertain skipped bounced"


def _deliveries() -> None:
    op.create_table(
        "delivery",
        _id(),
        _reference("edition", on_delete="RESTRICT"),
        *_texts("revision", "address", "message_id", "state"),
        _folded("recipient"),
        *_texts("name", "run", "reply", nullable=True),
        *_integers("attempts"),
        *_integers("code", nullable=True),
        *_instants("planned_at", "at"),
        *_instants("next_try", nullable=True),
        sa.UniqueConstraint("edition_id", "recipient"),
        sa.UniqueConstraint("message_id"),
        _one_of("state", *_DELIVERY_STATES.split()),
    )
    _index("delivery", "edition_id", "state")
    op.create_table(
        "delivery_event",
        _id(),
        _reference("delivery", on_delete="RESTRICT"),
        *_texts("phase", "after"),
        *_texts("run", "before", "reply", nullable=True),
        *_integers("code", nullable=True),
        *_instants("at"),
        sqlite_autoincrement=True,
    )
    _index("delivery_event", "delivery_id")


def _sending() -> None:
    op.create_table(
        "sending",
        _reference("edition", key=True),
        *_texts("run", "host"),
        *_integers("pid"),
        *_instants("heartbeat"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sending_place",
        sa.Column("host", sa.Text(), primary_key=True),
        sa.Column("path", sa.Text(), primary_key=True),
        *_instants("since"),
        sqlite_with_rowid=False,
    )
