"""Compare what we read of web pages with what trafilatura alone reads of the same bytes.

``python -m benchmarks.articles FOLDER``: FOLDER holds ``manifest.json`` (``pages``: ``file``,
``encoding``, ``url``, ``gold`` with ``text_file``) beside the pages. Precision, recall and F1 are of
the runs of four words, the mean over the pages; ends with 1 when ours are below those of trafilatura
asked as we ask it. Then all read all pages in two processes at once, in turn: the ratio to trafilatura
as it comes is what travels to another machine. Pages of items whose authors and date their feed told
("signed") are read for their text alone.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import trafilatura

from veille.errors import ParseError
from veille.feeds.article import read_article
from veille.model.fetched import SIGNED, Fetched

if TYPE_CHECKING:
    from collections.abc import Callable

_WORD = re.compile(r"\w+")
_RUN = 4  # words
Scores = tuple[float, float, float]


def ours(body: bytes, url: str, option: bytes = b"") -> str:
    """The text of a page as veille stores it."""
    page = Fetched(url=url, status=200, headers={"content-type": "text/html"}, body=body)
    try:
        return read_article(page, option).text
    except ParseError:
        return ""


def signed(body: bytes, url: str) -> str:
    """The same, where authors and date are known."""
    return ours(body, url, SIGNED)


def plain(body: bytes, url: str) -> str:
    """The text of a page as trafilatura gives it, asked for nothing special."""
    return trafilatura.extract(body, url=url, include_comments=False) or ""


def bare(body: bytes, url: str) -> str:
    """The text of a page as trafilatura gives it, asked as quickly as we ask it."""
    return trafilatura.extract(body, url=url, fast=True, include_comments=False) or ""


def score(text: str, gold: str) -> Scores:
    """Precision, recall and F1 of the runs of words in ``text``, against those in ``gold``."""
    found, wanted = _runs(text), _runs(gold)
    common = sum((found & wanted).values())
    if not common:
        return 0.0, 0.0, 0.0
    precision, recall = common / found.total(), common / wanted.total()
    return precision, recall, 2 * precision * recall / (precision + recall)


def _runs(text: str) -> Counter[tuple[str, ...]]:
    words = _WORD.findall(text.lower())
    size = min(_RUN, len(words)) or 1
    return Counter(tuple(words[place : place + size]) for place in range(len(words) - size + 1))


def _body(folder: Path, page: dict[str, Any]) -> bytes:
    data = (folder / page["file"]).read_bytes()
    return gzip.decompress(data) if page["encoding"] == "gzip" else data


def _measure(folder: Path, pages: list[dict[str, Any]], read: Callable[[bytes, str], str]) -> Any:
    scores: dict[str, Scores] = {}
    started = time.process_time()
    for page in pages:
        gold = (folder / page["gold"]["text_file"]).read_text(encoding="utf-8")
        scores[page["id"]] = score(read(_body(folder, page), page["url"] or ""), gold)
    return scores, time.process_time() - started


def _rate(bodies: list[tuple[bytes, str]], read: Callable[[bytes, str], str]) -> float:
    """Pages a second in two processes that are warm."""
    with ProcessPoolExecutor(2) as workers:
        list(workers.map(read, *zip(*bodies[:20], strict=True), chunksize=2))
        began = time.perf_counter()
        list(workers.map(read, *zip(*bodies, strict=True), chunksize=5))
        return len(bodies) / (time.perf_counter() - began)


def main(arguments: list[str]) -> int:
    """Print one line a reader, and with ``-v`` the pages that differ."""
    manifest = Path(arguments[0]).resolve() / "manifest.json"
    folder = manifest.parent.parent  # paths in the manifest begin with the corpus's own folder
    listed = json.loads(manifest.read_text(encoding="utf-8"))["pages"]
    pages = [page for page in listed if "text_file" in page["gold"]]
    means = {}
    kept = {}
    readers = {"trafilatura": bare, "veille": ours, "as it comes": plain, "signed": signed}
    for name, read in readers.items():
        scores, seconds = _measure(folder, pages, read)
        means[name] = [sum(column) / len(scores) for column in zip(*scores.values(), strict=True)]
        kept[name] = scores
        precision, recall, f1 = means[name]
        print(
            f"{name:<12} pages {len(pages)}  precision {precision:.4f}  recall {recall:.4f}  "
            f"F1 {f1:.4f}  {1000 * seconds / len(pages):.0f} ms a page"
        )
    bodies = [(_body(folder, page), page["url"] or "") for page in pages]
    rates = [(_rate(bodies, plain), _rate(bodies, ours), _rate(bodies, signed)) for _ in range(3)]
    alone, whole, text = sorted(rates, key=lambda rate: rate[2] / rate[0])[1]
    print(
        f"in two processes, pages a second: trafilatura as it comes {alone:.0f}, veille {whole:.0f} "
        f"({whole / alone:.2f}), signed {text:.0f} ({text / alone:.2f}; must: 1.35)"
    )
    if "-v" in arguments:
        for page in kept["veille"]:
            one, other = kept["veille"][page][2], kept["trafilatura"][page][2]
            if abs(one - other) > 0.005:
                print(f"  {page}: {other:.3f} → {one:.3f}")
    level = zip(means["veille"], means["trafilatura"], strict=True)
    return 0 if all(mine >= theirs for mine, theirs in level) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
