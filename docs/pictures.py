"""Take the pictures of the documentation: the demo's archive in a browser (make pictures)."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image
from playwright.sync_api import sync_playwright

PICTURES = Path(__file__).parent / "pictures"
EDITION = "cinq-liens/1/index.html"


class Shot(NamedTuple):
    """A page as somebody sees it."""

    name: str
    page: str
    width: int
    height: int
    scheme: str = "light"
    media: str = "screen"
    words: str | None = None


SHOTS = (
    Shot("desktop", EDITION, 1100, 900),
    Shot("phone", EDITION, 390, 760),
    Shot("dark", EDITION, 1100, 900, scheme="dark"),
    Shot("print", EDITION, 794, 1123, media="print"),
    Shot("search", "search.html", 1100, 760, words="donnees"),
    Shot("archive", "index.html", 1100, 760),
)


def main() -> None:
    """Run the demo, open its archive from the disk, keep what is seen as small PNGs."""
    with tempfile.TemporaryDirectory() as folder:
        demo = Path(folder) / "demo"
        subprocess.run(  # noqa: S603  our own program
            [sys.executable, "-m", "veille", "demo", demo], check=True, stdout=subprocess.DEVNULL
        )
        PICTURES.mkdir(exist_ok=True)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium") or shutil.which("google-chrome"),
                args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
            )
            for shot in SHOTS:
                picture = take(browser, demo / "archive", shot)
                print(f"{shot.name}.png: {len(picture) // 1024} kB")
                (PICTURES / f"{shot.name}.png").write_bytes(picture)
            browser.close()


def take(browser: Any, archive: Path, shot: Shot) -> bytes:
    """One picture, in few colours."""
    page = browser.new_page(
        viewport={"width": shot.width, "height": shot.height},
        color_scheme=shot.scheme,
        bypass_csp=True,  # for the margins of paper, below
    )
    page.emulate_media(media=shot.media)
    page.goto((archive / shot.page).as_uri())
    if shot.media == "print":  # the margins of @page, which a screen has not
        page.add_style_tag(content="body { padding: 14mm 20mm 11mm 22mm !important }")
    if shot.words:
        page.fill("#words", shot.words)
    seen = page.screenshot()
    page.close()
    with Image.open(io.BytesIO(seen)) as image:
        file = io.BytesIO()
        image.convert("RGB").quantize(32, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
    return file.getvalue()


if __name__ == "__main__":
    main()
