"""The templates: where they are looked up, what they may do, and whose fault a failure is.

Templates are looked up in order: the workspace's own for one digest (``digests/SLUG/…``), its own for
all, those of the installed package, those beside the package in a checkout. An override may build on
the standard one, whose name then begins with ``veille/``, or on that of the house (``house/``):
``{% extends "veille/site/edition.html" %}``.

Everything is escaped but in files named ``….txt`` (E13). Templates run in a sandbox and see what
:mod:`veille.digest.view` shows them: no file, no environment, no program (O6). A name that does not
exist stops the edition (M15).
"""

from __future__ import annotations

import textwrap
import traceback
from collections.abc import Generator, Sized
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
from babel.lists import format_list
from jinja2.sandbox import ImmutableSandboxedEnvironment

from veille.digest import dates
from veille.digest.catalogue import catalogue
from veille.digest.errata import ErratumView
from veille.digest.headings import Found, Heading
from veille.digest.links import is_clickable
from veille.digest.shelves import Entry, Issue, Shelf, Withheld
from veille.digest.slugs import slug
from veille.digest.view import EditionView, House, PickView, house
from veille.errors import TemplateError
from veille.model.text import one_line, shorten

if TYPE_CHECKING:
    import gettext
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from veille.model.edition import Sender

DIGESTS = "digests"  # the folder of templates of single digests, among those of the workspace
_WIDTH = 72
_DIGITS = 1_000  # the largest exponent
_LONGEST = 20_000_000  # characters of a text: the page of a digest of a thousand editions has one
_VIEWS = frozenset(
    {House, EditionView, PickView, ErratumView, Shelf, Issue, Withheld, Entry, Heading, Found}
)
_PACKAGE = Path(__file__).parents[2]


def standard_templates() -> tuple[Path, ...]:
    """The folders of the templates that come with veille: of a wheel, then of a checkout."""
    folders = (_PACKAGE / "templates", _PACKAGE.parent / "templates")
    return tuple(folder for folder in folders if (folder / "email").is_dir())


class Templates:
    """The house's templates, filled in; compiled ones are kept between calls."""

    def __init__(self, standard: Sequence[Path], *, overrides: Path | None, sender: Sender) -> None:
        """``standard`` is searched after ``overrides``, which may be missing."""
        self._standard = tuple(standard)
        self._overrides = overrides
        self._timezone = sender.timezone
        self._house: House = house(sender)
        self._environments: dict[tuple[str, str], jinja2.Environment] = {}

    @property
    def folders(self) -> list[Path]:
        """Where templates come from."""
        return [*self._standard, *([self._overrides] if self._overrides else [])]

    def text(self, name: str, locale: str, *, of: str = "", **context: Any) -> str:
        """The template ``name`` filled in, that ``of`` a digest where the house has one for it.

        Raises TemplateError, naming file and line.
        """
        try:
            template = self._environment(locale, of).get_template(name)
            parts = template.generate(house=self._house, **context)
            return "".join(_bounded(parts)).strip() + "\n"
        except Exception as error:  # a template may raise anything; its author needs the line
            raise self.explained(error, name) from error

    def source(self, name: str) -> str:
        """The file ``name`` as it is. Raises TemplateError when it cannot be read."""
        environment = self._environment("en")
        assert environment.loader is not None  # noqa: S101  given when it was built
        try:
            return environment.loader.get_source(environment, name)[0]
        except Exception as error:
            raise self.explained(error, name) from error

    def explained(self, error: Exception, name: str) -> TemplateError:
        """What is wrong, where, and how to get out of it, on one line."""
        path, line = _place(error, name)
        if isinstance(error, UnicodeDecodeError):  # ours are text: it can only be one of the house
            path = str(self._overrides / name) if self._overrides else path
        ours = self._overrides is None or not Path(path).is_relative_to(self._overrides)
        remedy = "report it" if ours else "correct it, or delete the file to use the standard one"
        where = f"{path}, line {line}" if line else path
        return TemplateError(one_line(f"the template {where}: {_reason(error, name)}; {remedy}"))

    def _environment(self, locale: str, digest: str = "") -> jinja2.Environment:
        own = None if self._overrides is None else self._overrides / DIGESTS / digest
        if own is None or not digest or not own.is_dir():
            own, digest = None, ""
        if (locale, digest) not in self._environments:
            loader = _loader(own, self._overrides, self._standard)
            self._environments[locale, digest] = _environment(loader, locale, self._timezone)
        return self._environments[locale, digest]


