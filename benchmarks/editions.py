"""Editions to measure with: made from a seed, as long and as varied as those that people write."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from veille.model.edition import EditionContent, Pick, PublishedEdition

if TYPE_CHECKING:
    from collections.abc import Sequence

_STEMS = [
    "accès",
    "archive",
    "atelier",
    "bibliothèque",
    "carte",
    "catalogue",
    "chantier",
    "collection",
    "conservation",
    "corpus",
    "dépôt",
    "document",
    "donnée",
    "écran",
    "édition",
    "enquête",
    "entretien",
    "équipe",
    "étagère",
    "exposition",
    "fonds",
    "format",
    "formation",
    "guide",
    "histoire",
    "image",
    "index",
    "inventaire",
    "jeu",
    "lecteur",
    "lecture",
    "libre",
    "licence",
    "livre",
    "médiation",
    "mémoire",
    "méthode",
    "métier",
    "musée",
    "notice",
    "numérique",
    "objet",
    "œuvre",
    "ouverture",
    "outil",
    "partage",
    "patrimoine",
    "photographie",
    "plan",
    "prêt",
    "presse",
    "public",
    "récit",
    "recherche",
    "registre",
    "réseau",
    "réserve",
    "réutilisation",
    "salle",
    "sauvegarde",
    "science",
    "serveur",
    "service",
    "site",
    "source",
    "texte",
    "traduction",
    "transcription",
    "usage",
    "veille",
    "visite",
]
_SMALL = [
    "à",
    "au",
    "aux",
    "avec",
    "ce",
    "dans",
    "de",
    "des",
    "du",
    "en",
    "et",
    "la",
    "le",
    "les",
    "leur",
    "mais",
    "ne",
    "nous",
    "on",
    "ou",
    "par",
    "pas",
    "pour",
    "qui",
    "sans",
    "se",
    "sur",
    "un",
    "une",
]
_ENDINGS = ("", "", "", "s", "s", "ment", "eur", "ique", "able", "ée", "ure")
_LINKS = 5
_FIRST = datetime(2005, 1, 31, 8, 0, tzinfo=UTC)


def _vocabulary(chance: random.Random) -> list[str]:
    """Some thousands of words, the frequent ones first."""
    syllables = [
        "ba",
        "co",
        "di",
        "fé",
        "gra",
        "lu",
        "mi",
        "no",
        "pa",
        "qui",
        "ré",
        "so",
        "ta",
        "ver",
        "vi",
        "zo",
        "tri",
        "plan",
        "chan",
        "mer",
        "lor",
    ]
    rare = {"".join(chance.choices(syllables, k=chance.randint(2, 4))) for _ in range(4_000)}
    return [stem + end for stem in _STEMS for end in _ENDINGS] + sorted(rare)


def _prose(chance: random.Random, words: Sequence[str], length: int) -> str:
    """``length`` words; the n-th of the vocabulary is used about 1/n as often as the first."""
    told = [
        chance.choice(_SMALL)
        if chance.random() < 0.45
        else words[int(len(words) ** chance.random()) - 1]
        for _ in range(length)
    ]
    return " ".join(told).capitalize() + "."


def editions(count: int, *, digests: int = 1, seed: int = 1) -> list[PublishedEdition]:
    """``count`` published editions of five links each, spread over so many digests."""
    chance = random.Random(seed)
    words = _vocabulary(chance)
    sources = [_prose(chance, words, 3)[:-1] for _ in range(60)]
    made = []
    for each in range(count):
        digest, number = each % digests + 1, each // digests + 1
        picks = tuple(
            Pick(
                position=place,
                item=each * _LINKS + place,
                url=f"https://source-{chance.randrange(60)}.example/{number}/{chance.getrandbits(40):x}",
                headline=_prose(chance, words, chance.randint(5, 11))[:-1],
                blurb=" ".join(_prose(chance, words, chance.randint(8, 24)) for _ in range(3)),
                source=chance.choice(sources),
                tags=tuple(chance.sample(_STEMS, 2)),
                language="fr",
            )
            for place in range(1, _LINKS + 1)
        )
        content = EditionContent(
            digest=f"liens-{digest}",
            digest_title=f"Cinq liens {digest}",
            number=number,
            period=f"{2005 + number // 12}-{number % 12 + 1:02d}",
            locale="fr",
            title=_prose(chance, words, 4)[:-1],
            intro=_prose(chance, words, 40),
            picks=picks,
        )
        made.append(PublishedEdition(content=content, published_at=_FIRST + timedelta(days=each)))
    return made
