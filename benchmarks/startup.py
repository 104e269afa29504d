"""How long commands take to start, as ratios to bare imports taken in the same minute.

    python benchmarks/startup.py [--items 100000] [--runs 15]

Runs are interleaved (floor, command, floor, command …) and the median of the pairwise ratios is
printed beside the figure to reach, since only ratios travel from one machine to another.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.store import fill
from veille.store.database import Database

if TYPE_CHECKING:
    from collections.abc import Sequence

VEILLE = str(Path(sys.executable).parent / "veille")
CLICK = [sys.executable, "-c", "import click"]
SQL = [sys.executable, "-c", "import click, sqlalchemy"]


def seconds(command: Sequence[str], environ: dict[str, str]) -> float:
    """The wall time of one run."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environ)
    return time.perf_counter() - start


def ratio(
    command: Sequence[str], floor: Sequence[str], runs: int, environ: dict[str, str]
) -> float:
    """The median of the pairwise ratios, after one run of each to warm up."""
    seconds(floor, environ), seconds(command, environ)
    pairs = [(seconds(command, environ), seconds(floor, environ)) for _ in range(runs)]
    return statistics.median(ours / bare for ours, bare in pairs)


def main() -> None:
    """Print one line a command: ratio, and the figure to reach."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=15)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder) / "workspace"
        environ = {**os.environ, "VEILLE_WORKSPACE": str(workspace), "VEILLE_CURATOR": "bench"}
        subprocess.run([VEILLE, "-q", "init", str(workspace)], check=True, env=environ)
        db = Database.open(f"sqlite:///{workspace / 'veille.db'}")
        fill(db, options.items)
        db.close()
        cases = [
            (["--help"], CLICK, "import click", 1.5),
            (["list", "--limit", "20"], SQL, "import click, sqlalchemy", 1.4),
            (["keep", "12"], SQL, "import click, sqlalchemy", 1.4),
        ]
        for words, floor, name, target in cases:
            measured = ratio([VEILLE, "-q", *words], floor, options.runs, environ)
            print(f"veille {' '.join(words):<16} {measured:5.2f} × `{name}`   (at most {target})")


if __name__ == "__main__":
    main()
