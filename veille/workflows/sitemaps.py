"""An index of site maps is read with the newest maps it names: they are asked like any source."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from veille.errors import FetchError, ParseError
from veille.feeds import reading
from veille.feeds.workers.jobs import Job
from veille.model.fetched import Fetched, Parsed, Request
from veille.model.states import SourceKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_SITEMAP = reading.option(SourceKind.SITEMAP)
_ACCEPT = "application/xml,text/xml,application/gzip;q=0.9,*/*;q=0.5"


class Web(Protocol):
    """The door to the web, many requests at once."""

    def fetch_all(
        self, requests: Iterable[Request]
    ) -> Iterator[tuple[Request, Fetched | FetchError]]:
        """Answers and errors, in the order in which they come."""


class Readers(Protocol):
    """Those who read site maps, elsewhere."""

    @property
    def full(self) -> bool:
        """Whether results should be taken before anything more is submitted."""

    def submit(self, ticket: Any, job: Job, page: Fetched, option: bytes = b"") -> None:
        """Have an answer read; never waits."""

    def take(self, *, wait: bool = True) -> tuple[Any, Fetched, Any] | None:
        """What is read, with its ticket and its answer; None when there is nothing (yet)."""


def with_parts(web: Web, readers: Readers, indexes: Sequence[Parsed]) -> list[Parsed | ParseError]:
    """The indexes with the entries of their parts; a ParseError where no part could be had.

    Parts that could not be had are a problem of the index, which is then not remembered as whole.
    ``readers`` have nothing else to do meanwhile.
    """
    wanted = {part: None for index in indexes for part in index.parts}
    maps: dict[str, Parsed | FetchError | ParseError] = {}
    requests = [Request(url=part, accept=_ACCEPT) for part in wanted]
    for request, outcome in web.fetch_all(requests) if requests else ():
        if isinstance(outcome, FetchError):
            maps[request.url] = outcome
        else:
            readers.submit(request.url, Job.READ_SOURCE, outcome, _SITEMAP)
        while (read := readers.take(wait=readers.full)) is not None:
            maps[read[0]] = read[2]
    while (read := readers.take(wait=True)) is not None:
        maps[read[0]] = read[2]
    return [_joined(index, maps) for index in indexes]


def _joined(
    index: Parsed, maps: dict[str, Parsed | FetchError | ParseError]
) -> Parsed | ParseError:
    found = [maps[part] for part in index.parts]
    read = [part for part in found if isinstance(part, Parsed)]
    failed = [part for part in found if not isinstance(part, Parsed)]
    if failed and not read:
        return ParseError(f"none of the site maps of this index could be read: {failed[0]}")
    entries = {entry.link: entry for part in reversed(read) for entry in reversed(part.entries)}
    problem = f"a site map of this index could not be read: {failed[0]}" if failed else None
    return replace(
        index,
        title=read[0].title if read else None,
        entries=tuple(reversed(entries.values())),
        problem=problem,
        ttl=read[0].ttl if read else None,
        cut=index.cut or bool(failed),
        parts=(),
    )
