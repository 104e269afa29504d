"""The charter of the house: who may let an edition out, and how many must have read it. Pure.

Roles are not jobs: without a word in the settings every curator may do everything, alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from veille.errors import Refused
from veille.model.text import fold

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

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
                f"{handle} drafted {ref} or changed its texts, so somebody else approves it "
                "(workflow.four_eyes in veille.toml)"
            )

    def standing(
        self, approvals: Sequence[Approval], authors: Collection[str], sha256: str
    ) -> Standing:
        """How an edition stands: which approvals count for the text as it is, how many miss."""
        counted = tuple(
            yes
            for yes in approvals
            if yes.sha256 == sha256
            and self._is_editor(yes.by)
            and not (self.four_eyes and _among(yes.by, authors))
        )
        return Standing(approvals=counted, wanted=self.approvals, authors=tuple(sorted(authors)))

    def _is_editor(self, handle: str) -> bool:
        return not self.editors or _among(handle, self.editors)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Who approved a text as it is, out of how many ``wanted``, and who wrote it."""

    approvals: tuple[Approval, ...]
    wanted: int
    authors: tuple[str, ...]

    @property
    def missing(self) -> int:
        """How many people have yet to say yes."""
        return max(0, self.wanted - len(self.approvals))


def _among(handle: str, handles: Collection[str]) -> bool:
    return fold(handle) in {fold(one) for one in handles}
