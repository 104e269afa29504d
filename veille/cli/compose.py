"""``veille compose``: the editor's table as a keyboard screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from veille.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

    from veille.cli.context import Session
    from veille.model.edition import PickDraft
    from veille.model.event import Action
    from veille.workflows.acting import Act
    from veille.workflows.desk import Desk


@click.command()
@click.argument("ref")
@click.pass_obj
def compose(session: Session, ref: str) -> None:
    """Arrange, write and check an edition on one screen, by keys.

    Picks and candidates stand side by side, with who chose and who commented; the mail is shown as
    it would read now. Every key that changes something is an event of the log. '?' shows all keys.
    """
    table = Table(session, ref)
    table.lay()
    if not session.interactive:
        raise UsageError(
            "the screen needs a terminal: here, 'veille edition show', 'add', 'move', 'edit' do it"
        )
    try:
        from veille.tui.compose import run
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "textual":
            raise
        raise UsageError("the screen needs the extra tui: pip install 'veille[tui]'") from None
    done = run(table)
    if done:
        session.show.say(f"{ref} changed; look at it with 'veille edition preview {ref} --open'")


@dataclass
class Table:
    """The doors of the screen, for one edition of this workspace: each act has its own instant."""

    session: Session
    ref: str

    @property
    def zone(self) -> ZoneInfo:
        """Where times are read."""
        return self.session.app.zone

    @property
    def _act(self) -> Act:
        return self.session.app.act()

    def lay(self) -> Desk:
        """The table as it is now."""
        from veille.workflows import desk

        app = self.session.app
        return desk.lay(
            app.db,
            self.ref,
            app.renderer,
            charter=app.charter,
            severities=app.severities,
            zone=app.zone,
            now=app.clock(),
        )

    def rearrange(
        self, action: Action, change: Callable[[list[PickDraft]], list[PickDraft]]
    ) -> None:
        """Other picks, or other words with them."""
        from veille.workflows import compose

        compose.change_picks(self.session.app.db, self.ref, change, action=action, act=self._act)

    def edit(self, **texts: str) -> None:
        """Another title or introduction."""
        from veille.workflows import compose

        compose.edit(self.session.app.db, self.ref, act=self._act, **texts)

    def written_in(self, item: int, language: str) -> str:
        """The language an item is written in; what was said before."""
        from veille.curation.languages import parse_language
        from veille.workflows import curate

        db, said = self.session.app.db, parse_language(language)
        before = curate.language_of(db, item)
        curate.written_in(db, [item], said, act=self._act)
        return before or ""

    def approve(self) -> None:
        """This curator's yes."""
        from veille.workflows import approving

        app = self.session.app
        approving.approve(
            app.db,
            self.ref,
            app.renderer,
            act=self._act,
            charter=app.charter,
            severities=app.severities,
        )

    def write(self, start: str) -> str:
        """A text from the curator's own editor."""
        from veille.cli.editor import write_text

        return write_text(self.session, start)
