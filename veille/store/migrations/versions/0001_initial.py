"""The first schema, from sources to the ledger; constraints are named by the metadata's convention."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from veille.store.migrations import fulltext_0001
from veille.store.migrations.columns import (
    flag,
    folded,
    identifier,
    index,
    instants,
    integers,
    one_of,
    reference,
    texts,
)

revision = "0001"
down_revision = None


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


def _instance() -> None:
    op.create_table(
        "instance",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        *instants("created"),
    )


def _sources() -> None:
    op.create_table(
        "source",
        identifier(),
        *texts("url", "key", "state", "identity"),
        *texts("title", "site", "etag", "last_modified", "body_hash", nullable=True),
        sa.Column("kind", sa.Text(), nullable=False, server_default="feed"),
        *texts("selector", "full_text", "error_kind", "error_message", nullable=True),
        *texts("validated", "moved_to", nullable=True),
        *instants("moved_since", nullable=True),
        *integers("moved_visits", nullable=True),
        sa.Column("moved_known", sa.Boolean()),
        flag("titled"),
        folded("name_key"),
        *instants("added"),
        *instants("last_fetch", "last_success", "next_fetch", "error_at", nullable=True),
        *integers("errors"),
        sa.Column("items", sa.Integer(), nullable=False, server_default="0"),
        sa.UniqueConstraint("key"),
        one_of("state", "active", "paused", "gone"),
        one_of("kind", "feed", "page", "sitemap"),
        one_of("full_text", "on-keep", "always", "never"),
        one_of("identity", "guid", "link", "link+title"),
        sqlite_autoincrement=True,
    )
    index("source", "state", "next_fetch")


def _labels() -> None:
    op.create_table(
        "source_label",
        reference("source", key=True),
        sa.Column("kind", sa.Text(), primary_key=True),
        sa.Column("position", sa.Integer(), primary_key=True),
        *texts("name"),
        folded("key"),
        sa.CheckConstraint("kind IN ('category', 'tag')", name="kind"),
        sqlite_with_rowid=False,
    )


def _reaching() -> None:
    op.create_table(
        "source_address",
        identifier(),
        reference("source"),
        *texts("url", "key", "why"),
        *instants("until"),
        one_of("why", "edited", "moved", "merged"),
    )
    index("source_address", "source_id")
    index("source_address", "key")
    op.create_table(
        "source_failure",
        identifier(),
        reference("source"),
        *instants("at"),
        *texts("kind", "message"),
    )
    index("source_failure", "source_id", "id")
    op.create_table(
        "host_wait",
        sa.Column("host", sa.Text(), primary_key=True),
        *instants("until"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "outage", identifier(), *instants("began", "retry"), *instants("ended", nullable=True)
    )


def _items() -> None:
    op.create_table(
        "item",
        identifier(),
        *texts("url", "raw_url", "key", "language", nullable=True),
        *texts("title", "authors", "authors_key", "summary", "state"),
        folded("title_key"),
        *instants("published", "updated", nullable=True),
        *instants("collected", "ordered"),
        *integers("words", nullable=True),
        sa.UniqueConstraint("key"),
        one_of("state", "inbox", "kept", "skipped"),
        sqlite_autoincrement=True,
    )
    index("item", "ordered", "id")
    index("item", "state", "ordered", "id")
    index("item", "collected", "id")
    op.create_table("item_text", reference("item", key=True), *texts("content", "text"))
    op.create_table(
        "item_page",
        reference("item", key=True),
        *instants("at"),
        *integers("attempts"),
        flag("taken"),
        *texts("problem", "canonical", "media_type", nullable=True),
        *instants("next_try", nullable=True),
    )


def _sightings() -> None:
    op.create_table(
        "sighting",
        reference("source", key=True),
        sa.Column("key", sa.Text(), primary_key=True),
        reference("item"),
        *texts("guid", nullable=True),
        *texts("hash"),
        *integers("changes"),
        flag("primary"),
        *instants("seen"),
        sqlite_with_rowid=False,
    )
    index("sighting", "item_id")


def _marks() -> None:
    op.create_table(
        "curator",
        sa.Column("handle", sa.Text(), primary_key=True),
        folded("key"),
        *texts("login"),
        *instants("since"),
    )
    index("curator", "key")
    op.create_table(
        "endorsement",
        reference("item", key=True),
        sa.Column("by", sa.Text(), primary_key=True),
        *instants("at"),
        sqlite_with_rowid=False,
    )
    index("endorsement", "by")
    op.create_table("tag", identifier(), folded("key"), *texts("name"), sa.UniqueConstraint("key"))
    op.create_table(
        "item_tag",
        reference("item", key=True),
        reference("tag", key=True),
        *integers("position"),
        *instants("ordered"),
        sqlite_with_rowid=False,
    )
    index("item_tag", "tag_id", "ordered", "item_id")


def _comments() -> None:
    op.create_table(
        "comment",
        identifier(),
        reference("item"),
        *texts("by", "text"),
        *instants("at"),
        *instants("withdrawn", nullable=True),
        flag("blurb"),
        sqlite_autoincrement=True,
    )
    index("comment", "item_id")
    index("comment", "by")


def _events() -> None:
    op.create_table(
        "event",
        identifier(),
        *instants("at"),
        *texts("by", "login", "subject", "note", "undoes", nullable=True),
        *texts("action", "batch", "before", "after"),
        sa.Column("item_id", sa.Integer(), sa.ForeignKey("item.id", ondelete="SET NULL")),
        sqlite_autoincrement=True,
    )
    index("event", "item_id", "id")
    index("event", "by", "id")
    index("event", "batch")
    index("event", "undoes")


def _publishing() -> None:
    op.create_table(
        "digest",
        identifier(),
        *texts("slug", "title", "every", "locale"),
        *texts("query", nullable=True),
        *integers("links"),
        *instants("created"),
        sa.UniqueConstraint("slug"),
        one_of("every", "week", "month", "quarter", "year"),
        sa.CheckConstraint("links > 0", name="links"),
    )
    op.create_table(
        "edition",
        identifier(),
        reference("digest", on_delete="RESTRICT"),
        *integers("number"),
        *texts("period", "state"),
        *texts("title", "intro", "approved_by", "approved_hash", "content", nullable=True),
        *instants("created"),
        *instants("approved_at", "published_at", nullable=True),
        sa.UniqueConstraint("digest_id", "number"),
        sa.UniqueConstraint("digest_id", "period"),
        one_of("state", "draft", "approved", "published", "sending", "incomplete", "sent"),
    )
    op.create_table(
        "pick",
        reference("edition", key=True),
        sa.Column("position", sa.Integer(), primary_key=True),
        reference("item", on_delete="RESTRICT"),
        *texts("headline", "blurb", nullable=True),
        sa.UniqueConstraint("edition_id", "item_id"),
        sqlite_with_rowid=False,
    )
    index("pick", "item_id")


def _subscribers() -> None:
    op.create_table(
        "subscriber",
        identifier(),
        *texts("email"),
        folded("key"),
        *texts("name", nullable=True),
        *instants("since"),
        sa.UniqueConstraint("key"),
    )
    op.create_table(
        "subscription",
        reference("subscriber", key=True),
        reference("digest", key=True),
        sqlite_with_rowid=False,
    )
    index("subscription", "digest_id")
    op.create_table("suppression", folded("key", key=True), *texts("reason"), *instants("at"))


_DELIVERY_STATES = "planned claimed committing accepted deferred rejected uncertain skipped bounced"


def _deliveries() -> None:
    op.create_table(
        "delivery",
        identifier(),
        reference("edition", on_delete="RESTRICT"),
        *texts("revision", "address", "message_id", "state"),
        folded("recipient"),
        *texts("name", "run", "reply", nullable=True),
        *integers("attempts"),
        *integers("code", nullable=True),
        *instants("planned_at", "at"),
        *instants("next_try", nullable=True),
        sa.UniqueConstraint("edition_id", "recipient"),
        sa.UniqueConstraint("message_id"),
        one_of("state", *_DELIVERY_STATES.split()),
    )
    index("delivery", "edition_id", "state")
    op.create_table(
        "delivery_event",
        identifier(),
        reference("delivery", on_delete="RESTRICT"),
        *texts("phase", "after"),
        *texts("run", "before", "reply", nullable=True),
        *integers("code", nullable=True),
        *instants("at"),
        sqlite_autoincrement=True,
    )
    index("delivery_event", "delivery_id")


def _sending() -> None:
    op.create_table(
        "sending",
        reference("edition", key=True),
        *texts("run", "host"),
        *integers("pid"),
        *instants("heartbeat"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sending_place",
        sa.Column("host", sa.Text(), primary_key=True),
        sa.Column("path", sa.Text(), primary_key=True),
        *instants("since"),
        sqlite_with_rowid=False,
    )
