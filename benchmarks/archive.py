"""The archive: a clean build, one with nothing to do, a search in a browser.

python -m benchmarks.archive [EDITIONS …]     120 and 1000 unless given

The floor of a build is the writing of the same files by a bare loop in the same run, forced to disk
as ours are. Searching is timed inside Chromium, where it is (development environment `browser`).
"""

from __future__ import annotations

import gzip
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.editions import editions
from veille.delivery import site
from veille.digest.render import Renderer
from veille.model.edition import Sender

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

HOUSE = Sender(
    name="La veille du réseau",
    address="veille@example.org",
    reply_to=None,
    base_url="https://veille.example/archive",
    instance="benchmark",
    timezone="Europe/Paris",
)
SEARCHES = (
    "œuvre",
    "patrimoine",
    "photographie memo",
    "a",
    '"de la"',
    "introuvablement",
    "musee -salle",
)
TIME_SEARCH = """query => {
  const input = document.getElementById("words");
  const times = [];
  for (let turn = 0; turn < 7; turn += 1) {
    input.value = query;
    const before = performance.now();
    input.dispatchEvent(new Event("input"));
    document.body.getBoundingClientRect();
    times.push(performance.now() - before);
  }
  return times.sort((a, b) => a - b)[3];
}"""


def timed(job: Callable[[], Any]) -> tuple[float, float, Any]:
    """Seconds on the clock, seconds of processor, and what the job gave."""
    clock, processor = time.perf_counter(), time.process_time()
    given = job()
    return time.perf_counter() - clock, time.process_time() - processor, given


def floor(root: Path, files: Mapping[str, bytes]) -> None:
    """The same bytes on the same disk."""
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    for path in files:
        descriptor = os.open(root / path, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)


def building(folder: Path, count: int) -> Path:
    """Builds an archive of ``count`` editions, twice, and tells how long that took."""
    published = editions(count, digests=2)
    root = folder / f"archive-{count}"

    def build() -> site.SiteReport:
        renderer = Renderer(overrides=None, sender=HOUSE)
        key = renderer.fingerprint(published, [])
        done = site.unchanged(root, key)
        if done is not None:
            return done
        files = renderer.site(published, [], lambda path: site.held(root, path))
        return site.write(root, files, key=key)

    clean, processor, first = timed(build)
    files = {path: (root / path).read_bytes() for path in first.written}
    bare, _, _ = timed(lambda: floor(folder / "floor", files))
    again, _, second = timed(build)
    index = len(gzip.compress(files["search-index.js"]))
    print(f"{count} editions, {len(files)} files, {sum(map(len, files.values())) / 1e6:.1f} MB")
    print(
        f"  clean build      {clean:7.2f} s  ({processor:.2f} s of processor)  {clean / bare:5.1f} × bare writing ({bare:.2f} s)"
    )
    print(
        f"  nothing changed  {again:7.2f} s  {len(second.written)} files written  {clean / again:5.0f} × faster"
    )
    print(f"  search index     {index / 1e6:7.2f} MB compressed")
    return root


def searching(root: Path) -> None:
    """Asks the search page of ``root``, opened from the disk."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        print("  searching        left out: no Chromium here")
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        page.goto((root / "search.html").as_uri())
        times = {query: page.evaluate(TIME_SEARCH, query) for query in SEARCHES}
        browser.close()
    for query, spent in times.items():
        print(f"  search {query:20} {spent:6.1f} ms to results laid out (median of 7)")


def main() -> None:
    counts = [int(word) for word in sys.argv[1:]] or [120, 1000]
    with tempfile.TemporaryDirectory() as folder:
        for count in counts:
            root = building(Path(folder), count)
            shutil.rmtree(Path(folder) / "floor")
        searching(root)


if __name__ == "__main__":
    main()
