"""``edition pdf``: an edition for the staff-room wall."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from veille.digest import paper

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def printed(monkeypatch) -> list[tuple[str, bytes]]:
    """What would be set on paper: WeasyPrint draws with a library of the system (slow ring)."""
    given: list[tuple[str, bytes]] = []

    def pdf(page: str, stylesheet: bytes) -> bytes:
        given.append((page, stylesheet))
        return b"%PDF-1.7"

    monkeypatch.setattr(paper, "pdf", pdf)
    return given


def test_the_page_is_what_is_printed(veille, edited: str, printed, tmp_path: Path) -> None:
    """A15, A19: the very page that would be published, with its style."""
    assert veille("edition", "preview", edited).code == 0
    page = (tmp_path / "watch" / "preview" / edited / "page.html").read_text()
    done = veille("edition", "pdf", edited)
    assert done.out.strip().endswith("trois-liens-1.pdf")
    assert (tmp_path / "trois-liens-1.pdf").read_bytes() == b"%PDF-1.7"
    assert printed[0][0] == page
    assert b"@media print" in printed[0][1]
    assert veille("edition", "pdf", edited, tmp_path / "a.pdf").code == 0
    assert (tmp_path / "a.pdf").exists()


def test_a_file_that_cannot_be_written_is_told(
    veille, edited: str, printed, tmp_path: Path
) -> None:
    refused = veille("edition", "pdf", edited, tmp_path / "missing" / "a.pdf")
    assert refused.code == 1
    assert "cannot be written" in refused.err
