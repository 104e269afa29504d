"""The thesaurus: what a team's tags mean, kept, brought in, and looked after."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from shlex import quote
from typing import TYPE_CHECKING, Any

from veille.curation import thesaurus as curation
from veille.curation.tags import TagChanges
from veille.curation.thesaurus import Thesaurus, spellings
from veille.errors import Refused, VeilleError
from veille.model.event import Action
from veille.model.text import tag_key
from veille.model.thesaurus import Term
from veille.store import marks
from veille.store import thesaurus as store
from veille.workflows.acting import whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from veille.model.event import Event
    from veille.store.database import Connection, Database
    from veille.workflows.acting import Act


def load(db: Database) -> Thesaurus:
    """The thesaurus as it is."""
    with db.read() as connection:
        return of(connection)


def of(connection: Connection) -> Thesaurus:
    """The thesaurus as it is, in a transaction that is open already."""
    return Thesaurus(store.terms(connection))


def add(db: Database, term: Term, *, act: Act) -> Term:
    """One more term; raises Refused when one of its names is taken, or its broader term is none."""
    change(db, lambda there: curation.added(there, term), act=act)
    return load(db).term(term.name)


def edit(db: Database, name: str, /, *, act: Act, **changes: Any) -> Term:
    """Change a term; raises NotFound, and Refused when its tag is to be renamed on items first."""
    new = changes.get("name")
    with db.read() as connection:
        key = tag_key(of(connection).term(name).name)
        used = new is not None and tag_key(new) != key and store.carried(connection, [key])
    if used:
        raise Refused(f"items carry '{name}': 'veille tags rename' changes these and the term")
    change(db, lambda there: curation.edited(there, name, **changes), act=act)
    return load(db).term(changes.get("name", name))


def remove(db: Database, name: str, *, act: Act) -> Term:
    """Take a term out of the thesaurus; the tag stays on items. Raises NotFound."""
    gone = load(db).term(name)
    change(db, lambda there: curation.removed(there, name), act=act)
    return gone


@whole
def change(db: Database, decide: Callable[[Thesaurus], Thesaurus], *, act: Act) -> bool:
    """Write what a decision makes of the thesaurus, and an event that undo takes back."""
    with db.write() as connection:
        return write(connection, decide, act=act)


def write(connection: Connection, decide: Callable[[Thesaurus], Thesaurus], *, act: Act) -> bool:
    """The same in a transaction that is open already; whether anything changed."""
    before = of(connection)
    after = decide(before)
    if after.terms == before.terms:
        return False
    _store(connection, after)
    old = [term for term in before.terms if term not in after.terms]
    new = [term for term in after.terms if term not in before.terms]
    names = dict.fromkeys(term.name for term in (*new, *old))
    event = act.event(
        Action.THESAURUS,
        subject=f"{', '.join(list(names)[:5])}{' …' if len(names) > 5 else ''}",
        before={"terms": [asdict(term) for term in old]},
        after={"terms": [asdict(term) for term in new]},
    )
    act.log(connection, event)
    return True


def _store(connection: Connection, thesaurus: Thesaurus) -> None:
    keys = {term.name: [key for _, key in spellings(term)] for term in thesaurus.terms}
    store.replace(connection, keys, thesaurus.terms)


def undo(connection: Connection, event: Event, *, act: Act) -> list[str]:
    """Put terms back as they were before an event; their names.

    Raises :class:`~veille.errors.Refused` when one of them changed since, or its names are taken.
    """
    old, new = _terms(event.before), _terms(event.after)
    there = of(connection)
    if not set(new) <= set(there.terms):
        raise Refused("the thesaurus changed since: nothing was undone, see 'veille log'")
    rest = [term for term in there.terms if term not in new]
    _store(connection, Thesaurus((*rest, *old)))
    undone = act.event(
        Action.UNDO,
        subject=event.subject,
        before=event.after,
        after=event.before,
        undoes=event.batch,
    )
    act.log(connection, undone)
    return [term.name for term in (*old, *new)]


def _terms(side: Any) -> list[Term]:
    return [Term(**{**term, "synonyms": tuple(term["synonyms"])}) for term in side["terms"]]


def preferred(connection: Connection, names: Iterable[str]) -> tuple[str, ...]:
    """Tags as the thesaurus wants them: the preferred form of each that it knows."""
    names = tuple(names)
    known = store.preferred(connection, names) if names else {}
    meant = {tag_key(known.get(name, name)): known.get(name, name) for name in reversed(names)}
    return tuple(reversed(meant.values()))


def meant(connection: Connection, changes: TagChanges) -> TagChanges:
    """What is to be put on and taken off: of a synonym, its preferred form.

    An item may still carry a synonym, from before: it is taken off with what it means.
    """
    off = (*changes.remove, *store.same(connection, changes.remove))
    return TagChanges(add=preferred(connection, changes.add), remove=off)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTag:
    """A tag that nobody used before, nor is in the thesaurus; and those that look like it."""

    name: str
    close: tuple[str, ...]


def new_tags(db: Database, names: Sequence[str]) -> list[NewTag]:
    """Those of the tags that are new."""
    with db.read() as connection:
        known = store.preferred(connection, names)
        keys = {tag_key(name): name for name in names if name not in known}
        new = [name for key, name in keys.items() if key not in store.carried(connection, keys)]
        if not new:
            return []
        there = {tag_key(each.name): each.name for each in marks.tags(connection)}
        there |= {key: term.name for term in of(connection).terms for _, key in spellings(term)}
    return [NewTag(name=name, close=_close(name, there)) for name in new]


def _close(name: str, there: dict[str, str]) -> tuple[str, ...]:
    if not there:
        return ()
    from difflib import get_close_matches  # only for a tag that is new

    keys = get_close_matches(tag_key(name), there, n=2, cutoff=0.75)
    return tuple(dict.fromkeys(there[key] for key in keys))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something to look after: which ``rule`` finds it, what it is, and what mends it."""

    rule: str
    message: str
    fix: str


