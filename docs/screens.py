"""Draw the pictures of the documentation from the program itself: python docs/screens.py

Screens become SVG, the mail a PNG. It takes the bundled sample, so everybody draws the same.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import redirect_stderr, redirect_stdout
from html import escape
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


def mail(folder: Path) -> None:
    """The sample's mail as a screen, a phone and the night show it, side by side (needs Chromium)."""
    chromium = shutil.which("chromium")
    if chromium is None:
        print("chromium is not there: the picture of the mail stays as it was", file=sys.stderr)
        return
    veille(folder, "edition", "preview", "cinq-liens/1", "--out", str(folder / "out"))
    html = (folder / "out" / "body.html").read_text(encoding="utf-8")
    night = html.replace("@media (prefers-color-scheme: dark)", "@media all")
    frames = "".join(
        f'<iframe width="{width}" height="900" srcdoc="{escape(shown)}"></iframe>'
        for width, shown in ((640, html), (320, html), (320, night))
    )
    style = (
        "body{margin:16px;background:#8a8a8a;white-space:nowrap}iframe{border:0;margin-right:16px}"
    )
    page = folder / "mails.html"
    page.write_text(f"<!doctype html><meta charset=utf-8><style>{style}</style>{frames}")
    words = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--hide-scrollbars",
    ]
    target = PICTURES / "mail.png"
    subprocess.run(  # noqa: S603  an argument list, no shell
        [chromium, *words, f"--screenshot={target}", "--window-size=1360,932", page.as_uri()],
        check=True, capture_output=True,
    )  # fmt: skip


def main() -> int:
    """Draw them all."""
    with tempfile.TemporaryDirectory() as folder:
        compose(Path(folder) / "watch")
        mail(Path(folder) / "watch")
    print(f"drawn: {', '.join(path.name for path in sorted(PICTURES.iterdir()))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
