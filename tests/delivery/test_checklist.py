"""The checklists of a correct mail and a correct archive: each line is proven by a test that names it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
LINES = [*range(1, 25), *range(30, 37), *range(40, 57)]
MAIL_FAULTS = [7, 8, 15, 16, 17, 18, 20, 21]


@pytest.fixture(scope="module")
def docstrings() -> str:
    """What all tests say they prove."""
    texts = (path.read_text(encoding="utf-8") for path in TESTS.rglob("test_*.py"))
    return "\n".join(
        said
        for text in texts
        for said in re.findall(r'def test_[^"]*?"""(.*?)"""', text, re.DOTALL)
    )


@pytest.mark.parametrize("line", LINES)
def test_every_line_is_proven(docstrings, line: int) -> None:
    """By its number, in the docstring of the test."""
    assert re.search(rf"\bE{line:02}\b", docstrings)


@pytest.mark.parametrize("line", range(1, 25))
def test_every_line_of_the_archive_is_proven(docstrings, line: int) -> None:
    """By its number, in the docstring of the test."""
    assert re.search(rf"\bA{line:02}\b", docstrings)


@pytest.mark.parametrize("fault", MAIL_FAULTS)
def test_every_fault_of_messages_is_proven(docstrings, fault: int) -> None:
    """The rows of the fault catalogue that concern messages."""
    assert re.search(rf"\bM{fault}\b", docstrings)
