"""The pictures of shared pages."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from veille.digest import cards
from veille.digest.cards import HEIGHT, WIDTH, Card, card

SAMPLE = Card(
    "La veille du réseau", "Ce que l’été nous a laissé", "Cinq liens n°\u00a03 · novembre 2026"
)


def image(png: bytes) -> Image.Image:
    with Image.open(io.BytesIO(png)) as found:
        found.load()
        return found


@pytest.mark.parametrize(
    "title", ["Brève", "mot " * 200, "x" * 500, "", "日本語", "Œuvres d’été : ça\u202f!"]
)
def test_any_title_has_room(title):
    """A14: one size, light, and nothing drawn over the edges."""
    png = card(Card("Maison " * 30, title, "ligne " * 50))
    found = image(png)
    assert found.size == (WIDTH, HEIGHT)
    assert len(png) < 60_000
    edge = found.convert("RGB").crop((WIDTH - 80, 0, WIDTH, HEIGHT))
    assert edge.getcolors() is not None
    assert len(edge.getcolors()) == 1


def test_the_same_card_is_the_same_bytes_and_drawn_once():
    """A09, A10: and one that is there, whole, is taken as it is."""
    png = card(SAMPLE)
    assert card(SAMPLE) == png
    assert card(SAMPLE, png) is png
    assert card(SAMPLE, png[:-30]) == png
    assert card(SAMPLE, b"") == png
    other = card(Card("La veille du réseau", "Autre chose", ""))
    assert card(SAMPLE, other) == png


def test_without_pillow_there_is_a_plain_one(monkeypatch):
    """The extra is a nicety: pages and their addresses stay the same."""
    monkeypatch.setattr(cards, "pillow", lambda: None)
    assert image(card(SAMPLE)).size == (WIDTH, HEIGHT)
    assert card(SAMPLE) == card(Card("", "", ""))
