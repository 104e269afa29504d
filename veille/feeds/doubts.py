"""Whether a page is the article that was asked for, or what stands in its place.

Servers answer 200 with a form to log in, a wall of consent, a captcha, or a polite "not found". None
of these may take the place of what the feed said.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from veille.model.text import fold

_LONG = 250  # words: nothing that stands in the place of an article says as much
_SHORT = 120

_PHRASES = {
    "the server's page says that there is none at this address": (
        r"^(?:error |erreur |http )*(?:404|410)\b|(?:page|article|document|contenu|content|file)\W+(?:\w+\W+){0,3}?"
        r"(?:not|no longer|non|n est plus|introuvable|inexistante?|cannot be)\W+(?:be\W+)?"
        r"(?:found|available|exists?|trouvee?|disponible)"
        r"|(?:page|article|contenu) (?:introuvable|inexistante?|supprimee?)|^not found$"
        r"|seite nicht gefunden|pagina no encontrada|pagina non trovata|nicht gefunden"
    ),
    "it is a page to log in": (
        r"^(?:please )?(?:log ?in|sign ?in|connexion|se connecter|identification|authentification"
        r"|anmelden|iniciar sesion|authentication required|connectez vous)\b"
    ),
    "it is a check for robots": (
        r"just a moment|attention required|checking your browser|verify(?:ing)? (?:that )?you are"
        r"|are you (?:a )?(?:human|robot)|captcha|access denied|acces refuse|ddos protection"
        r"|unusual traffic|enable javascript and cookies"
    ),
    "it is a wall of cookies": (
        r"before you continue|avant d acceder|avant de continuer|manage (?:your )?cookies"
        r"|cookie (?:consent|settings|preferences)|gestion des cookies|we value your privacy"
        r"|votre vie privee|your privacy choices"
    ),
}
_TITLES = {what: re.compile(pattern) for what, pattern in _PHRASES.items()}
_GATE = re.compile(
    r"/(?:log-?in|sign-?in|connexion|auth(?:entication|orize)?|sso|cas|session/new|consent|account/login)"
    r"(?:[/?.;]|$)",
    re.IGNORECASE,
)
_CONSENT = re.compile(
    r"\b(?:cookies?|consent\w*|partenaires|partners|vie privee|privacy|traceurs|donnees personnelles"
    r"|personal data|advertis\w+|publicit\w+)\b"
)
_NOT_LETTERS = re.compile(r"[\W_]+")


def of_page(tree: Any, title: str, text: str) -> str | None:
    """Why this page surely is no article, in a few words; None when it may be one.

    ``tree`` is the page read by lxml, before anything was removed from it.
    """
    words = len(text.split())
    if words >= _LONG:
        return None
    for heading in (title, *_headings(tree)):
        for what, pattern in _TITLES.items():
            if pattern.search(_plain(heading)):
                return what
    if words < _SHORT and tree.find(".//input[@type='password']") is not None:
        return "it is a page to log in"
    return "it is a wall of cookies" if _asks_for_consent(text, words) else None


def of_arrival(asked: str, arrived: str, text: str) -> str | None:
    """Why the address that redirects led to surely is not the article's; None when it may be."""
    if len(text.split()) >= _LONG:
        return None
    if _GATE.search(urlsplit(arrived).path) and not _GATE.search(urlsplit(asked).path):
        return "it is a page to log in"
    if _is_home(arrived) and not _is_home(asked):
        return "the server led to its home page instead"
    return None


def _headings(tree: Any) -> list[str]:
    return [" ".join(heading.itertext())[:300] for heading in list(tree.iter("h1"))[:3]]


def _plain(text: str) -> str:
    return _NOT_LETTERS.sub(" ", fold(text[:300])).strip()


def _is_home(url: str) -> bool:
    parts = urlsplit(url)
    return parts.path.strip("/") in ("", "index.html", "index.php") and not parts.query


def _asks_for_consent(text: str, words: int) -> bool:
    """Whether one word in fifteen is of those that walls are made of."""
    found = len(_CONSENT.findall(fold(text[:4_000])))
    return found >= 4 and found * 15 >= words
