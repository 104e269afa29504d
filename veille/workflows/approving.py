"""Approve: a person's yes, bound to the exact bytes; what the charter of the house makes of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from veille.digest.charter import Charter, Standing, same_person
from veille.errors import Refused
from veille.model.edition import Approval, Severity
from veille.model.event import Action
from veille.model.states import EditionState, Visibility
from veille.store import corrections, editions, events, items
from veille.workflows import compose
from veille.workflows.acting import whole

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from veille.model.edition import Edition, Finding
    from veille.store.database import Connection, Database
    from veille.workflows.acting import Act
    from veille.workflows.compose import Renders, Table

OPEN_HOUSE = Charter()
_ON_THEIR_WAY = (EditionState.SENDING, EditionState.SENT, EditionState.INCOMPLETE)


@whole
def approve(
    db: Database,
    ref: str,
    renderer: Renders,
    *,
    act: Act,
    charter: Charter = OPEN_HOUSE,
    severities: Mapping[str, Severity | None] | None = None,
) -> Table:
    """Bind this curator's approval to the exact content, one byte of which lapses it.

    The edition is approved once there are as many as the charter wants. Raises
    :class:`~veille.errors.Refused` when this curator may not, when lint finds an error, or when the
    edition is out already.
    """
    with db.write() as connection:
        table = compose.load(connection, ref, renderer)
        if table.edition.state in _ON_THEIR_WAY:
            raise Refused(f"{ref} is {table.edition.state}: what went out cannot be approved again")
        authors = _authors(connection, table.edition)
        charter.admit_approver(act.by, authors, ref)
        _refuse_errors(table, compose.findings(connection, table, severities))
        yes = Approval(by=act.by, at=act.now, sha256=table.rendered.sha256)
        others = [one for one in table.edition.approvals if not same_person(one.by, act.by)]
        standing = charter.standing([*others, yes], authors, yes.sha256)
        editions.approve(connection, table.edition.id, yes, complete=not standing.missing)
        after = {"sha256": yes.sha256, "missing": standing.missing}
        act.log(connection, act.event(Action.EDITION_APPROVE, subject=ref, after=after))
        return replace(table, edition=compose.edition_of(connection, ref))


def _refuse_errors(table: Table, found: Sequence[Finding]) -> None:
    errors = [finding for finding in found if finding.severity is Severity.ERROR]
    if errors:
        ref = table.edition.ref
        raise Refused(
            f"{ref} cannot be approved: {errors[0].message}"
            + (f" (and {len(errors) - 1} more)" if len(errors) > 1 else "")
            + f"; see 'veille edition lint {ref}'"
        )


def standing(db: Database, table: Table, charter: Charter = OPEN_HOUSE) -> Standing:
    """Who wrote an edition, who approved it as it is, and how many are still to."""
    with db.read() as connection:
        return standing_of(connection, table, charter)


def load_approved(
    connection: Connection,
    ref: str,
    renderer: Renders,
    *,
    verb: str,
    act: Act,
    charter: Charter = OPEN_HOUSE,
) -> Table:
    """The edition with the approvals that fit its content, for who may ``verb`` it.

    Raises :class:`~veille.errors.Refused` when this curator may not (the machine may: people
    approved), when it was not approved by as many as it takes, or changed since. What is out
    already was approved by the charter of its day.
    """
    if act.actor is not None:
        charter.admit(act.by, f"{verb} {ref}")
    table = compose.load(connection, ref, renderer)
    edition = table.edition
    standing = standing_of(connection, table, charter)
    if edition.approved_hash not in (None, table.rendered.sha256):
        raise _changed(ref, standing)
    _refuse_withdrawn(connection, edition)
    if not edition.state.is_public:
        _refuse_unapproved(ref, standing)
    return table


def _changed(ref: str, standing: Standing) -> Refused:
    return Refused(
        f"{ref} changed after {' and '.join(standing.lapsed)} approved it: "
        f"read it again, then 'veille edition approve {ref}'"
    )


def _refuse_withdrawn(connection: Connection, edition: Edition) -> None:
    restriction = corrections.restrictions(connection, [edition.id]).get(edition.id)
    if restriction is not None and restriction.visibility is Visibility.WITHDRAWN:
        raise Refused(
            f"{edition.ref} was withdrawn by {restriction.by} ({restriction.reason}): nothing of it "
            f"goes out; 'veille edition restore {edition.ref}' takes that back"
        )


def _refuse_unapproved(ref: str, standing: Standing) -> None:
    if not standing.missing:
        return
    if standing.approvals:
        raise _too_few(ref, standing)
    if standing.uncounted:
        raise Refused(
            f"{ref} is not approved: {' and '.join(standing.uncounted)} said yes, and by the charter "
            f"that does not count ([workflow] in veille.toml): somebody else approves it"
        )
    if standing.lapsed:
        raise _changed(ref, standing)
    raise Refused(
        f"{ref} is not approved: read it with 'veille edition preview {ref}', "
        f"then 'veille edition approve {ref}'"
    )


def _too_few(ref: str, standing: Standing) -> Refused:
    names = ", ".join(yes.by for yes in standing.approvals)
    return Refused(
        f"{ref} has {len(standing.approvals)} of {standing.wanted} approvals ({names}): "
        f"somebody else reads it too, then 'veille edition approve {ref}'"
    )


def standing_of(connection: Connection, table: Table, charter: Charter) -> Standing:
    """The same, in a transaction that is open already."""
    edition = table.edition
    said = events.of_subject(connection, edition.ref, (Action.EDITION_APPROVE,))
    return charter.standing(
        edition.approvals,
        _authors(connection, edition),
        table.rendered.sha256,
        said=[event.by for event in said if event.by is not None],
    )


def _authors(connection: Connection, edition: Edition) -> set[str]:
    """Who drafted an edition or changed a text in it; when the machine drafted it, who wrote the
    comments it shows."""
    acts = events.of_subject(connection, edition.ref, (Action.EDITION_DRAFT, Action.EDITION_EDIT))
    authors = {event.by for event in acts if event.by is not None}
    if any(event.by is None and event.action is Action.EDITION_DRAFT for event in acts):
        picks = editions.picks(connection, edition.id)
        shown = [pick.item for pick in picks if pick.blurb is None]
        chosen = items.get_many(connection, shown)
        authors |= {item.blurb.by for item in chosen if item.blurb is not None}
    return authors
