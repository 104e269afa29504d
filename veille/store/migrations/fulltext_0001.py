"""The full-text index of the first schema; what goes in is the matter of veille.store.fulltext."""

from __future__ import annotations

from alembic import op

# Titles and texts hardly ever change: the index keeps no copy of them (content=''). Comments and
# tags change daily: their small index keeps its own. 16 MB of new words are gathered in memory
# before they are written: a third faster in bulk.
_SQLITE = """
CREATE VIRTUAL TABLE item_fts USING fts5(
    title, text, content='', tokenize='porter unicode61 remove_diacritics 2');
CREATE VIRTUAL TABLE note_fts USING fts5(
    comments, tags, tokenize='porter unicode61 remove_diacritics 2');
INSERT INTO item_fts(item_fts, rank) VALUES ('hashsize', 16777216);
"""

# SQLite's stemmer is Porter's first one, so PostgreSQL takes that one too, without stop words.
_POSTGRESQL = """
CREATE TEXT SEARCH DICTIONARY veille_porter (TEMPLATE = snowball, LANGUAGE = porter);
CREATE TEXT SEARCH CONFIGURATION veille (PARSER = default);
ALTER TEXT SEARCH CONFIGURATION veille
    ADD MAPPING FOR asciiword, word, numword, int, uint, float, sfloat, version
    WITH veille_porter;
CREATE TABLE item_search (
    item_id integer CONSTRAINT pk_item_search PRIMARY KEY
        CONSTRAINT fk_item_search_item_id REFERENCES item (id) ON DELETE CASCADE,
    document tsvector NOT NULL,
    notes tsvector NOT NULL DEFAULT '');
CREATE INDEX ix_item_search_document ON item_search USING gin (document);
CREATE INDEX ix_item_search_notes ON item_search USING gin (notes);
"""


def create() -> None:
    """Make the index of the dialect at hand."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in (_SQLITE if sqlite else _POSTGRESQL).split(";\n"):
        if statement:
            op.execute(statement)