class _Sandbox(ImmutableSandboxedEnvironment):
    """Jinja2's sandbox, which need not look twice at what we made for templates to see, and in which
    a slip in a multiplication does not fill the memory (O6)."""

    intercepted_binops = frozenset({"*", "**"})

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """A product or a power, unless it is far larger than anything that could be shown."""
        if operator == "**":
            too_large = _is_number(left, right) and abs(left) > 1 and right > _DIGITS
        else:
            too_large = any(
                isinstance(one, Sized) and _is_number(times) and len(one) * times > _LONGEST
                for one, times in ((left, right), (right, left))
            )
        if too_large:
            raise OverflowError(f"the result of {operator} is too large to be shown")
        return super().call_binop(context, operator, left, right)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Whether templates may read ``obj.attr``; the public fields of our views they may."""
        if type(obj) in _VIEWS and not attr.startswith("_"):
            return True
        return super().is_safe_attribute(obj, attr, value)


def _is_number(*values: object) -> bool:
    return all(isinstance(value, int) for value in values)


def _bounded(parts: Iterator[str]) -> Iterator[str]:
    """The parts of a text as they come; OverflowError, on its line, for one that does not end."""
    length = 0
    for part in parts:
        length += len(part)
        if length > _LONGEST and isinstance(parts, Generator):
            parts.throw(OverflowError(f"it writes more than {_LONGEST} characters"))
        yield part


def _loader(
    own: Path | None, overrides: Path | None, standard: Sequence[Path]
) -> jinja2.BaseLoader:
    ours = jinja2.FileSystemLoader(standard)
    house = jinja2.FileSystemLoader([*([overrides] if overrides else []), *standard])
    found: list[jinja2.BaseLoader] = [jinja2.FileSystemLoader(own)] if own else []
    prefixed = jinja2.PrefixLoader({"veille": ours, "house": house})
    return jinja2.ChoiceLoader([*found, house, prefixed])


def _environment(loader: jinja2.BaseLoader, locale: str, timezone: str) -> jinja2.Environment:
    environment = _Sandbox(
        loader=loader,
        autoescape=_is_markup,
        undefined=jinja2.StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["ext.i18n.trimmed"] = True
    translations: gettext.NullTranslations = catalogue(locale)
    # The extension adds this method to the environment, out of the type checker's sight.
    environment.install_gettext_translations(translations, newstyle=True)  # type: ignore[attr-defined]
    environment.filters["wrap"] = _wrap
    environment.filters["address"] = _address
    environment.filters["slug"] = slug
    environment.filters["shorten"] = _shortened

    def day(moment: datetime) -> str:
        return dates.day(moment, locale, timezone)

    def enumerated(names: Sequence[str]) -> str:
        return format_list(names, locale=locale)

    environment.filters["day"] = day
    environment.filters["instant"] = dates.instant
    environment.filters["enumerated"] = enumerated
    return environment


def _is_markup(name: str | None) -> bool:
    """Everything is markup unless its name ends in .txt: also x.html.j2 and strings (E13, O7)."""
    return name is None or not name.endswith(".txt")


def _wrap(text: str, first: str = "", rest: str | None = None) -> str:
    """``text`` in lines of at most 72 characters, addresses whole (E35).

    ``first`` begins each paragraph, ``rest`` (the same unless given) its other lines.
    """
    return "\n".join(
        textwrap.fill(
            line,
            _WIDTH,
            initial_indent=first,
            subsequent_indent=first if rest is None else rest,
            break_long_words=False,
            break_on_hyphens=False,
        )
        for line in text.split("\n")
    )


def _shortened(text: str, limit: int) -> str:
    """``text`` on one line of at most ``limit`` characters."""
    return shorten(one_line(text), limit)


def _address(url: str | None) -> str:
    """``url`` when a reader may follow it (http, https, mailto), else nothing (A1)."""
    return url if url and (is_clickable(url) or url.startswith("mailto:")) else ""


def _reason(error: Exception, name: str) -> str:
    match error:
        case UnicodeDecodeError():
            return "it is not in UTF-8"
        case jinja2.TemplateNotFound() if error.name not in (None, name):
            return f"there is no template '{error.name}'"
        case _:
            return (str(error) or type(error).__name__).rstrip(".")


def _place(error: Exception, name: str) -> tuple[str, int | None]:
    """The template file and line where ``error`` happened, as far as it is known."""
    if isinstance(error, jinja2.TemplateSyntaxError):
        return error.filename or name, error.lineno
    frames: Any = traceback.extract_tb(error.__traceback__)
    for frame in reversed(frames):
        if frame.filename.endswith(name) or Path(frame.filename).suffix in (
            ".html",
            ".txt",
            ".xml",
        ):
            return frame.filename, frame.lineno
    return name, None
