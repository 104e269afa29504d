"""The words of the house in each language: gettext catalogues shipped with the package.

The messages in code and templates are English; ``locale/fr`` holds the French ones. To change a
word, edit the ``.po`` file and compile it (``pybabel compile``, see CONTRIBUTING.md).
"""

from __future__ import annotations

import gettext
from functools import cache
from pathlib import Path

DOMAIN = "veille"
FOLDER = Path(__file__).parent / "locale"


@cache
def catalogue(locale: str) -> gettext.NullTranslations:
    """The translations of ``locale``; English, the language of the sources, when there are none."""
    return gettext.translation(DOMAIN, FOLDER, [locale.replace("-", "_")], fallback=True)
