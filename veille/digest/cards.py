"""The picture that goes with a page when its address is shared (OpenGraph): its title, in our type.

Drawn with Pillow (extra ``cards``); without it every page gets the same plain one, and nothing else
changes. A picture carries a short text that says what it was made from, so that one that is there
need not be drawn again. The typeface is Newsreader (SIL Open Font License, beside the font).
"""

from __future__ import annotations

import hashlib
import io
import zlib
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL.ImageFont import FreeTypeFont

NAME = "card.png"
WIDTH, HEIGHT = 1200, 630  # what the large sites show whole
_FONTS = Path(__file__).parent / "fonts"
_FONT = _FONTS / "newsreader.ttf"
_PLAIN = _FONTS / "card.png"
_PAPER, _INK, _QUIET = (251, 249, 244), (33, 29, 25), (101, 93, 83)
_ACCENT = (163, 52, 31)
_STEPS = 16  # of each ink
_MARGIN = 96
_SIZES = (92, 80, 70, 60, 52)
_LEADING = 1.12
_TOP = 170
_ROOM = 300  # pixels in height for the title
_MARK = b"made-from"
_TITLE_INK = [value * (_STEPS - 1) // 255 for value in range(256)]
_QUIET_INK = [value and value + _STEPS for value in _TITLE_INK]
_BANDS = (  # the small lines are quiet
    (_QUIET_INK, 0, _TOP - 20),
    (_TITLE_INK, _TOP - 20, HEIGHT - 150),
    (_QUIET_INK, HEIGHT - 150, HEIGHT),
)


@dataclass(frozen=True, slots=True)
class Card:
    """What is on it: who publishes, the title, and a line under it."""

    house: str
    title: str
    line: str


def address(page: str | None) -> str | None:
    """Where the picture of the page at this address is read, None when the page is not online."""
    return page and page.removesuffix("index.html") + NAME


def card(shown: Card, known: bytes | None = None) -> bytes:
    """The PNG of ``shown``: ``known`` itself when that is it already."""
    drawn_with = pillow()
    if drawn_with is None:
        return _PLAIN.read_bytes()
    key = hashlib.sha256(repr((shown, drawn_with, _look())).encode()).hexdigest()
    return known if known is not None and _made_from(known) == key else _draw(shown, key)


@cache
def pillow() -> str | None:
    """The version of Pillow, None where the extra is not installed."""
    try:
        return version("pillow")
    except PackageNotFoundError:
        return None


@cache
def _look() -> str:
    """The typeface and this module: what cards look like."""
    return hashlib.sha256(_FONT.read_bytes() + Path(__file__).read_bytes()).hexdigest()


def _made_from(png: bytes) -> str | None:
    """The key in an undamaged PNG (ISO/IEC 15948, 5.3), None when there is none."""
    chunks = dict(_chunks(png))
    text = chunks.get(b"tEXt", b"")
    if b"IEND" not in chunks or not text.startswith(_MARK + b"\0"):
        return None
    return text.partition(b"\0")[2].decode("ascii", "replace")


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Type and content of each chunk up to the first damaged one."""
    at = 8
    while at + 12 <= len(png):
        size = int.from_bytes(png[at : at + 4], "big")
        body, check = png[at + 4 : at + 8 + size], png[at + 8 + size : at + 12 + size]
        if zlib.crc32(body).to_bytes(4, "big") != check:
            return
        yield body[:4], body[4:]
        at += 12 + size


def _draw(shown: Card, key: str) -> bytes:
    from PIL import Image, ImageDraw
    from PIL.PngImagePlugin import PngInfo

    # Drawn as how much colour there is, in steps that are places in the palette: no colour is mixed
    # or sought afterwards, which would take several times as long.
    image = Image.new("L", (WIDTH, HEIGHT))
    pen = ImageDraw.Draw(image)
    small = _font(34)
    size, lines = _set(shown.title)
    for number, line in enumerate(lines):
        pen.text((_MARGIN, _TOP + number * size * _LEADING), line, font=_font(size), fill=255)
    pen.text((_MARGIN, 72), _fitted(shown.house, small), font=small, fill=255)
    pen.text((_MARGIN, HEIGHT - 142), _fitted(shown.line, small), font=small, fill=255)
    steps = Image.new("P", (WIDTH, HEIGHT))
    for ink, top, bottom in _BANDS:
        band = image.crop((0, top, WIDTH, bottom)).point(ink)
        steps.paste(band, (0, top))
    place = (_MARGIN, HEIGHT - 72, _MARGIN + 120, HEIGHT - 66)
    ImageDraw.Draw(steps).rectangle(place, fill=2 * _STEPS)
    steps.putpalette(_palette())
    note = PngInfo()
    note.add_text(_MARK.decode(), key)
    file = io.BytesIO()
    steps.save(file, "PNG", compress_level=3, pnginfo=note)
    return file.getvalue()


@cache
def _palette() -> bytes:
    """From paper to ink, from paper to the quiet ink, the accent."""
    ramps = [
        bytes(round(a + (b - a) * step / (_STEPS - 1)) for a, b in zip(_PAPER, ink, strict=True))
        for ink in (_INK, _QUIET)
        for step in range(_STEPS)
    ]
    return b"".join([*ramps, bytes(_ACCENT)])


@cache
def _font(size: int) -> FreeTypeFont:
    from PIL import ImageFont

    # The basic layout is in every build of Pillow: the same picture on every machine.
    return ImageFont.truetype(str(_FONT), size, layout_engine=ImageFont.Layout.BASIC)


def _set(title: str) -> tuple[int, list[str]]:
    """The largest size in which ``title`` has room, and its lines; what has none is cut."""
    for size in _SIZES:
        lines = _lines(title, _font(size))
        if len(lines) * size * _LEADING <= _ROOM:
            return size, lines
    most = int(_ROOM / (_SIZES[-1] * _LEADING))
    kept = lines[:most]
    return size, [*kept[:-1], _fitted(f"{kept[-1]} {lines[most]}…", _font(size))]


def _lines(text: str, font: FreeTypeFont) -> list[str]:
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}".strip(" ")
        if font.getlength(longer) <= WIDTH - 2 * _MARGIN or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return [_fitted(line, font) for line in lines]


def _fitted(text: str, font: FreeTypeFont) -> str:
    """``text``, or as much of its beginning as fits on one line."""
    if font.getlength(text) <= WIDTH - 2 * _MARGIN:
        return text
    while text and font.getlength(f"{text}…") > WIDTH - 2 * _MARGIN:
        text = text[:-1]
    return f"{text.rstrip(' …')}…"
