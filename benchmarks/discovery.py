"""Compare the feeds we find on pages with those a corpus states.

``python -m benchmarks.discovery CORPUS``: CORPUS holds ``discovery/manifest.json`` (``documents``)
and ``sites/*/site.json`` (``home.autodiscovery``). Ends with 1 when one is missing or too many.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from veille.feeds import urls
from veille.feeds.discover import find_feeds
from veille.model.fetched import Fetched

if TYPE_CHECKING:
    from collections.abc import Iterator

_Page = tuple[str, str, Path, list[dict[str, Any]]]


def _pages(corpus: Path) -> Iterator[_Page]:
    """Name, address, file and the feeds that are stated, of every page."""
    listed = json.loads((corpus / "discovery/manifest.json").read_text(encoding="utf-8"))
    for page in listed["documents"]:
        yield page["id"], page["url"], corpus / page["file"], page["facts"]["alternates"]
    for path in sorted(corpus.glob("sites/*/site.json")):
        home = json.loads(path.read_text(encoding="utf-8")).get("home")
        if home:
            file = corpus / home["file"]
            yield path.parent.name, home["url"], file, home["autodiscovery"]


def main(arguments: list[str]) -> int:
    """Print what differs, and the figure."""
    pages = stated = found = beside = 0
    for name, url, file, alternates in _pages(Path(arguments[0])):
        headers = {"content-type": "text/html"}
        page = Fetched(url=url, status=200, headers=headers, body=file.read_bytes())
        ours = {feed.url for feed in find_feeds(page)}
        wanted = {urls.resolve(url, urls.as_http(each["absolute"])) for each in alternates}
        pages += 1
        stated += len(wanted)
        found += len(wanted & ours)
        beside += len(ours - wanted)
        for missing in wanted - ours:
            print(f"{name}: {missing} was not found")
        for more in ours - wanted:
            print(f"{name}: {more} is not stated")
    print(f"pages {pages}  stated {stated}  found {found}  beside {beside}")
    return 0 if found == stated and not beside else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
