"""A server that goes away in the middle: done again as a whole, or told; never twice (D14)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.workflows.conftest import NOW
from veille.errors import GaveWay, InDoubt, Lost
from veille.model.edition import PickDraft
from veille.model.event import Action, Actor
from veille.model.states import Every
from veille.store import curators, editions, events
from veille.workflows import compose
from veille.workflows.acting import whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from veille.store.database import Database

pytestmark = pytest.mark.parametrize("ready_url", ["postgresql"], indirect=True)


@pytest.fixture
def cut(postgresql: Any, db: Database) -> Callable[[], None]:
    """Ends all connections to the database."""
    ending = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'"
    return lambda: postgresql.execute(ending.format(db.url.database))


def test_a_verb_that_lost_its_server_is_done_again_once(
    db: Database, pool: Any, act: Any, cut: Callable[[], None]
) -> None:
    """One event, of the instant at which it was asked for."""
    item = pool.item()
    with db.write() as connection:
        digest = editions.create_digest(
            connection, slug="d", title="D", links=5, every=Every.MONTH, locale="fr", query=None,
            at=NOW,
        )  # fmt: skip
        edition = editions.create(connection, digest, "2026-11", at=NOW)
    asked = []

    def change(picks: list[PickDraft]) -> list[PickDraft]:
        asked.append(len(picks))
        if len(asked) == 1:
            cut()
        return [*picks, PickDraft(item=item)]

    compose.change_picks(db, "d/1", change, action=Action.EDITION_ADD, act=act())
    assert asked == [0, 0]
    with db.read() as connection:
        assert [pick.item for pick in editions.picks(connection, edition.id)] == [item]
        told = [one for one in events.log(connection) if one.action is Action.EDITION_ADD]
    assert [one.at for one in told] == [NOW]


def test_what_may_have_been_stored_is_not_done_again(db: Database, cut: Callable[[], None]) -> None:
    """The server went away in the commit itself: only the log can tell."""
    tries = []

    @whole
    def verb() -> None:
        tries.append(1)
        with db.write() as connection:
            curators.record(connection, Actor(handle="zoe", login="z"), NOW)
            cut()

    with pytest.raises(InDoubt, match="'veille log' tells"):
        verb()
    assert len(tries) == 1
    with db.read() as connection:
        assert curators.handles(connection) == []


@pytest.mark.parametrize("error", [Lost, GaveWay])
def test_a_server_that_stays_away_is_told(error: type[Exception], ready_url: str) -> None:
    """And a deadlock that comes again."""
    tries = []

    @whole
    def verb() -> None:
        tries.append(1)
        raise error

    with pytest.raises(error):
        verb()
    assert len(tries) == 2
