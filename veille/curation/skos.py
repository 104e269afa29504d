"""A thesaurus as SKOS (W3C Recommendation of 18 August 2009), in Turtle or RDF/XML.

The preferred form is the ``prefLabel`` without a language, labels are those with one; S14 of the
specification allows one a language, and one without. rdflib reads and writes (extra ``thesaurus``).
"""

from __future__ import annotations

import logging
import re
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from veille.errors import UsageError
from veille.model.text import one_line, tag_key
from veille.model.thesaurus import Term

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MAX_BYTES = 20_000_000


class Syntax(StrEnum):
    """How SKOS is written."""

    TURTLE = "turtle"
    XML = "xml"


def to_skos(
    terms: Sequence[Term], syntax: Syntax, *, instance: str, title: str, locale: str
) -> str:
    """The terms as one concept scheme; ``instance`` (a UUID) gives it and its concepts addresses."""
    rdflib = _rdflib()
    graph, skos = rdflib.Graph(), rdflib.namespace.SKOS
    graph.bind("skos", skos)
    scheme = rdflib.URIRef(f"urn:uuid:{instance}")
    concepts = {one.name: rdflib.URIRef(f"{scheme}#{quote(tag_key(one.name))}") for one in terms}
    graph.add((scheme, rdflib.RDF.type, skos.ConceptScheme))
    graph.add((scheme, skos.prefLabel, rdflib.Literal(title, lang=locale)))
    for term in terms:
        concept = concepts[term.name]
        graph.add((concept, rdflib.RDF.type, skos.Concept))
        graph.add((concept, skos.inScheme, scheme))
        for relation, text, language in _texts(term):
            graph.add((concept, skos[relation], rdflib.Literal(text, lang=language)))
        if term.broader is None:
            graph.add((concept, skos.topConceptOf, scheme))
            graph.add((scheme, skos.hasTopConcept, concept))
        else:
            graph.add((concept, skos.broader, concepts[term.broader]))
            graph.add((concepts[term.broader], skos.narrower, concept))
    written: str = graph.serialize(format="turtle" if syntax is Syntax.TURTLE else "pretty-xml")
    return written


def _texts(term: Term) -> Iterable[tuple[str, str, str | None]]:
    yield "prefLabel", term.name, None
    for language in ("fr", "en"):
        if label := getattr(term, language):
            yield "prefLabel", label, language
    for synonym in term.synonyms:
        yield "altLabel", synonym, None
    if term.note:
        yield "scopeNote", term.note, None


def from_skos(data: bytes, syntax: Syntax, *, locale: str) -> list[Term]:
    """The concepts of a file, each as a term, in the order of their names.

    The preferred form is the label without a language, or the one of ``locale``, or the first there
    is; other labels and hidden ones become synonyms. Of several broader concepts the first by name
    counts. Raises :class:`~veille.errors.UsageError` for what cannot be read.
    """
    graph = _graph(data, syntax)
    rdflib = _rdflib()
    concepts = set(graph.subjects(rdflib.RDF.type, rdflib.namespace.SKOS.Concept))
    names = {one: name for one in concepts if (name := _name(graph, one, locale))}
    terms = [_term(graph, one, names, locale) for one in names]
    if not terms:
        raise UsageError("the file has no skos:Concept with a skos:prefLabel: is it SKOS?")
    return sorted(terms, key=lambda term: (tag_key(term.name), term.name, term.synonyms))


def _graph(data: bytes, syntax: Syntax) -> Any:
    if len(data) > MAX_BYTES:
        raise UsageError(f"the file is over {MAX_BYTES // 1_000_000} MB: take the part you need")
    rdflib = _rdflib()
    graph = rdflib.Graph()
    try:
        if syntax is Syntax.XML:
            from defusedxml.ElementTree import fromstring  # type: ignore[import-untyped]

            fromstring(data)  # entities that expand without end are refused here
        graph.parse(data=data, format=syntax.value, publicID="urn:veille:file")
    except Exception as error:  # a parser of strangers' text may raise anything
        reason = one_line(str(error) or type(error).__name__, 200)
        raise UsageError(f"the file cannot be read as SKOS in {syntax}: {reason}") from error
    return graph


def _literals(graph: Any, concept: Any, *relations: str) -> list[tuple[str, str]]:
    """Texts with their language (empty for none), sorted, so that reading twice gives the same."""
    skos = _rdflib().namespace.SKOS
    found = [text for relation in relations for text in graph.objects(concept, skos[relation])]
    return sorted(
        (one_line(str(text)), (getattr(text, "language", None) or "").lower()) for text in found
    )


def _best(texts: Sequence[tuple[str, str]], locale: str) -> str | None:
    """Without a language, in the house's, in French, in English, or the first."""
    for wanted in ("", locale, "fr", "en"):
        for text, language in texts:
            if language.partition("-")[0] == wanted and text:
                return text
    return texts[0][0] if texts else None


def _name(graph: Any, concept: Any, locale: str) -> str | None:
    """A tag: a comma, a slash, a hash and quotes cannot be in one."""
    name = _best(_literals(graph, concept, "prefLabel"), locale)
    return None if name is None else _as_tag(name)


def _as_tag(text: str) -> str:
    return one_line(re.sub('[,/#"]+', " ", text))


def _term(graph: Any, concept: Any, names: dict[Any, str], locale: str) -> Term:
    preferred = _literals(graph, concept, "prefLabel")
    labels = {
        language: next((text for text, tag in preferred if tag.partition("-")[0] == language), None)
        for language in ("fr", "en")
    }
    others = [
        text for text, language in preferred if language.partition("-")[0] not in ("", *labels)
    ]
    others += [text for text, _ in _literals(graph, concept, "altLabel", "hiddenLabel")]
    above = [names[one] for one in _above(graph, concept) if one in names]
    return Term(
        name=names[concept],
        synonyms=tuple(filter(None, map(_as_tag, others))),
        broader=min(above, key=tag_key, default=None),
        note=_best(_literals(graph, concept, "scopeNote"), locale),
        fr=labels["fr"] and _as_tag(labels["fr"]),
        en=labels["en"] and _as_tag(labels["en"]),
    )


def _above(graph: Any, concept: Any) -> set[Any]:
    """The broader concepts, whichever of the two said it."""
    skos = _rdflib().namespace.SKOS
    return {*graph.objects(concept, skos.broader), *graph.subjects(skos.narrower, concept)}


def _rdflib() -> Any:
    try:
        import rdflib
        import rdflib.namespace
    except ImportError as error:
        raise UsageError(
            "SKOS needs an extra: pip install 'veille[thesaurus]', or use CSV"
        ) from error
    # It warns of addresses that it could not write again: we only read them.
    logging.getLogger("rdflib.term").setLevel(logging.ERROR)
    return rdflib
