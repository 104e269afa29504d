"""What the search page knows: every link of the archive, as a script that assigns it.

A classic script, since pages opened from a disk may load neither modules nor data (A05, A12).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from veille.digest.headings import newest_first

if TYPE_CHECKING:
    from collections.abc import Sequence

    from veille.digest.shelves import Issue, Shelf


def index(shelves: Sequence[Shelf]) -> str:
    """The script: ``window.veilleIndex`` with two tables, newest first.

    ``issues`` are ``[page, title, language, date]``; ``links`` are ``[row of its issue, position,
    headline, url, source, tags, language, words]``. Position 0 is the issue itself, its words the
    introduction.
    """
    issues = newest_first(shelves)
    tables = {
        "issues": [
            [issue.page, issue.edition.full_title, issue.edition.language, issue.published[:10]]
            for issue in issues
        ],
        "links": [row for place, issue in enumerate(issues) for row in _rows(place, issue)],
    }
    data = json.dumps(tables, ensure_ascii=False, separators=(",", ":"))
    return f"window.veilleIndex = {data};\n"


def _rows(place: int, issue: Issue) -> list[list[object]]:
    edition = issue.edition
    opening = [place, 0, edition.title or edition.full_title, "", "", [], "", edition.intro_text]
    return [
        opening,
        *(
            [place, pick.position, pick.headline, pick.url or "", pick.source, list(pick.tags), pick.headline_language or "", pick.blurb_text]
            for pick in issue.links
        ),
    ]  # fmt: skip
