"""The migrations build what the tables say, on both databases."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, inspect

from veille.errors import StoreError
from veille.model.changes import Changes, ItemDraft, NewItem, SightingDraft
from veille.model.item import Marks
from veille.model.query import Words
from veille.model.source import SourceDraft
from veille.model.states import Identity, ItemState
from veille.store import ingest, items, marks, schema, sources
from veille.store.database import Connection, Database
from veille.store.tables.whole import metadata

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def _of_search(name: str | None) -> bool:
    return bool(name) and str(name).startswith(("item_fts", "note_fts", "item_search"))


def _ours(thing: Any, name: str | None, kind: str, *_: Any) -> bool:
    return not (kind == "table" and _of_search(name))


def test_migrations_and_tables_agree(db: Database) -> None:
    with db.read() as conn:
        context = MigrationContext.configure(
            conn,
            opts={"include_object": _ours, "compare_type": True, "compare_server_default": True},
        )
        assert compare_metadata(context, metadata) == []


def test_constraints_agree_to_the_letter(tmp_path: Path) -> None:
    """Alembic compares neither checks, nor collations, nor tables without rowids: their SQL does."""
    migrated, direct = tmp_path / "migrated.db", tmp_path / "direct.db"
    schema.create(f"sqlite:///{migrated}", now=NOW)
    engine = create_engine(f"sqlite:///{direct}")
    metadata.create_all(engine)
    engine.dispose()
    assert _parts(migrated) == _parts(direct)


def _parts(path: Path) -> dict[str, list[str]]:
    """The pieces of each statement, sorted: a column that was added stands at the end of a line."""
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as conn:
        rows = conn.exec_driver_sql(
            "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"
        ).all()
    engine.dispose()
    return {
        name: sorted(filter(None, (piece.strip(" \t,)") for piece in re.split(r"\n|, ", sql))))
        for name, sql in rows
        if not _of_search(name) and name != "alembic_version"
    }


def test_checks_agree_on_postgresql(postgresql: Any) -> None:
    migrated, direct = postgresql.copy(), postgresql.url("direct")
    postgresql.execute('CREATE DATABASE "direct" TEMPLATE template0')
    engine = create_engine(direct)
    metadata.create_all(engine)
    engine.dispose()
    assert _described(migrated) == _described(direct)
    postgresql.drop(migrated)
    postgresql.drop(direct)


def _described(url: str) -> dict[str, Any]:
    engine = create_engine(url)
    looked = inspect(engine)
    found = {
        table: (
            {check["name"]: check["sqltext"] for check in looked.get_check_constraints(table)},
            {(key["name"], str(key["options"])) for key in looked.get_foreign_keys(table)},
            looked.get_pk_constraint(table)["name"],
            {column["name"]: str(column["type"]) for column in looked.get_columns(table)},
            {column["name"]: column["nullable"] for column in looked.get_columns(table)},
        )
        for table in metadata.tables
    }
    engine.dispose()
    return found


def test_an_upgrade_of_the_newest_schema_does_nothing(ready_url: str) -> None:
    """D7."""
    assert schema.upgrade(ready_url) == []
    Database.open(ready_url).close()


def _go_back(conn: Connection, revision: str) -> None:
    """To a schema of before 0021."""
    conn.exec_driver_sql("DROP INDEX ix_sighting_kept")
    conn.exec_driver_sql("ALTER TABLE sighting DROP COLUMN kept")
    conn.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{revision}'")


def test_an_upgrade_indexes_all_texts_by_the_rules_of_today(ready_url: str) -> None:
    """0019: what is searched was cut and stemmed by other rules before."""
    database = Database.open(ready_url)
    draft = ItemDraft(url=None, raw_url=None, key=None, title="Un été", order=NOW)
    with database.write() as conn:
        ((item, _),) = ingest.add_links(conn, [draft], at=NOW)
        if database.is_sqlite:
            conn.exec_driver_sql("INSERT INTO item_fts(item_fts) VALUES ('delete-all')")
        else:
            conn.exec_driver_sql("DELETE FROM item_search")
        _go_back(conn, "0018")
    database.close()
    assert schema.upgrade(ready_url)[0] == "0019"
    database = Database.open(ready_url)
    with database.read() as conn:
        assert items.ids(conn, Words(("ete",)), now=NOW) == [item]
    database.close()


def test_an_upgrade_counts_what_was_kept(ready_url: str) -> None:
    """0021: the state of an item was not repeated beside its sightings before."""
    database = Database.open(ready_url)
    new = tuple(
        NewItem(
            draft=ItemDraft(url=None, raw_url=None, key=None, title=name, order=NOW),
            sighting=SightingDraft(key=name, guid=None, hash="h"),
        )
        for name in ("Kept", "Left")
    )
    changes = Changes(identity=Identity.GUID, new=new)
    with database.write() as conn:
        one = sources.add(conn, SourceDraft(url="https://a.example", key="a.example"), at=NOW)
        kept, _ = ingest.apply(conn, one.id, changes, at=NOW, batch="b").ids
        marks.write(conn, kept, Marks(), Marks(state=ItemState.KEPT), at=NOW)
        _go_back(conn, "0020")
    database.close()
    assert schema.upgrade(ready_url)[0] == "0021"
    database = Database.open(ready_url)
    with database.read() as conn:
        assert [source.kept for source in sources.everything(conn)] == [1]
    database.close()


def test_an_upgrade_checks_that_no_row_points_nowhere(tmp_path: Path) -> None:
    """D7: foreign_key_check, and the file is left as it was."""
    path = tmp_path / "veille.db"
    schema.create(f"sqlite:///{path}", now=NOW)
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as conn:
        conn.exec_driver_sql("INSERT INTO item_text VALUES (7, '', '')")
    engine.dispose()
    with pytest.raises(StoreError, match="point nowhere"):
        schema.upgrade(f"sqlite:///{path}")


def test_a_creation_that_fails_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "_config", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        schema.create(f"sqlite:///{tmp_path / 'veille.db'}", now=NOW)
    assert not list(tmp_path.iterdir())
