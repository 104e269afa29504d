"""Dates and languages as feeds and texts give them."""

from __future__ import annotations

from datetime import UTC, datetime
from time import struct_time

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from veille.feeds import dates, language


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


FEEDPARSER = feedparser.datetimes._parse_date


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Tue, 03 Feb 2026 09:30:00 +0100", utc(2026, 2, 3, 8, 30)),
        ("2026-02-03T09:30:00Z", utc(2026, 2, 3, 9, 30)),
        ("lun., 03 févr. 2025 10:00:00 +0100", utc(2025, 2, 3, 9)),
        ("mardi 1er avril 2025", utc(2025, 4, 1)),
        ("ven. 15 août 2025 à 14h05", utc(2025, 8, 15, 14, 5)),
        ("12 décembre 2024", utc(2024, 12, 12)),
        ("3 juil. 2024 08:00 CEST", utc(2024, 7, 3, 6)),
        ("Wed, 03 Jul 2024 08:00:00 CEST", utc(2024, 7, 3, 6)),
        ("Wed, 03 Jan 2024 08:00:00 CET", utc(2024, 1, 3, 7)),
        ("0000-01-01T00:00:00Z", None),
        ("9999-12-31T23:59:59-12:00", None),
        ("1748851200", utc(2025, 6, 2, 8)),
        ("99999999999999", None),
        ("un jour", None),
        ("31 février 2025", None),
        ("", None),
    ],
)
def test_dates_are_read_or_none(text: str, expected: datetime | None) -> None:
    """F16."""
    found = dates.instant(FEEDPARSER(text) if text else None, text)
    assert found == expected


def test_a_date_nobody_wrote_is_none() -> None:
    assert dates.instant(None, None) is None
    assert dates.instant(struct_time((99999, 1, 1, 0, 0, 0, 0, 1, 0)), None) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-04-01T08:00:00+02:00", utc(2026, 4, 1, 6)),
        ("2026-04-01T08:00:00", utc(2026, 4, 1, 8)),
        ("Tue, 03 Feb 2026 09:30:00 +0100", utc(2026, 2, 3, 8, 30)),
        ("0001-01-01T00:00:00+10:00", None),
        ("0900-01-01T00:00:00Z", None),
        (12, None),
        (None, None),
        ("jamais", None),
    ],
)
def test_dates_of_json_feeds(text: object, expected: datetime | None) -> None:
    assert dates.iso(text) == expected


@given(st.text(max_size=40))
def test_no_text_breaks_the_reading_of_dates(text: str) -> None:
    """F16."""
    found = dates.instant(None, text)
    assert found is None or found.tzinfo is UTC
    dates.iso(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Les nouvelles acquisitions de la bibliothèque sont en ligne", "fr"),
        ("L’accès aux collections numérisées n’est pas le même pour tous", "fr"),
        ("How the new catalogue of the library was made", "en"),
        ("Die Sammlung der Bibliothek ist jetzt auch im Netz", "de"),
        ("La colección de la biblioteca está disponible para todos los lectores", "es"),
        ("La collezione della biblioteca è ora disponibile per tutti gli utenti", "it"),
        ("A coleção da biblioteca já não está disponível para os leitores", "pt"),
        ("De collectie van de bibliotheek is nu ook voor iedereen te zien", "nl"),
        ("図書館のコレクション", None),
        ("Python 3.14", None),
        ("Louvre Orsay Pompidou Guimet Rodin", None),
        ("", None),
        (
            "时隔一年再读，理解更加深入。C1，C2，C3：为下两周做详细计划；为下三个月做粗略计划。",
            None,
        ),
    ],
)
def test_the_language_of_a_sentence_is_guessed_or_left_open(text: str, code: str | None) -> None:
    assert language.guess(text) == code


@pytest.mark.parametrize(
    ("label", "code"),
    [
        ("fr-FR", "fr"),
        ("EN_us", "en"),
        ("fr", "fr"),
        ("français", None),
        ("", None),
        (None, None),
        ("x-klingon", None),
    ],
)
def test_language_tags_are_reduced_to_the_language(label: object, code: str | None) -> None:
    assert language.tag(label) == code
