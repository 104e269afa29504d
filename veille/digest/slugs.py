"""Names of tags and sources as names of files: small ASCII, one name one file, for ever."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache

from veille.model.text import tag_key

_MAX = 60
_OTHER = re.compile("[^a-z0-9]+")
_HASHED = re.compile(".*-[0-9a-f]{8}|[0-9a-f]{8}")
# Names that some file systems keep for devices, and the name of a folder's own page.
_RESERVED = frozenset({"con", "prn", "aux", "nul", "index"}) | {
    f"{port}{number}" for port in ("com", "lpt") for number in range(10)
}


@lru_cache(maxsize=10_000)
def slug(name: str) -> str:
    """The file name of ``name``, a function of its identity (:func:`tag_key`) alone.

    Where ASCII says all there is to say, that; else as much of it as there is, with a hash, so that
    no two identities share a file (``C`` and ``C++``, ``日本語``; O2).

    >>> slug("Médiation culturelle"), slug("C++")
    ('mediation-culturelle', 'c-cedb1bac')
    """
    key = tag_key(name)
    plain = _OTHER.sub("-", key).strip("-")
    if plain == key and plain and len(plain) <= _MAX and not _is_taken(plain):
        return plain
    unique = hashlib.sha256(key.encode()).hexdigest()[:8]
    return f"{plain[:_MAX].rstrip('-')}-{unique}".lstrip("-")


def _is_taken(plain: str) -> bool:
    return plain in _RESERVED or _HASHED.fullmatch(plain) is not None
