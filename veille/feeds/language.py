"""The language of a text by its most common words: enough for a sentence, and without a model."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_LISTS: Mapping[str, str] = {
    "fr": """le la les l un une des du de d et est sont dans pour sur avec par au aux en ce cette ces
        qui que qu ne pas plus son sa ses leur nous vous il elle ils on se s à être avoir fait mais ou
        où comme tout tous sans chez entre depuis été ont n c j""",
    "en": """the of and to in is that for it was on are as with his they at be this from have or by one
        had not but what all were when we there can an your which their said if do will how our new
        its has about you i my who why more into than""",
    "de": """der die das und ist nicht ein eine einen einem einer zu den dem des von mit sich auf für im
        auch es an werden aus er hat dass sie nach wird bei noch wie über so zum zur wir ich aber oder
        vor durch kann sind""",
    "es": """el la los las un una unos unas de del y en que es por con para se no al lo su sus como más
        pero sobre este esta entre cuando muy sin ser hay también fue son desde ya o nos qué cómo""",
    "it": """il lo la i gli le un uno una di del della dei delle degli e è che in per con non si da al
        alla dal nel nella sul sono come più ma anche questo questa ci ha o se suo sua tra fra""",
    "pt": """o a os as um uma de do da dos das e é em no na nos nas que para com por não se ao mais como
        mas foi seu sua ou quando muito já também pelo pela são sobre entre você isso""",
    "nl": """de het een en van is in op te dat die niet met voor zijn er aan ook als bij om maar door
        naar nog wel uit over hij ze wij je ik was deze dit worden wordt hebben heeft kan""",
}
_STOP_WORDS = {code: frozenset(words.split()) for code, words in _LISTS.items()}
_LANGUAGES = {
    word: tuple(code for code, words in _STOP_WORDS.items() if word in words)
    for word in frozenset().union(*_STOP_WORDS.values())
}
# What stands beside words or between them; the last ones are those of Chinese and Japanese.
_SIGNS = tuple(".,;:!?…'’\"“”«»()[]{}/|–—-_*#0123456789，。、：；！？（）《》「」")
_SAMPLE = 1_500  # characters looked at: a language does not change after


def guess(text: str) -> str | None:
    """The ISO 639-1 code of the language most of the common words belong to.

    None when there are too few of them, when they are one word again and again (in Chinese a lone C
    is a letter), or when two languages are close.
    """
    words = _words(text[:_SAMPLE].lower())
    if len(words) < 3:
        return None
    votes = dict.fromkeys(_STOP_WORDS, 0)
    for word in words:
        for code in _LANGUAGES.get(word, ()):
            votes[code] += 1
    (best, most), (_, second) = sorted(votes.items(), key=lambda vote: -vote[1])[:2]
    if most < 2 or most - second < max(1, most // 5) or most < len(words) / 12:
        return None
    return best if len(_STOP_WORDS[best].intersection(words)) > 1 else None


def _words(text: str) -> list[str]:
    """The words of a text; an expression that knows all letters takes ten times as long."""
    for sign in _SIGNS:
        text = text.replace(sign, " ")
    return text.split()


def tag(label: object) -> str | None:
    """The primary subtag of a language tag (BCP 47) in lower case: ``fr`` for ``fr-FR``."""
    if not isinstance(label, str):
        return None
    primary = re.match(r"[A-Za-z]{2,3}(?=$|[-_])", label.strip())
    return primary.group().lower() if primary else None
