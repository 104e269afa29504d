"""Items as a table for spreadsheets; what may be several is parted by semicolons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from veille.model import spreadsheet

if TYPE_CHECKING:
    from collections.abc import Iterable

    from veille.model.item import Item

_COLUMNS = (
    "id", "title", "url", "authors", "published", "collected", "language", "state", "kept by",
    "tags", "sources", "editions", "identifiers", "blurb", "summary",
)  # fmt: skip


def items_table(items: Iterable[Item]) -> str:
    """One row an item; no cell can become a formula (I8)."""
    return spreadsheet.written(_COLUMNS, map(_row, items))


def _row(item: Item) -> dict[str, object]:
    return {
        "id": item.id,
        "title": item.title,
        "url": item.url,
        "authors": "; ".join(item.authors),
        "published": item.published and item.published.date().isoformat(),
        "collected": item.collected.date().isoformat(),
        "language": item.language,
        "state": item.state.value,
        "kept by": "; ".join(item.kept_by),
        "tags": "; ".join(item.tags),
        "sources": "; ".join(source.title for source in item.sources),
        "editions": "; ".join(item.editions),
        "identifiers": "; ".join(one.key for one in item.identifiers),
        "blurb": item.blurb and item.blurb.text,
        "summary": item.summary,
    }
