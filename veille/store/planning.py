"""Plans of digests, and which of their steps are done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, insert, select

from veille.errors import NotFound
from veille.model.plan import Plan, Step
from veille.store.tables.publishing import digest
from veille.store.tables.watch import milestone
from veille.store.tables.watch import plan as table

if TYPE_CHECKING:
    from datetime import datetime


def plans(conn: Connection) -> list[Plan]:
    """All plans, by the slug of their digest."""
    rows = conn.execute(select(table, digest.c.slug).join(digest).order_by(digest.c.slug))
    return [
        Plan(
            digest=row.slug,
            rule=row.rule,
            zone=row.zone,
            at=row.clock,
            draft=row.draft,
            remind=row.remind,
            freeze=row.freeze,
            since=row.since,
        )
        for row in rows
    ]


def plan_of(conn: Connection, slug: str) -> Plan | None:
    """The plan of a digest, when it has one."""
    return next((plan for plan in plans(conn) if plan.digest == slug), None)


def set_plan(conn: Connection, plan: Plan) -> None:
    """Give a digest a plan, in the place of the one it had. Raises NotFound."""
    remove_plan(conn, plan.digest)
    values = {
        "digest_id": _digest_id(conn, plan.digest),
        "rule": plan.rule,
        "zone": plan.zone,
        "clock": plan.at,
        "draft": plan.draft,
        "remind": plan.remind,
        "freeze": plan.freeze,
        "since": plan.since,
    }
    conn.execute(insert(table), values)


def remove_plan(conn: Connection, slug: str) -> bool:
    """Take a digest's plan away; whether it had one. What was done stays known."""
    known = table.c.digest_id == _digest_id(conn, slug)
    return bool(conn.execute(delete(table).where(known)).rowcount)


def milestones(conn: Connection) -> dict[tuple[str, str], frozenset[Step]]:
    """The steps that are done, by digest and period."""
    rows = conn.execute(select(digest.c.slug, milestone.c.period, milestone.c.step).join(digest))
    found: dict[tuple[str, str], frozenset[Step]] = {}
    for slug, period, step in rows:
        found[slug, period] = found.get((slug, period), frozenset()) | {Step(step)}
    return found


def reach(conn: Connection, slug: str, period: str, step: Step, *, at: datetime) -> bool:
    """Note that a step is done; False when it was already."""
    key = {"digest_id": _digest_id(conn, slug), "period": period, "step": step.value}
    there = conn.scalar(
        select(milestone.c.at).where(*(milestone.c[name] == value for name, value in key.items()))
    )
    if there is not None:
        return False
    conn.execute(insert(milestone), {**key, "at": at})
    return True


def _digest_id(conn: Connection, slug: str) -> int:
    found: int | None = conn.scalar(select(digest.c.id).where(digest.c.slug == slug))
    if found is None:
        raise NotFound(f"there is no digest '{slug}': see 'veille digest list'")
    return found
