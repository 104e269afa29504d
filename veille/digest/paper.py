"""An edition on paper: its page, set by its own rules for print, as PDF. Needs the extra ``pdf``."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from veille.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from weasyprint.urls import URLFetcher

_FOLDER = "http://page.invalid/"  # RFC 6761: nobody's address
_FONT = Path(__file__).parent / "fonts" / "newsreader.ttf"


def pdf(page: str, stylesheet: bytes) -> bytes:
    """``page`` with its ``stylesheet`` as a PDF: the same bytes each time on one machine.

    Nothing is fetched. The typeface is ours, Newsreader. Raises UsageError where WeasyPrint,
    or the system library it draws with, is missing.
    """
    try:
        import weasyprint
        from weasyprint.text.fonts import FontConfiguration
    except ModuleNotFoundError:
        raise UsageError("PDF needs the extra pdf: pip install 'veille[pdf]'") from None
    except OSError as error:  # Pango is a library of the system
        raise UsageError(
            f"PDF needs the library Pango (apt-get install libpango-1.0-0 libpangoft2-1.0-0 "
            f"libharfbuzz-subset0): {error}"
        ) from None
    logging.getLogger("weasyprint").addHandler(logging.NullHandler())
    folder = _folder({"style.css": stylesheet, _FONT.name: _FONT.read_bytes()})
    document = weasyprint.HTML(string=page, base_url=f"{_FOLDER}index.html", url_fetcher=folder)
    face = f'@font-face {{ font-family: "Newsreader"; src: url("{_FOLDER}{_FONT.name}"); }}'
    fonts = FontConfiguration()
    ours = weasyprint.CSS(string=face, url_fetcher=folder, font_config=fonts)
    written: bytes = document.write_pdf(stylesheets=[ours], font_config=fonts, pdf_tags=True)
    return written


def _folder(files: Mapping[str, bytes]) -> URLFetcher:
    """The folder of a page, which holds these files and nothing else."""
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class Folder(URLFetcher):  # type: ignore[misc]  # it publishes no types
        def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:  # noqa: ARG002
            name = url.removeprefix(_FOLDER)
            if name not in files:
                raise ValueError(f"a page needs nothing from {url}")
            kind = "text/css" if name.endswith(".css") else "font/ttf"
            return URLFetcherResponse(url, files[name], {"Content-Type": kind})

    return Folder()
