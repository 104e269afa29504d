"""The texts around the editions: which templates there are, a copy to change, a trial of all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from veille import access
from veille.digest.credits import Credit, Deed, Lack
from veille.digest.render.templates import DIGESTS
from veille.errors import NotFound, OutputError, Refused
from veille.model.edition import Digest, EditionContent, Pick, PublishedEdition
from veille.model.states import Every, NoticeKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from veille.workflows.publish import Publisher

LOCALES = ("fr", "en")
STEPS = ("ask", "done", "unknown")  # of leaving a digest
_LONG_AGO = datetime(2026, 1, 5, 9, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A file that readers' texts are made from; ``own`` says that the workspace has its own."""

    name: str  # email/body.html
    standard: Path | None  # None: only the workspace has it
    own: bool


def templates(standard: Sequence[Path], overrides: Path) -> list[Template]:
    """All templates by name: ours, and those that only the workspace has."""
    files: dict[str, Path] = {}
    for folder in reversed(standard):
        files |= {_name(path, folder): path for path in folder.rglob("*") if path.is_file()}
    own = {_name(path, overrides) for path in overrides.rglob("*") if path.is_file()}
    return [
        Template(name=name, standard=files.get(name), own=name in own)
        for name in sorted(files.keys() | own)
    ]


def copy(
    standard: Sequence[Path], overrides: Path, name: str, *, digest: str | None = None
) -> Path:
    """Copy one of our templates into the workspace, to be changed there; its path.

    For one ``digest`` alone when it is named. Raises NotFound for an unknown name, Refused when the
    workspace has its own already.
    """
    found = {one.name: one for one in templates(standard, overrides)}
    template = found.get(name)
    if template is None or template.standard is None:
        raise NotFound(f"there is no template '{name}': see 'veille template list'")
    path = overrides / name if digest is None else overrides / DIGESTS / digest / name
    if path.exists():
        raise Refused(f"{path} is there already: change it, or remove it first")
    try:
        access.make_folder(path.parent)
        path.write_bytes(template.standard.read_bytes())
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}") from error
    return path


def check(publisher: Publisher, overrides: Path) -> int:
    """Render every text once, in each language, from an invented edition; how many were made.

    Raises TemplateError with file and line. A blurb, an introduction or a tag may be missing in a
    real edition, so one is made with all of them and one with none; and for each digest that has
    templates of its own.
    """
    own = (path.name for path in (overrides / DIGESTS).glob("*") if path.is_dir())
    made = 0
    for locale in LOCALES:
        for slug in ("trial", *sorted(own)):
            for content in (_full(locale), _bare(locale)):
                made += _check(publisher, replace(content, digest=slug))
        made += sum(bool(publisher.leaving("Trial", locale, step)) for step in STEPS)
    return made


def _check(publisher: Publisher, content: EditionContent) -> int:
    """All texts of one edition."""
    rendered = publisher.edition(content)
    texts = [rendered.subject, rendered.text, rendered.html, rendered.page]
    merits = (Credit(position=1, deeds=tuple(Deed)),)
    texts += publisher.personal(NoticeKind.THANKS, content, name="camille", merits=merits)
    lack = Lack(links=1, mine=(1,), others=1)
    texts += publisher.personal(
        NoticeKind.REMINDER, content, name="camille", lack=lack, deadline=_LONG_AGO
    )
    published = PublishedEdition(content=content, published_at=_LONG_AGO)
    return len(texts) + len(publisher.site([published], [_digest(content)]))


def _name(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


def _digest(content: EditionContent) -> Digest:
    return Digest(
        id=1, slug=content.digest, title="Trial", links=5, every=Every.MONTH,
        locale=content.locale, query=None,
        created=_LONG_AGO,
    )  # fmt: skip


def _full(locale: str) -> EditionContent:
    picks = tuple(_pick(position, language) for position, language in enumerate(LOCALES, 1))
    return _content(locale, "Ce qui compte & « tout »", "Une *introduction*.", picks)


def _bare(locale: str) -> EditionContent:
    pick = Pick(
        position=1, item=1, url="https://example.org/", headline="x", blurb="", source="",
        tags=(), language=None,
    )  # fmt: skip
    return _content(locale, "x", None, (pick,))


def _content(locale: str, title: str, intro: str | None, picks: tuple[Pick, ...]) -> EditionContent:
    return EditionContent(
        digest="trial", digest_title="Trial", number=1, period="2026-01", locale=locale,
        title=title, intro=intro, picks=picks,
    )  # fmt: skip


def _pick(position: int, language: str) -> Pick:
    return Pick(
        position=position, item=position, url=f"https://example.org/{position}?a=1&b=2",
        headline=f"Trouvaille nº {position} <de> l'année", blurb="À lire : **vraiment**.",
        source="Une source", tags=("musées", "IIIF"), language=language, authors=("A. Autrice",),
        chosen_by=("camille",),
    )  # fmt: skip
