"""Whether a letter asks to leave, in words: nothing but that, in its subject or its first line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from veille.model.letter import LetterKind
from veille.model.text import fold

if TYPE_CHECKING:
    from veille.model.letter import Letter

_ANSWER = re.compile(r"^(?:(?:re|tr|fw|fwd|aw|rep)\s*:\s*)+")
_POLITE = r"(?:(?:bonjour|hello|hi|merci de|please|je (?:souhaite|veux|voudrais)|veuillez|prière de)[\s,]*)*"
_LEAVE = re.compile(
    rf"{_POLITE}(?:unsubscribe(?: me)?|desabonne[rz]?(?:[ -]moi)?|(?:me|se) desabonner|"
    r"desabonnement|desinscri(?:ption|re|vez-moi)|(?:me|se) desinscrire|stop|remove me)"
    r"(?:,? (?:merci(?: d'avance)?|svp|s'il vous plait|please|thanks|thank you))?"
)


def asks_to_leave(letter: Letter) -> bool:
    """Whether a person asks to be left alone, and says nothing else.

    A sentence with other words may be about something else, and is left for a person to read.
    """
    if letter.kind is not LetterKind.PERSONAL:
        return False
    first = next((line for line in letter.text.split("\n") if line.strip()), "")
    return any(_LEAVE.fullmatch(_plain(words)) for words in (letter.subject, first))


def _plain(words: str) -> str:
    return re.sub(r"\s+", " ", _ANSWER.sub("", fold(words).strip())).strip(" .!:;\"'«»-")
