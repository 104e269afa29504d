"""Bring in the bookmark files of a corpus, each twice, and compare with what the corpus says of them.

``python -m benchmarks.bookmarks FOLDER``: FOLDER holds ``manifest.json`` (``documents``: ``file``, and
``facts`` with ``links``, ``distinct_links``, ``non_http_links``) beside the files. ``veille import``
brings each into a workspace of its own: what it tells must be what the corpus counted, notes and tags
what an expression finds in the text, and a second import must leave every row as it was. Prints a line a
file and the sums; ends with 1 when anything differs.

The corpus counts all links: those within a note are none that somebody saved.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

VEILLE = str(Path(sys.executable).parent / "veille")
_SAVED = re.compile(
    r"<dt>\s*<a\s[^>]*?href=\"(?P<href>[^\"]*)\"(?P<rest>[^>]*)>.*?</a>(?:\s*<dd>\s*(?P<note>[^<\s]?))?",
    re.IGNORECASE | re.DOTALL,
)
_DESCRIBED = re.compile(r"\bdescription=\"[^\"]", re.IGNORECASE)
_TAGGED = re.compile(r"\btags=\"\s*[^\"\s]", re.IGNORECASE)
ENVIRON = {**os.environ, "VEILLE_CURATOR": "corpus"}


def main(arguments: list[str]) -> int:
    """Import, compare, import again."""
    manifest = Path(arguments[0]).resolve() / "manifest.json"
    folder = manifest.parent.parent  # paths in the manifest begin with the corpus's own folder
    documents = json.loads(manifest.read_text(encoding="utf-8"))["documents"]
    sums: Counter[str] = Counter()
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="bookmarks") as name:
        blank = Path(name) / "blank"
        subprocess.run([VEILLE, "-q", "init", str(blank)], check=True, env=ENVIRON)
        for document in documents:
            workspace = Path(name) / document["id"]
            shutil.copytree(blank, workspace)
            found = _found(workspace, folder / document["file"])
            sums.update(found)
            text = (folder / document["file"]).read_text(encoding="utf-8", errors="replace")
            differences = list(_differences(_expected(document["facts"], text), found))
            wrong += bool(differences)
            print(f"{document['file']}: {', '.join(differences) or 'as the corpus says'}")
    told = ", ".join(f"{count} {name}" for name, count in sums.items())
    print(f"{len(documents)} files: {told}; {wrong} differ")
    return 1 if wrong else 0


def _expected(facts: dict[str, Any], text: str) -> dict[str, int]:
    """What an import should make of a file; nothing, when it holds no link."""
    if not facts.get("links"):
        return {"no bookmarks": 1}
    saved = list(_SAVED.finditer(text))
    refused = len(facts["non_http_links"])
    taken = [one for one in saved if one["href"].startswith("http")]
    return {
        "added": facts["distinct_links"] - refused - (facts["links"] - len(saved)),
        "refused": refused,
        "with a note": sum(bool(_DESCRIBED.search(one["rest"]) or one["note"]) for one in taken),
        "with tags": sum(bool(_TAGGED.search(one["rest"])) for one in taken),
        "rows changed by a second import": 0,
    }


def _found(workspace: Path, file: Path) -> dict[str, int]:
    """What an import makes of a file, and a second one after it."""
    done = _veille(workspace, "import", "--json", str(file))
    if "holds no bookmarks" in done.stderr:
        return {"no bookmarks": 1}
    told, before = json.loads(done.stdout), _rows(workspace)
    _veille(workspace, "import", "--json", str(file))
    after = _rows(workspace)
    items = json.loads(_veille(workspace, "list", "--json", "--limit", "10000").stdout)
    return {
        "added": told["added"],
        "refused": len(told["refused"]),
        "with a note": sum(bool(item["comments"]) for item in items),
        "with tags": sum(bool(item["tags"]) for item in items),
        "rows changed by a second import": ((before - after) + (after - before)).total(),
    }


def _differences(expected: dict[str, int], found: dict[str, int]) -> Iterator[str]:
    for name in expected.keys() | found.keys():
        if expected.get(name) != found.get(name):
            yield f"{found.get(name)} {name}, not {expected.get(name)}"


def _veille(workspace: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [VEILLE, "-w", str(workspace), *words]
    return subprocess.run(command, check=False, capture_output=True, text=True, env=ENVIRON)


def _rows(workspace: Path) -> Counter[str]:
    """All that the database holds."""
    db = sqlite3.connect(workspace / "veille.db")
    try:
        return Counter(db.iterdump())
    finally:
        db.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