def check(db: Database) -> list[Fault]:
    """What does not fit: tags on items that are synonyms, tags that are no terms, terms nobody uses."""
    with db.read() as connection:
        thesaurus = of(connection)
        used = {tag_key(each.name): each for each in marks.tags(connection)}
    faults: list[Fault] = []
    for key, each in used.items():
        term = thesaurus.meant(each.name)
        if term is None:
            faults.append(_fault("unknown", each.name, each.items))
        elif tag_key(term.name) != key:
            faults.append(_fault("synonym", each.name, each.items, term.name))
    parents = {term.broader for term in thesaurus.terms}
    faults += [
        _fault("unused", term.name, 0)
        for term in thesaurus.terms
        if tag_key(term.name) not in used and term.name not in parents
    ]
    return sorted(faults, key=lambda fault: list(_FAULTS).index(fault.rule))


_FAULTS = {
    "synonym": ("{items} × '{name}', which means '{term}'", "veille tags merge {typed} {meant}"),
    "unknown": ("{items} × '{name}' is not in the thesaurus", "veille thesaurus add {typed}"),
    "unused": ("no item carries '{name}'", "use it, or veille thesaurus remove {typed}"),
}


def _fault(rule: str, name: str, items: int, term: str = "") -> Fault:
    message, fix = _FAULTS[rule]
    return Fault(
        rule=rule,
        message=message.format(name=name, items=items, term=term),
        fix=fix.format(typed=quote(name), meant=quote(term)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What became of terms that were brought in, by name; ``refused`` with the reason."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    same: tuple[str, ...]
    refused: tuple[tuple[str, str], ...]


@whole
def import_terms(db: Database, terms: Sequence[Term], *, act: Act) -> Imported:
    """Bring terms in: new ones are added, known ones become what the file says of them.

    A term that contradicts the others is refused, and so is what is under it; of two that are one tag
    the second is; the rest comes in, in one action.
    """
    refused: dict[str, str] = {}
    terms = _each_once(terms, refused)
    with db.write() as connection:
        there = of(connection)
        known = {tag_key(term.name): term for term in there.terms}
        result = _brought_in(there, _widest_first(terms), refused)
        write(connection, lambda _: result, act=act)
    now = {tag_key(term.name): term for term in result.terms}
    taken = [key for key in (tag_key(term.name) for term in terms) if key in now]
    return Imported(
        added=tuple(now[key].name for key in taken if key not in known),
        changed=tuple(now[key].name for key in taken if key in known and known[key] != now[key]),
        same=tuple(now[key].name for key in taken if known.get(key) == now[key]),
        refused=tuple(refused.items()),
    )


def _each_once(terms: Sequence[Term], refused: dict[str, str]) -> list[Term]:
    """Musée and musée are one tag: what the second says would take the place of the first."""
    first: dict[str, Term] = {}
    for term in terms:
        there = first.setdefault(tag_key(term.name), term)
        if term != there:
            refused[term.name] = (
                f"'{there.name}' is before it in the file, and is the same tag: make one of them a "
                "synonym, or give it another name"
            )
    return list(first.values())


def _brought_in(there: Thesaurus, terms: Sequence[Term], refused: dict[str, str]) -> Thesaurus:
    """All at once when they fit, otherwise half by half, down to those that do not."""
    if not terms:
        return there
    try:
        return _with(there, terms)
    except VeilleError as error:
        if len(terms) == 1:
            refused[terms[0].name] = str(error)
            return there
    half = len(terms) // 2
    return _brought_in(_brought_in(there, terms[:half], refused), terms[half:], refused)


def _widest_first(terms: Sequence[Term]) -> list[Term]:
    """Each after what it is put under."""
    named = {tag_key(term.name): term for term in terms}

    def depth(term: Term) -> int:
        above: dict[str, None] = {}
        while term.broader and (key := tag_key(term.broader)) in named and key not in above:
            above[key], term = None, named[key]
        return len(above)

    return sorted(named.values(), key=depth)


def _with(there: Thesaurus, new: Sequence[Term]) -> Thesaurus:
    keys = {tag_key(term.name) for term in new}
    return Thesaurus((*(term for term in there.terms if tag_key(term.name) not in keys), *new))
