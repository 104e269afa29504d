"""Options that several commands share."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from veille.errors import UsageError
from veille.terminal.counting import plural

if TYPE_CHECKING:
    from veille.cli.context import Session

Command = TypeVar("Command", bound=Callable[..., Any])

# A dash and a space somewhere after it, before any '=': no option is written like that.
_PROSE = re.compile(r"-[^=]*\s")

ASK_FROM = 20  # items; that many named one by one or by a range are asked about too

json_option = click.option("--json", "as_json", is_flag=True, help="One JSON document.")
note_option = click.option("--note", metavar="WHY", help="Why, for the log.")


class Prose(click.Command):
    """A command whose last argument is a text, which may begin with a dash: ``- a list``.

    What could be an option, known or mistyped, is one: it has no space in it.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put such a text where it is taken for one: last, after ``--``."""
        if "--" not in args:
            plain = [at for at, word in enumerate(args) if _PROSE.match(word)]
            texts = [args[at] for at in plain if not (at and self._wants_value(args[at - 1]))]
            if texts:
                args = [*(word for word in args if word not in texts), "--", *texts]
        return super().parse_args(ctx, args)

    def _wants_value(self, word: str) -> bool:
        options = [each for each in self.params if isinstance(each, click.Option)]
        return any(word in each.opts for each in options if not each.is_flag)


class Selection(NamedTuple):
    """The items a command is about, as the user named them."""

    references: Sequence[str]
    where: str | None
    yes: bool

    def ids(self, session: Session, verb: str) -> list[int]:
        """The ids; asks before a bulk action that nobody said ``--yes`` to.

        Raises :class:`~veille.errors.UsageError` when nothing, or twice, is named,
        :class:`~veille.errors.NotFound` for an unknown id, and
        :class:`~veille.errors.Refused` when the answer is no.
        """
        found = self._found(session)
        if not found:
            session.show.note("no item matches: nothing to do")
        elif self.where is not None or len(found) > ASK_FROM:
            if self.yes or not session.interactive:
                session.show.note(f"{verb}: {plural(len(found), 'item')}")
            else:
                session.confirm(f"{verb} {plural(len(found), 'item')}?")
        return found

    def _found(self, session: Session) -> list[int]:
        from veille.curation.references import parse_items
        from veille.workflows import curate

        if bool(self.references) == (self.where is not None):
            raise UsageError(
                "name the items by id or range (12 15-18), or give --where QUERY, one of the two"
            )
        if self.where is None:
            return curate.select(session.app.db, parse_items(self.references))
        if not self.where.strip():
            raise UsageError("--where is empty: a bulk action needs a search, such as is:inbox")
        from veille.workflows import lookup

        query = session.query(self.where)
        return lookup.matching(session.app.db, query, act=session.act)


def selection_options(command: Command) -> Command:
    """Add ``--where`` and ``--yes``; the command gets them as they are."""
    yes = click.option("--yes", is_flag=True, help="Do not ask before a bulk action.")
    where = click.option("--where", metavar="QUERY", help="All items that match a search.")
    return where(yes(command))


def items_argument(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``ITEM… | --where QUERY`` and ``--yes``; the command gets a :class:`Selection`."""

    @wraps(command)
    def selecting(
        *args: Any, references: tuple[str, ...], where: str | None, yes: bool, **options: Any
    ) -> Any:
        return command(*args, selection=Selection(references, where, yes), **options)

    argument = click.argument("references", nargs=-1, metavar="ITEM…")
    return argument(selection_options(selecting))


def one_item(reference: str) -> int:
    """The id of a single item; raises :class:`~veille.errors.UsageError` for anything else."""
    from veille.curation.references import parse_items

    (parsed,) = parse_items([reference])
    if isinstance(parsed, range):
        raise UsageError(f"'{reference}' names several items: this command takes one id")
    return parsed
