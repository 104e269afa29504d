"""Collect real sites, replayed under their original addresses, and compare with what they hold.

    python -m benchmarks.sites CORPUS REPLAY_SERVER

CORPUS is a folder with ``MANIFEST.json`` and ``sites/*/site.json``; REPLAY_SERVER the path of a
proxy (``--corpus DIR --port 0 --port-file FILE``) that answers from it. Every feed is imported from
one OPML list into a new workspace and collected with the program's own commands; printed are the
differences in the number of entries and in titles, and what a second collection finds. Exit code 1
when there is a difference.
"""

from __future__ import annotations

import argparse
import html
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

VEILLE = str(Path(sys.executable).parent / "veille")


def http(url: str) -> str:
    """The address as a plain proxy can be asked for it."""
    return url.replace("https://", "http://", 1)


def feeds(corpus: Path) -> list[dict[str, Any]]:
    """Every feed of every site, with its facts and entries."""
    found: list[dict[str, Any]] = []
    for path in sorted(corpus.glob("sites/*/site.json")):
        found += json.loads(path.read_text(encoding="utf-8"))["feeds"]
    return found


def text(path: Path) -> str:
    """A document as its reader sees it, entities decoded, line breaks and runs of spaces folded."""
    plain = html.unescape(html.unescape(path.read_text(encoding="utf-8", errors="replace")))
    return re.sub("[ \\t\\r\\n]+", " ", plain)


def opml(wanted: list[dict[str, Any]]) -> str:
    """One subscription list of them all."""
    rows = "".join(
        f'<outline type="rss" xmlUrl={quoteattr(http(feed["url"]))}/>' for feed in wanted
    )
    return f'<?xml version="1.0"?><opml version="2.0"><body>{rows}</body></opml>'


class Workspace:
    """A new workspace whose web is the replayed one."""

    def __init__(self, folder: Path, proxy: str) -> None:
        self.environ = {
            **os.environ, "VEILLE_WORKSPACE": str(folder), "http_proxy": proxy, "no_proxy": "",
        }  # fmt: skip
        subprocess.run([VEILLE, "-q", "init", str(folder)], check=True, env=self.environ)

    def ask(self, *words: str) -> Any:
        """The JSON document of a command; exit code 3 (done in part) is fine."""
        done = subprocess.run(
            [VEILLE, *words, "--json"], check=False, env=self.environ, capture_output=True
        )
        if done.returncode not in (0, 3):
            raise SystemExit(done.stderr.decode())
        return json.loads(done.stdout)


def compare(corpus: Path, workspace: Workspace, folder: Path) -> int:
    """Print every difference and return how many there are."""
    wanted = feeds(corpus)
    (folder / "all.opml").write_text(opml(wanted), encoding="utf-8")
    imported = workspace.ask("source", "import", str(folder / "all.opml"))
    print(f"imported: {imported['added']} added, {imported['known']} known, {imported['refused']}")
    first = workspace.ask("collect", "--force")
    again = workspace.ask("collect", "--force")
    print(
        f"first:  {first['new']} new, {first['seen']} seen, {first['failed']} failed, {first['seconds']} s"
    )
    print(
        f"second: {again['new']} new, {again['updated']} updated, {again['not_modified']} not modified"
    )
    differences = [f"{failure['url']}: {failure['message']}" for failure in first["failures"]]
    differences += ["a second collection found something"] * bool(again["new"] or again["updated"])
    counted = {row["url"]: row["items"] for row in workspace.ask("source", "list")}
    items = workspace.ask("list", "--limit", "0")
    for feed in wanted:
        differences += _entries(
            feed, counted[http(feed["url"])], items, text(corpus / feed["file"])
        )
    print("\n".join(differences))
    print(f"{len(wanted)} feeds, {len(items)} items, {len(differences)} differences")
    return len(differences)


def _entries(
    feed: dict[str, Any], stored: int, items: list[dict[str, Any]], document: str
) -> list[str]:
    """Differences of one feed: how many entries, which titles are missing, or not to the letter.

    The facts fold no-break spaces, so the exact title is looked for in ``document``.
    """
    expected = feed["facts"]["entry_count"] if feed["facts"].get("wellformed") else None
    found = []
    if expected is not None and stored != expected:
        found.append(f"{feed['url']}: {stored} entries, {expected} expected")
    titles = {
        " ".join(item["title"].split()): item["title"]
        for item in items
        if any(source["url"] == http(feed["url"]) for source in item["sources"])
    }
    for entry in feed.get("entries", []):
        title = " ".join((entry.get("title") or "").split())
        if title and title not in titles:
            found.append(f"{feed['url']}: no item is called {title!r}")
        elif title and titles[title] not in document:
            found.append(f"{feed['url']}: {titles[title]!r} is not what the feed says")
    return found


def main() -> int:
    """Serve, collect, compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("server", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        port = folder / "port"
        server = subprocess.Popen(
            [sys.executable, options.server, "--corpus", options.corpus, "--port", "0", "--port-file", port],
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            while not (port.exists() and port.read_text().strip()):
                time.sleep(0.1)
            proxy = f"http://127.0.0.1:{port.read_text().strip()}"
            return min(compare(options.corpus, Workspace(folder / "watch", proxy), folder), 1)
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    sys.exit(main())
