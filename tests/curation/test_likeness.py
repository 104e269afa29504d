"""What is the same text, told again: found, and surely so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veille.curation.likeness import SHARED, TITLE, told

WORDS = (
    "La bibliothèque du port rouvre samedi après deux ans de travaux. Les salles de lecture donnent "
    "désormais sur les quais, et le fonds maritime, longtemps gardé en réserve, est en libre accès. Une "
    "équipe de douze personnes accueille le public six jours sur sept. Le bâtiment, dessiné dans les "
    "années trente, garde ses boiseries et gagne un atelier de reliure que les enfants pourront essayer. "
    "La ville a financé les deux tiers du chantier; le reste vient de l’État et d’un don privé. "
)
TITLE_OF_IT = "La bibliothèque du port rouvre"
OTHER = (
    "Le musée des arts forains prête cette année trente manèges à quatre villes de la côte. Chacun sera "
    "monté devant la gare, gardé par des bénévoles, et rendu à l’automne. Les conservateurs y voient une "
    "façon de montrer ce qui dort dans les réserves, et les communes une fête qui ne coûte que le "
    "transport. Un livret raconte l’histoire de chaque pièce, de son premier forain à sa restauration. "
)


def alike(one: tuple[str, str], other: tuple[str, str]) -> float:
    first, second = told(*one), told(*other)
    assert first.likeness(second) == second.likeness(first)
    return first.likeness(second)


def meet(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """Whether the sketches lead from one to the other."""
    shared = set(told(*one).sketch) & set(told(*other).sketch)
    return len(shared) >= SHARED or any(number >= TITLE for number in shared)


@pytest.mark.parametrize(
    "copy",
    [
        (TITLE_OF_IT, WORDS),
        (TITLE_OF_IT.upper(), WORDS.replace("’", "'").replace(" le ", "\xa0le\u202f")),
        (f"À lire : {TITLE_OF_IT}", WORDS),
        (TITLE_OF_IT, f"Repris d’un autre site. {WORDS} Lire l’article original."),
        (TITLE_OF_IT, f"{WORDS[:200]} […]"),  # an excerpt, under the same title
    ],
)
def test_a_text_published_again_is_the_same(copy: tuple[str, str]) -> None:
    assert alike((TITLE_OF_IT, WORDS), copy) > 0
    assert meet((TITLE_OF_IT, WORDS), copy)


@pytest.mark.parametrize(
    "other",
    [
        ("Trente manèges", OTHER),
        (TITLE_OF_IT, OTHER),  # the same title for something else
        (TITLE_OF_IT, ""),  # a title that no text confirms
        ("Accès réservé aux abonnés", WORDS),  # one text under many titles is a wall
        (
            "La bibliothèque du port rouvre ses portes aux lecteurs",
            f"{OTHER} {WORDS[:120]} {OTHER[::-1]}",
        ),
        ("Le port", WORDS[:60]),  # too short to say
    ],
)
def test_what_only_looks_alike_is_not(other: tuple[str, str]) -> None:
    """A false merge is worse than a miss."""
    assert alike((TITLE_OF_IT, WORDS), other) == 0


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Revue de presse nº 12", "Revue de presse nº 13", False),
        ("Revue de presse nº 12", "Revue de presse nº 12", True),
        ("J-7 : le port rouvre", "J-1 : le port rouvre", False),
        ("Le port rouvre le 5", "Le port rouvre", True),
        ("Le port rouvre le 5", "Le port rouvre samedi 6", True),  # its words differ as well
    ],
)
def test_the_next_of_a_series_is_another_story(one: str, other: str, *, same: bool) -> None:
    """Its frame is the same, its number is not."""
    assert (alike((one, WORDS), (other, f"{WORDS} Et le reste.")) > 0) is same


def test_an_empty_text_leads_nowhere() -> None:
    assert told("", "").sketch == []
    assert told("Une bibliothèque rouvre", "").sketch == []
    assert alike(("", ""), ("", "")) == 0


def test_a_script_without_spaces_is_compared_too() -> None:
    text = "図書館は新しい建物で再開します。" * 3 + " ".join("一二三四五六七八九十" * 3)
    assert alike(("図書館 再開", text), ("図書館 再開", f"{text} 出典 別の 場所")) > 0


@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=40), st.text(max_size=40))
def test_likeness_is_the_same_both_ways_and_never_more_than_certain(
    one: str, other: str, first: str, second: str
) -> None:
    assert 0 <= alike((first, one), (second, other)) <= 1
