"""Identifiers of works: names that outlive addresses, and are the same in every source."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Scheme(StrEnum):
    """Who gave the identifier, in the order in which they are trusted to name one work."""

    DOI = "doi"
    ARXIV = "arxiv"
    HAL = "hal"
    PMID = "pmid"
    ISBN = "isbn"


_RESOLVERS = {
    Scheme.DOI: "https://doi.org/",
    Scheme.ARXIV: "https://arxiv.org/abs/",
    Scheme.HAL: "https://hal.science/",
    Scheme.PMID: "https://pubmed.ncbi.nlm.nih.gov/",
    Scheme.ISBN: "urn:isbn:",
}
_SCHEMES = frozenset(scheme.value for scheme in Scheme)
_NAMES = {Scheme.ARXIV: "arXiv"}


@dataclass(frozen=True, slots=True)
class Identifier:
    """One identifier in its usual form: no version, no hyphens in an ISBN, a DOI in lower case."""

    scheme: Scheme
    value: str

    @property
    def key(self) -> str:
        """The form that is stored and compared: ``doi:10.4000/books.1``."""
        return f"{self.scheme}:{self.value}"

    @property
    def uri(self) -> str:
        """Where it leads, or the URN of what leads nowhere."""
        return f"{_RESOLVERS[self.scheme]}{self.value}"

    @property
    def rank(self) -> tuple[int, str]:
        """To sort by: the schemes in their order of trust."""
        return tuple(Scheme).index(self.scheme), self.value

    @property
    def shown(self) -> str:
        """For a person: ``DOI 10.4000/books.1``."""
        return f"{_NAMES.get(self.scheme, self.scheme.upper())} {self.value}"

    @classmethod
    def of_key(cls, key: str) -> Identifier:
        """The identifier behind a :attr:`key`."""
        scheme, _, value = key.partition(":")
        return cls(Scheme(scheme), value)


def is_identifier(key: str) -> bool:
    """Whether a comparison form is that of an identifier, not of an address.

    >>> is_identifier("doi:10.1000/182"), is_identifier("example.org:8080/a")
    (True, False)
    """
    return key.partition(":")[0] in _SCHEMES
