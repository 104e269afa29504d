"""What an answer is: a page, a picture, a PDF."""

from __future__ import annotations

from typing import TYPE_CHECKING

from veille.model.text import one_line

if TYPE_CHECKING:
    from veille.model.fetched import Fetched

# Servers that send everything as text/html exist; parsers of HTML find words in a picture.
_SIGNATURES = (
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"\x89PNG\r\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
)


def media_type(page: Fetched) -> str:
    """What an answer is, by its first bytes or as its server says; empty when nothing does."""
    for start, kind in _SIGNATURES:
        if page.body.startswith(start):
            return kind
    return one_line(page.headers.get("content-type", "").partition(";")[0].strip().lower(), 80)
