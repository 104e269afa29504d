"""A thesaurus as a value: each change gives a new one, valid as a whole, or is refused with the reason.

The relations are those of ISO 25964 that a team of curators needs: preferred form, synonyms (used
for), broader term, scope note.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from veille.curation.names import valid_name
from veille.curation.tags import valid_tag, valid_tags
from veille.errors import NotFound, Refused
from veille.model.text import one_line, tag_key
from veille.model.thesaurus import Term

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_NOTE = 2_000


class Thesaurus:
    """Terms by any of their names, as they stand. Raises Refused when they contradict one another."""

    def __init__(self, terms: Iterable[Term] = ()) -> None:
        cleaned = [_cleaned(term) for term in terms]
        self._meant: dict[str, Term] = {}
        for term in cleaned:
            for name, key in spellings(term):
                other = self._meant.setdefault(key, term)
                if other is not term:
                    raise Refused(_taken(name, other, term))
        self._terms = {tag_key(term.name): self._under_preferred(term) for term in cleaned}
        self._refuse_circles()

    @property
    def terms(self) -> tuple[Term, ...]:
        """All terms, by key."""
        return tuple(self._terms[key] for key in sorted(self._terms))

    def meant(self, name: str) -> Term | None:
        """The term that a name means: preferred form, synonym or label."""
        found = self._meant.get(tag_key(name))
        return None if found is None else self._terms[tag_key(found.name)]

    def term(self, name: str) -> Term:
        """The same; raises :class:`~veille.errors.NotFound`."""
        found = self.meant(name)
        if found is None:
            raise NotFound(
                f"'{one_line(name, 60)}' is not in the thesaurus: see 'veille thesaurus'"
            )
        return found

    def narrower(self, name: str | None) -> list[Term]:
        """The terms just under one; under none at all, the widest ones."""
        key = None if name is None else tag_key(name)
        return [one for one in self.terms if (tag_key(one.broader) if one.broader else None) == key]

    def tree(self, top: str | None = None, depth: int = 0) -> Iterator[tuple[int, Term]]:
        """The terms under one, each after its broader one, with how deep it lies."""
        for term in self.narrower(top):
            yield depth, term
            yield from self.tree(term.name, depth + 1)

    def _under_preferred(self, term: Term) -> Term:
        if term.broader is None:
            return term
        above = self._meant.get(tag_key(term.broader))
        if above is None:
            raise Refused(
                f"'{term.name}' is put under '{term.broader}', which is no term: add it first"
            )
        return replace(term, broader=above.name)

    def _refuse_circles(self) -> None:
        above = {key: tag_key(term.broader) for key, term in self._terms.items() if term.broader}
        checked: set[str] = set()
        for start in above:
            path = [start]
            while (key := above.get(path[-1])) is not None and key not in checked:
                path.append(key)
                if key in path[:-1]:
                    circle = " → ".join(self._terms[one].name for one in path[path.index(key) :])
                    raise Refused(f"a term cannot be broader than itself: {circle}")
            checked.update(path)


def spellings(term: Term) -> Iterator[tuple[str, str]]:
    """The names that mean a term, the preferred one first, each key once."""
    names = (term.name, term.fr, term.en, *term.synonyms)
    keys = {tag_key(name): name for name in reversed(names) if name}
    for key, name in reversed(keys.items()):
        yield name, key


def _cleaned(term: Term) -> Term:
    name = valid_tag(term.name)
    labels = {
        key: valid_name(text, "label") for key in ("fr", "en") if (text := getattr(term, key))
    }
    own = {tag_key(name)}
    synonyms = tuple(one for one in valid_tags(term.synonyms) if tag_key(one) not in own)
    return Term(
        name=name,
        synonyms=synonyms,
        broader=valid_tag(term.broader) if term.broader else None,
        note=one_line(term.note or "", MAX_NOTE) or None,
        fr=labels.get("fr"),
        en=labels.get("en"),
    )


def _taken(name: str, other: Term, term: Term) -> str:
    if tag_key(other.name) == tag_key(term.name):
        return f"there is a term '{other.name}' already: 'veille thesaurus edit' changes it"
    if tag_key(name) == tag_key(other.name):
        return f"'{name}' cannot mean '{term.name}': it is a term itself"
    return f"'{name}' cannot mean '{term.name}': it means '{other.name}' already"


def added(thesaurus: Thesaurus, term: Term) -> Thesaurus:
    """With one more term; raises Refused when one of its names is taken."""
    return Thesaurus((*thesaurus.terms, term))


def edited(thesaurus: Thesaurus, name: str, /, **changes: Any) -> Thesaurus:
    """With another form of a term; those under it follow a new name. Raises NotFound, Refused."""
    old = thesaurus.term(name)
    return _replaced(thesaurus, old, replace(old, **changes))


def removed(thesaurus: Thesaurus, name: str) -> Thesaurus:
    """Without a term; those under it go up to where it was. Raises NotFound."""
    gone = thesaurus.term(name)
    return Thesaurus(
        replace(term, broader=gone.broader) if term.broader == gone.name else term
        for term in thesaurus.terms
        if term != gone
    )


def renamed(thesaurus: Thesaurus, old: str, new: str) -> Thesaurus:
    """As a tag is renamed: its term follows, and a synonym that becomes preferred is none any more."""
    term = thesaurus.meant(old)
    if term is None or tag_key(term.name) != tag_key(old):
        return thesaurus
    kept = tuple(one for one in term.synonyms if tag_key(one) != tag_key(new))
    if len(kept) < len(term.synonyms):
        kept = (*kept, term.name)
    return _replaced(thesaurus, term, replace(term, name=new, synonyms=kept))


def merged(thesaurus: Thesaurus, old: str, into: str) -> Thesaurus:
    """As a tag is merged into another: its term's words mean the other one, which takes those under it."""
    gone, stays = thesaurus.meant(old), thesaurus.meant(into)
    if gone is None or tag_key(gone.name) != tag_key(old):
        return thesaurus
    if stays is None:
        return renamed(thesaurus, old, into)
    if stays == gone:
        return renamed(thesaurus, old, into)
    words = (*stays.synonyms, gone.name, *gone.synonyms, gone.fr or gone.name, gone.en or gone.name)
    own = {key for _, key in spellings(replace(stays, synonyms=()))}
    whole = replace(
        stays,
        synonyms=tuple({tag_key(one): one for one in words if tag_key(one) not in own}.values()),
        broader=gone.broader if _is_under(thesaurus, stays, gone) else stays.broader,
        note=stays.note or gone.note,
    )
    return Thesaurus(
        whole if term == stays else _moved(term, gone.name, stays.name)
        for term in thesaurus.terms
        if term != gone
    )


def _is_under(thesaurus: Thesaurus, term: Term, wide: Term) -> bool:
    while term.broader is not None:
        term = thesaurus.term(term.broader)
        if term == wide:
            return True
    return False


def _replaced(thesaurus: Thesaurus, old: Term, new: Term) -> Thesaurus:
    return Thesaurus(
        new if term == old else _moved(term, old.name, new.name) for term in thesaurus.terms
    )


def _moved(term: Term, old: str, new: str) -> Term:
    return replace(term, broader=new) if term.broader == old else term
