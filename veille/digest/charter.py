"""The charter of the house: who may let an edition out, and how many must have read it. Pure.

Roles are not jobs: without a word in the settings every curator may do everything, alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from veille.errors import Refused
from veille.model.text import fold

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from veille.model.edition import Approval


@dataclass(frozen=True, slots=True, kw_only=True)
class Charter:
    """``[workflow]``: ``editors`` (none named: everybody), ``approvals`` wanted, and whether who
    wrote may approve (``four_eyes``: no)."""

    editors: tuple[str, ...] = ()
    approvals: int = 1
    four_eyes: bool = False

    def admit(self, handle: str, verb: str) -> None:
        """Raise :class:`~veille.errors.Refused` when somebody may not approve, publish or send."""
        if not self._is_editor(handle):
            raise Refused(
                f"{handle} is no editor of this house and cannot {verb}: ask "
                f"{' or '.join(self.editors)} (workflow.editors in veille.toml)"
            )

    def admit_approver(self, handle: str, authors: Collection[str], ref: str) -> None:
        """Raise :class:`~veille.errors.Refused` when this approval would not count."""
        self.admit(handle, f"approve {ref}")
        if self.four_eyes and _among(handle, authors):
            raise Refused(
                f"{handle} drafted {ref} or changed its texts, so {self._others(authors)} "
                "(workflow.four_eyes in veille.toml)"
            )

    def _others(self, authors: Collection[str]) -> str:
        """Who approves in the place of an author."""
        if not self.editors:
            return "somebody else approves it"
        free = [editor for editor in self.editors if not _among(editor, authors)]
        if not free:
            return "did every other editor: workflow.editors has to name one more"
        return f"somebody else approves it: ask {' or '.join(free)}"

    def standing(
        self,
        approvals: Sequence[Approval],
        authors: Collection[str],
        sha256: str,
        *,
        said: Sequence[str] = (),
    ) -> Standing:
        """How an edition stands: whose approvals count for the text as it is, how many miss.

        A person counts once, however they spell their handle. ``said`` is everybody who ever
        approved it, whatever it read then.
        """
        now = _once(yes for yes in approvals if yes.sha256 == sha256)
        counted = tuple(
            yes
            for yes in now
            if self._is_editor(yes.by) and not (self.four_eyes and _among(yes.by, authors))
        )
        present = [yes.by for yes in now]
        return Standing(
            approvals=counted,
            wanted=self.approvals,
            authors=tuple(sorted(authors)),
            lapsed=tuple(dict.fromkeys(one for one in said if not _among(one, present))),
            uncounted=tuple(yes.by for yes in now if yes not in counted),
        )

    def _is_editor(self, handle: str) -> bool:
        return not self.editors or _among(handle, self.editors)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Who approved a text as it is, out of how many ``wanted``, and who wrote it.

    ``lapsed`` are those who approved what it was before, and not what it is; ``uncounted`` those
    whose yes to it the charter does not count.
    """

    approvals: tuple[Approval, ...]
    wanted: int
    authors: tuple[str, ...]
    lapsed: tuple[str, ...] = ()
    uncounted: tuple[str, ...] = ()

    @property
    def missing(self) -> int:
        """How many people have yet to say yes."""
        return max(0, self.wanted - len(self.approvals))


def same_person(one: str, other: str) -> bool:
    """Whether two handles are one curator's: they are compared without case or accents."""
    return fold(one) == fold(other)


def _among(handle: str, handles: Collection[str]) -> bool:
    return any(same_person(handle, one) for one in handles)


def _once(approvals: Iterable[Approval]) -> list[Approval]:
    """The first yes of each person."""
    people: dict[str, Approval] = {}
    for yes in approvals:
        people.setdefault(fold(yes.by), yes)
    return list(people.values())
