"""Draw the pictures of the documentation from the program itself: python docs/pictures.py

Screens become SVG. It takes the bundled sample, so everybody draws the same.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO, TextIOWrapper
from pathlib import Path

from veille.cli.compose import Table
from veille.cli.context import Session, Surroundings
from veille.cli.main import run
from veille.tui.compose import Compose

PICTURES = Path(__file__).parent / "pictures"
COMMENTS = (
    "Un an de chiffres, et la seule question qui vaille : *qui* vient pour cela ?",
    "À faire entendre à toute l'équipe d'accueil.",
    "La marche à suivre, pour un club comme pour une association.",
)


def around(folder: Path) -> Surroundings:
    """The world of an editor called camille, in a folder."""
    environ = {**os.environ, "LOGNAME": "camille", "XDG_CONFIG_HOME": str(folder / "none")}
    streams = [TextIOWrapper(open(os.devnull, "r+b")) for _ in range(3)]  # noqa: SIM115, PTH123
    return Surroundings(*streams, environ=environ, here=str(folder))


def veille(folder: Path, *words: str) -> str:
    """Run a command; what it printed."""
    out = StringIO()
    world = around(folder)._replace(stdout=out)
    with redirect_stdout(out), redirect_stderr(StringIO()):
        run(list(words), world)
    return out.getvalue()


def compose(folder: Path) -> None:
    """The editor's table, with an edition under way."""
    veille(folder.parent, "demo", str(folder))
    items = [item["id"] for item in json.loads(veille(folder, "inbox", "--limit", "8", "--json"))]
    for item, text in zip(items, COMMENTS, strict=False):
        veille(folder, "keep", str(item))
        veille(folder, "comment", str(item), text, "--blurb")
    veille(folder, "edition", "draft", "cinq-liens", "--now")
    for item in items[3:7]:
        veille(folder, "keep", str(item))
        veille(folder, "--as", "sasha", "comment", str(item), "À montrer à la conservation ?")

    async def draw() -> None:
        screen = Compose(Table(Session(around(folder)), "cinq-liens/2"))
        async with screen.run_test(size=(100, 30)) as pilot:
            await pilot.press("j")
            await pilot.pause()
            PICTURES.mkdir(exist_ok=True)
            picture = screen.export_screenshot(title="veille compose cinq-liens/2")
            (PICTURES / "compose.svg").write_text(picture, encoding="utf-8")

    asyncio.run(draw())


def main() -> int:
    """Draw them all."""
    with tempfile.TemporaryDirectory() as folder:
        compose(Path(folder) / "watch")
    print(f"drawn: {', '.join(path.name for path in sorted(PICTURES.iterdir()))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
